import Descendants
import Foundation
import TestSupport
import Testing

extension `The real Codex CLI` {
    /// `QUIRE_CODEX_KILLS` SIGKILLs; `QUIRE_CODEX_TASKS` tasks a run, of 4 sessions each.
    @Test func `runs that are killed come to the same checklists as one that is not`() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["QUIRE_CODEX_KILLS"].flatMap { Int($0) } ?? 4
        let tasks = environment["QUIRE_CODEX_TASKS"].flatMap { Int($0) } ?? 6
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let calm = try KilledRun(stage, named: "calm", tasks: tasks)
            #expect(try calm.play(kills: 0) == 0)
            var (kills, runs) = (0, 0)
            while kills < wanted {
                runs += 1
                let run = try KilledRun(stage, named: "killed-\(runs)", tasks: tasks)
                kills += try run.play(kills: wanted - kills)
                #expect(run.lists == calm.lists)
                #expect(run.processes.isEmpty, "left behind: \(run.processes)")
            }
            print("\(kills) SIGKILLs in \(runs) runs of \(tasks) tasks with the real Codex CLI")
        }
    }
}

/// A run of real sessions that is killed now and then, in a workspace of its own.
private struct KilledRun {
    private let stage: Stage
    private let root: String
    private let tasks: Int

    init(_ stage: Stage, named name: String, tasks: Int) throws {
        self.stage = stage
        self.tasks = tasks
        root = stage.root + "/" + name
        try makeWorkspace(root)
        let numbers = (1...tasks).map { "\($0)" }.joined(separator: ", ")
        try put(
            """
            version: 1
            run: {concurrency: 8, grace: 1s, agent: {command: ['\(try codex.get())']}}
            defaults: {retries: {limit: 100000, delay: 10ms}}
            tasks:
              - name: t-{n}
                matrix: {n: [\(numbers)]}
                prompt: "model: entries=3 and piece {n}"
            """,
            root + "/m.yaml"
        )
    }

    /// Starts it until it ends, kills it at most so often, and returns how often that was.
    func play(kills most: Int) throws -> Int {
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
            if outcome.status == 0 { return kills }
            try #require(isKilled && outcome.status == 137, "\(outcome.output) \(outcome.error)")
            kills += 1
        }
    }

    /// The checklists, in the tasks' order.
    var lists: [String] {
        (1...tasks).map { text("\(root)/.autonomous/t-\($0)/task_list.md") }
    }

    /// What lives of its sessions.
    var processes: [SeenProcess] {
        (SystemProcesses().marked() ?? [])
            .filter { $0.value("QUIRE_RUN") == root + "/m.yaml" && $0.id.isAlive }
    }
}
