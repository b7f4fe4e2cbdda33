/// What may be spent; `nil` is no limit.
///
/// Limits are above 0.
package struct Budget: Hashable, Sendable, Codable {
    /// Tokens, input and output together.
    package var tokens: Int64?
    /// In the unit of the prices.
    package var cost: Double?
    /// Time: from the beginning to the end for a run, a leg's pauses left out; that of all sessions
    /// for everything else.
    package var wall: Duration?

    /// Makes a budget; without limits unless given.
    package init(tokens: Int64? = nil, cost: Double? = nil, wall: Duration? = nil) {
        self.tokens = tokens
        self.cost = cost
        self.wall = wall
    }
}

/// What a run may spend, and what happens when it has.
package struct RunBudget: Hashable, Sendable, Codable {
    /// The limits.
    package var limits: Budget
    /// Whether running sessions are terminated when it is used up; else they finish.
    package var isHard: Bool

    /// Makes a run's budget.
    package init(_ limits: Budget, isHard: Bool = false) {
        self.limits = limits
        self.isHard = isHard
    }
}

/// What a million tokens cost.
package struct Prices: Hashable, Sendable, Codable {
    /// Of input that was not cached.
    package var input: Double
    /// Of input from the prompt cache.
    package var cachedInput: Double
    /// Of output, reasoning included.
    package var output: Double

    /// Makes a price table; prices are at least 0.
    package init(input: Double, cachedInput: Double, output: Double) {
        self.input = input
        self.cachedInput = cachedInput
        self.output = output
    }

    /// What these tokens cost.
    package func cost(of usage: TokenUsage) -> Double {
        let fresh = Double(max(0, usage.input - usage.cachedInput))
        return
            (fresh * input + Double(usage.cachedInput) * cachedInput
            + Double(usage.output) * output) / 1e6
    }
}

/// What was spent, is reserved, or is thought to be needed.
package struct Spending: Hashable, Sendable, Codable {
    /// Tokens, input and output together.
    package var tokens = 0.0
    /// In the unit of the prices.
    package var cost = 0.0
    /// Session time.
    package var seconds = 0.0

    /// Nothing.
    package init() {}

    init(tokens: Double, cost: Double, seconds: Double) {
        self.tokens = tokens
        self.cost = cost
        self.seconds = seconds
    }

    init(_ usage: TokenUsage, seconds: Double, prices: Prices?) {
        tokens = Double(max(0, usage.total))
        cost = prices?.cost(of: usage) ?? 0
        self.seconds = seconds
    }

    static func + (left: Spending, right: Spending) -> Spending {
        Spending(
            tokens: left.tokens + right.tokens,
            cost: left.cost + right.cost,
            seconds: left.seconds + right.seconds
        )
    }

    static func - (left: Spending, right: Spending) -> Spending {
        Spending(
            tokens: max(0, left.tokens - right.tokens),
            cost: max(0, left.cost - right.cost),
            seconds: max(0, left.seconds - right.seconds)
        )
    }

    /// The larger of each.
    func atLeast(_ other: Spending) -> Spending {
        Spending(
            tokens: max(tokens, other.tokens),
            cost: max(cost, other.cost),
            seconds: max(seconds, other.seconds)
        )
    }

    /// Which limit of a budget this reaches, in words; `nil` for none.
    func reaches(_ budget: Budget) -> String? {
        if let limit = budget.tokens, tokens >= Double(limit) {
            let of = "\(Format.tokensInWords(tokens)) of \(Format.tokensInWords(Double(limit)))"
            return of + Format.word(for: limit, " token is spent", " tokens are spent")
        }
        if let limit = budget.cost, cost >= limit {
            return "\(Format.money(cost)) of \(Format.money(limit)) is spent"
        }
        if let limit = budget.wall, seconds >= limit.inSeconds {
            let spent = Duration(inSeconds: seconds.rounded())
            return "\(spent.forPeople) of \(limit.forPeople) are over"
        }
        return nil
    }
}
