/// The limit of sessions at once, which adapts to what the service and the machine bear.
///
/// The limit is halved when the service refused sessions for being too many, where concurrency
/// adapts, and wherever the machine ran out of memory. It grows by one after each minute without that.
///
/// The limit is in `RunState`; a new leg keeps it, and waits a whole minute before it grows.
struct AdaptiveConcurrency: Governor {
    /// Time without trouble after which one more session may run.
    private static let cleanTime = Duration.seconds(60)

    /// Awake time of the last trouble or raise; the next raise of concurrency counts from it.
    private var lastTrouble: Duration?
    private var lastSlowdown: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .legBegan(let before): keepLimit(of: before, in: &turn)
        case .sessionFailed(let failed): slowDown(after: failed, in: &turn)
        default: break
        }
    }

    /// Raises the limit by one when that is due, provided that all of it was in use.
    mutating func act(in turn: inout Turn) {
        guard let next = nextDeadline(in: turn), next <= turn.now.awake else { return }
        lastTrouble = turn.now.awake
        guard turn.wasFull else { return }
        let trouble =
            turn.state.plan.leastConcurrency == nil
            ? "no session ran out of memory" : "nothing was refused"
        let reason = "\(trouble) for \(Self.cleanTime.forPeople)"
        setLimit(turn.state.leg.concurrencyLimit + 1, reason, in: &turn)
    }

    /// Returns the awake time at which one more session may run; `nil` if the limit is at its maximum.
    func nextDeadline(in turn: Turn) -> Duration? {
        guard turn.state.leg.number > 0,
            turn.state.leg.concurrencyLimit < turn.state.plan.concurrency
        else {
            return nil
        }
        return (lastTrouble ?? .zero) + Self.cleanTime
    }

    /// Always false: the limit is never below one session.
    func willLetStart(in turn: Turn) -> Bool { false }

    /// Halves the limit of sessions at once, once for all sessions that met the same trouble.
    private mutating func slowDown(after failed: FailedSession, in turn: inout Turn) {
        switch failed.treatment.overload {
        case nil: break
        case .service:
            guard turn.state.plan.leastConcurrency != nil else { return }
            let reason = failed.failure.message
            halve(turn.state.leg.concurrencyLimit, after: failed.session, reason, in: &turn)
        case .machine:
            let start = failed.session.start
            halve(
                // Free slots have used no memory.
                min(turn.state.leg.concurrencyLimit, turn.state.running.count),
                after: failed.session,
                "the kernel's out-of-memory killer ended session \(start.session) of "
                    + "\"\(start.task)\"",
                in: &turn
            )
        }
    }

    private mutating func halve(
        _ sessions: Int,
        after session: RunState.Running,
        _ reason: String,
        in turn: inout Turn
    ) {
        lastTrouble = turn.now.awake
        // A session that began before the last step down proves nothing new.
        if let lastSlowdown, session.since < lastSlowdown { return }
        let limit = max(turn.state.plan.leastConcurrency ?? 1, sessions / 2)
        guard limit < turn.state.leg.concurrencyLimit else { return }
        lastSlowdown = turn.now.awake
        setLimit(limit, reason, in: &turn)
    }

    /// Keeps the limit that the last leg arrived at.
    private mutating func keepLimit(of before: EarlierLeg, in turn: inout Turn) {
        lastTrouble = turn.now.awake
        let plan = turn.state.plan
        let least = plan.leastConcurrency
        guard (least == nil) == (before.plan.leastConcurrency == nil),
            before.concurrencyLimit < before.plan.concurrency
        else { return }
        let kept = min(max(before.concurrencyLimit, least ?? 1), plan.concurrency)
        guard kept < plan.concurrency else { return }
        setLimit(kept, "as before the run was started again", in: &turn)
    }

    private func setLimit(_ limit: Int, _ reason: String, in turn: inout Turn) {
        turn.record(.concurrencyChanged(ConcurrencyChanged(limit: limit, reason: reason)))
    }
}
