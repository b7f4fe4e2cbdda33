import Foundation
import TestSupport
import Testing

@Suite struct `A run of more tasks than are opened at once` {
    private static let count = 200

    /// Tasks in the order in which they matter least.
    private func write(_ run: QuireRun, _ directives: String) throws {
        let tasks = (0..<Self.count).map { number in
            "  - {name: t\(number), priority: \(number / 50), prompt: \"sim: \(directives)\"}\n"
        }
        try put(
            "version: 1\nrun: {agent: simulated, concurrency: 3}\ntasks:\n" + tasks.joined(),
            run.root + "/m.yaml"
        )
    }

    private func starts(_ output: String) -> [Substring] {
        output.split(separator: "\n").filter { $0.contains(" starts (") }
            .compactMap { $0.split(separator: " ").dropFirst().first?.dropLast() }
    }

    @Test func `begins with those that matter most, wherever they stand`() throws {
        try withRun { run in
            try write(run, "duration=60")
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard starts(output).count == 3 else { return }
                kill(pid, SIGKILL)
            }
            #expect(starts(outcome.output).prefix(3) == ["t150", "t151", "t152"])
        }
    }

    @Test func `comes to the end of all, killed on its way or not`() throws {
        try withRun { run in
            try write(run, "entries=1 items=0")
            // Complete, and opened last.
            try put("## Tasks\n- [x] Task 1: a\n", run.task("t0") + "/task_list.md")
            let killed = try run.quire(["run", "m.yaml"]) { output, pid in
                if starts(output).count > 150 { kill(pid, SIGKILL) }
            }
            #expect(killed.status == 137)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output.suffix(2000)) \(outcome.error)")
            #expect(outcome.output.contains("\(Self.count) tasks: \(Self.count) complete"))
            #expect(!starts(killed.output + outcome.output).contains("t0"))
            let lost = outcome.output.components(separatedBy: "was lost when Quire died").count - 1
            #expect((0...3).contains(lost))
        }
    }

    @Test func `can be ended while its directories are being opened`() throws {
        try withRun { run in
            try write(run, "duration=60")
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard !starts(output).isEmpty else { return }
                for _ in 0..<3 { kill(pid, SIGINT) }
            }
            #expect(outcome.status == 130, "\(outcome.output) \(outcome.error)")
            // Nothing is left locked.
            for number in [0, 75, 150, 199] {
                let lock = run.task("t\(number)") + "/.runner.lock"
                #expect(!FileManager.default.fileExists(atPath: lock), "t\(number)")
            }
        }
    }
}
