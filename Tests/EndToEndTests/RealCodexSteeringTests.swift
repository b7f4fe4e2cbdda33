import Foundation
import TestSupport
import Testing

extension `The real Codex CLI` {
    @Test func `a pause, a stop and a setting reach a run of real sessions`() throws {
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            try put(
                """
                version: 1
                run: {name: steered, concurrency: 2, grace: 5s, agent: {command: [\(stage.agent)]}}
                tasks:
                  - {name: "t-{n}", matrix: {n: [1, 2, 3, 4, 5, 6]}, prompt: "model: entries=3 and {n}"}
                """,
                root + "/m.yaml"
            )
            var answers: [String] = []
            let run = try stage.quire(["run", "m.yaml", "--events", "events"]) { output, _ in
                guard answers.isEmpty, output.contains("session 2 starts") else { return }
                for words in [
                    ["pause"], ["set", "concurrency=4"], ["stop", "t-6"], ["resume"],
                ] {
                    let outcome = try? stage.quire(words)
                    answers.append("\(words[0]) \(outcome?.status ?? -1)")
                }
            }
            #expect(run.status == 101, "\(run.output.suffix(3000)) \(run.error)")
            #expect(answers == ["pause 0", "set 0", "stop 0", "resume 0"])
            for number in 1...5 {
                #expect(!text(root + "/.autonomous/t-\(number)/task_list.md").contains("- [ ]"))
            }
            #expect(run.output.contains("t-6: CANCELLED"), "\(run.output)")
            // What was ended by the pause went on in its own thread, and nothing of it was charged.
            let events = text(root + "/events").split(separator: "\n")
            let stopped = events.filter { $0.contains("\"verdict\":\"stopped\"") }
            #expect(stopped.allSatisfy { $0.contains("\"charge\":\"free\"") }, "\(stopped)")
            #expect(processes(mentioning: root + "/home").isEmpty)
        }
    }
}
