import Foundation
import TestSupport
import Testing

@Suite struct `What a plan would take` {
    private struct Answer: Decodable {
        struct Range: Decodable {
            var about: Double
            var low: Double
            var high: Double
        }

        struct Basis: Decodable {
            var sizeHints: Int
            var otherTasks: Int
            var guesses: Int
            var tokensOfRun: Int
            var tokenGuesses: Int
        }

        struct Estimate: Decodable {
            var tasks: Int
            var completeTasks: Int
            var sessions: Range
            var tokens: Range
            var cost: Range?
            var seconds: Range
            var basis: Basis
            var warnings: [String]
        }

        var concurrency: Int
        var estimate: Estimate?
    }

    private func estimate(_ run: QuireRun) throws -> Answer.Estimate? {
        let outcome = try run.quire(["plan", "m.yaml", "--json"])
        try #require(outcome.status == 0, "\(outcome.error)")
        let answer = try decoded(Answer.self, outcome.output)
        #expect(answer.concurrency == 4)
        return answer.estimate
    }

    private static let prices = "prices: {input: 1.25, cached_input: 0.125, output: 10}"

    @Test func `is a guess where nothing is known, with ranges, and no cost without prices`() throws
    {
        try withRun { run in
            try run.write((1...8).map { ("t\($0)", "entries=2") })
            let estimate = try #require(try estimate(run))
            #expect(estimate.tasks == 8 && estimate.cost == nil)
            #expect(estimate.basis.guesses == 8 && estimate.basis.tokenGuesses == 8)
            for range in [estimate.sessions, estimate.tokens, estimate.seconds] {
                #expect(0 < range.low && range.low <= range.about && range.about <= range.high)
            }
            // Orchestration sets 200,000 tokens aside for a session of which nothing is known.
            let mean = estimate.tokens.about / estimate.sessions.about
            #expect(mean > 150_000 && mean < 250_000)
            let text = try run.quire(["plan", "m.yaml"]).output
            #expect(text.contains("sessions: of 8 tasks a guess (5 each)"), "\(text)")
            #expect(text.contains("tokens: of 8 tasks a guess (200.0k a session)"))
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous"))
        }
    }

    @Test func `rests on sizes, and warns of budgets that are smaller`() throws {
        try withRun { run in
            try run.write(
                [("a", "entries=2"), ("b", "entries=2")],
                defaults: "{size: large, budget: {tokens: 50k}}",
                run: "\(Self.prices)\n  budget: {tokens: 100k, cost: 0.01, wall: 1m}"
            )
            let found = try #require(try estimate(run))
            #expect(found.basis.sizeHints == 2)
            #expect((found.cost?.about ?? 0) > 0.01)
            #expect(found.warnings.count == 2)
            let warning = try run.quire(["plan", "m.yaml"]).error
            #expect(
                warning.contains("warning: the run's budget is smaller than the estimate: 100.0k")
            )
            #expect(warning.contains("a cost of 0.01 for about"))
            #expect(warning.contains("1m 00s for about"))
            #expect(warning.contains("the budget of task \"a\" (and of 1 more) is smaller"))
        }
    }

    @Test func `rests on earlier runs, without what is complete`() throws {
        try withRun { run in
            let tasks = ["a", "b", "c"].map { ($0, "entries=2 tokens=3000") }
            try run.write(Array(tasks.prefix(2)), run: Self.prices)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try estimate(run) == nil)
            try run.write(tasks, run: Self.prices)
            let estimate = try #require(try estimate(run))
            #expect(estimate.tasks == 1 && estimate.completeTasks == 2)
            #expect(estimate.basis.otherTasks == 1 && estimate.basis.tokensOfRun == 1)
            // The simulated sessions used some thousand tokens each.
            #expect(estimate.tokens.about / estimate.sessions.about < 20_000)
        }
    }

    @Test func `is a guess with a warning where the database can't be read`() throws {
        try withRun { run in
            try run.write([("t", "entries=2")])
            try put(
                String(repeating: "no database ", count: 1000),
                run.root + "/.autonomous/.quire/quire.db"
            )
            let outcome = try run.quire(["plan", "m.yaml"])
            #expect(outcome.status == 0)
            #expect(outcome.error.contains("warning: the estimate knows of no earlier run"))
            #expect(outcome.error.contains("is damaged"))
            #expect(outcome.output.contains("a guess"))
        }
    }
}
