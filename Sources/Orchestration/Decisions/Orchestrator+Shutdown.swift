// The ladder of a shutdown: drain, terminate, kill.
extension Orchestrator {
    mutating func shutdownRequested(_ signal: ShutdownSignal) {
        guard shutdownWishes.count(at: now.awake) else { return }
        guard let current = state.shutdown else {
            climb(to: .drain, signal: signal)
            return
        }
        guard let next = current.step.next else { return }
        climb(to: next, signal: current.signal)
    }

    mutating func expireShutdown() {
        guard let deadline = shutdownDeadline, deadline <= now.awake else { return }
        shutdownDeadline = nil
        guard let current = state.shutdown, let next = current.step.next else { return }
        climb(to: next, signal: current.signal)
    }

    private mutating func climb(to step: ShutdownStep, signal: ShutdownSignal) {
        let patience = patience(with: step, signal)
        shutdownDeadline = patience.map { now.awake + $0 }
        record(
            .shutdownAdvanced(
                ShutdownAdvanced(
                    step: step,
                    signal: signal,
                    next: patience.map { now.wall + $0 },
                    running: state.running.count
                )
            )
        )
        if step == .drain { return }
        for key in state.running.keys.sorted(by: { ($0.task, $0.number) < ($1.task, $1.number) }) {
            if causes[key] == nil { causes[key] = .shutdown }
            if step == .terminate {
                terminate(key, "the run is being stopped")
            } else {
                kill(key, "the run is being stopped")
            }
        }
    }

    /// Returns the time until the next step; `nil` for the last step.
    private func patience(with step: ShutdownStep, _ signal: ShutdownSignal) -> Duration? {
        switch (step, signal) {
        case (.drain, .interrupt): state.plan.drainAfterInterrupt
        case (.drain, .terminate): state.plan.drainAfterTerminate
        case (.terminate, _): state.plan.grace
        case (.kill, _): nil
        }
    }
}

extension ShutdownStep {
    /// The step after this one; `nil` after the last.
    package var next: ShutdownStep? {
        switch self {
        case .drain: .terminate
        case .terminate: .kill
        case .kill: nil
        }
    }
}
