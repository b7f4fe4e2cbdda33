// The sessions that run.
extension RunState {
    /// A session that has started and not ended.
    package struct Running: Hashable, Sendable, Codable {
        /// The fact of the session's start.
        package var start: SessionStarted
        /// Awake time of the start.
        package var since: Duration
        /// Usage of the resumed thread before the session; `nil` for a fresh context, and if unknown.
        package var resumedUsage: TokenUsage?
        /// The process, once it is alive.
        package var process: SessionSpawned?
        /// Usage of the session as last seen; `nil` if never seen.
        package var used: TokenUsage?
        /// Total usage of the thread, seen together with `used`; `nil` if never seen.
        package var threadUsage: TokenUsage?
        /// Usage expected of the session; zero if nothing has a budget.
        var estimate = TokenUsage.zero
        /// Amount reserved for the session.
        var reservation = Spending()
        /// Tokens taken out of the minute's; `nil` without such a limit.
        var tokensTaken: Double?
    }
}
