/// A session's identity within a run.
package struct SessionKey: Hashable, Comparable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within its task, from 1, over all legs of the run.
    package var number: Int

    /// Names a session of a task.
    package init(task: String, number: Int) {
        self.task = task
        self.number = number
    }

    package static func < (left: SessionKey, right: SessionKey) -> Bool {
        (left.task, left.number) < (right.task, right.number)
    }
}

/// How a task ended.
package enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every entry is ticked.
    case complete
    /// Its failures exceeded what the manifest allows.
    case failed
    /// Its sessions ticked nothing for too long.
    case stalled
    /// Its checklist is damaged.
    case damaged
    /// It used up its sessions with work left.
    case capped
    /// A task it needs did not complete.
    case blocked
    /// The user ended it.
    case cancelled
}

/// What a session achieved.
package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    /// It wrote the checklist.
    case initialized
    /// It ticked at least one entry.
    case ticked
    /// Its turn was completed and nothing was ticked.
    case idled
    /// It failed; the failure says why.
    case failed
    /// It took longer than its session timeout, or was silent longer than its idle timeout.
    case timedOut = "timed_out"
    /// It used more than it may, or than the run may.
    case overBudget = "over_budget"
    /// Quire's shutdown cut it down.
    case stopped
    /// It left a damaged checklist.
    case damaged
    /// Quire itself died while it was running; found by the run that came after.
    case lost
}

/// What a session is counted against.
package enum Charge: String, Hashable, Sendable, Codable {
    /// `max_sessions`: it was given to the agent.
    case session
    /// `retries`: the world cut it down.
    case retry
    /// Nothing: a usage limit, a rate limit or a missing network.
    case free
}
