/// The spending and reservations of one thing with a budget: the run, a group or a task.
package struct Ledger: Hashable, Sendable, Codable {
    /// Usage of ended sessions since caps were last fresh.
    package internal(set) var spent = Spending()
    /// Sum reserved for running sessions: their expected need, or their usage so far if larger.
    package internal(set) var reserved = Spending()
    /// Number of sessions that reported their usage, in all legs, and the sum of their usage.
    var measured = 0
    var measure = SessionMeasure()

    /// Spent and reserved together.
    package var committed: Spending { spent + reserved }

    /// Mean usage of a session; `nil` if no session reported any.
    var meanSession: SessionMeasure? { measured > 0 ? measure * (1 / Double(measured)) : nil }

    mutating func reserve(_ spending: Spending) { reserved = reserved + spending }

    /// Replaces a reservation that grows with the known usage.
    mutating func raise(_ old: Spending, to new: Spending) { reserved = reserved - old + new }

    /// Books the end of a session; `measured` is its own report, `nil` without one.
    mutating func settle(_ reservation: Spending, used: Spending, measured told: SessionMeasure?) {
        reserved = reserved - reservation
        spent = spent + used
        guard let told else { return }
        measured += 1
        measure = measure + told
    }

    /// Begins a new leg: drops all reservations, and with fresh caps the spending.
    mutating func beginLeg(freshCaps: Bool) {
        reserved = Spending()
        if freshCaps { spent = Spending() }
    }
}

/// The usage of a session, measured or expected.
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
    /// Scales each count, rounded to whole tokens.
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
