// Adaptive concurrency. The limit is halved when the service refused sessions for being too many,
// where concurrency adapts, and wherever the machine ran out of memory. It grows by one after each
// minute without that.
extension Orchestrator {
    /// Time without trouble after which one more session may run.
    private static let cleanTime = Duration.seconds(60)

    /// Halves the limit of sessions at once, once for all sessions that met the same trouble.
    mutating func slowDown(after failure: Failure, of session: RunState.Running) {
        switch failure.kind {
        case .rateLimit, .overload:
            guard state.plan.leastConcurrency != nil else { return }
            halve(state.concurrencyLimit, after: session, reason: failure.message)
        case .outOfMemory:
            let (number, task) = (session.start.session, session.start.task)
            halve(
                // Free slots have used no memory.
                min(state.concurrencyLimit, state.running.count),
                after: session,
                reason: "the kernel's out-of-memory killer ended session \(number) of \"\(task)\""
            )
        default: break
        }
    }

    private mutating func halve(_ sessions: Int, after session: RunState.Running, reason: String) {
        lastTrouble = now.awake
        // A session that began before the last step down proves nothing new.
        if let lastSlowdown, session.since < lastSlowdown { return }
        let limit = max(state.plan.leastConcurrency ?? 1, sessions / 2)
        guard limit < state.concurrencyLimit else { return }
        lastSlowdown = now.awake
        record(.concurrencyChanged(ConcurrencyChanged(limit: limit, reason: reason)))
    }

    /// Raises the limit by one when that is due, provided that all of it was in use.
    mutating func speedUp() {
        guard let next = nextSpeedUp, next <= now.awake else { return }
        lastTrouble = now.awake
        guard isFull else { return }
        let trouble =
            state.plan.leastConcurrency == nil
            ? "no session ran out of memory" : "nothing was refused"
        let reason = "\(trouble) for \(Self.cleanTime.forPeople)"
        record(
            .concurrencyChanged(
                ConcurrencyChanged(limit: state.concurrencyLimit + 1, reason: reason)
            )
        )
    }

    /// Awake time at which one more session may run; `nil` if the limit is at its maximum.
    var nextSpeedUp: Duration? {
        guard state.legs > 0, state.concurrencyLimit < state.plan.concurrency else { return nil }
        return (lastTrouble ?? .zero) + Self.cleanTime
    }

    /// Keeps the limit that the last leg arrived at.
    mutating func keepConcurrency(_ limit: Int, of old: RunPlan) {
        lastTrouble = now.awake
        let least = state.plan.leastConcurrency
        guard (least == nil) == (old.leastConcurrency == nil), limit < old.concurrency else {
            return
        }
        let kept = min(max(limit, least ?? 1), state.plan.concurrency)
        guard kept < state.plan.concurrency else { return }
        let reason = "as before the run was started again"
        record(.concurrencyChanged(ConcurrencyChanged(limit: kept, reason: reason)))
    }
}
