import Descendants
import Foundation
import TestSupport
import Testing

/// A run of real sessions that is killed now and then, in a workspace of its own.
struct KilledRun {
    private struct Status: Decodable {
        struct Task: Decodable {
            var name: String
            var outcome: String?
        }

        var tasks: [Task]
    }

    let root: String
    private let stage: Stage
    private let tasks: Int

    /// Writes the manifest; `run` and `defaults` are more keys of these, each in braces' notation.
    init(
        _ stage: Stage,
        named name: String,
        tasks: Int,
        run: String = "",
        defaults: String = "",
        entries: Int = 3
    ) throws {
        (self.stage, self.tasks) = (stage, tasks)
        root = stage.root + "/" + name
        try makeWorkspace(root)
        let numbers = (1...tasks).map { "\($0)" }.joined(separator: ", ")
        let agent = "agent: {command: ['\(try codex.get())']}"
        try put(
            """
            version: 1
            run: {\(["concurrency: 8, grace: 1s", agent, run].joined(separator: ", "))}
            defaults: {\(["retries: {limit: 100000, delay: 10ms}", defaults].joined(separator: ", "))}
            tasks:
              - name: t-{n}
                matrix: {n: [\(numbers)]}
                prompt: "model: entries=\(entries) and piece {n}"
            """,
            root + "/m.yaml"
        )
    }

    /// Starts it until it ends, kills it at most so often, and returns how often that was; `check` is called
    /// after each death and at the end.
    func play(kills most: Int, check: () -> Void = {}) throws -> Int {
        var kills = 0
        while true {
            let isKilled = kills < most
            var old: [SeenProcess]?
            let outcome = try stage.quire(
                ["run", "m.yaml"],
                in: root,
                killAfter: isKilled ? .milliseconds(.random(in: 0..<4000)) : nil
            ) { output, pid in
                guard old == nil, output.contains(" starts (") else { return }
                old = processes.filter {
                    $0.value("QUIRE_RUNNER")?.hasPrefix("\(pid)/") != true
                }
            }
            #expect(old?.isEmpty ?? true, "alive when the next Quire started a session")
            check()
            if outcome.status == 0 { return kills }
            try #require(isKilled && outcome.status == 137, "\(outcome.output) \(outcome.error)")
            kills += 1
        }
    }

    /// The checklists, in the tasks' order.
    var lists: [String] {
        (1...tasks).map { text("\(root)/.autonomous/t-\($0)/task_list.md") }
    }

    /// The names of the complete tasks.
    var complete: [String] {
        get throws {
            let status = try stage.quire(["status", "m.yaml", "--json"], in: root)
            // Nothing is recorded where Quire was killed before it began.
            guard status.status == 0 else { return [] }
            return try decoded(Status.self, status.output).tasks
                .filter { $0.outcome == "complete" }.map(\.name)
        }
    }

    /// What lives of its sessions.
    var processes: [SeenProcess] {
        (SystemProcesses().marked() ?? [])
            .filter { $0.value("QUIRE_RUN") == root + "/m.yaml" && $0.id.isAlive }
    }
}
