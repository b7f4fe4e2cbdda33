import Foundation
import TestSupport
import Testing

/// The facts of a run, as `--events` told them.
private struct Fact: Decodable {
    var event: String
    var time: String
    var task: String?
    var session: Int?
    var gate: String?
    var account: String?
    var resumes: String?
    var isProbe: Bool?
    var charge: String?

    static func all(_ path: String) throws -> [Fact] { try decodedLines(of: path) }
}

@Suite struct `A run that meets a limit` {
    private struct Status: Decodable {
        struct Gate: Decodable {
            var gate: String
            var account: String?
            var secondsLeft: Double?
        }

        struct Change: Decodable {
            var limit: Int
            var reason: String
        }

        struct Spent: Decodable {
            struct Held: Decodable {
                var gate: String
                var times: Int
                var seconds: Double
            }

            var wallSeconds: Double
            var sessions: Int
            var tokens: Int64
            var held: [Held]
        }

        var gates: [Gate]
        var concurrency: [Change]
        var spent: Spent
    }

    private func status(_ run: QuireRun) throws -> Status {
        try decoded(Status.self, try run.quire(["status", "--json"]).output)
    }

    @Test func `waits for its end, probes once, continues every thread and completes`() throws {
        try withRun { run in
            let file = run.root + "/limit"
            let directives = "entries=2 items=2 limit=\(file)"
            try run.write((1...6).map { ("t\($0)", directives) }, concurrency: 4)
            // Those sessions that are to meet it are there when it begins.
            try run.direct("* 2 until=\(file)")
            var isLimited = false
            let arguments = ["run", "m.yaml", "--progress", "plain", "--events", "events"]
            let outcome = try run.quire(arguments) { output, _ in
                guard !isLimited, output.contains("session 2 starts") else { return }
                isLimited = true
                let over = Date().timeIntervalSince1970 + 5
                try? "\(over)\n".write(toFile: file, atomically: true, encoding: .utf8)
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("starts are held by a usage limit for"))
            #expect(outcome.output.contains("starts go on: a usage limit is over"))
            #expect(outcome.output.contains("held by a usage limit for "))
            #expect(outcome.output.contains(", once\n"))
            let facts = try Fact.all(run.root + "/events")
            let limited = facts.filter { $0.charge == "free" }
            #expect((1...4).contains(limited.count))
            #expect(facts.allSatisfy { $0.charge != "retry" })
            let closed = try #require(facts.firstIndex { $0.event == "gate_closed" })
            let opened = try #require(facts.firstIndex { $0.event == "gate_opened" })
            let probes = facts[closed..<opened].filter { $0.event == "session_started" }
            #expect(probes.count == 1 && probes.first?.isProbe == true)
            for session in limited {
                let next = facts.first {
                    $0.event == "session_started" && $0.task == session.task
                        && $0.session == (session.session ?? 0) + 1
                }
                #expect(next?.resumes != nil)
            }
        }
    }

    @Test func `shows the time that is left, and goes on waiting when it is started again`() throws
    {
        try withRun { run in
            try run.write([("a", "fail=usage-limit fail-on=1"), ("b", "duration=100ms")])
            for _ in 1...2 {
                let outcome = try run.quire(
                    ["run", "m.yaml"],
                    watching: signal(SIGTERM, at: "starts are held")
                )
                #expect(outcome.status == 143, "\(outcome.output)")
                #expect(outcome.output.contains("by a usage limit"))
                let gates = try status(run).gates
                #expect(gates.map(\.gate) == ["usage_limit"])
                #expect(gates.first?.secondsLeft.map { $0 > 0 } == true)
            }
            // Both legs waited for the same limit, and the time between them is not counted.
            let spent = try status(run).spent
            #expect(spent.held.map(\.gate) == ["usage_limit"] && spent.held[0].times == 1)
            #expect(spent.held[0].seconds > 0 && spent.held[0].seconds <= spent.wallSeconds)
            let list = try run.quire(["status"]).output
            #expect(list.contains("starts are held by a usage limit for"))
            #expect(list.contains("held by a usage limit for ") && list.contains(", once\n"))
            #expect(try run.quire(["explain", "a"]).output.contains("Starts are held by a usage"))
        }
    }

    @Test func `of one account goes on with the tasks of another`() throws {
        try withRun { run in
            try put(
                """
                version: 1
                run: {agent: simulated, concurrency: 2, admission: \(QuireRun.unbounded)}
                tasks:
                  - {name: a, prompt: "sim: entries=1", env: {CODEX_HOME: \(run.root)/one}}
                  - name: b
                    prompt: "sim: fail=usage-limit fail-on=1"
                    env: {CODEX_HOME: \(run.root)/two}
                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"]) { output, pid in
                if output.contains("a: COMPLETE"), output.contains("starts are held") {
                    kill(pid, SIGTERM)
                }
            }
            #expect(outcome.status == 143, "\(outcome.output)")
            #expect(outcome.output.contains("by a usage limit of \(run.root)/two"))
            #expect(text(run.task("a") + "/task_list.md").contains("- [x]"))
            #expect(try status(run).gates.first?.account == run.root + "/two")
        }
    }

    @Test func `halves what adapts, and tells of it`() throws {
        try withRun { run in
            var tasks = (1...4).map { ("t\($0)", "entries=1 duration=200ms") }
            tasks[3].1 += " fail=overload fail-on=1"
            try run.write(tasks, run: "grace: 1s")
            let manifest = text(run.root + "/m.yaml")
            try put(
                manifest.replacing("concurrency: 4", with: "concurrency: {min: 1, max: 4}"),
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(outcome.output.contains("1 to 4 sessions at once"))
            #expect(outcome.output.contains("from now on at most 2 sessions at once: We’re"))
            #expect(try status(run).concurrency.map(\.limit) == [2])
        }
    }

    @Test func `of tokens a minute starts no more than there are tokens for`() throws {
        try withRun { run in
            try run.write(
                (1...4).map { ("t\($0)", "entries=9 tokens=60000") },
                run: "tokens_per_minute: 40k"
            )
            let outcome = try run.quire(
                ["run", "m.yaml"],
                watching: signal(SIGTERM, at: "starts are held")
            )
            #expect(outcome.status == 143, "\(outcome.output)")
            #expect(outcome.output.contains("by the limit on tokens per minute for"))
        }
    }

    @Test func `of its own lists that grow as they are ticked is ended with its reason`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=2 append=1")],
                defaults: "{grow_after: 3, stall_after: {sessions: 5, tokens: 5M}}"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)")
            #expect(outcome.output.contains("warning: t: its checklist grew as fast as it was"))
            #expect(outcome.output.contains("it is parked: it goes on when nothing else waits"))
            #expect(outcome.output.contains("t: STALLED"))
        }
    }
}
