/// The rate limits of accounts: an account that made too many requests starts nothing for a while,
/// longer each time in a row.
///
/// The number of limits in a row is folded from facts, so that a new leg is as careful as the last
/// one. An answer in the middle of a session is no fact, and known to the leg alone.
struct RateLimits: Governor {
    /// The first wait after a rate limit; each further one without a success between doubles it.
    private static let firstDelay = Duration.seconds(10)

    /// Number of rate limits of each account without a success between.
    private var inARow: [String?: Int] = [:]

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .legBegan: inARow = turn.state.gates.rateLimitsInARow
        case .sessionAnswered(let key):
            if !inARow.isEmpty { inARow[turn.state.account(of: key.task)] = nil }
        case .sessionFailed(let failed) where failed.treatment.reaction == .rateLimit:
            limitMet(failed, in: &turn)
        default: break
        }
    }

    private mutating func limitMet(_ failed: FailedSession, in turn: inout Turn) {
        let account = failed.account
        guard turn.state.gates.closed[GateKey(.rateLimit, account)] == nil else { return }
        let times = inARow[account, default: 0].addingClamped(1)
        inARow[account] = times
        let doublings = min(times - 1, 5)
        let least = turn.now.wall + Self.firstDelay * (1 << doublings)
        turn.close(
            GateClosed(
                gate: .rateLimit,
                account: account,
                until: max(least, failed.statedReset(at: turn.now) ?? least),
                reason: failed.failure.message,
                refusals: times
            )
        )
    }
}
