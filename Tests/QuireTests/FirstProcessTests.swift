import Foundation
import TestSupport
import Testing

/// Whether a process can have numbers of its own here: that takes a privilege.
let canNumber: Bool = {
    let outcome = try? shell("unshare --pid --fork --mount-proc true", in: "/")
    return outcome?.status == 0
}()

/// The only child of a process; `nil` where it has none yet.
private func child(of pid: Int32) -> Int32? {
    let words = text("/proc/\(pid)/task/\(pid)/children")
    return Int32(words.trimmingCharacters(in: .whitespaces))
}

/// Quire as a container without an init starts it.
@Suite(.enabled(if: canNumber, "processes can't have numbers of their own here"))
struct `As the first process` {
    private func quire(
        _ run: QuireRun,
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        var program = Program(
            "/usr/bin/unshare",
            ["--pid", "--fork", "--mount-proc", Program.built("quire"), "run", "m.yaml"],
            in: run.root
        )
        program.environment = run.scripted
        return try program.run { output, unshare in
            if let pid = child(of: unshare) { watching(output, pid) }
        }
    }

    @Test func `a run completes, and ends what its sessions leave behind`() throws {
        try withRun { run in
            try run.write(
                [
                    ("leaver", "entries=1 daemons=2 until=seen"),
                    ("other", "entries=1 until=over"),
                ]
            )
            let mark = "QUIRE_RUN=\(run.root)/m.yaml"
            var most = 0
            var left: [Int32]?
            let outcome = try quire(run) { output, _ in
                if most <= 2, output.contains("leaver: session 1 starts") {
                    _ = eventually {
                        most = max(most, processes(mentioning: mark).count)
                        return most > 2
                    }
                    try? put("", run.root + "/seen")
                }
                if output.contains("leaver: COMPLETE") { try? put("", run.root + "/over") }
                // Its second session has ended, and no other process of the run should be there.
                if left == nil, output.contains("other: COMPLETE") {
                    left = processes(mentioning: mark)
                }
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(most > 2)
            #expect(left == [])
            for name in ["leaver", "other"] { #expect(!run.list(name).contains("- [ ]")) }
        }
    }

    @Test func `the stop of a container drains it, and the next one goes on`() throws {
        try withRun { run in
            let tasks = (1...4).map { (name: "t\($0)", directives: "entries=2") }
            try run.write(tasks, concurrency: 2)
            try run.direct("* 2 until=seen")
            var isStopped = false
            let first = try quire(run) { output, pid in
                guard !isStopped, output.contains("session 2 starts") else { return }
                isStopped = true
                kill(pid, SIGTERM)
                try? put("", run.root + "/seen")
            }
            #expect(first.status == 143, "\(first.output) \(first.error)")
            let second = try quire(run)
            #expect(second.status == 0, "\(second.output) \(second.error)")
            for task in tasks { #expect(!run.list(task.name).contains("- [ ]")) }
        }
    }

    @Test func `the next container goes on where one was killed`() throws {
        try withRun { run in
            let tasks = (1...4).map { (name: "t\($0)", directives: "entries=2") }
            try run.write(tasks, concurrency: 2)
            try run.direct("* 2 until=seen")
            let first = try quire(run, watching: signal(SIGKILL, at: "session 2 starts"))
            try put("", run.root + "/seen")
            #expect(!first.output.contains("is finished"), "\(first.output) \(first.error)")
            #expect(processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty)
            let second = try quire(run)
            #expect(second.status == 0, "\(second.output) \(second.error)")
            for task in tasks { #expect(!run.list(task.name).contains("- [ ]")) }
        }
    }
}
