/// What was spent, and what is reserved for the sessions that run, of one thing that has a budget.
package struct Ledger: Hashable, Sendable, Codable {
    /// What ended sessions used, since caps were last fresh.
    package internal(set) var spent = Spending()
    /// What is set aside for running sessions: what they are thought to need, or have used already.
    package internal(set) var reserved = Spending()
    /// Sessions whose usage was told, of all legs, and what they used.
    var measured = 0
    var measure = SessionMeasure()

    /// Spent and reserved together.
    package var committed: Spending { spent + reserved }

    /// What a session used in the mean; `nil` where none has told.
    var meanSession: SessionMeasure? { measured > 0 ? measure * (1 / Double(measured)) : nil }

    mutating func reserve(_ spending: Spending) { reserved = reserved + spending }

    /// A reservation grows with what is known to be used.
    mutating func raise(_ old: Spending, to new: Spending) { reserved = reserved - old + new }

    /// A session is over; `measured` is what it told itself, `nil` where it did not.
    mutating func settle(_ reservation: Spending, used: Spending, measured told: SessionMeasure?) {
        reserved = reserved - reservation
        spent = spent + used
        guard let told else { return }
        measured += 1
        measure = measure + told
    }

    /// Begins a new leg: no session runs, and where caps are fresh nothing was spent.
    mutating func beginLeg(freshCaps: Bool) {
        reserved = Spending()
        if freshCaps { spent = Spending() }
    }
}

/// What a session took, or is thought to take.
struct SessionMeasure: Hashable, Sendable, Codable {
    var usage = TokenUsage.zero
    var seconds = 0.0

    static func + (left: SessionMeasure, right: SessionMeasure) -> SessionMeasure {
        SessionMeasure(usage: left.usage + right.usage, seconds: left.seconds + right.seconds)
    }

    static func * (measure: SessionMeasure, factor: Double) -> SessionMeasure {
        SessionMeasure(usage: measure.usage * factor, seconds: measure.seconds * factor)
    }
}

extension TokenUsage {
    /// So much of it, in whole tokens.
    static func * (usage: TokenUsage, factor: Double) -> TokenUsage {
        func part(_ tokens: Int64) -> Int64 { Int64(clamping: (Double(tokens) * factor).rounded()) }
        return TokenUsage(
            input: part(usage.input),
            cachedInput: part(usage.cachedInput),
            output: part(usage.output),
            reasoningOutput: part(usage.reasoningOutput)
        )
    }
}
