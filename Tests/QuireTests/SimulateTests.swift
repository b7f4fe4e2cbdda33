import Foundation
import TestSupport
import Testing

@Suite struct `Simulation and explanation` {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `schedulers are compared on a synthetic workload`() throws {
        try withRun { run in
            let words = ["simulate", "--workload", "trace", "--tasks", "80", "--slots", "8"]
            let table = try run.quire(words + ["--policy", "all"])
            #expect(table.status == 0)
            #expect(table.output.contains("SCHEDULER"))
            #expect(table.output.contains("shortest-remaining"))
            let files = ["--json", "--dispatches", "d.txt", "--html", "p.html"]
            let answer = try run.quire(words + ["--policy", "pace,fifo", "--slots", "2,8"] + files)
            #expect(answer.status == 0, "\(answer.error)")
            let json = try object(answer.output)
            #expect(json["workload"] as? String == "trace")
            let results = try #require(json["results"] as? [[String: Any]])
            #expect(
                results.compactMap { $0["policy"] as? String } == ["pace", "fifo", "pace", "fifo"]
            )
            #expect(results.compactMap { $0["slots"] as? Int } == [2, 2, 8, 8])
            let means = results.compactMap { $0["mean_completion_s"] as? Double }
            #expect(means.count == 4 && means[0] < means[1] && means[2] < means[0])
            let starts = text(run.root + "/d.txt").split(separator: "\n").dropFirst()
            let sessions = results.compactMap { $0["sessions"] as? Int }.reduce(0, +)
            #expect(starts.count == sessions)
            #expect(text(run.root + "/p.html").contains("<svg"))
        }
    }

    @Test func `a manifest is played with its groups, caps, sizes and past`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 2, scheduler: pace}
                groups: {g: {weight: 2, max_concurrent: 1}}
                defaults: {retries: {delay: 10ms}}
                tasks:
                  - {name: a, prompt: "sim: entries=2", size: large, group: g}
                  - {name: b, prompt: "sim: entries=3", size: 1.5, needs: [a]}
                """,
                run.root + "/m.yaml"
            )
            let before = try object(try run.quire(["simulate", "m.yaml", "--json"]).output)
            #expect(before["tasks"] as? Int == 2)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let after = try object(try run.quire(["simulate", "m.yaml", "--json"]).output)
            func end(_ json: [String: Any]) throws -> Double {
                let results = try #require(json["results"] as? [[String: Any]])
                return try #require(results[0]["makespan_s"] as? Double)
            }
            // Real sessions took well under a second; without them minutes are assumed.
            #expect(try end(after) < end(before) / 10)
        }
    }

    @Test(arguments: [
        ([], "Name one of"), (["--workload", "nope"], "there are light"),
        (["--workload", "trace", "--policy", "nope"], "There is no scheduler \"nope\""),
        (["--workload", "trace", "--slots", "0"], "--slots"),
        (["--workload", "trace", "--tasks", "0"], "--tasks"),
        (["--workload-file", "broken.json"], "broken.json is no workload"),
        (["--workload-file", "wrong.json"], "there is no group 3"),
        (["--workload-file", "cycle.json"], "task 0 needs itself"),
    ])
    func `bad input is refused with a reason`(words: [String], reason: String) throws {
        try withRun { run in
            try put("{\"name\":", run.root + "/broken.json")
            try put(
                """
                {"name": "w", "seed": 1, "slots": 1, "groups": [{"weight": 1}], "tasks": [
                {"id": 0, "arrival": 0, "group": 3, "weight": 1, "max_sessions": 9, "needs": [],
                "sessions": [{"seconds": 1, "tokens": 1, "done": 1, "total": 1, "crashed": false}],
                "completes_after": 1}]}
                """,
                run.root + "/wrong.json"
            )
            let tasks = [0, 1].map { task in
                """
                {"id": \(task), "arrival": 0, "group": 0, "weight": 1, "max_sessions": 9,
                "needs": [\(1 - task)], "completes_after": 1, "sessions":
                [{"seconds": 1, "tokens": 1, "done": 1, "total": 1, "crashed": false}]}
                """
            }
            try put(
                """
                {"name": "w", "seed": 1, "slots": 1, "groups": [{"weight": 1}],
                "tasks": [\(tasks.joined(separator: ","))]}
                """,
                run.root + "/cycle.json"
            )
            let outcome = try run.quire(["simulate"] + words)
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test func `a file that isn't there is named`() throws {
        try withRun { run in
            let outcome = try run.quire(["simulate", "--workload-file", "gone.json"])
            #expect(outcome.status == 69 && outcome.error.contains("gone.json"))
        }
    }

    @Test func `tasks are explained while they run, wait and when they have ended`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 1}
                defaults: {retries: {delay: 10ms}}
                tasks:
                  - {name: done, prompt: "sim: entries=1", priority: 2}
                  - {name: runs, prompt: "sim: entries=2 duration=60", priority: 1}
                  - {name: waits, prompt: "sim: entries=2", size: small}
                  - {name: needs, prompt: "sim: entries=2", needs: [waits]}
                """,
                run.root + "/m.yaml"
            )
            var told: [String: String] = [:]
            _ = try run.quire(["run", "m.yaml"]) { output, pid in
                guard told.isEmpty, output.contains("runs") else { return }
                for _ in 0..<100 {
                    let answer = try? run.quire(["explain", "runs"]).output
                    if answer?.contains("Session 1 runs in slot 1") == true { break }
                    usleep(50_000)
                }
                for task in ["done", "runs", "waits", "needs"] {
                    told[task] = try? run.quire(["explain", task]).output
                }
                told["json"] = try? run.quire(["explain", "waits", "--json"]).output
                kill(pid, SIGTERM)
                kill(pid, SIGTERM)
            }
            #expect(told["done"]?.contains("done is complete: every entry is ticked") == true)
            #expect(told["runs"]?.contains("Session 1 runs in slot 1, because") == true)
            #expect(told["waits"]?.contains("Going by its size hint") == true)
            #expect(told["waits"]?.contains("it starts after at most 32 starts") == true)
            #expect(told["needs"]?.contains("It needs waits") == true)
            let json = try object(told["json"] ?? "")
            #expect(json["phase"] as? String == "waiting")
            #expect(json["starts_at_the_latest_after"] as? Int == 32)
            let after = try run.quire(["explain", "waits"])
            #expect(after.output.contains("start it again"))
            let unknown = try run.quire(["explain", "nobody"])
            #expect(unknown.status == 64 && unknown.error.contains("has no task \"nobody\""))
        }
    }
}
