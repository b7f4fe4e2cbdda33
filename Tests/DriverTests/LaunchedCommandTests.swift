import Autonomous
import EventLoop
import Orchestration
import TestSupport
import Testing

@testable import Driver

@Suite struct `A command that a launcher brings elsewhere` {
    private static let begins = "quire-a: begun\n"

    /// Returns the end of a command from that of its launcher.
    private func end(
        _ termination: ChildEnd.Termination,
        _ output: String,
        isLate: Bool = false
    ) -> CommandEnd {
        let said = LoggedCommand.End(
            termination: termination,
            output: Array(output.utf8),
            beginning: Array(output.utf8),
            isLate: isLate
        )
        return LaunchedCommand(number: 10).end(said, limit: .seconds(60))
    }

    @Test(
        arguments: [
            (.exited(0), begins + "out\n\nquire-a: ended with status 0\n", .exited(0), nil),
            (.exited(3), begins + "out\n\nquire-a: ended with status 3\n", .exited(3), nil),
            (.exited(127), begins + "\nquire-a: ended with status 127\n", .exited(127), nil),
            (.exited(137), begins + "\nquire-a: ended with status 137\n", .signaled(9), nil),
            (.exited(143), begins + "\nquire-a: ended with status 143\r\n", .signaled(15), nil),
            // The launcher's own words may follow.
            (
                .exited(1), begins + "\nquire-a: ended with status 1\nConnection closed.\n",
                .exited(1), nil
            ),
            (
                .exited(255), "ssh: no route to host\n", .exited(255),
                "was not begun by the launcher, which ended with status 255"
            ),
            (
                .exited(1), "no node is free\n", .exited(1),
                "was not begun by the launcher, which ended with status 1"
            ),
            // A launcher that hands nothing on proves nothing.
            (
                .exited(0), "", .exited(0),
                "was not begun by the launcher, which ended with status 0"
            ),
            (
                .exited(255), begins + "half of it", .exited(255),
                "was lost by the launcher, which ended with status 255"
            ),
            (
                .exited(0), begins + "\nquire-a: ended with status 1\n", .exited(0),
                "was lost by the launcher, which ended with status 0"
            ),
            (
                .exited(1), begins + "\nquire-b: ended with status 1\n", .exited(1),
                "was lost by the launcher, which ended with status 1"
            ),
            (
                .signaled(9), begins, .signaled(9),
                "was lost by the launcher, which SIGKILL killed"
            ),
            (
                .notStarted(errno: 2, doing: "starting it"), "",
                .notStarted(errno: 2, doing: "starting it"), nil
            ),
        ] as [(ChildEnd.Termination, String, ChildEnd.Termination, String?)]
    )
    func `ends as its own shell tells`(
        launcher: ChildEnd.Termination,
        output: String,
        command: ChildEnd.Termination,
        notRun: String?
    ) {
        let end = end(launcher, output)
        #expect(end.said.termination == command)
        #expect(end.notRun == notRun)
        #expect(!String(decoding: end.said.output, as: UTF8.self).contains("quire-a"))
    }

    @Test func `is late only if it was begun`() {
        let late = end(.signaled(15), Self.begins + "slow\n", isLate: true)
        #expect(late.said.isLate && late.notRun == nil)
        let waiting = end(.signaled(15), "srun: job step is queued\n", isLate: true)
        #expect(!waiting.said.isLate)
        #expect(waiting.notRun == "was not begun by the launcher within 1 min")
        var fact = CheckEnded(task: "a", session: 1, .passed)
        let command = UserCommand("make", timeout: .seconds(60))
        fact.note(waiting, of: command, log: "/log", isStopped: false)
        #expect(fact.result == .couldNotRun)
        // What is ended with the run is no loss of the launcher's.
        fact.note(end(.signaled(15), Self.begins), of: command, log: "/log", isStopped: true)
        #expect(fact.result == .stopped)
    }

    /// Commands, their statuses, and what they say.
    @Test(arguments: [
        ("echo one; echo two >&2; exit 3", 3, "one\ntwo"),
        ("cat; printf 'no newline'", 0, "no newline"),
        ("kill -KILL $$", 137, ""), ("nowhere-to-be-found", 127, "found"),
    ])
    func `has no input, one output and its own status`(
        command: String,
        status: Int32,
        said: String
    ) throws {
        let words = LaunchedCommand(number: 10).words(of: command)
        let outcome = try Program(words[0], Array(words.dropFirst()), in: "/").run()
        #expect(outcome.status == status && outcome.error.isEmpty)
        #expect(outcome.output.hasPrefix(Self.begins))
        #expect(outcome.output.hasSuffix("\nquire-a: ended with status \(status)\n"))
        #expect(outcome.output.contains(said))
    }
}

@Suite struct `The sessions that work beside a check` {
    private func work(_ company: Company, in directory: String) -> TaskWork {
        var work = TaskWork(description: "", directory: directory)
        work.company = company
        return work
    }

    private func start(_ task: String, slot: Int = 0) -> SessionStarted {
        SessionStarted(task: task, session: 1, slot: slot, role: .executor)
    }

    @Test func `are those of other tasks in its directory, at any time while it runs`() {
        var sessions = SessionsAtWork([
            "a": work(.others, in: "/one"), "b": work(.others, in: "/one"),
            "c": work(.others, in: "/one"), "d": work(.others, in: "/one"),
            "e": work(.others, in: "/two"), "f": work(.ownTree, in: "/one"),
        ])
        for task in ["b", "d", "e", "f"] { sessions.began(start(task)) }
        sessions.ended("d")
        sessions.watch("a")
        sessions.ended("b")
        sessions.began(start("c"))
        sessions.ended("c")
        #expect(sessions.endWatch("a") == ["b", "c"])
        #expect(sessions.endWatch("a") == [])
        // In a tree of its own nobody else works.
        sessions.watch("f")
        sessions.began(start("b"))
        #expect(sessions.endWatch("f") == [])
    }

    @Test func `tell where a task worked last`() {
        var sessions = SessionsAtWork([:])
        #expect(sessions.slot(of: "a") == 0)
        sessions.began(start("a", slot: 5))
        sessions.ended("a")
        #expect(sessions.slot(of: "a") == 5)
    }

    @Test(arguments: [
        (CheckResult.failed, ["b"], "x; meanwhile b worked in the same directory"),
        (
            .timedOut, ["b", "c", "d", "e"],
            "x; meanwhile b, c, d and 1 more worked in the same directory"
        ),
        (.failed, [], "x"), (.couldNotRun, ["b"], "x"),
    ])
    func `are named by a check that failed`(result: CheckResult, others: [String], words: String) {
        var fact = CheckEnded(task: "a", session: 1, result)
        fact.message = "x"
        fact.note(others: others)
        #expect(fact.message == words)
    }
}
