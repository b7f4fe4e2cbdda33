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
        case setup, check

        /// Returns the log's path.
        func path(of task: TaskDirectory) -> String {
            switch self {
            case .setup: task.setupLogPath
            case .check: task.checkLogPath
            }
        }

        fileprivate func open(of task: TaskDirectory) throws(FileError) -> Int32 {
            switch self {
            case .setup: try task.openSetupLog()
            case .check: try task.openCheckLog()
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
        let label = SessionLabel(
            place: environment.places.path(of: start.task),
            session: start.session
        )
        let own = (request.work[start.task]?.environment ?? [:]).merging(variables) { $1 }
        let launched = request.launcher.map { ($0, LaunchedCommand()) }
        var call = LoggedCommand.Request(
            command: user.command,
            inherited: environment.inherited(beside: own),
            environment: environment.variables(of: start, adding: own),
            directory: directory,
            label: label.value,
            limit: user.timeout,
            grace: request.plan.grace
        )
        call.launcher = launched.map { launcher, command in
            program(command.words(of: user.command), launcher, start, in: directory, own, task)
        }
        let command = try LoggedCommand(
            call,
            loop: loop,
            log: writer(of: log, task)
        ) { [self] end in
            running[start.key] = nil
            leftovers.end(start.key, label) { [request] left in
                var warnings = left.isEmpty ? [] : [Warned.cannotEnd(left, of: start.key).message]
                if let error = end.logFailure {
                    warnings.append("\(log.path(of: task)) is not whole: \(error)")
                }
                let ended = launched?.1.end(end, limit: user.timeout) ?? CommandEnd(end)
                // Before anything is cut from it: the rest of a secret is no longer known as one.
                then(ended.redacted(by: request.redactor), warnings)
            }
        }
        leftovers.sessionBegan(start.key, label)
        running[start.key] = command
    }

    /// Returns the launcher's program that brings words to where the task's sessions run.
    private func program(
        _ words: [String],
        _ launcher: Launcher,
        _ start: SessionStarted,
        in directory: String,
        _ variables: [String: String],
        _ task: TaskDirectory
    ) -> LoggedCommand.LauncherProgram {
        var work = TaskWork(description: "", directory: directory, environment: variables)
        work.memory = request.work[start.task]?.memory
        let call = LauncherCall(
            of: words,
            through: launcher,
            for: start,
            work,
            marks: environment.marks(of: start),
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

    private func writer(of log: Log, _ task: TaskDirectory) -> LogWriter {
        LogWriter(loop: loop, path: log.path(of: task)) { () throws(LoopError) in
            do throws(FileError) {
                return try log.open(of: task)
            } catch {
                throw LoopError(words: error.description, errno: error.code)
            }
        }
    }
}

extension CommandEnd {
    /// Returns the end without the secrets in what the command said.
    func redacted(by redactor: Redactor) -> CommandEnd {
        var end = self
        // As much as is kept may be the end of more.
        let isCut = said.output.count >= CapturedOutput.keep
        end.said.output = redactor.redact(said.output, isCut: isCut)
        return end
    }
}

extension CapturedOutput {
    /// Returns the end of the output without secrets, that of one which began before it included.
    func end(redactedBy redactor: Redactor) -> [UInt8] {
        redactor.redact(end, isCut: total > Int64(Self.keep))
    }
}
