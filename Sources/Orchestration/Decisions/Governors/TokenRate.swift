/// The limit on tokens a minute.
///
/// The tokens are in `RunState`, folded from facts: a new leg begins with what the last one left.
struct TokenRate: Governor {
    /// The shortest wait for tokens that closes the gate.
    private static let shortestHold = Duration.seconds(5)

    /// Awake time at which there are tokens for the next start; `nil` if none waits for tokens.
    private var tokensCome: Duration?

    mutating func act(in turn: inout Turn) { tokensCome = nil }

    /// Returns true if the minute has tokens left for a start; otherwise notes when it will.
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool {
        guard let bucket = turn.state.spending.bucket,
            let wait = bucket.wait(for: turn.state.group(of: start.task), at: turn.now.wall)
        else { return true }
        let come = turn.now.awake + wait
        tokensCome = min(tokensCome ?? come, come)
        guard wait >= Self.shortestHold else { return false }
        let perMinute = turn.state.plan.tokensPerMinute ?? 0
        turn.close(
            GateClosed(
                gate: .tokenRate,
                until: turn.now.wall + wait,
                reason: "all tokens of this minute are used (tokens_per_minute: \(perMinute))"
            )
        )
        return false
    }

    func nextDeadline(in turn: Turn) -> Duration? { tokensCome }
}
