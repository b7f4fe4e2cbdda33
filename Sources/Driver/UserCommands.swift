import Autonomous
import Descendants
import EventLoop
import FileAccess
import Orchestration

/// The commands of the user's that run for tasks.
///
/// Each carries the label of a session of its task: what it leaves is ended as the session's own is, also
/// after Quire's death. Where sessions go through a launcher, so do the commands.
final class UserCommands {
    /// The logs in a task's directory.
    enum Log {
        case setup, check, hook

        /// Returns the log's path.
        func path(of task: TaskDirectory) -> String {
            switch self {
            case .setup: task.setupLogPath
            case .check: task.checkLogPath
            case .hook: task.hookLogPath
            }
        }

        fileprivate func open(of task: TaskDirectory) throws(FileError) -> Int32 {
            switch self {
            case .setup: try task.openSetupLog()
            case .check: try task.openCheckLog()
            case .hook: try task.openHookLog()
            }
        }
    }

    private let loop: Loop
    private let request: RunRequest
    private let environment: SessionEnvironment
    private let leftovers: any LeftoverEnder
    private var running: [SessionKey: LoggedCommand] = [:]

    init(
        _ loop: Loop,
        _ request: RunRequest,
        _ environment: SessionEnvironment,
        _ leftovers: any LeftoverEnder
    ) {
        (self.loop, self.request) = (loop, request)
        (self.environment, self.leftovers) = (environment, leftovers)
    }

    /// Runs a command as a part of a session; `then` gets its end, and warnings, once nothing of what was
    /// started on this machine lives.
    ///
    /// - Throws: `LoopError` if nothing was started, or the error of the task's name.
    func run(
        _ user: UserCommand,
        for start: SessionStarted,
        in directory: String,
        adding variables: [String: String] = [:],
        log: Log,
        then: @escaping (CommandEnd, [String]) -> Void
    ) throws {
        let task = try self.task(start.task)
        var call = Call(user, in: directory)
        (call.variables, call.launched) = (variables, start)
        let target = Target(path: log.path(of: task)) { () throws(FileError) in
            try log.open(of: task)
        }
        try run(call, of: start.task, as: start.key, log: target, then: then)
    }

    /// Runs a command of a task or, without one, of the run.
    ///
    /// `key` is the session that it is a part of, as `terminate` and `kill` name it; a command of the run has
    /// one of its own.
    ///
    /// - Throws: `LoopError` if nothing was started.
    func run(
        _ call: Call,
        of task: String?,
        as key: SessionKey,
        log: Target,
        then: @escaping (CommandEnd, [String]) -> Void
    ) throws {
        let label = SessionLabel(
            place: environment.places.path(of: task ?? ""),
            session: key.number
        )
        let own = task.flatMap { request.work[$0]?.environment } ?? [:]
        let all = own.merging(call.variables) { $1 }
        let launched = try call.launched.flatMap { start in
            try request.launcher.map { launcher in
                let launched = LaunchedCommand()
                let words = launched.words(of: call.user.command)
                return (launched, try program(words, launcher, start, in: call.directory, all))
            }
        }
        var command = LoggedCommand.Request(
            command: call.user.command,
            inherited: environment.inherited(beside: all),
            environment: task == nil
                ? environment.variables(ofRun: all) : environment.variables(of: key, adding: all),
            directory: call.directory,
            label: label.value,
            limit: call.user.timeout,
            grace: request.plan.grace
        )
        (command.input, command.arguments) = (call.input, call.arguments)
        command.launcher = launched?.1
        running[key] = try LoggedCommand(command, loop: loop, log: writer(of: log)) {
            [self] end in
            running[key] = nil
            leftovers.end(key, label) { [request] left in
                var warnings = left.isEmpty ? [] : [Warned.cannotEnd(left, of: key).message]
                if let error = end.logFailure {
                    warnings.append("\(log.path) is not whole: \(error)")
                }
                let ended = launched?.0.end(end, limit: call.user.timeout) ?? CommandEnd(end)
                // Before anything is cut from it: the rest of a secret is no longer known as one.
                then(ended.redacted(by: request.redactor), warnings)
            }
        }
        leftovers.sessionBegan(key, label)
    }

    /// Returns the log of the hooks of a task or, without one, of the run.
    ///
    /// - Throws: The error of the task's name.
    func hookLog(of task: String?) throws -> Target {
        guard let task else {
            let workspace = request.workspace
            return Target(path: workspace.hookLogPath) { () throws(FileError) in
                try workspace.openHookLog()
            }
        }
        let directory = try self.task(task)
        return Target(path: directory.hookLogPath) { () throws(FileError) in
            try directory.openHookLog()
        }
    }

    /// Returns the launcher's program that brings words to where the task's sessions run.
    private func program(
        _ words: [String],
        _ launcher: Launcher,
        _ start: SessionStarted,
        in directory: String,
        _ variables: [String: String]
    ) throws -> LoggedCommand.LauncherProgram {
        let task = try self.task(start.task)
        var work = TaskWork(description: "", directory: directory, environment: variables)
        work.memory = request.work[start.task]?.memory
        let call = LauncherCall(
            of: words,
            through: launcher,
            for: start,
            work,
            marks: environment.marks(of: start.key),
            owner: request.owner?.path,
            turn: task.turnPath,
            grace: request.plan.grace
        )
        return LoggedCommand.LauncherProgram(
            executable: call.executable,
            arguments: call.arguments,
            input: Array(call.preamble.utf8),
            prepare: { try task.prepareTurn() }
        )
    }

    /// Returns a task's directory.
    func task(_ name: String) throws -> TaskDirectory {
        request.workspace.taskDirectory(try TaskName(given: name))
    }

    /// Ends a session's command politely, and by force after the grace; returns false if none runs.
    func terminate(_ key: SessionKey) -> Bool {
        running[key]?.terminate()
        return running[key] != nil
    }

    /// Ends a session's command by force.
    func kill(_ key: SessionKey) { running[key]?.kill() }

    private func writer(of log: Target) -> LogWriter {
        LogWriter(loop: loop, path: log.path) { () throws(LoopError) in
            do throws(FileError) {
                return try log.open()
            } catch {
                throw LoopError(words: error.description, errno: error.code)
            }
        }
    }
}

extension UserCommands {
    /// A call of a command.
    struct Call: Sendable {
        /// The command and its limit.
        var user: UserCommand
        /// The working directory's absolute path.
        var directory: String
        /// The variables besides those of the task's sessions.
        var variables: [String: String] = [:]
        /// All of standard input, on this machine.
        var input: [UInt8] = []
        /// The shell's positional parameters, on this machine.
        var arguments: [String] = []
        /// The session whose launcher brings the command to where the task's sessions run; `nil` for a
        /// command of this machine.
        var launched: SessionStarted?

        init(_ user: UserCommand, in directory: String) {
            (self.user, self.directory) = (user, directory)
        }
    }

    /// A log, which is opened on a worker thread.
    struct Target: Sendable {
        var path: String
        var open: @Sendable () throws(FileError) -> Int32
    }
}

extension CapturedOutput {
    /// Returns the end of the output without secrets, that of one which began before it included.
    func end(redactedBy redactor: Redactor) -> [UInt8] {
        redactor.redact(end, isCut: total > Int64(Self.keep))
    }
}
