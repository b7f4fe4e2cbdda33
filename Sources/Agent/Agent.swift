package import Orchestration

/// A program that works on tasks in sessions, with everything that is its own.
///
/// A conforming type is a value that starts nothing: the driver starts a session from it, and holds the
/// session by a handle. Which file to write for another agent, `Sources/ARCHITECTURE.md` says.
package protocol Agent: Sendable {
    /// The program to look up.
    var program: AgentProgram { get }
    /// The name of the output's format in messages.
    var format: String { get }
    /// Returns a session's arguments after the program's own; the prompt is the standard input.
    func arguments(for session: AgentSession) -> [String]
    /// Returns the arguments after the program's own with which a person continues a thread at a terminal, with
    /// the settings of the task's sessions; `nil` if the agent has no such way.
    func arguments(
        attachingTo thread: String,
        in directory: String,
        for session: AgentSession
    ) -> [String]?
    /// The schema of the statements that sessions end with, in JSON; `nil` if they make none.
    var statementSchema: String? { get }
    /// Makes a reader of one session's output; `report` is the resumed thread's last one, if it is known.
    func reader(resuming report: ThreadReport?) -> any SessionReader
    /// Makes a reader of a task's log, which has the output of all its sessions.
    func logReader() -> any LogReader
    /// Finds the agent's own records; `variable` is the environment that sessions inherit.
    func records(inheriting variable: (String) -> String?) -> any AgentRecords
    /// Checks a program for what its sessions need: version, login, sandbox and abilities.
    func checkUp(_ needs: CheckUpNeeds, at place: AgentPlace) -> CheckUp
    /// Returns the abilities of a program, whatever else it is.
    func abilities(at place: AgentPlace) -> AgentAbilities
    /// The question for the limits of an account; `nil` for an agent that tells none.
    var limitQuestion: LimitQuestion? { get }
}

extension Agent {
    package func arguments(
        attachingTo thread: String,
        in directory: String,
        for session: AgentSession
    ) -> [String]? { nil }

    package var statementSchema: String? { nil }
    package func abilities(at place: AgentPlace) -> AgentAbilities { .unknown }
    package var limitQuestion: LimitQuestion? { nil }
}

/// An agent's program.
package enum AgentProgram: Hashable, Sendable {
    /// A program in `PATH`; `advice` says what to do where it is missing.
    case named(String, advice: String)
    /// Quire itself, with these arguments.
    case own([String])
    /// A command of the user's: a program and its first arguments.
    case command([String])

    /// The command line for people.
    package var words: [String] {
        switch self {
        case .named(let name, _): [name]
        case .own(let words): ["quire"] + words
        case .command(let words): words
        }
    }
}

/// The settings of one session.
package struct AgentSession: Hashable, Sendable {
    /// The agent's sandbox.
    package var sandbox: Sandbox
    /// Directories that the agent may write to besides the working directory.
    package var directories: [String]
    /// The model; `nil` for the agent's own choice.
    package var model: String?
    /// Arguments passed through as they are.
    package var extra: [String]
    /// The check at the end of a turn; `nil` for none, or if the program knows no such checks.
    package var turnCheck: TurnCheck?
    /// Thread to resume; `nil`, or anything but a thread's id, for a fresh one.
    package var resumes: String?
    /// The features that are on, and whether the user's surroundings are kept out.
    package var settings = AgentSettings.usual
    /// The path of the schema of the statement that the session ends with; `nil` for none.
    package var statementSchema: String?
    /// The abilities of the program that runs the session.
    package var abilities = AgentAbilities.unknown

    /// Makes the settings; see the properties.
    package init(
        sandbox: Sandbox = .workspaceWrite,
        directories: [String] = [],
        model: String? = nil,
        extra: [String] = [],
        turnCheck: TurnCheck? = nil,
        resumes: String? = nil
    ) {
        self.sandbox = sandbox
        self.directories = directories
        self.model = model
        self.extra = extra
        self.turnCheck = turnCheck
        self.resumes = resumes
    }
}

/// A command that may let a turn go on that is about to end.
///
/// It speaks as hooks of the agent do.
package struct TurnCheck: Hashable, Sendable {
    /// The text for the shell.
    package var command: String
    /// The time after which the turn ends without it.
    package var timeout: Duration

    /// Makes a check of turns.
    package init(command: String, timeout: Duration) {
        (self.command, self.timeout) = (command, timeout)
    }
}

/// A thread's total usage at its last report.
package struct ThreadReport: Hashable, Sendable {
    /// The thread's id.
    package var thread: String
    /// The thread's total at that time.
    package var usage: TokenUsage

    /// Makes a report.
    package init(thread: String, usage: TokenUsage) {
        self.thread = thread
        self.usage = usage
    }
}
