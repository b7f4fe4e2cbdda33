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
        case .putOff: return "\(name) is put off until the journal is written"
        case .lost: return "\(name) was cut off when Quire died, and is not run again"
        }
    }
}
