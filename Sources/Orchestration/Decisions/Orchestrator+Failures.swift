// The failure quota: the number of failed tasks after which a leg starts nothing more.
extension Orchestrator {
    /// True once so many tasks failed in this leg that nothing more starts in it.
    var hasFailedEnough: Bool {
        state.plan.maxFailures.map { failures >= $0 } ?? false
    }

    /// Counts a failed task.
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
    /// True if a task with this outcome has failed, rather than being complete or having work left.
    package var isFailure: Bool {
        switch self {
        case .failed, .stalled, .damaged: true
        case .complete, .capped, .blocked, .cancelled: false
        }
    }
}
