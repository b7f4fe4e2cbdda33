package import Orchestration

/// A check of an open task's work that runs or is to run, as far as the run's tables tell.
package struct OpenCheck: Hashable, Sendable, Encodable {
    /// The state of such a check.
    package enum State: String, Hashable, Sendable, Encodable {
        /// What its list claims is to be checked.
        case due
        /// It runs.
        case running
        /// Quire ended with it.
        case cutOff = "cut_off"

        /// The state in words.
        package var words: String {
            switch self {
            case .due: "it waits for its check"
            case .running: "its check runs"
            case .cutOff: "its check was cut off, and runs again"
            }
        }
    }

    /// The task's name.
    package var task: String
    /// The state.
    package var state: State

    /// Makes the check that a task waits for; `nil` for none.
    ///
    /// `check` is that of its newest session. While the run lives, a complete list waits for its check alone.
    package init?(
        of task: String,
        _ check: SessionRecord.Check?,
        isComplete: Bool,
        isRunning: Bool
    ) {
        self.task = task
        switch check?.result {
        case nil where check != nil: state = isRunning ? .running : .cutOff
        case .stopped: state = isRunning ? .due : .cutOff
        case .passed, .failed, .timedOut, .couldNotRun, .withdrawn, nil:
            guard isComplete, isRunning else { return nil }
            state = .due
        }
    }
}
