/// The time and the tokens that a run spent, over all its legs.
package struct RunSpent: Hashable, Sendable {
    /// The number of sessions that were started.
    package var sessions = 0
    /// The time of these sessions, in seconds.
    package var sessionSeconds = 0.0
    /// The tokens that these sessions used, as far as that is known.
    package var usage = TokenUsage.zero
    /// The part of `usage` that sessions did not report: what they were last seen to have used, or
    /// what had been set aside for them, in tokens.
    package var estimated: Int64 = 0

    /// Makes the sums of no session.
    package init() {}

    /// Folds a fact in.
    package mutating func apply(_ fact: RunEvent) {
        if case .sessionStarted = fact { sessions += 1 }
        guard case .sessionEnded(let fact) = fact else { return }
        sessionSeconds += fact.seconds
        guard let used = fact.usage else { return }
        usage = usage + used
        if !fact.isUsageTold { estimated = estimated.addingClamped(used.total) }
    }
}

/// Wall time of a run's legs, without the pauses between them, and the time that gates held starts.
package struct LegTimes: Hashable, Sendable {
    private struct Leg: Hashable, Sendable {
        var began: WallTime
        var last: WallTime
    }

    private var gates = GateTimes()
    /// The time of the legs before the newest one.
    private var before = Duration.zero
    private var leg: Leg?

    /// Makes the times before the first leg.
    package init() {}

    /// Begins a leg; the one before ended with its last recorded turn.
    package mutating func beginLeg(at time: WallTime) {
        endLeg()
        leg = Leg(began: time, last: time)
    }

    /// The time of the newest recorded turn; `nil` before the first leg.
    package var newest: WallTime? { leg?.last }

    /// Notes a recorded turn of the leg.
    package mutating func note(_ time: WallTime) { leg?.last = time }

    /// Folds a fact of the leg in.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        switch fact {
        case .gateClosed, .gateOpened: gates.apply(fact, at: time)
        default: break
        }
    }

    private mutating func endLeg() {
        guard let leg else { return }
        before += max(.zero, leg.last - leg.began)
        gates.legEnded(at: leg.last)
        self.leg = nil
    }

    /// Returns the total of all legs until `now`, and the time that each gate held starts; a newest leg
    /// that does not run ended with its last recorded turn.
    package func total(
        until now: WallTime,
        isRunning: Bool
    ) -> (wall: Duration, held: [GateTimes.Held]) {
        var times = self
        if isRunning, let leg {
            times.before += max(.zero, max(now, leg.last) - leg.began)
        } else {
            times.endLeg()
        }
        return (times.before, times.gates.held(at: now))
    }
}
