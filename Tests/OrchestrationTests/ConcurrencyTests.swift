import Orchestration
import Testing

@Suite struct `Concurrency that adapts` {
    private let plan = RunPlan(
        concurrency: 8,
        leastConcurrency: 2,
        tasks: (0..<40).map { TaskPlan(name: "t\($0)", stallAfter: 1000) }
    )
    private let overload = Failure(.overload, "high demand")

    /// Lets a second pass, and the oldest session go well, as often as said.
    private func play(_ run: inout Scenario, turns: Int) -> [String] {
        var lines: [String] = []
        for _ in 0..<turns {
            guard let oldest = run.state.running.values.min(by: { $0.since < $1.since }) else {
                break
            }
            lines += run.end(oldest.start.task, oldest.start.session, ticked: 0, after: 1)
        }
        return lines.filter { $0.hasSuffix("at once") }
    }

    @Test func `is halved once for all sessions that met the same overload`() {
        var run = Scenario(plan)
        #expect(run.begin().count == 8)
        for number in 0..<8 {
            let lines = run.end("t\(number)", 1, failure: overload, after: 0.5)
            #expect(lines.contains("4 at once") == (number == 0))
        }
        #expect(run.state.running.count == 4)
        #expect(run.state.leg.concurrencyLimit == 4)
    }

    @Test func `never falls below the least, and grows by one a clean minute up to the most`() {
        var run = Scenario(plan)
        _ = run.begin()
        for _ in 0..<5 {
            _ = play(&run, turns: 8)
            guard let start = run.state.running.values.max(by: { $0.since < $1.since })?.start
            else {
                continue
            }
            _ = run.end(start.task, start.session, failure: overload)
        }
        #expect(run.state.leg.concurrencyLimit == 2)
        #expect(run.state.running.count == 2)
        let before = run.seconds
        let lines = play(&run, turns: 500)
        #expect(lines == (3...8).map { "\($0) at once" })
        #expect(run.seconds - before >= 360)
        #expect(run.state.running.count == 8)
    }

    @Test func `does not grow where there is no use for it`() {
        let plan = RunPlan(
            concurrency: 8,
            leastConcurrency: 1,
            tasks: (0..<5).map { TaskPlan(name: "t\($0)", sessionTimeout: .seconds(7200)) }
        )
        var run = Scenario(plan)
        _ = run.begin()
        for number in 1..<5 { _ = run.end("t\(number)", 1, ticked: 4, after: 1) }
        _ = run.end("t0", 1, failure: overload)
        #expect(run.state.leg.concurrencyLimit == 4)
        _ = run.playNextDeadline()
        for minute in 1...5 {
            let key = SessionKey(task: "t0", number: 2)
            #expect(run.play([.sessionActive(key)], after: 61) == [], "minute \(minute)")
        }
        #expect(run.state.leg.concurrencyLimit == 4)
    }

    @Test func `goes on as it was when the run is started again`() {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("t0", 1, failure: overload)
        var next = Scenario(plan, state: run.state)
        let lines = next.begin()
        #expect(lines.contains("4 at once"))
        #expect(lines.count { $0.hasPrefix("start") } == 4)
    }

    @Test func `stays as it is where a number says so`() {
        var fixed = plan
        fixed.leastConcurrency = nil
        var run = Scenario(fixed)
        _ = run.begin()
        #expect(!run.end("t0", 1, failure: overload).contains { $0.hasSuffix("at once") })
        #expect(run.state.leg.concurrencyLimit == 8)
    }
}

@Suite struct `Tokens a minute` {
    private let plan = RunPlan(
        concurrency: 4,
        tokensPerMinute: 60_000,
        tasks: (0..<90).map { TaskPlan(name: "t\($0)") }
    )

    @Test func `are what sessions use in the long run`() {
        var run = Scenario(plan)
        #expect(run.begin().count == 4)
        var used: Int64 = 0
        while run.seconds < 3600 {
            if let start = run.state.running.values.min(by: { $0.since < $1.since })?.start {
                let tokens = Int64(12_000 + 500 * (start.session % 3))
                used += tokens
                _ = run.end(start.task, start.session, ticked: 0, after: 2, tokens: tokens)
            } else {
                #expect(run.playNextDeadline() != ["no deadline"])
            }
        }
        let perMinute = Double(used) / (run.seconds / 60)
        #expect(perMinute > 55_000 && perMinute < 63_000, "\(perMinute)")
    }

    @Test func `that a session alone would exceed let it start with a full bucket`() {
        var run = Scenario(plan)
        _ = run.begin()
        for number in 0..<4 {
            _ = run.end("t\(number)", 1, ticked: 0, after: 0, tokens: 200_000)
        }
        // 800,000 of 60,000 were used: 13 minutes and 20 seconds until nothing is owed and one more
        // bucket is full.
        var lines: [String] = []
        while !lines.contains(where: { $0.hasPrefix("start") }) { lines = run.playNextDeadline() }
        #expect(lines.count { $0.hasPrefix("start") } == 1)
        #expect((790...815).contains(run.seconds), "\(run.seconds)")
    }

    @Test func `are told as a gate when they are waited for`() {
        var run = Scenario(plan)
        _ = run.begin()
        #expect(
            run.end("t0", 1, ticked: 0, tokens: 90_000).contains("gate token_rate closed")
        )
        #expect(run.state.gates.closed.values.first?.until != nil)
    }
}
