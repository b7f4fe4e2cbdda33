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

/// A hook of a run or of a task's end began; hooks of sessions are a part of their sessions.
package struct HookBegan: Hashable, Sendable, Codable {
    /// The occasion.
    package var hook: Hook
    /// The task's name; `nil` for a hook of the run.
    package var task: String?
    /// The task's newest session, by its number; 0 before the first, `nil` for a hook of the run.
    package var session: Int?
    /// The ending of the leg; `nil` for all hooks but that of its end.
    package var ending: Ending?

    /// The hook's identity.
    package var key: HookKey { HookKey(hook, task) }

    /// Makes the fact.
    package init(_ hook: Hook, task: String? = nil, session: Int? = nil, ending: Ending? = nil) {
        (self.hook, self.task, self.session, self.ending) = (hook, task, session, ending)
    }
}

/// A hook ended.
package struct HookEnded: Hashable, Sendable, Codable {
    /// The occasion.
    package var hook: Hook
    /// The task's name; `nil` for a hook of the run.
    package var task: String?
    /// The session, as in `HookBegan`.
    package var session: Int?
    /// The result.
    package var result: HookResult
    /// The way in which the command's process ended; `nil` if none was started.
    package var termination: Termination?
    /// The duration, in seconds.
    package var seconds: Double
    /// The trouble in words that follow "it", and where its log is; `nil` for none.
    package var message: String?

    /// The hook's identity.
    package var key: HookKey { HookKey(hook, task) }

    /// Makes the fact of a command that took no time; see the properties.
    package init(_ began: HookBegan, _ result: HookResult, message: String? = nil) {
        (hook, task, session) = (began.hook, began.task, began.session)
        (self.result, self.message, seconds) = (result, message, 0)
    }

    /// The result in words that follow the task's name, if there is one.
    package var words: String {
        let name = "\(task == nil ? "the" : "its") hook \(hook.rawValue)"
        let trouble = message.map { ": it \($0)" } ?? ""
        switch result {
        case .passed: return "\(name) is done"
        case .failed, .timedOut: return "\(name) failed\(trouble)"
        case .couldNotRun: return "\(name) could not run\(trouble)"
        case .stopped: return "\(name) was ended with the run\(trouble)"
        case .putOff: return "\(name) waits for the journal"
        case .lost: return "\(name) was cut off when Quire died, and is not run again"
        }
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
