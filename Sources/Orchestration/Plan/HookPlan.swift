/// The hooks of a task's end, as the decisions see them.
package struct TaskHookPlan: Hashable, Sendable, Codable {
    /// True if a command runs once the task is complete; `nil` for no.
    package var onComplete: Bool?
    /// True if a command runs once the task has ended otherwise; `nil` for no.
    package var onFail: Bool?

    /// Makes the plan of the occasions among these; `nil` if no decision depends on them.
    package init?(_ hooks: some Sequence<Hook>) {
        let hooks = Set(hooks)
        guard !hooks.isDisjoint(with: [.onComplete, .onFail]) else { return nil }
        onComplete = hooks.contains(.onComplete) ? true : nil
        onFail = hooks.contains(.onFail) ? true : nil
    }

    /// Indicates whether a command runs on an occasion.
    func has(_ hook: Hook) -> Bool {
        switch hook {
        case .onComplete: onComplete == true
        case .onFail: onFail == true
        case .beforeSession, .afterSession, .runBegin, .runEnd, .notify: false
        }
    }
}

/// The hooks of a run, as the decisions see them.
package struct RunHookPlan: Hashable, Sendable, Codable {
    /// True if a command runs before anything starts; `nil` for no.
    package var runBegin: Bool?
    /// True if a command runs at the end of each leg; `nil` for no.
    package var runEnd: Bool?
    /// The topics of messages to a person, by their words; `nil` for no messages.
    package var notify: [String]?

    /// Makes the plan of the occasions among these, and of messages on these topics.
    package init?(_ hooks: some Sequence<Hook>, notify topics: [NotifyTopic]?) {
        let hooks = Set(hooks)
        runBegin = hooks.contains(.runBegin) ? true : nil
        runEnd = hooks.contains(.runEnd) ? true : nil
        notify = topics?.map(\.rawValue)
        if runBegin == nil, runEnd == nil, notify == nil { return nil }
    }
}

/// The command of a hook, and where it runs.
package struct HookCommand: Hashable, Sendable {
    /// The command and its limit.
    package var command: UserCommand
    /// The directory from that of the task's work, or from that of the manifest; `nil` for that one.
    package var directory: String?

    /// Makes a command; see the properties.
    package init(_ command: UserCommand, directory: String? = nil) {
        (self.command, self.directory) = (command, directory)
    }
}

/// A subject of messages to a person.
package enum NotifyTopic: String, Hashable, Sendable, CaseIterable {
    /// The end of a leg.
    case end
    /// A task that asks a person.
    case needsYou = "needs-you"
    /// An account that is out of usage, or whose credentials were refused.
    case limit
    /// A budget that is used up.
    case budget
    /// A task that failed, stalled or was damaged.
    case failed

    /// The topics of messages unless the manifest names others.
    package static let usual = [NotifyTopic.end, .needsYou, .limit, .budget]
}

/// The command that takes messages to a person: their title and text follow its own words.
package struct NotifyCommand: Hashable, Sendable {
    /// The command, for the shell.
    package var command: HookCommand
    /// The program, as far as the manifest's text shows it; `nil` if only the shell knows it.
    package var program: String?
    /// The topics of messages.
    package var topics: [NotifyTopic]

    /// Makes a command; see the properties.
    package init(_ command: HookCommand, program: String?, topics: [NotifyTopic]) {
        (self.command, self.program, self.topics) = (command, program, topics)
    }
}
