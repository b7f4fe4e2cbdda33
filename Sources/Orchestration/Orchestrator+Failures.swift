// Tasks that fail, and how many of them a leg bears.
extension Orchestrator {
    /// Whether so many tasks failed in this leg that nothing more starts in it.
    var hasFailedEnough: Bool {
        state.plan.maxFailures.map { failures >= $0 } ?? false
    }

    /// Takes note of a task that failed.
    mutating func countFailure() {
        failures += 1
        guard let most = state.plan.maxFailures, failures == most else { return }
        let (failed, running) = (
            Format.count(failures, "task"), Format.count(state.running.count, "session")
        )
        warn("\(failed) failed: nothing more starts, \(running) may finish")
    }
}

extension Outcome {
    /// Whether a task that ended this way has failed, rather than that work is left.
    package var isFailure: Bool {
        switch self {
        case .failed, .stalled, .damaged: true
        case .complete, .capped, .blocked, .cancelled: false
        }
    }
}
