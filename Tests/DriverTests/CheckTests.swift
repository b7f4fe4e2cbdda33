import Autonomous
import Foundation
import Orchestration
import Testing

@testable import Driver
@testable import EventLoop

@Suite struct `A check in a leg` {
    private static let complete = "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n"

    /// Carries a leg out whose tasks have complete lists on the disk; hands over the first's directory.
    private func withList(
        of tasks: [String] = ["a"],
        _ script: @escaping (FakeLeg, TaskDirectory) throws -> Void
    ) throws {
        let leg = try FakeLeg(tasks, check: CheckPlan())
        let directories = try tasks.map {
            leg.directories.workspace.taskDirectory(try TaskName(given: $0))
        }
        defer { try? FileManager.default.removeItem(atPath: leg.directories.workspace.root) }
        for directory in directories {
            try FileManager.default.createDirectory(
                atPath: directory.path,
                withIntermediateDirectories: true
            )
            try Self.complete.write(
                toFile: directory.taskListPath,
                atomically: false,
                encoding: .utf8
            )
        }
        try leg.run {
            #expect(leg.calls().contains("check a"))
            try script(leg, directories[0])
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

    /// Changes of a list that waits for its check, and the call that follows.
    @Test(arguments: [
        ("## Tasks\n- [x] Task 1: one\n- [ ] Task 2: two\n", "start b 1"),
        (complete + "- [ ] Task 3: three\n", "start b 1"),
        (complete + "- [x] Task 3: three\n", "check b"), ("", "check b"),
    ])
    func `that waits for a place is about the list as a person left it`(
        list: String,
        call: String
    ) throws {
        try withList(of: ["a", "b"]) { leg, _ in
            let path = leg.directories.workspace.taskDirectory(try TaskName(given: "b"))
                .taskListPath
            try list.write(toFile: path, atomically: true, encoding: .utf8)
            leg.checks.end("a", .passed)
            let calls = leg.calls()
            #expect(calls.contains(call), "\(calls)")
            #expect(!calls.contains(call == "check b" ? "start b 1" : "check b"), "\(calls)")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == list)
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
        isLate: Bool = false,
        redactor: Redactor = Redactor()
    ) -> CheckEnded {
        var fact = CheckEnded(task: "a", session: 1, .couldNotRun)
        let said = LoggedCommand.End(
            termination: termination,
            output: Array(output.utf8),
            isLate: isLate
        )
        let end = CommandEnd(said).redacted(by: redactor)
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

    @Test func `tells paths from the task's tree`() {
        var fact = CheckEnded(task: "a", session: 1, .couldNotRun)
        let end = LoggedCommand.End(
            termination: .exited(1),
            output: Array("/trees/a/src/x.c:1: no\n/trees/ab/y.c".utf8),
            isLate: false
        )
        let command = UserCommand("make test", timeout: .seconds(60))
        fact.note(CommandEnd(end), of: command, in: "/trees/a", log: "/log", isStopped: false)
        #expect(fact.output == "src/x.c:1: no\n/trees/ab/y.c")
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
    @Test func `has no part of a secret that was cut`() throws {
        let body = (1...100).map { "MIIEline\($0)of/the+key=" }.joined(separator: "\n")
        let key =
            "-----BEGIN RSA" + " PRIVATE KEY-----\n\(body)\n-----END RSA" + " PRIVATE KEY-----"
        // The kept end begins within the key.
        let long = ended(.exited(1), key + "\nerror: " + String(repeating: "y", count: 2000))
        #expect(long.output?.contains("of/the+key") == false, "\(long.output ?? "")")
        #expect(long.message?.contains("of/the+key") == false, "\(long.message ?? "")")
        let secret = String(repeating: "0123456789abcdef", count: 30)
        let fact = ended(
            .exited(1),
            "error: " + String(repeating: "z", count: 250) + secret + "\n",
            redactor: Redactor(environment: [["A_TOKEN": secret]])
        )
        #expect(fact.message?.contains("0123456") == false, "\(fact.message ?? "")")
        #expect(fact.output?.contains("0123456") == false, "\(fact.output ?? "")")
    }

    @Test func `has no rest of a secret at its beginning, nor has a session's`() {
        let secret = "0123456789abcdef"
        var output = CapturedOutput()
        let bytes = Array((secret + String(repeating: "x", count: CapturedOutput.keep - 8)).utf8)
        output.append(bytes.span)
        let end = output.end(redactedBy: Redactor(environment: [["A_TOKEN": secret]]))
        #expect(String(decoding: end.prefix(12), as: UTF8.self) == "[redacted]xx")
        let check = LoggedCommand.End(
            termination: .exited(1),
            output: output.end,
            isLate: false
        )
        let redactor = Redactor(environment: [["A_TOKEN": secret]])
        #expect(CommandEnd(check).redacted(by: redactor).said.output == end)
    }
}
