package import Orchestration

/// The answer of an agent's program to a question of a check-up.
package enum ProgramAnswer: Hashable, Sendable {
    /// The program succeeded, with this output: never blank.
    case said(String)
    /// The program succeeded without a word.
    case silent
    /// The program failed, with its error.
    case failed(String)
    /// The program was ended because it took too long or said too much.
    case unanswered(String)
    /// The launcher did not bring the question to the program, which may be sound.
    case unreached(String)
}

/// The subject of a check-up: a program, and the needs of the sessions that run it.
package struct CheckUpNeeds: Hashable, Sendable {
    /// The program's path, for messages.
    package var program: String
    /// True if the user named the program, which may then be another agent that speaks like this one.
    package var isNamed: Bool
    /// The working directory, an absolute path.
    package var directory: String
    /// The sandbox of the sessions.
    package var sandbox: Sandbox
    /// The features that are on, and whether the user's surroundings are kept out.
    package var settings: AgentSettings
    /// The arguments of the sessions that are passed through.
    package var extra: [String]

    /// Makes needs; see the properties.
    package init(
        program: String,
        isNamed: Bool,
        directory: String,
        sandbox: Sandbox = .workspaceWrite,
        settings: AgentSettings = .usual,
        extra: [String] = []
    ) {
        (self.program, self.isNamed, self.directory) = (program, isNamed, directory)
        (self.sandbox, self.settings, self.extra) = (sandbox, settings, extra)
    }
}

/// The result of a check-up.
package struct CheckUp: Hashable, Sendable {
    /// The findings, for people.
    package var findings: [Finding]
    /// The abilities of the program.
    package var abilities: AgentAbilities
    /// False for a program that the user named and that is another agent: what it lacks isn't known.
    package var isUnderstood: Bool
    /// The messages about requests that the program can't meet, and that sessions do without.
    package var warnings: [String]

    /// Makes a result; see the properties.
    package init(
        findings: [Finding] = [],
        abilities: AgentAbilities = .unknown,
        isUnderstood: Bool = true,
        warnings: [String] = []
    ) {
        (self.findings, self.abilities) = (findings, abilities)
        (self.isUnderstood, self.warnings) = (isUnderstood, warnings)
    }

    /// Names the launcher through which all of this was found.
    package mutating func name(launcher: String) {
        let prefix = "through the launcher \(launcher): "
        for index in findings.indices { findings[index].words = prefix + findings[index].words }
        for index in warnings.indices { warnings[index] = prefix + warnings[index] }
    }

    /// The reasons why no session can do its work; empty if nothing is known to be missing.
    package var refusals: [String] {
        guard isUnderstood else { return [] }
        return findings.filter { $0.mark == .missing }.map { "\($0.subject): \($0.words)" }
    }
}

/// A finding of a check-up.
package struct Finding: Hashable, Sendable {
    /// The severity of a finding.
    package enum Mark: String, Sendable {
        /// A run has what it needs.
        case well = "✓"
        /// A run may lack something.
        case doubtful = "⚠"
        /// A run lacks something.
        case missing = "✗"
    }

    /// The severity.
    package var mark: Mark
    /// The subject, in one word.
    package var subject: String
    /// The finding, for people.
    package var words: String

    /// Makes a finding; see the properties.
    package init(_ mark: Mark, _ subject: String, _ words: String) {
        (self.mark, self.subject, self.words) = (mark, subject, words)
    }
}
