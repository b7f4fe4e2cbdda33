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
                let run = try KilledRun(
                    stage,
                    named: "checked-\(runs)",
                    tasks: tasks,
                    run: "check_slots: 2",
                    defaults: "same_failure: 1000, "
                        + "verify: 'test -e fixed-$QUIRE_TASK || { echo not fixed yet; exit 1; }'",
                    entries: 2
                )
                // The work was mended where a check had failed, and nowhere else.
                kills += try run.play(kills: wanted - kills) {
                    #expect(redButComplete(run).isEmpty)
                }
                #expect(try run.complete.count == tasks)
                #expect(run.processes.isEmpty, "left behind: \(run.processes)")
            } while kills < wanted
            print(
                "\(kills) SIGKILLs in \(runs) runs of \(tasks) checked tasks with the real Codex CLI"
            )
        }
    }

    /// Returns the names of complete tasks whose check fails.
    private func redButComplete(_ run: KilledRun) -> [String] {
        let names = try? run.complete
        return (names ?? ["no status"]).filter {
            !FileManager.default.fileExists(atPath: "\(run.root)/fixed-\($0)")
        }
    }
}
