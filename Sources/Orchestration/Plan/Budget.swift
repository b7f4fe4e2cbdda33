/// Spending limits, each above 0; `nil` is no limit.
package struct Budget: Hashable, Sendable, Codable {
    /// Tokens, input and output together.
    package var tokens: Int64?
    /// Cost, in the unit of the prices.
    package var cost: Double?
    /// Time: a run's from its beginning to its end, without the pauses between legs; for everything
    /// else, the sum of its sessions' times.
    package var wall: Duration?

    /// Makes a budget; without limits unless given.
    package init(tokens: Int64? = nil, cost: Double? = nil, wall: Duration? = nil) {
        self.tokens = tokens
        self.cost = cost
        self.wall = wall
    }
}

/// The spending limits of a run, and the consequence of reaching one.
package struct RunBudget: Hashable, Sendable, Codable {
    /// The limits.
    package var limits: Budget
    /// True if a used-up budget terminates running sessions; otherwise they may finish.
    package var isHard: Bool

    /// Makes a run's budget.
    package init(_ limits: Budget, isHard: Bool = false) {
        self.limits = limits
        self.isHard = isHard
    }
}

/// The prices of a million tokens.
package struct Prices: Hashable, Sendable, Codable {
    /// Price of input that was not cached.
    package var input: Double
    /// Price of input from the prompt cache.
    package var cachedInput: Double
    /// Price of output, reasoning included.
    package var output: Double

    /// Makes a price table; prices are at least 0.
    package init(input: Double, cachedInput: Double, output: Double) {
        self.input = input
        self.cachedInput = cachedInput
        self.output = output
    }

    /// Returns the cost of token usage.
    package func cost(of usage: TokenUsage) -> Double {
        let fresh = Double(max(0, usage.input - usage.cachedInput))
        return
            (fresh * input + Double(usage.cachedInput) * cachedInput
            + Double(usage.output) * output) / 1e6
    }
}

/// An amount that was spent, is reserved, or is expected to be needed.
package struct Spending: Hashable, Sendable, Codable {
    /// Tokens, input and output together.
    package var tokens = 0.0
    /// Cost, in the unit of the prices.
    package var cost = 0.0
    /// Session time.
    package var seconds = 0.0

    /// Makes an amount of nothing.
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

    /// Returns the larger of each component.
    func atLeast(_ other: Spending) -> Spending {
        Spending(
            tokens: max(tokens, other.tokens),
            cost: max(cost, other.cost),
            seconds: max(seconds, other.seconds)
        )
    }

    /// Describes the first limit of a budget that this amount reaches; `nil` if it reaches none.
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
