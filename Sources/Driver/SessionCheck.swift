import Agent
import Codec
import Orchestration
import Reporting

/// The check of a task as the hook at a turn's end gets it: by a variable of the agent's program, which no
/// agent can change, as it can most files.
struct SessionCheck: Codable, Sendable {
    /// The variable that has it, in JSON.
    static let variable = "QUIRE_CHECK"
    /// The first word of Quire's own command line for the hook.
    static let command = "codex-stop-hook"
    /// The time that the hook itself may take besides its check.
    private static let reserve = Duration.seconds(30)
    /// The most bytes of the variable: the system takes 128 KiB.
    private static let largest = 100_000

    /// The root of the workspace.
    var workspace: String
    /// The task's name.
    var task: String
    /// The session's number within the task.
    var session: Int
    /// The number of entries that were ticked before the session.
    var ticked: Int
    /// The sessions whose work is checked.
    var occasion: String
    /// The text for the shell.
    var command: String
    /// The milliseconds that the check may take.
    var limit: Int64
    /// The directory that it runs in.
    var directory: String
    /// The variables of the check's own, and the search path of the session.
    var environment: [String: String]
    /// The words that nobody may see.
    var secrets: [String]

    /// Makes the check of a session that works in a directory; `nil` if it does not run in sessions.
    init?(
        _ start: SessionStarted,
        _ check: CheckCommand,
        in directory: String,
        workspace: String,
        path: String?,
        secrets: [String]
    ) {
        guard let run = check.inSession, start.role == .executor else { return nil }
        (task, session, occasion) = (start.task, start.session, run.occasion.rawValue)
        (self.workspace, self.secrets) = (workspace, secrets)
        ticked = start.progress?.ticked ?? 0
        command = check.command.command
        limit = max(1, Int64(run.limit / .milliseconds(1)))
        self.directory = check.directory.map { directory + "/" + $0 } ?? directory
        environment = check.environment
        // A login shell that runs the hook may have another.
        if let path, environment["PATH"] == nil { environment["PATH"] = path }
    }

    /// The variable's value; `nil` if it is too long to be handed on.
    var json: String? {
        guard let json = try? FactEncoder.json(self), json.utf8.count <= Self.largest else {
            return nil
        }
        return json
    }

    /// Returns the check for the agent, as a call of Quire's program.
    func turnCheck(by program: String) -> TurnCheck {
        TurnCheck(
            command: "\(program.shellQuoted) \(Self.command)",
            timeout: .milliseconds(limit) + Self.reserve
        )
    }
}
