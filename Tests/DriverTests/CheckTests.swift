import Autonomous
import Foundation
import Orchestration
import Testing

@testable import Driver
@testable import EventLoop

@Suite struct `A check in a leg` {
    private static let complete = "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n"

    /// Carries a leg out whose task has a complete list on the disk.
    private func withList(_ script: @escaping (FakeLeg, TaskDirectory) throws -> Void) throws {
        let leg = try FakeLeg(["a"], check: CheckPlan())
        let directory = leg.directories.workspace.taskDirectory(try TaskName(given: "a"))
        try FileManager.default.createDirectory(
            atPath: directory.path,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: leg.directories.workspace.root) }
        try Self.complete.write(
            toFile: directory.taskListPath,
            atomically: false,
            encoding: .utf8
        )
        try leg.run {
            #expect(leg.calls().contains("check a"))
            try script(leg, directory)
        }
    }

    @Test func `that passes completes its task`() throws {
        try withList { leg, directory in
            leg.checks.end("a", .passed)
            #expect(leg.calls().prefix(1) == ["journal checkEnded taskEnded runEnded"])
            #expect(directory.taskListText() == Self.complete)
        }
    }

    @Test func `that fails takes a tick back, and goes on with a session`() throws {
        try withList { leg, directory in
            let list = Self.complete.replacing("[x] Task 2", with: "[ ] Task 2")
            leg.checks.end("a", .failed)
            // With `same_failure: 1` the first failure is the last.
            #expect(leg.calls().prefix(1) == ["journal checkEnded taskEnded runEnded"])
            #expect(directory.taskListText() == list)
        }
    }

    @Test func `that could not run leaves the list, and the task is not complete`() throws {
        try withList { leg, directory in
            leg.checks.end("a", .couldNotRun)
            _ = leg.calls()
            #expect(directory.taskListText() == Self.complete)
            #expect(leg.driver.state.task("a")?.outcome == .unchecked)
        }
    }

    @Test(arguments: CheckResult.allCases)
    func `lets nothing be added to the list meanwhile`(result: CheckResult) throws {
        try withList { leg, directory in
            try (Self.complete + "- [x] Task 3: three\n").write(
                toFile: directory.taskListPath,
                atomically: false,
                encoding: .utf8
            )
            leg.checks.end("a", result)
            _ = leg.calls()
            let list = directory.taskListText()
            #expect(!list.contains("Task 3") && list.hasPrefix("## Tasks\n- [x] Task 1: one\n"))
            #expect(list.contains("[x] Task 2") == !result.takesTicksBack)
            let warned = leg.report.facts.contains {
                if case .warned(let fact) = $0.event {
                    fact.message.contains("while its check ran: entry 3 was appended")
                } else {
                    false
                }
            }
            #expect(warned)
        }
    }

    @Test func `is ended with the leg`() throws {
        try withList { leg, _ in
            leg.driver.shutDown(.interrupt)
            _ = leg.calls()
            leg.loop.advance(.seconds(2))
            leg.driver.shutDown(.interrupt)
            #expect(leg.calls().contains("terminate check a"))
            leg.checks.end("a", .stopped)
            #expect(leg.calls().contains("finish"))
        }
    }
}

@Suite struct `The end of a check's process` {
    private func ended(
        _ termination: ChildEnd.Termination,
        _ output: String = "",
        isLate: Bool = false
    ) -> CheckEnded {
        var fact = CheckEnded(task: "a", session: 1, .couldNotRun)
        let end = LoggedCommand.End(
            termination: termination,
            output: Array(output.utf8),
            isLate: isLate
        )
        let command = UserCommand("make test", timeout: .seconds(60))
        fact.note(end, of: command, log: "/log", isStopped: false)
        return fact
    }

    @Test(
        arguments: [
            (.exited(1), false, "ended with status 1; see /log: no such thing"),
            (.exited(126), false, "can't be executed (status 126); see /log: no such thing"),
            (
                .exited(127), false,
                "is not there, or a program that it needs is not (status 127); see /log: no such thing"
            ),
            (.signaled(9), false, "was killed by SIGKILL; see /log: no such thing"),
            (
                .signaled(15), true,
                "took longer than 1 min (verify: timeout); see /log: no such thing"
            ),
        ] as [(ChildEnd.Termination, Bool, String)]
    )
    func `is told in words`(termination: ChildEnd.Termination, isLate: Bool, words: String) {
        #expect(ended(termination, "no such thing\n", isLate: isLate).message == words)
        #expect(ended(.exited(0), "x").message == nil)
    }

    @Test func `has the last whole lines of the output, which steer no terminal`() throws {
        let lines = (1...1000).map { "line \($0)" }.joined(separator: "\n")
        let output = try #require(ended(.exited(1), lines + "\n\u{1B}[31mred\u{7}\u{202E}").output)
        #expect(output.utf8.count <= 4096 && output.contains("line 1000\n"))
        #expect(output.hasPrefix("line ") && output.hasSuffix("red\\u{07}\\u{202E}"))
        // One line that never ends is kept as far as it goes.
        let long = try #require(ended(.exited(1), String(repeating: "x", count: 9999)).output)
        #expect(long == String(repeating: "x", count: 4096))
    }
}
