import Orchestration
import Testing

@Suite struct `A session that failed` {
    private static let words = [0: "without a retry", 1: "after 1 retry", 4: "after 4 retries"]

    @Test(arguments: FailureClass.allCases, [0, 1, 4])
    func `is said to be tried again exactly where it is`(kind: FailureClass, limit: Int) throws {
        let retries = RetryPlan(limit: limit, delay: .seconds(8), maxDelay: .seconds(20))
        let tasks = [TaskPlan(name: "a", maxSessions: 9, retries: retries)]
        var run = Scenario(RunPlan(concurrency: 1, tasks: tasks))
        _ = run.begin()
        var session = 1
        while session < 20, run.state.task("a")?.outcome == nil {
            let lines = run.end("a", session, failure: Failure(kind, "it broke"))
            let ended = run.seconds
            let delay = try #require(run.delays.last)
            guard run.state.task("a")?.outcome == nil else {
                #expect(delay == nil, "no session follows session \(session)")
                break
            }
            session += 1
            let start = "start a#\(session) "
            if delay != nil { #expect(!lines.contains { $0.hasPrefix(start) }) }
            guard wait(for: start, in: &run, after: lines) else { break }
            // The one slot may rest for longer, after it has lost a session.
            let surplus = run.seconds - ended - (delay ?? 0)
            if delay != nil { #expect(surplus > -0.001) }
            if delay != nil, kind != .connectionLost { #expect(surplus < 0.001) }
        }
        let reason = run.state.task("a")?.reason ?? ""
        guard reason.hasPrefix("gave up") else { return }
        #expect(reason == "gave up \(Self.words[limit] ?? ""): it broke")
        #expect(session == limit + 1)
    }

    /// Lets deadlines come until a session starts; false where none will.
    private func wait(for start: String, in run: inout Scenario, after lines: [String]) -> Bool {
        var lines = lines
        for _ in 0..<100 where !lines.contains(where: { $0.hasPrefix(start) }) {
            if run.state.leg.ending != nil || run.state.task("a")?.outcome != nil { return false }
            lines = run.playNextDeadline()
        }
        return lines.contains { $0.hasPrefix(start) }
    }

    @Test(arguments: [
        RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a", budget: Budget(tokens: 100))]),
        RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a", budget: Budget(wall: .seconds(1)))]),
        RunPlan(
            concurrency: 1,
            groups: [GroupPlan(name: "g", budget: Budget(tokens: 100))],
            tasks: [TaskPlan(name: "a", group: "g")]
        ),
        RunPlan(
            concurrency: 1,
            tasks: [TaskPlan(name: "a")],
            budget: RunBudget(Budget(tokens: 100), isHard: true)
        ),
        RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a", maxSessions: 1)]),
    ])
    func `is not said to be tried again where too much was spent`(plan: RunPlan) {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.contextWindow, "no room"), after: 2, tokens: 100)
        #expect(run.state.task("a")?.outcome == .capped)
        #expect(run.delays == [nil])
    }

    @Test func `is not said to be tried again by a run that starts nothing more`() {
        var run = Scenario(RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        _ = run.play([.shutdownRequested(.interrupt)], after: 1)
        _ = run.end("a", 1, failure: Failure(.overload, "high demand"))
        #expect(run.delays == [nil])
        #expect(run.state.task("a")?.outcome == nil)
    }
}
