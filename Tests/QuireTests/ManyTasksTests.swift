import Foundation
import GRDB
import TestSupport
import Testing

extension QuireRun {
    /// Whether the store has a snapshot of the run.
    var hasSnapshot: Bool {
        let store = root + "/.autonomous/.quire/quire.db"
        let query = "SELECT EXISTS (SELECT 1 FROM snapshot)"
        // One that may write would make the database where Quire was killed before it did.
        var configuration = Configuration()
        configuration.readonly = true
        let database = try? DatabaseQueue(path: store, configuration: configuration)
        defer { try? database?.close() }
        return (try? database?.read { try Bool.fetchOne($0, sql: query) }) ?? false
    }
}

@Suite struct `A run of more tasks than are opened at once` {
    private static let count = 600

    /// Tasks in the order in which they matter least.
    private func write(
        _ run: QuireRun,
        _ directives: String,
        agent: String = "simulated"
    ) throws {
        let tasks = (0..<Self.count).map { number in
            "  - {name: t\(number), priority: \(number / 150), prompt: \"sim: \(directives)\"}\n"
        }
        try put(
            """
            version: 1
            run: {agent: \(agent), concurrency: 3, admission: \(QuireRun.unbounded)}
            tasks:

            """ + tasks.joined(),
            run.root + "/m.yaml"
        )
    }

    private func starts(_ output: String) -> [String] {
        output.split(separator: "\n").filter { $0.contains(" starts (") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map { String($0.dropLast()) } }
    }

    @Test func `begins with those that matter most, wherever they stand`() throws {
        try withRun { run in
            try write(run, "duration=600")
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                guard starts(output).count == 3 else { return }
                kill(pid, SIGKILL)
            }
            #expect(starts(outcome.output).prefix(3) == ["t450", "t451", "t452"])
        }
    }

    @Test func `comes to the end of all, killed on its way or not`() throws {
        try withRun { run in
            try write(run, "entries=1 items=0", agent: try run.writeKiller(at: 250))
            // Most are complete, and nobody knows it yet.
            for number in 0..<400 {
                try put("## Tasks\n- [x] Task 1: a\n", run.task("t\(number)") + "/task_list.md")
            }
            let killed = try run.quire(["run", "m.yaml"])
            #expect(killed.status == 137)
            // What follows begins with one.
            #expect(run.hasSnapshot)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output.suffix(2000)) \(outcome.error)")
            #expect(outcome.output.contains("\(Self.count) tasks: \(Self.count) complete"))
            let started = Set(starts(killed.output + outcome.output))
            #expect(started == Set((400..<Self.count).map { "t\($0)" }))
            let lost = outcome.output.components(separatedBy: "was lost when Quire died").count - 1
            #expect((0...3).contains(lost))
        }
    }

    @Test func `can be ended while its directories are being opened`() throws {
        try withRun { run in
            try write(run, "duration=600")
            var asked = 0
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                if !starts(output).isEmpty, asked == 0 {
                    asked = 1
                    kill(pid, SIGINT)
                } else if output.contains("again to end them now"), asked == 1 {
                    asked = 2
                    // Sooner it would be the same wish.
                    usleep(600_000)
                    kill(pid, SIGINT)
                }
            }
            #expect(outcome.status == 130, "\(outcome.output) \(outcome.error)")
            // Nothing is left locked.
            for number in [0, 200, 450, 599] {
                let lock = run.task("t\(number)") + "/.runner.lock"
                #expect(!FileManager.default.fileExists(atPath: lock), "t\(number)")
            }
        }
    }
}
