// The checks of a task's work.
extension TaskState {
    /// The standing of a task's work with its check.
    package enum CheckPhase: UInt8, Hashable, Sendable {
        /// Nothing is to be checked.
        case none
        /// The list claims what no check has confirmed.
        case due
        /// The check runs.
        case running
        /// The check passed, and nothing was claimed since.
        case passed

        /// True while neither a session nor an outcome may follow.
        package var isOpen: Bool {
            switch self {
            case .due, .running: true
            case .none, .passed: false
            }
        }
    }

    /// The last failures of a task's check, all the same.
    package struct CheckTrouble: Hashable, Sendable {
        /// The trouble in words that follow "its check failed: it".
        package var words: String
        /// The end of what the check said.
        package var output: String
        /// The features that the failures share.
        var signature: String
        /// Number of such failures in a row since the task last reopened.
        var count: Int
        /// True if the untouched base failed in the same way.
        package var isOfBase: Bool

        /// A remark on a failure that is the base's own; empty for another.
        var remark: String { isOfBase ? " (as the untouched base did, too)" : "" }
    }

    /// Notes whether the list claims what is to be checked; it had `ticked` entries before.
    mutating func noteClaim(since ticked: Int) {
        guard let plan = plan.check, let progress = checklist.progress else { return check = .none }
        switch plan.occasion {
        case .completion: check = progress.isComplete ? .due : .none
        case .tick:
            let isNew = progress.isComplete || progress.ticked > ticked
            // Without a tick nothing is left that a check might have been due for.
            let isLeft = check.isOpen && progress.ticked > 0
            if isNew || isLeft { check = .due } else if check.isOpen { check = .none }
        }
    }

    mutating func apply(_ fact: CheckEnded) {
        if let progress = fact.progress { checklist = .good(progress) }
        countCheck(fact)
        switch fact.result {
        case .passed:
            check = .passed
            self.checkTrouble = nil
            (self.idle, effort.idleTokens, effort.idleSeconds) = (0, 0, 0)
        case .failed, .timedOut:
            // A list that could not be put back is never taken at its word.
            check = checklist.progress?.isComplete == true ? .due : .none
            let signature = fact.signature
            let last = self.checkTrouble
            self.checkTrouble = CheckTrouble(
                words: fact.message ?? "",
                output: fact.output ?? "",
                signature: signature,
                count: last?.signature == signature ? (last?.count ?? 0) + 1 : 1,
                isOfBase: fact.isAsBase == true
            )
        case .couldNotRun, .stopped: check = .due
        case .withdrawn:
            check = .none
            // Ticking again what a person unticked is progress.
            if let progress = fact.progress { self.bestTicked = progress.ticked }
        }
    }

    /// The reason why the task ends for failures of its check; `nil` while it goes on.
    var checkFailure: String? {
        guard let trouble = self.checkTrouble, plan.sameFailure > 0,
            trouble.count >= plan.sameFailure, !movesUp
        else { return nil }
        let times =
            trouble.count == 1
            ? "its check failed, as often as same_failure allows"
            : "its check failed \(Format.count(trouble.count, "time")) in a row in the same way"
        return "\(times)\(trouble.remark): it \(trouble.words)"
    }
}
