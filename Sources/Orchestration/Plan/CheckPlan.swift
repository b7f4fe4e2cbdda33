/// The check of a task's work, as the decisions see it.
package struct CheckPlan: Hashable, Sendable, Codable {
    /// The sessions after which a check runs.
    package enum Occasion: String, Hashable, Sendable, Word, CaseIterable {
        /// Sessions whose list claims that all is done.
        case completion
        /// Sessions that ticked anything.
        case tick
    }

    /// The sessions after which the check runs.
    package var occasion: Occasion

    /// The fingerprint of the command and its directory; `nil` in journals of earlier versions.
    package var fingerprint: String?

    /// Makes a check.
    package init(on occasion: Occasion = .completion) { self.occasion = occasion }

    /// Indicates whether the command is that of another check, as far as is known.
    func hasCommand(of other: CheckPlan?) -> Bool {
        guard let fingerprint, let before = other?.fingerprint else { return true }
        return fingerprint == before
    }
}

/// The command that checks a task's work.
package struct CheckCommand: Hashable, Sendable {
    /// The run of a check within a session.
    package struct InSession: Hashable, Sendable {
        /// The sessions whose work is checked.
        package var occasion: CheckPlan.Occasion
        /// The time that it may take there.
        package var limit: Duration

        /// Makes a run; see the properties.
        package init(on occasion: CheckPlan.Occasion, limit: Duration) {
            (self.occasion, self.limit) = (occasion, limit)
        }
    }

    /// The command and its limit.
    package var command: UserCommand
    /// The directory from that of the task's work; `nil` for that one.
    package var directory: String?
    /// The variables added to those of the task's sessions.
    package var environment: [String: String]
    /// True if the untouched base is checked before the first session.
    package var checksBase: Bool
    /// The check within sessions, at the end of a turn; `nil` if it does not run there.
    package var inSession: InSession?

    /// The fingerprint of the command and its directory.
    package var fingerprint: String {
        var fingerprint = Fingerprint(command.command)
        fingerprint.add(directory ?? "")
        return fingerprint.text
    }

    /// Makes a check; see the properties.
    package init(
        _ command: UserCommand,
        directory: String? = nil,
        environment: [String: String] = [:],
        checksBase: Bool = false
    ) {
        (self.command, self.directory) = (command, directory)
        (self.environment, self.checksBase) = (environment, checksBase)
    }
}
