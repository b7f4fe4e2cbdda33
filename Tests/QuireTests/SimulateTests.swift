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
            #expect(table.output.contains("× CLAIRVOYANT"))
            let all = try object(try run.quire(words + ["--policy", "all", "--json"]).output)
            let rows = try #require(all["results"] as? [[String: Any]])
            for row in rows {
                let policy = try #require(row["policy"] as? String)
                let ratio = try #require(row["mean_against_clairvoyant"] as? Double)
                let late = try #require(row["max_lateness_rounds"] as? Double)
                #expect(policy == "clairvoyant" ? ratio == 1 : ratio > 1, "\(policy)")
                #expect(policy == "round-robin" ? late == 0 : late != 0, "\(policy)")
                #expect(row["mean_against_inspect"] is Double)
            }
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

    @Test func `a second run and the worth of the order are told of`() throws {
        try withRun { run in
            let words = ["simulate", "--workload", "light", "--tasks", "60", "--slots", "4"]
            let once = try run.quire(words).output
            let again = try run.quire(words + ["--again"]).output
            #expect(again.contains("; their second run\n") && !once.contains("second run"))
            #expect(once.contains("The tasks differ in size"))
            let like = try run.quire(["simulate", "--workload", "same12"]).output
            #expect(like.contains("no scheduler is much better than first come, first served"))
            func mean(_ more: [String]) throws -> Double {
                let answer = try object(try run.quire(words + ["--json"] + more).output)
                let rows = try #require(answer["results"] as? [[String: Any]])
                return try #require(rows.first?["mean_completion_s"] as? Double)
            }
            #expect(try mean(["--again"]) < mean([]))
            let refused = try run.quire(["simulate", "m.yaml", "--again"])
            #expect(refused.status == 64 && refused.error.contains("--again changes nothing"))
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
                  - {name: a, prompt: "sim: entries=9", size: small, group: g}
                  - {name: b, prompt: "sim: entries=14", size: 1.5, needs: [a]}
                """,
                run.root + "/m.yaml"
            )
            let before = try object(try run.quire(["simulate", "m.yaml", "--json"]).output)
            #expect(before["tasks"] as? Int == 2)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let after = try object(try run.quire(["simulate", "m.yaml", "--json"]).output)
            let (guess, model) = (try result(before), try result(after))
            #expect(guess["completed"] as? Int == 2 && model["completed"] as? Int == 2)
            // 2 and 1.5 sessions were thought; entries were ticked one a session.
            let sessions = try #require(model["sessions"] as? Int)
            #expect((20...35).contains(sessions), "\(sessions)")
            // Real sessions took well under a second; without them minutes are assumed.
            let (mean, all) = (try end(guess), try end(model))
            #expect(all > 0 && all < mean / 10)
        }
    }

    private func result(_ json: [String: Any]) throws -> [String: Any] {
        try #require((json["results"] as? [[String: Any]])?.first)
    }

    private func end(_ result: [String: Any]) throws -> Double {
        try #require(result["makespan_s"] as? Double)
    }

    @Test func `a manifest is played by its own scheduler, and as far as its sizes go`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 1, scheduler: fifo}
                tasks:
                  - {name: a, prompt: "x", size: 1500, max_sessions: 0}
                """,
                run.root + "/m.yaml"
            )
            let played = try result(object(try run.quire(["simulate", "m.yaml", "--json"]).output))
            #expect(played["policy"] as? String == "fifo")
            #expect(played["completed"] as? Int == 1)
            #expect(try #require(played["sessions"] as? Int) > 1000)
        }
    }

    @Test func `a manifest's groups are those that its tasks are in`() throws {
        try withRun { run in
            let tasks = ["left", "right"].map { group in
                "  - {name: \"\(group)-{n}\", matrix: {n: [1, 2, 3, 4]}, prompt: x, size: 4, "
                    + "group: \(group)}\n"
            }
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 2}
                groups: {left: {weight: 1}, right: {weight: 1}, nobody: {weight: 5}}
                tasks:
                \(tasks.joined())
                """,
                run.root + "/m.yaml"
            )
            let words = ["simulate", "m.yaml", "--json", "--html", "p.html"]
            let played = try result(object(try run.quire(words).output))
            #expect(try #require(played["jain"] as? Double) > 0.9)
            let page = text(run.root + "/p.html")
            #expect(page.contains("left, weight 1") && page.contains("right, weight 1"))
            #expect(!page.contains("nobody") && !page.contains("group 2"))
            // Slots have the numbers that every other view gives them.
            #expect(page.contains("slots 0 to 1;"))
        }
    }

    @Test func `a table tells how many tasks were complete, and when all ended`() throws {
        try withRun { run in
            let never = Self.task(sessions: [Self.session(done: 0)], completesAfter: "null")
            try put(Self.workload(tasks: [never]), run.root + "/never.json")
            let table = try run.quire(["simulate", "--workload-file", "never.json"]).output
            let lines = table.split(separator: "\n").suffix(2).map { $0.split(separator: " ") }
            try #require(lines.count == 2)
            #expect(lines[0].contains("COMPLETED") && lines[0].contains("END"))
            // MEAN, P50 and P99, COMPLETED, ALL DONE, END.
            #expect(lines[1].prefix(9) == ["pace", "1", "-", "-", "-", "0", "-", "0.1", "min"])
        }
    }

    @Test(arguments: [
        ([], "Name one of"), (["--workload", "nope"], "there are light"),
        (["--workload", "trace", "--policy", "nope"], "There is no scheduler \"nope\""),
        (["--workload", "trace", "--policy", ""], "--policy \"\": a part of the list is empty"),
        (["--workload", "trace", "--policy", "pace,"], "a part of the list is empty"),
        (["--workload", "trace", "--policy", "pace,las,pace"], "pace stands there twice"),
        (["--workload", "trace", "--slots", "0"], "--slots"),
        (["--workload", "trace", "--slots", ""], "--slots \"\": a part of the list is empty"),
        (["--workload", "trace", "--slots", ","], "a part of the list is empty"),
        (["--workload", "trace", "--slots", "4,4"], "4 stands there twice"),
        (["--workload", "trace", "--tasks", "0"], "--tasks"),
        (["--workload", "trace", "--state-dir", "s"], "--state-dir changes nothing"),
        (["m.yaml", "--tasks", "5"], "--tasks changes nothing with a manifest"),
        (["m.yaml", "--hints", "1"], "--hints changes nothing with a manifest"),
        (["m.yaml", "--stall-after", "4"], "--stall-after changes nothing with a manifest"),
        (["--workload-file", "good.json", "--tasks", "5"], "--tasks changes nothing"),
        (["--workload-file", "good.json", "--seed", "5"], "--seed changes nothing"),
        (["--workload-file", "good.json", "--hints", "1"], "no task of w has a \"size\""),
        (["--workload-file", "broken.json"], "broken.json is no workload"),
        (["--workload", "calm", "--usage-window", "5h"], "belong together"),
        (
            ["--workload", "calm", "--usage-window", "5", "--usage-tokens", "1M"],
            "\"5\" is no time from 1m to 30d"
        ),
        (
            ["--workload", "calm", "--usage-window", "60d", "--usage-tokens", "1M"],
            "\"60d\" is no time from 1m to 30d"
        ),
        (
            ["--workload", "calm", "--usage-window", "5h", "--usage-tokens", "0"],
            "--usage-tokens: \"0\" is no number of tokens from 1000"
        ),
        (
            ["--workload", "calm", "--tokens-per-minute", "many"],
            "--tokens-per-minute: \"many\" is no number"
        ),
    ])
    func `options that are wrong or change nothing are refused with a reason`(
        words: [String],
        reason: String
    ) throws {
        try withRun { run in
            try put("{\"name\":", run.root + "/broken.json")
            try put(Self.workload(tasks: [Self.task()]), run.root + "/good.json")
            try put("version: 1\ntasks: [{name: a, prompt: x}]", run.root + "/m.yaml")
            let outcome = try run.quire(["simulate"] + words)
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test func `a night with a limit every five hours ends with every task complete`() throws {
        try withRun { run in
            let words = [
                "simulate", "--workload", "light", "--tasks", "200", "--slots", "32",
                "--usage-window", "5h", "--usage-tokens", "150M",
            ]
            let json = try object(try run.quire(words + ["--json", "--html", "p.html"]).output)
            let results = try #require(json["results"] as? [[String: Any]])
            let completed = try #require(results[0]["completed"] as? Int)
            #expect(results[0]["false_kills"] as? Int == 0)
            let limits = try #require(results[0]["limits"] as? [String: Any])
            let held = try #require(limits["held"] as? [[String: Any]])
            #expect(held.map { $0["gate"] as? String } == ["usage_limit"])
            let hits = try #require(held[0]["times"] as? Int)
            #expect(hits >= 2)
            #expect(limits["probes"] as? Int == hits)
            let cut = try #require(limits["usage_limited_sessions"] as? Int)
            #expect(cut >= hits && cut <= 32 * hits)
            #expect(limits["lost_tokens"] as? Double == 0)
            let waited = try #require(limits["waited_s"] as? Double)
            let whole = try #require(results[0]["end_s"] as? Double)
            #expect(waited > 0 && waited < whole)
            // What was under way when a window was used up is a little more.
            let tokens = try #require(results[0]["tokens"] as? Double)
            let windows = whole / 18_000 + 1
            #expect(tokens >= Double(hits) * 150e6 && tokens <= windows * 152e6)
            #expect(text(run.root + "/p.html").contains("starts were held where it is grey"))
            let table = try run.quire(words)
            #expect(table.status == 0 && table.output.contains("LIMIT HITS"))
            #expect(table.output.contains("a usage limit for "), "\(table.output)")
            #expect(table.output.contains(" 200 tasks, \(completed) of which can be completed"))
        }
    }

    @Test func `what adapts finds out how many tokens a minute the service takes`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {concurrency: {min: 1, max: 16}, prices: {input: 1, cached_input: 0.1, output: 8}}
                tasks: [{name: "t-{n}", matrix: {n: [\((1...40).map(String.init).joined(separator: ","))]}, prompt: p}]
                """,
                run.root + "/m.yaml"
            )
            let words = ["simulate", "m.yaml", "--json"]
            let free = try object(try run.quire(words).output)
            let bound = try object(try run.quire(words + ["--tokens-per-minute", "100k"]).output)
            func result(_ json: [String: Any]) throws -> [String: Any] {
                try #require((json["results"] as? [[String: Any]])?.first)
            }
            let (before, after) = (try result(free), try result(bound))
            #expect(before["limits"] == nil && (before["cost"] as? Double ?? 0) > 0)
            #expect(after["completed"] as? Int == before["completed"] as? Int)
            let tokens = try #require(after["tokens"] as? Double)
            let minutes = try #require(after["end_s"] as? Double) / 60
            #expect(tokens / minutes <= 100_000 * 1.05)
            let limits = try #require(after["limits"] as? [String: Any])
            #expect((limits["rate_limited_sessions"] as? Int ?? 0) > 0)
            #expect(limits["lost_tokens"] as? Double == 0)
        }
    }

    @Test func `lists may have spaces, and a file's own sizes are hints`() throws {
        try withRun { run in
            let sizes = ["30", "1"].enumerated().map { Self.task($0, more: ", \"size\": \($1)") }
            try put(Self.workload(tasks: sizes), run.root + "/w.json")
            let words = ["simulate", "--workload-file", "w.json", "--dispatches", "d.txt"]
            let outcome = try run.quire(words + ["--policy", "pace, fifo"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let firsts = text(run.root + "/d.txt").split(separator: "\n")
                .filter { $0.contains(" 0.0 ") }
            #expect(firsts.count == 2)
            #expect(firsts.first?.contains("task-1") == true, "the one that is said to be small")
            #expect(firsts.last?.contains("task-0") == true, "the first")
        }
    }

    private static func workload(slots: String = "1", tasks: [String]) -> String {
        """
        {"name": "w", "seed": 1, "slots": \(slots), "groups": [{"weight": 1}],
        "tasks": [\(tasks.joined(separator: ","))]}
        """
    }

    private static func task(
        _ id: Int = 0,
        group: String = "0",
        needs: String = "",
        sessions: [String] = [session()],
        completesAfter: String = "1",
        more: String = ""
    ) -> String {
        """
        {"id": \(id), "arrival": 0, "group": \(group), "weight": 1, "max_sessions": 9,
        "needs": [\(needs)], "completes_after": \(completesAfter),
        "sessions": [\(sessions.joined(separator: ","))]\(more)}
        """
    }

    private static func session(
        done: String = "1",
        total: String = "1",
        tokens: String = "1"
    ) -> String {
        """
        {"seconds": 3, "tokens": \(tokens), "done": \(done), "total": \(total), "crashed": false}
        """
    }

    private static func session(done: Int) -> String { session(done: "\(done)") }

    @Test(arguments: [
        (workload(tasks: [task(group: "3")]), "there is no group 3"),
        (workload(tasks: [task(needs: "1"), task(1, needs: "0")]), "task 0 needs itself"),
        (
            // Task 0 only lies behind the cycle.
            workload(tasks: [task(needs: "1"), task(1, needs: "2"), task(2, needs: "1")]),
            "task 1 needs itself"
        ),
        (workload(slots: "1e15", tasks: [task()]), "\"slots\" is 1000000000000000"),
        (workload(tasks: [task(sessions: [session(done: 2)])]), "\"done\" is 2; it must be"),
        (workload(tasks: [task(sessions: [session(done: -1)])]), "\"done\" is -1"),
        (workload(tasks: [task(sessions: [session(done: 0)])]), "\"done\" must be \"total\""),
        (
            workload(tasks: [task(sessions: [session(), session()], completesAfter: "2")]),
            "session 1: \"done\" is \"total\", but"
        ),
        (workload(tasks: [task(completesAfter: "null")]), "session 1: \"done\" is \"total\", but"),
        (workload(tasks: [task(sessions: [session(tokens: "1e30")])]), "\"tokens\" must be"),
        (
            workload(tasks: [
                task(sessions: [session(done: "4611686018427387904", total: "4611686018427387904")])
            ]), "\"total\" must be"
        ),
        (workload(tasks: [task(), task(1, more: ", \"name\": \"task-0\"")]), "that of task 0"),
        (workload(tasks: [task(more: ", \"name\": \"a b\"")]), "hold spaces"),
        (workload(tasks: [task(more: ", \"size\": 0")]), "its size is 0.0"),
    ])
    func `a workload file that can't be played is refused`(file: String, reason: String) throws {
        try withRun { run in
            try put(file, run.root + "/w.json")
            let outcome = try run.quire(["simulate", "--workload-file", "w.json"])
            #expect(outcome.status == 64)
            #expect(outcome.error.contains(reason), "\(outcome.error)")
        }
    }

    @Test(arguments: [
        (["--workload-file", "gone.json"], "gone.json can't be read"),
        (["--workload", "small", "--html", "."], "--html"),
        (["--workload", "small", "--dispatches", "m/no.txt"], "--dispatches"),
    ])
    func `files that can't be read or written are named`(words: [String], reason: String) throws {
        try withRun { run in
            try put("a file", run.root + "/m")
            let outcome = try run.quire(["simulate"] + words)
            #expect(outcome.status == 69 && outcome.error.contains(reason), "\(outcome.error)")
            #expect(!outcome.error.contains("NSCocoa") && !outcome.error.contains("UserInfo"))
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
                  - {name: runs, prompt: "sim: entries=2 duration=600", priority: 1}
                  - {name: waits, prompt: "sim: entries=2", size: small}
                  - {name: needs, prompt: "sim: entries=2", needs: [waits]}
                """,
                run.root + "/m.yaml"
            )
            var told: [String: String] = [:]
            _ = try run.quire(["run", "m.yaml", "--drain-timeout", "0s"]) { output, pid in
                guard told.isEmpty, output.contains("runs") else { return }
                _ = eventually {
                    let answer = try? run.quire(["explain", "runs"]).output
                    return answer?.contains("Session 1 runs in slot 0") == true
                }
                for task in ["done", "runs", "waits", "needs"] {
                    told[task] = try? run.quire(["explain", task]).output
                }
                told["json"] = try? run.quire(["explain", "waits", "--json"]).output
                kill(pid, SIGTERM)
            }
            #expect(told["done"]?.contains("done is complete: every entry is ticked") == true)
            #expect(told["runs"]?.contains("Session 1 runs in slot 0, because") == true)
            #expect(told["waits"]?.contains("Going by its size hint") == true)
            #expect(
                told["waits"]?.contains(
                    "it starts after at most 32 starts of tasks of its priority (0) in its group"
                ) == true
            )
            #expect(told["needs"]?.contains("It needs waits") == true)
            let json = try object(told["json"] ?? "")
            #expect(json["phase"] as? String == "waiting")
            #expect(json["starts_at_the_latest_after"] as? Int == 32)
            let after = try run.quire(["explain", "waits"])
            #expect(after.output.contains("start it again"))
            let unknown = try run.quire(["explain", "nobody"])
            #expect(unknown.status == 69 && unknown.error.contains("has no task \"nobody\""))
        }
    }
}
