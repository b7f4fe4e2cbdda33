/// An occasion at which a command of the user's runs.
package enum Hook: String, Hashable, Sendable, Word, CaseIterable {
    /// Before a session is given to the agent; its failure is the session's.
    case beforeSession = "before_session"
    /// After a session, before its work is committed and its task goes on.
    case afterSession = "after_session"
    /// Once a task is complete.
    case onComplete = "on_complete"
    /// Once a task has ended otherwise.
    case onFail = "on_fail"
    /// Before anything starts in a leg; its failure ends the leg.
    case runBegin = "run_begin"
    /// At the end of a leg.
    case runEnd = "run_end"
    /// Messages to a person.
    case notify

    /// The occasions that are a session's.
    package static let ofSessions = [Hook.beforeSession, .afterSession]
    /// The occasions that a task, or the defaults, can have a command for.
    package static let ofTasks = ofSessions + [.onComplete, .onFail]
    /// The occasions that a run can have a command for, messages aside.
    package static let ofRuns = [Hook.runBegin, .runEnd]

    /// The result of a failure, for people; empty where other words tell it.
    var consequence: String {
        switch self {
        case .beforeSession, .notify: ""
        case .afterSession: "; the task goes on all the same"
        case .onComplete, .onFail: "; the task's outcome stays as it is"
        case .runBegin: "; nothing was started"
        case .runEnd: "; the tasks' outcomes stay as they are"
        }
    }
}

/// The result of a hook's command.
package enum HookResult: String, Hashable, Sendable, Word, CaseIterable {
    /// The command ended with status 0.
    case passed
    /// The command ended with another status.
    case failed
    /// The command took longer than it may.
    case timedOut = "timed_out"
    /// The command is not there, can't be executed or was killed.
    case couldNotRun = "could_not_run"
    /// The command was ended with the run, or before it began.
    case stopped
    /// The command was not started, as that could not be recorded; it is due again.
    case putOff = "put_off"
    /// Nobody saw the end of the command: Quire died meanwhile.
    case lost

    /// Judges the end of a command as a check's is judged.
    package init(_ end: CheckResult) {
        switch end {
        case .passed: self = .passed
        case .failed: self = .failed
        case .timedOut: self = .timedOut
        case .couldNotRun: self = .couldNotRun
        case .stopped, .withdrawn: self = .stopped
        }
    }

    /// True if a person should know.
    package var isTrouble: Bool {
        switch self {
        case .passed, .putOff: false
        case .failed, .timedOut, .couldNotRun, .stopped, .lost: true
        }
    }
}

/// A hook's identity: one command at a time runs for each.
package struct HookKey: Hashable, Comparable, Sendable, Codable {
    /// The occasion.
    package var hook: Hook
    /// The task's name; `nil` for a hook of the run.
    package var task: String?

    /// Names a hook.
    package init(_ hook: Hook, _ task: String? = nil) { (self.hook, self.task) = (hook, task) }

    package static func < (left: HookKey, right: HookKey) -> Bool {
        (left.task ?? "", left.hook.rawValue) < (right.task ?? "", right.hook.rawValue)
    }
}

extension Outcome {
    /// The hook that runs once a task has ended so; `nil` for none.
    var hook: Hook? {
        switch self {
        case .complete: .onComplete
        case .failed, .stalled, .damaged, .capped, .blocked, .unchecked, .needsYou: .onFail
        case .cancelled: nil
        }
    }
}
