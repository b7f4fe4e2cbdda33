import Orchestration
import Simulation
import Testing

@Suite struct `A batch whose account runs out of usage` {
    private func workload(_ tasks: Int, slots: Int) -> Workload {
        let session = Workload.Session(
            seconds: 3600,
            tokens: 1e6,
            done: 1,
            total: 1,
            crashed: false
        )
        return Workload(
            name: "w",
            seed: 1,
            slots: slots,
            groups: [Workload.Group(weight: 1)],
            tasks: (0..<tasks).map {
                Workload.Task(id: $0, maxSessions: 1, sessions: [session], completesAfter: 1)
            }
        )
    }

    @Test func `goes on in the same threads when the window resets, and does no work twice`() throws
    {
        // 500,000 tokens are used after half an hour; the window resets at 2:00, which is told to
        // the minute, so that the probe comes at 2:01.
        let window = ServiceLimits.Window(length: .seconds(7200), tokens: 500_000)
        var batch = Batch(workload(1, slots: 1), limits: ServiceLimits(window: window))
        batch.run()
        let figures = batch.figures(policy: "pace")
        #expect(figures.completed == 1 && batch.dispatches.map(\.session) == [1, 2])
        #expect(batch.dispatches[1].at == 7260)
        let first = batch.dispatches[0].seconds
        #expect(first >= 1801 && first <= 1820)
        #expect(abs(figures.makespan - (7260 + 3600 - first)) < 0.01)
        #expect(abs(figures.tokens - 1e6) <= 1)
        let limits = try #require(figures.limits)
        #expect(limits.usageLimited == 1 && limits.probes == 1 && limits.lostTokens == 0)
        #expect(limits.held.map(\.times) == [1])
        // Nothing ran until the probe, which opened the gate when it was answered.
        #expect(abs(limits.waited - (7260 - first)) < 0.01)
        #expect(abs(limits.held[0].seconds - (7263 - first)) < 0.01)
        #expect(batch.holds.count == 1)
    }

    @Test func `has a window again from its next use on`() {
        // The first window ends in the middle of the second session's wait for its turn.
        let window = ServiceLimits.Window(length: .seconds(3000), tokens: 1e9)
        var batch = Batch(workload(3, slots: 1), limits: ServiceLimits(window: window))
        batch.run()
        #expect(batch.dispatches.map(\.at) == [0, 3600, 7200])
        #expect(batch.figures(policy: "pace").limits?.held == [])
    }

    @Test func `of tokens a minute uses no more than these`() throws {
        // Eight sessions would use 133,333 tokens a minute.
        let limits = ServiceLimits(tokensPerMinute: 60_000)
        var batch = Batch(workload(8, slots: 8), limits: limits)
        batch.run()
        let figures = batch.figures(policy: "pace")
        #expect(figures.completed == 8)
        #expect(abs(figures.tokens - 8e6) < Double(batch.dispatches.count))
        #expect(figures.end / 60 >= (8e6 - 60_000) / 60_000)
        let found = try #require(figures.limits)
        #expect(found.rateLimited > 0 && found.usageLimited == 0 && found.lostTokens == 0)
    }

    @Test func `plays the same from the same seed`() {
        let window = ServiceLimits.Window(length: .seconds(18_000), tokens: 3e7)
        let limits = ServiceLimits(tokensPerMinute: 150_000, window: window)
        let workload = WorkloadName.trace.draw(seed: 3, tasks: 60)
        var (first, second) = (Batch(workload, limits: limits), Batch(workload, limits: limits))
        first.run()
        second.run()
        #expect(first.dispatches == second.dispatches)
        #expect(first.figures(policy: "p") == second.figures(policy: "p"))
        #expect(first.figures(policy: "p").falseKills == 0)
    }
}
