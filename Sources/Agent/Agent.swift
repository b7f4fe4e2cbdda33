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
    /// Makes a reader of one session's output; `report` is the resumed thread's last one, if it is known.
    func reader(resuming report: ThreadReport?) -> any SessionReader
    /// Makes a reader of a task's log, which has the output of all its sessions.
    func logReader() -> any LogReader
    /// Finds the agent's own records; `variable` is the environment that sessions inherit.
    func records(inheriting variable: (String) -> String?) -> any AgentRecords
    /// Checks a program, and its login, in this directory and with these variables.
    ///
    /// `isNamed` is true if the user named the program, which may then be another agent that speaks like
    /// this one. `ask` runs it with arguments.
    func checkUp(
        _ program: String,
        isNamed: Bool,
        in directory: String,
        variable: (String) -> String?,
        ask: ([String]) -> ProgramAnswer
    ) -> [Finding]
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
    /// Thread to resume; `nil`, or anything but a thread's id, for a fresh one.
    package var resumes: String?

    /// Makes the settings; see the properties.
    package init(
        sandbox: Sandbox = .workspaceWrite,
        directories: [String] = [],
        model: String? = nil,
        extra: [String] = [],
        resumes: String? = nil
    ) {
        self.sandbox = sandbox
        self.directories = directories
        self.model = model
        self.extra = extra
        self.resumes = resumes
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
