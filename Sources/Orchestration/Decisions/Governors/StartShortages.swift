/// Shortages at a session's start: the machine had no process, memory or descriptor left.
///
/// Of the leg alone: the processes that used everything up may be gone when Quire starts again.
struct StartShortages: Governor {
    /// The first and the longest wait after a shortage, and the time in all for which shortages
    /// cost no retry.
    private static let delay = (
        first: Duration.seconds(1), longest: Duration.seconds(60), free: Duration.seconds(3600)
    )

    /// Awake time of the first shortage since a process last started, and the number of shortages
    /// since; `nil` for none.
    private var shortage: (since: Duration, times: Int)?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionSpawned: shortage = nil
        case .sessionFailed(let failed) where failed.treatment.reaction == .shortage:
            shortageMet(failed.failure, in: &turn)
        default: break
        }
    }

    /// Charges retries once shortages have lasted long, so that no task waits for ever.
    func charge(of failure: Failure, in turn: Turn) -> Charge? {
        guard failure.kind.treatment.reaction == .shortage, let shortage else { return nil }
        return turn.now.awake - shortage.since >= Self.delay.free ? .retry : nil
    }

    private mutating func shortageMet(_ failure: Failure, in turn: inout Turn) {
        // Other starts that were under way meanwhile prove nothing new.
        guard turn.state.gates.closed[GateKey(.shortage)] == nil else { return }
        let times = shortage?.times ?? 0
        shortage = (shortage?.since ?? turn.now.awake, times + 1)
        let delay = min(Self.delay.first * (1 << min(times, 10)), Self.delay.longest)
        turn.close(
            GateClosed(gate: .shortage, until: turn.now.wall + delay, reason: failure.message)
        )
    }
}
