import Orchestration
import Testing

/// A new leg's beginning, so many seconds after the end of the leg before.
private func again(_ plan: RunPlan, after run: Scenario, pause: Double = 0) -> Scenario {
    var next = Scenario(plan, state: run.state)
    next.clockOffset = .seconds(run.seconds + pause)
    return next
}

/// Plays until something starts, and returns the time of that.
private func secondsToStart(_ run: inout Scenario) -> Double {
    for _ in 0..<20 where run.playNextDeadline().contains(where: { $0.hasPrefix("start") }) {
        break
    }
    return run.seconds.rounded()
}

@Suite struct `Limits of the service in a new leg` {
    private let minute = RunPlan(
        concurrency: 4,
        tokensPerMinute: 60_000,
        tasks: (0..<9).map { TaskPlan(name: "t\($0)") }
    )

    /// The seconds are what the debt and the next session's tokens take to come in.
    @Test(arguments: [(0.0, 90.0), (60, 30), (100, 0)])
    func `tokens that were used are not there again`(pause: Double, wait: Double) {
        var run = Scenario(minute)
        #expect(run.begin().count == 4)
        for number in 0..<4 {
            _ = run.end("t\(number)", 1, ticked: 0, after: 0, tokens: 30_000)
        }
        var next = again(minute, after: run, pause: pause)
        let starts = next.begin().count { $0.hasPrefix("start") }
        #expect((starts > 0) == (wait == 0))
        if wait > 0 { #expect(secondsToStart(&next) == wait) }
    }

    @Test func `tokens of lost sessions are taken to be used`() {
        var run = Scenario(minute)
        #expect(run.begin().count == 4)
        var next = again(minute, after: run)
        #expect(!next.begin().contains { $0.hasPrefix("start") })
        #expect(secondsToStart(&next) == 15)
    }

    @Test func `another number of tokens a minute keeps the debt`() {
        var run = Scenario(minute)
        _ = run.begin()
        for number in 0..<4 {
            _ = run.end("t\(number)", 1, ticked: 0, after: 0, tokens: 30_000)
        }
        var plan = minute
        plan.tokensPerMinute = 180_000
        var next = again(plan, after: run)
        #expect(!next.begin().contains { $0.hasPrefix("start") })
        #expect(secondsToStart(&next) == 30)
    }

    private let one = RunPlan(concurrency: 1, tasks: [TaskPlan(name: "t", maxSessions: 99)])
    private let tooMany = Failure(.rateLimit, "too many requests")

    /// Ends the running session by a rate limit, and returns for how long the gate closes.
    private func meetLimit(_ run: inout Scenario) -> Duration? {
        guard let start = run.state.running.values.first?.start else { return nil }
        _ = run.end(start.task, start.session, failure: tooMany, after: 0)
        let closed = run.state.gates.closed[GateKey(.rateLimit)]
        return closed?.until.map { $0 - Scenario.wall(0) - run.clockOffset - .seconds(run.seconds) }
    }

    @Test func `a rate limit holds on, and the next one lasts twice as long`() {
        var run = Scenario(one)
        _ = run.begin()
        #expect(meetLimit(&run) == .seconds(10))
        #expect(secondsToStart(&run) == 10)
        #expect(meetLimit(&run) == .seconds(20))
        var next = again(one, after: run, pause: 5)
        #expect(next.begin() == ["gate rate_limit closed"])
        #expect(secondsToStart(&next) == 15)
        #expect(meetLimit(&next) == .seconds(40))
    }

    @Test func `a rate limit whose time has come is not told of again`() {
        var run = Scenario(one)
        _ = run.begin()
        #expect(meetLimit(&run) == .seconds(10))
        var next = again(one, after: run, pause: 10)
        #expect(next.begin().map { $0.prefix(5) } == ["start"])
        #expect(meetLimit(&next) == .seconds(20))
    }

    @Test func `a success between two rate limits ends the row`() {
        var run = Scenario(one)
        _ = run.begin()
        _ = meetLimit(&run)
        _ = secondsToStart(&run)
        _ = run.end("t", 2, ticked: 0)
        var next = again(one, after: run)
        _ = next.begin()
        #expect(meetLimit(&next) == .seconds(10))
    }
}
