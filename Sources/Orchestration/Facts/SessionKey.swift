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

/// The way in which a task ended.
package enum Outcome: String, Hashable, Sendable, Word, CaseIterable {
    /// Every entry is ticked.
    case complete
    /// The failures are more than the manifest allows, or one is final; or the directory is unusable.
    case failed
    /// The task's sessions ticked nothing for too long, or its list grew as fast as it was ticked.
    case stalled
    /// The task's checklist is damaged.
    case damaged
    /// The sessions that the task may have, or a budget, are used up with work left.
    case capped
    /// A task that this one needs did not complete.
    case blocked
    /// The list claims work that nobody could check, as the check itself could not run.
    case unchecked
    /// The task asks a person, and goes on once it is answered.
    case needsYou = "needs-you"
    /// The user ended the task.
    case cancelled
}

/// The achievement of a session.
package enum Verdict: String, Hashable, Sendable, Word, CaseIterable {
    /// The session wrote the checklist.
    case initialized
    /// The session ticked at least one entry.
    case ticked
    /// The session's turn was completed, and nothing was ticked.
    case idled
    /// The session failed; the failure says why.
    case failed
    /// The session exceeded its session timeout or its idle timeout.
    case timedOut = "timed_out"
    /// The session used more than it may, or than the run may.
    case overBudget = "over_budget"
    /// Quire ended the session: the run was shut down or paused, or a person stopped the task.
    case stopped
    /// The session left a damaged checklist.
    case damaged
    /// Quire itself died while the session was running; the next leg found out.
    case lost
}

/// The limit that a session counts against.
package enum Charge: String, Hashable, Sendable, Word {
    /// `max_sessions`: the session was given to the agent.
    case session
    /// `retries`: something outside ended the session, such as overload, a broken stream, a restart.
    case retry
    /// No limit: for example after a usage limit, a rate limit or an outage of the network.
    case free
}
