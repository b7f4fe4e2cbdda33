import Orchestration
import Testing

@Suite struct `Budgets` {
    /// When sessions are alike, what is set aside is what is used.
    @Test(arguments: [1, 4, 16])
    func `overdrawn by one session at most where sessions are alike`(slots: Int) {
        let limit: Int64 = 5_000_000
        var run = SpendingRun(
            spendingPlan(40, slots: slots, budget: RunBudget(Budget(tokens: limit)))
        )
        while let key = run.running.first { run.end(key, tokens: 120_000) }
        #expect(run.spent >= limit && run.spent <= limit + 120_000)
        #expect(run.ending == .finished)
        #expect(run.state.tasks.allSatisfy { $0.outcome == .capped })
        #expect(run.state.tasks[0].reason?.contains("the run's budget is used up: 5") == true)
    }

    @Test func `a hard one ends what runs`() {
        let budget = RunBudget(Budget(tokens: 100_000), isHard: true)
        var run = SpendingRun(spendingPlan(4, slots: 2, budget: budget))
        let keys = run.running
        run.use(keys[0], 60_000)
        #expect(run.signalled.isEmpty)
        if keys.count > 1 { run.use(keys[1], 60_000) } else { run.use(keys[0], 120_000) }
        #expect(
            run.warnings == [
                "the run's budget is used up: 120k of 100k tokens are spent; nothing more starts, "
                    + (keys.count > 1 ? "2 sessions are ended" : "1 session is ended")
            ]
        )
        #expect(Set(run.signalled.keys) == Set(keys))
        #expect(run.signalled[keys[0]]?.contains("budget is used up") == true)
        for key in keys { run.end(key, tokens: 60_000, tellsUsage: false) }
        #expect(run.ending == .finished && run.warnings.count == 1)
        // What was last seen counts where a session could not tell.
        #expect(run.state.spending.ledger.spent.tokens == 120_000)
    }

    @Test func `a group's holds its tasks alone`() {
        var plan = spendingPlan(6, slots: 3, budget: nil)
        plan.groups = [GroupPlan(name: "g", budget: Budget(tokens: 300_000))]
        for task in 0..<3 { plan.tasks[task].group = "g" }
        for task in 3..<6 { plan.tasks[task].maxSessions = 6 }
        var run = SpendingRun(plan)
        var inGroup: Int64 = 0
        while let key = run.running.first {
            if ["t0", "t1", "t2"].contains(key.task) { inGroup += 100_000 }
            run.end(key, tokens: 100_000)
        }
        // The first sessions were thought to need the usual 200,000.
        #expect((300_000...400_000).contains(inGroup))
        #expect(run.starts == Int(inGroup / 100_000) + 18)
        #expect(run.state.task("t0")?.reason?.contains("the budget of group \"g\"") == true)
    }

    @Test func `a task's caps it, a session's ends the session`() {
        var plan = spendingPlan(2, slots: 2, budget: nil)
        plan.tasks[0].budget = Budget(tokens: 250_000)
        plan.tasks[1].sessionBudget = Budget(tokens: 50_000)
        plan.tasks[1].maxSessions = 1
        var run = SpendingRun(plan)
        run.use(SessionKey(task: "t1", number: 1), 49_999)
        #expect(run.signalled.isEmpty)
        run.use(SessionKey(task: "t1", number: 1), 50_000)
        #expect(run.signalled.values.first?.contains("its session's budget") == true)
        while let key = run.running.first { run.end(key, tokens: 100_000) }
        #expect(run.state.task("t0")?.outcome == .capped)
        #expect(run.state.task("t0")?.sessions == 3)
    }

    @Test func `a thread that is cut down and goes on is counted once`() {
        var plan = spendingPlan(1, slots: 1, budget: RunBudget(Budget(tokens: 10_000_000)))
        plan.tasks[0].resume = true
        var run = SpendingRun(plan)
        for (session, (own, total)) in [(500, 500), (100, 600), (50, 650)].enumerated() {
            let key = run.running[0]
            let used = SessionUsed(
                task: key.task,
                session: key.number,
                usage: TokenUsage(input: Int64(own)),
                threadUsage: TokenUsage(input: Int64(total))
            )
            #expect(
                run.state.running[key]?.resumedUsage?.input
                    == (session == 0 ? nil : Int64(total - own))
            )
            run.play([.sessionUsed(used)])
            run.cut(key, thread: "t")
        }
        #expect(run.state.spending.ledger.spent.tokens == 650)
        #expect(run.state.tasks[0].threadUsage?.input == 650)
    }

    @Test func `what a resumed thread had used is known when the session starts`() {
        var plan = spendingPlan(1, slots: 1, budget: nil)
        plan.tasks[0].resume = true
        var run = SpendingRun(plan)
        run.cut(run.running[0], thread: "t")
        let spawned = SessionSpawned(
            task: "t0",
            session: 2,
            pid: 1,
            processStart: 1,
            resumedUsage: TokenUsage(input: 7)
        )
        #expect(run.state.running[run.running[0]]?.resumedUsage == nil)
        run.play([.sessionSpawned(spawned)])
        #expect(run.state.running[run.running[0]]?.resumedUsage?.input == 7)
    }

    @Test func `a budget that an estimate uses up says so`() throws {
        var run = SpendingRun(
            spendingPlan(1, slots: 1, budget: RunBudget(Budget(tokens: 1000)))
        )
        run.end(run.running[0], Failure(.killed, "words"))
        #expect(
            run.state.tasks[0].reason?.contains(
                "200k of 1k tokens are spent (by an estimate: 200k are assumed"
            ) == true,
            "\(run.state.tasks[0].reason ?? "")"
        )
    }

    private static let sayNothing: Set<FailureClass> = [
        .killed, .incomplete, .notCodex, .streamCut, .connectionLost,
    ]

    /// The failures of a session that may have been answered.
    @Test(arguments: FailureClass.allCases.filter { $0 != .notRecorded && $0 != .spawnFailed })
    func `what nobody knows is booked as set aside, and marked`(kind: FailureClass) throws {
        for isAnswered in [false, true] {
            var run = SpendingRun(
                spendingPlan(1, slots: 1, budget: RunBudget(Budget(tokens: 1_000_000)))
            )
            let key = run.running[0]
            if isAnswered { run.play([.sessionAnswered(key)]) }
            run.end(key, Failure(kind, "words"))
            let isBooked = isAnswered || Self.sayNothing.contains(kind)
            let fact = try #require(run.ended.first)
            #expect(fact.isUsageEstimated == (isBooked ? true : nil))
            #expect(fact.usage?.total == (isBooked ? 200_000 : nil))
            #expect(run.state.spending.ledger.spent.tokens == (isBooked ? 200_000 : 0))
            #expect(run.state.tasks[0].usage.total == (isBooked ? 200_000 : 0))
        }
    }

    @Test func `a turn that is completed and does not tell what it used is booked, too`() {
        var run = SpendingRun(
            spendingPlan(1, slots: 1, budget: RunBudget(Budget(tokens: 1_000_000)))
        )
        run.end(run.running[0], tokens: 60_000)
        run.end(run.running[0], nil)
        #expect(run.ended.map(\.usage?.total) == [60_000, 60_000])
        #expect(run.ended.map(\.isUsageEstimated) == [nil, true])
        // What was estimated is no measure.
        run.end(run.running[0], tokens: 120_000)
        run.end(run.running[0], nil)
        #expect(run.ended.last?.usage?.total == 90_000)
    }

    @Test func `no session is thought to use more than it may`() {
        var plan = spendingPlan(2, slots: 2, budget: nil)
        plan.prices = Prices(input: 1, cachedInput: 1, output: 1)
        plan.tasks[0].sessionBudget = Budget(tokens: 50_000)
        plan.tasks[1].sessionBudget = Budget(cost: 0.02)
        var run = SpendingRun(plan)
        for key in run.running { run.end(key, Failure(.killed, "killed")) }
        #expect(Set(run.ended.map(\.usage?.total)) == [50_000, 20_000])
    }

    @Test func `a session that never lived used nothing`() {
        var run = SpendingRun(
            spendingPlan(1, slots: 1, budget: RunBudget(Budget(tokens: 1_000_000)))
        )
        run.end(run.running[0], Failure(.spawnFailed, "no such file"))
        #expect(run.ended.first?.usage == nil)
    }

    @Test func `cost is counted by class of token`() {
        let prices = Prices(input: 2, cachedInput: 0.2, output: 10)
        let usage = TokenUsage(input: 1_000_000, cachedInput: 900_000, output: 100_000)
        #expect(abs(prices.cost(of: usage) - (0.2 + 0.18 + 1)) < 1e-9)
        var plan = spendingPlan(3, slots: 1, budget: RunBudget(Budget(cost: 1)))
        plan.prices = prices
        var run = SpendingRun(plan)
        while let key = run.running.first { run.end(key, tokens: 300_000) }
        #expect(run.starts == 2)
        #expect(run.state.tasks[2].reason?.contains("1.20 of 1.00 is spent") == true)
    }

    @Test func `a run's time is that of its legs, and ends it`() {
        var run = SpendingRun(
            spendingPlan(2, slots: 1, budget: RunBudget(Budget(wall: .seconds(600))))
        )
        #expect(run.orchestrator.nextDeadline == .seconds(601))
        run.play([], after: 600)
        #expect(run.state.tasks[1].outcome == .capped)
        let key = run.running[0]
        run.end(key, tokens: 10)
        #expect(run.ending == .finished)
    }

    @Test(arguments: [false, true])
    func `the time of a killed leg counts until its journal last told that it lived`(
        isUsageFound: Bool
    ) throws {
        let plan = spendingPlan(1, slots: 1, budget: RunBudget(Budget(wall: .seconds(600))))
        let killed = SpendingRun(plan)
        let key = try #require(killed.running.first)
        func moment(_ seconds: Double) -> Moment {
            let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000) + .seconds(seconds)
            return Moment(awake: .seconds(seconds), wall: wall)
        }
        var state = killed.state
        // The leg and its session began at 1 s.
        state.apply([], at: moment(401))
        let used = SessionUsed(
            task: key.task,
            session: key.number,
            usage: TokenUsage(input: 1000)
        )
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let events = (isUsageFound ? [Event.sessionUsed(used)] : []) + [.runBegan(began)]
        // The pause does not count, and another machine's clock may show less.
        for start in [10_000.0, 5] {
            var next = Orchestrator(recovering: state, seed: 1)
            var lost: [SessionEnded] = []
            for case .record(.sessionEnded(let fact)) in next.handle(events, at: moment(start)) {
                lost.append(fact)
            }
            #expect(lost.map(\.verdict) == [.lost] && lost.map(\.seconds) == [400])
            #expect(next.nextDeadline == .seconds(start + 200))
        }
    }

    @Test func `it is carried over a crash, and fresh after a normal end`() {
        let budget = RunBudget(Budget(tokens: 1_000_000))
        var run = SpendingRun(spendingPlan(2, slots: 1, budget: budget))
        run.end(run.running[0], tokens: 600_000)
        #expect(run.running.count == 1)
        // The second leg finds a session that was running, last seen at 300,000.
        run.use(run.running[0], 300_000)
        var next = SpendingRun(spendingPlan(2, slots: 1, budget: budget), state: run.state)
        #expect(next.state.spending.ledger.spent.tokens == 900_000)
        next.end(next.running[0], tokens: 200_000)
        #expect(next.ending == .finished)
        let fresh = SpendingRun(spendingPlan(2, slots: 1, budget: budget), state: next.state)
        #expect(fresh.running.count == 1 && fresh.state.spending.ledger.spent.tokens == 0)
    }
}
