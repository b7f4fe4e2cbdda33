import Foundation
import TestSupport
import Testing

@Suite struct `A second run beside a living Quire` {
    /// What is done to the state directory while the first run lives, in words of a shell.
    private static let tamperings: [(kind: String, command: String, options: [String])] = [
        ("nothing", ":", []),
        ("the lock is removed", "rm run.lock", []),
        ("the lock is a copy", "cp run.lock copy && mv copy run.lock", []),
        ("the lock is empty", "rm run.lock && touch run.lock", []),
        ("the state is a copy", "cp -R . '../../elsewhere'", ["--state-dir", "elsewhere"]),
        (
            "the state is a copy without a lock",
            "cp -R . ../../elsewhere && rm ../../elsewhere/run.lock",
            ["--state-dir", "elsewhere"]
        ),
    ]

    /// Starts a run whose session does not end, calls `body` with the process of its Quire, and ends it
    /// by a signal.
    private func beside(
        _ run: QuireRun,
        endedBy signal: Int32,
        _ body: @escaping (_ pid: Int32) throws -> Void
    ) throws -> Outcome {
        let agent = try run.writeAgent(
            """
            echo $$ >> began
            test -e go || exec sleep 600
            """
        )
        try run.write([("t", "entries=1")], agent: agent, run: "drain_timeout: 0s")
        var thrown: (any Error)?
        var isDone = false
        let outcome = try run.quire(["run", "m.yaml"]) { _, pid in
            guard !isDone, eventually({ !text(run.root + "/began").isEmpty }) else { return }
            isDone = true
            do { try body(pid) } catch { thrown = error }
            kill(pid, signal)
        }
        if let thrown { throw thrown }
        return outcome
    }

    @Test(arguments: tamperings)
    func `is refused and ends nothing, whatever became of the lock`(
        _ kind: String,
        command: String,
        options: [String]
    ) throws {
        try withRun { run in
            let state = run.root + "/.autonomous/.quire"
            let first = try beside(run, endedBy: SIGINT) { pid in
                #expect(try shell(command, in: state).status == 0)
                let second = try run.quire(["run", "m.yaml"] + options)
                #expect(second.status == 69, "\(kind): \(second)")
                let words = "m.yaml is already being run by process \(pid) on "
                #expect(second.error.contains(words), "\(kind): \(second)")
                #expect(second.error.hasSuffix("or stop it: kill \(pid)\n"), "\(kind): \(second)")
                let session = try #require(
                    Int32(text(run.root + "/began").trimmingCharacters(in: .whitespacesAndNewlines))
                )
                #expect(kill(session, 0) == 0, "\(kind): its session was ended")
                let status = try run.quire(["status"] + options)
                #expect(status.output.contains("\"m\" running "), "\(kind): \(status)")
            }
            #expect(first.status == 130, "\(kind): \(first)")
            #expect(!first.output.contains("outlived"), "\(kind): \(first)")
        }
    }

    @Test(arguments: tamperings)
    func `goes on with its work once that one is killed`(
        _ kind: String,
        command: String,
        options: [String]
    ) throws {
        try withRun { run in
            let state = run.root + "/.autonomous/.quire"
            _ = try beside(run, endedBy: SIGKILL) { _ in
                let tampering = try shell(command, in: state)
                #expect(tampering.status == 0)
            }
            try put("", run.root + "/go")
            let second = try run.quire(["run", "m.yaml"] + options)
            #expect(second.status == 0, "\(kind): \(second)")
            #expect(run.list("t").contains("[x]"), "\(kind)")
            #expect(processes(mentioning: run.root + "/m.yaml").isEmpty, "\(kind)")
        }
    }
}
