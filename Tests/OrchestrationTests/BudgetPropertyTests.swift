import Orchestration
import Testing

/// Half of the time a budget of one kind, for about so many sessions of up to so many tokens.
private func draw(_ sessions: Int64, of largest: Int64, _ random: inout SplitMix64) -> Budget? {
    guard Bool.random(using: &random) else { return nil }
    let share = Double.random(in: 0.01...1, using: &random) * Double(sessions)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return Budget(tokens: 1 + Int64(share * Double(largest)))
    case 1: return Budget(cost: share * Double(largest) * 2 / 1e6)
    default: return Budget(wall: .seconds(share * 60))
    }
}

private let groups = ["g", "h"]

/// Twelve tasks, most of them in groups, with budgets of any level and kind.
private func drawPlan(_ largest: Int64, _ random: inout SplitMix64) -> RunPlan {
    var plan = spendingPlan(12, slots: Int.random(in: 1...8, using: &random), budget: nil)
    plan.prices = Prices(input: 2, cachedInput: 1, output: 2)
    plan.budget = draw(40, of: largest, &random).map {
        RunBudget($0, isHard: Bool.random(using: &random))
    }
    plan.groups = groups.map { GroupPlan(name: $0, budget: draw(20, of: largest, &random)) }
    for task in plan.tasks.indices {
        plan.tasks[task].group = [nil, "g", "h"].randomElement(using: &random) ?? nil
        plan.tasks[task].budget = draw(6, of: largest, &random)
        plan.tasks[task].sessionBudget = draw(1, of: largest, &random)
        plan.tasks[task].maxSessions = 30
        plan.tasks[task].retries.limit = 1000
        plan.tasks[task].sameFailure = 0
    }
    return plan
}

/// What sessions were booked with, together and at most.
private struct Booked {
    var sum = Budget(tokens: 0, cost: 0, wall: .zero)
    var largest = Budget(tokens: 0, cost: 0, wall: .zero)

    init(_ ended: [SessionEnded], _ prices: Prices?) {
        for fact in ended {
            let usage = fact.usage ?? .zero
            let (tokens, cost) = (usage.total, prices?.cost(of: usage) ?? 0)
            sum.tokens = (sum.tokens ?? 0) + tokens
            sum.cost = (sum.cost ?? 0) + cost
            sum.wall = (sum.wall ?? .zero) + .seconds(fact.seconds)
            largest.tokens = max(largest.tokens ?? 0, tokens)
            largest.cost = max(largest.cost ?? 0, cost)
            largest.wall = max(largest.wall ?? .zero, .seconds(fact.seconds))
        }
    }

    /// Whether no limit is passed by more than so many of the largest sessions.
    func keeps(_ budget: Budget, sessions: Int) -> Bool {
        let (count, slack) = (Double(sessions), 1e-6)
        func keeps(_ limit: Double?, _ sum: Double, _ largest: Double) -> Bool {
            limit.map { sum <= $0 + count * largest + slack } ?? true
        }
        return keeps(
            budget.tokens.map(Double.init),
            Double(sum.tokens ?? 0),
            Double(largest.tokens ?? 0)
        )
            && keeps(budget.cost, sum.cost ?? 0, largest.cost ?? 0)
            && keeps(
                budget.wall?.inSeconds,
                (sum.wall ?? .zero).inSeconds,
                (largest.wall ?? .zero).inSeconds
            )
    }
}

@Suite struct `Budgets of every level and kind` {
    private static let silent: [FailureClass] = [
        .turnFailed, .contextWindow, .killed, .streamCut, .overload,
    ]

    /// Lets a session end in some way: told, seen, or known to nobody.
    private func end(
        _ key: SessionKey,
        _ largest: Int64,
        in run: inout SpendingRun,
        _ random: inout SplitMix64
    ) {
        let tokens = Int64.random(in: 0...largest, using: &random)
        let seconds = Double.random(in: 1...60, using: &random)
        if Bool.random(using: &random) { run.play([.sessionAnswered(key)]) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            run.end(key, Self.silent.randomElement(using: &random).map { Failure($0, "words") })
        case 1:
            run.use(key, tokens)
            expectEnd(of: key, tokens, in: run)
            run.end(key, tokens: tokens, tellsUsage: false, after: seconds)
        case 2:
            run.use(key, tokens / 2)
            expectEnd(of: key, tokens / 2, in: run)
            fallthrough
        default: run.end(key, tokens: tokens, after: seconds)
        }
    }

    /// A session that was seen to use more than it may is being ended.
    private func expectEnd(of key: SessionKey, _ tokens: Int64, in run: SpendingRun) {
        guard let budget = run.state.task(key.task)?.plan.sessionBudget else { return }
        let cost = run.state.plan.prices?.cost(of: TokenUsage(input: tokens)) ?? 0
        let isOver = budget.tokens.map { tokens >= $0 } ?? budget.cost.map { cost >= $0 } ?? false
        if isOver { #expect(run.signalled[key] != nil) }
    }

    @Test(arguments: UInt64(1)...300)
    func `are overdrawn by no more than what runs, and add up`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let largest = Int64.random(in: 1...400_000, using: &random)
        let plan = drawPlan(largest, &random)
        var run = SpendingRun(plan)
        while let key = run.running.randomElement(using: &random) {
            end(key, largest, in: &run, &random)
        }
        #expect(run.ending == .finished, "seed \(seed)")
        let all = Booked(run.ended, plan.prices)
        // The run's time is that of its clock: nothing starts when it is over.
        var limits = plan.budget?.limits ?? Budget()
        #expect(limits.wall.map { run.lastStart < $0.inSeconds + 1 } ?? true, "seed \(seed)")
        limits.wall = nil
        #expect(all.keeps(limits, sessions: plan.concurrency), "seed \(seed)")
        for group in plan.groups {
            let names = Set(plan.tasks.filter { $0.group == group.name }.map(\.name))
            let own = Booked(run.ended.filter { names.contains($0.task) }, plan.prices)
            let most = min(plan.concurrency, names.count)
            #expect(own.keeps(group.budget ?? Budget(), sessions: most), "seed \(seed)")
        }
        for task in plan.tasks {
            let own = Booked(run.ended.filter { $0.task == task.name }, plan.prices)
            #expect(own.keeps(task.budget ?? Budget(), sessions: 1), "seed \(seed)")
        }
        // What is booked is what tables show.
        #expect(
            run.state.spending.ledger.spent.tokens == Double(all.sum.tokens ?? 0),
            "seed \(seed)"
        )
        let shown = run.state.tasks.reduce(0) { $0 + $1.usage.total }
        #expect(shown == all.sum.tokens, "seed \(seed)")
    }

    /// Sessions of nearly one size: what is set aside is nearly what is used.
    @Test(arguments: UInt64(1)...200)
    func `are overdrawn by one reservation where sessions are much alike`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let size = Double.random(in: 20_000...190_000, using: &random)
        let spread = 0.02
        var plan = spendingPlan(30, slots: Int.random(in: 1...12, using: &random), budget: nil)
        plan.prices = Prices(input: 2, cachedInput: 1, output: 2)
        let limit = size * Double.random(in: 1...60, using: &random)
        let budget =
            Bool.random(using: &random)
            ? Budget(tokens: Int64(limit)) : Budget(cost: limit * 2 / 1e6)
        if Bool.random(using: &random) {
            plan.budget = RunBudget(budget)
        } else {
            plan.groups = [GroupPlan(name: "g", budget: budget)]
            for task in plan.tasks.indices { plan.tasks[task].group = "g" }
        }
        var run = SpendingRun(plan)
        while let key = run.running.randomElement(using: &random) {
            let share = Double.random(in: 1 - spread...1 + spread, using: &random)
            run.end(key, tokens: Int64(size * share))
        }
        #expect(run.ending == .finished, "seed \(seed)")
        let deviation = Double(plan.concurrency) * 2 * spread
        let most = limit + size * (1 + spread + deviation)
        #expect(Double(run.spent) <= most, "seed \(seed): \(run.spent) of \(limit), each \(size)")
    }
}
