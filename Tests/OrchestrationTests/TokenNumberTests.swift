import Testing

@testable import Orchestration

@Suite struct `Tokens of any number` {
    private static let numbers: [Int64] = [
        0, 1, 999_999_999_999, 1_000_000_000_000, 9_999_999_999_999, 10_000_000_000_000,
        10_000_000_000_001, 1_000_000_000_000_000, 1 << 53, .max / 2, .max - 1, .max, -1, .min,
    ]

    @Test(arguments: numbers)
    func `are cut to the most, and so are their sums`(number: Int64) {
        let usage = TokenUsage(
            input: number,
            cachedInput: number,
            output: number,
            reasoningOutput: number
        )
        let sum = (0..<1000).reduce(usage) { sum, _ in sum + usage }
        for usage in [usage, sum, usage * 1e9, usage - sum, sum.part(since: usage)] {
            #expect((-2 * TokenUsage.limit...2 * TokenUsage.limit).contains(usage.total))
        }
    }

    /// The budgets that a session of so many tokens meets.
    private static let budgets: [Budget] = [1, 1_000_000_000_000, .max].map {
        Budget(tokens: $0, cost: 1e300)
    }

    @Test(arguments: numbers, budgets)
    func `of one session end no run but by its budget`(number: Int64, budget: Budget) throws {
        for isHard in [true, false] {
            var plan = spendingPlan(3, slots: 2, budget: RunBudget(budget, isHard: isHard))
            plan.tokensPerMinute = 1_000_000
            plan.prices = Prices(input: 1e300, cachedInput: 0, output: 1e9)
            plan.groups = [GroupPlan(name: "g", budget: budget)]
            for task in plan.tasks.indices {
                plan.tasks[task].group = "g"
                plan.tasks[task].maxSessions = 3
                plan.tasks[task].budget = budget
                plan.tasks[task].sessionBudget = budget
                plan.tasks[task].stallTokens = 1
            }
            var run = SpendingRun(plan)
            while run.starts < 12, let key = run.running.first {
                // Some sessions are seen to use it, and others tell it at their end.
                let isSeen = run.starts.isMultiple(of: 2)
                if isSeen { run.use(key, number) }
                run.end(key, tokens: number, tellsUsage: !isSeen)
            }
            let most = Double(run.ended.count * 2) * Double(TokenUsage.limit)
            #expect((0...most).contains(run.state.spending.ledger.spent.tokens))
            #expect(run.state.tasks.allSatisfy { $0.usage.total <= 2 * TokenUsage.limit })
            let counted = min(number, TokenUsage.limit)
            if counted >= budget.tokens ?? 0 || counted >= 1_000_000 {
                let reasons = run.state.tasks.compactMap(\.reason)
                #expect(reasons.contains { $0.contains("budget") }, "\(reasons)")
            }
            // What a new leg makes of it.
            #expect(SpendingRun(plan, state: run.state).state.leg.number == 2)
        }
    }
}
