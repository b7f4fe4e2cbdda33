import Descendants
import Foundation
import TestSupport
import Testing

/// The end of a check, as `--events` tells of it.
private struct Fact: Decodable {
    var event: String
    var result: String?
}

extension `The real Codex CLI` {
    @Test func `a check within the session is mended in the same turn, and no other hook runs`()
        throws
    {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let check = "echo run >> runs; test -e fixed-t || { echo not fixed yet; exit 1; }"
            try put(
                """
                version: 1
                run: {name: hooked, agent: {command: [\(stage.agent)]}}
                defaults: {verify: "\(check)", verify_in_session: true}
                tasks: [{name: t, prompt: "model: entries=1"}]
                """,
                root + "/m.yaml"
            )
            // Hooks that nobody trusts: one of the user's, and one of the repository's.
            for (place, name) in [("home", "user"), (".codex", "project")] {
                let command = "touch \(root)/ran-\(name)"
                try put(
                    "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"\(command)\"}]}]}}",
                    root + "/\(place)/hooks.json"
                )
            }
            let run = try stage.quire(["run", "m.yaml", "--events", "events"])
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")
            // One executor: its check fails, then passes, and then comes Quire's own.
            #expect(run.output.contains("(1/1, 2 sessions)"), "\(run.output)")
            #expect(text(root + "/runs") == "run\nrun\nrun\n")
            let facts: [Fact] = try decodedLines(of: root + "/events")
            #expect(facts.filter { $0.event == "check_ended" }.map(\.result) == ["passed"])
            for name in ["user", "project"] {
                #expect(!FileManager.default.fileExists(atPath: root + "/ran-\(name)"))
            }
        }
    }

    /// `QUIRE_CODEX_KILLS` SIGKILLs; `QUIRE_CODEX_TASKS` tasks a run.
    @Test func `no task whose checks fail at first is complete before a later session mends it`()
        throws
    {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["QUIRE_CODEX_KILLS"].flatMap { Int($0) } ?? 4
        let tasks = environment["QUIRE_CODEX_TASKS"].flatMap { Int($0) } ?? 6
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            var (kills, runs) = (0, 0)
            repeat {
                runs += 1
                let run = try CheckedRun(stage, named: "checked-\(runs)", tasks: tasks)
                kills += try run.play(kills: wanted - kills)
                // The work was mended where a check had failed, and nowhere else.
                #expect(run.redButComplete.isEmpty)
                #expect(try run.complete.count == tasks)
                #expect(run.processes.isEmpty, "left behind: \(run.processes)")
            } while kills < wanted
            print(
                "\(kills) SIGKILLs in \(runs) runs of \(tasks) checked tasks with the real Codex CLI"
            )
        }
    }
}

/// A run of real sessions whose checks fail until a session has mended the work, killed now and then, in a
/// workspace of its own.
private struct CheckedRun {
    private struct Status: Decodable {
        struct Task: Decodable {
            var name: String
            var outcome: String?
        }

        var tasks: [Task]
    }

    private let stage: Stage
    private let root: String

    init(_ stage: Stage, named name: String, tasks: Int) throws {
        self.stage = stage
        root = stage.root + "/" + name
        try makeWorkspace(root)
        let numbers = (1...tasks).map { "\($0)" }.joined(separator: ", ")
        try put(
            """
            version: 1
            run:
              concurrency: 8
              grace: 1s
              check_slots: 2
              agent: {command: ['\(try codex.get())']}
            defaults:
              retries: {limit: 100000, delay: 10ms}
              same_failure: 1000
              verify: 'test -e fixed-$QUIRE_TASK || { echo not fixed yet; exit 1; }'
            tasks:
              - name: t-{n}
                matrix: {n: [\(numbers)]}
                prompt: "model: entries=2 and piece {n}"
            """,
            root + "/m.yaml"
        )
    }

    /// Starts it until it ends, kills it at most so often, and returns how often that was.
    ///
    /// After each death no task may be complete whose check is red.
    func play(kills most: Int) throws -> Int {
        var kills = 0
        while true {
            let isKilled = kills < most
            let outcome = try stage.quire(
                ["run", "m.yaml"],
                in: root,
                killAfter: isKilled ? .milliseconds(.random(in: 0..<4000)) : nil
            )
            #expect(redButComplete.isEmpty)
            if outcome.status == 0 { return kills }
            try #require(isKilled && outcome.status == 137, "\(outcome.output) \(outcome.error)")
            kills += 1
        }
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

    /// The names of complete tasks whose check fails.
    var redButComplete: [String] {
        let names = try? complete
        return (names ?? ["no status"]).filter {
            !FileManager.default.fileExists(atPath: "\(root)/fixed-\($0)")
        }
    }

    /// What lives of its sessions.
    var processes: [SeenProcess] {
        (SystemProcesses().marked() ?? [])
            .filter { $0.value("QUIRE_RUN") == root + "/m.yaml" && $0.id.isAlive }
    }
}
