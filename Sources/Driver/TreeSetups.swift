import Autonomous
import Descendants
import EventLoop
import FileAccess
import Orchestration
import Trees

/// The commands that set new trees up, each before the first session of its task there.
final class TreeSetups {
    private let loop: Loop
    private let request: RunRequest
    private let environment: SessionEnvironment
    private let leftovers: any LeftoverEnder
    private var running: [SessionKey: LoggedCommand] = [:]
    /// The sessions that were to end before their setup began.
    private var ended: Set<SessionKey> = []

    init(
        _ loop: Loop,
        _ request: RunRequest,
        _ environment: SessionEnvironment,
        _ leftovers: any LeftoverEnder
    ) {
        (self.loop, self.request) = (loop, request)
        (self.environment, self.leftovers) = (environment, leftovers)
    }

    /// Runs a setup in a directory, as a part of a session; `then` gets the trouble, `nil` for none, and
    /// warnings, once nothing of what was started lives.
    ///
    /// The log lies in the task's directory, `setup.log`.
    func run(
        _ setup: UserCommand,
        for start: SessionStarted,
        in directory: String,
        then: @escaping (TreeTrouble?, [String]) -> Void
    ) {
        guard ended.remove(start.key) == nil else {
            let trouble = TreeTrouble("it was stopped before its tree was set up", remedy: .setup)
            return then(trouble, [])
        }
        let label = SessionLabel(
            place: environment.places.path(of: start.task),
            session: start.session
        )
        do {
            let task = request.workspace.taskDirectory(try TaskName(given: start.task))
            let command = try LoggedCommand(
                self.command(setup, for: start, in: directory, label),
                loop: loop,
                log: log(of: task)
            ) { [self] end in
                running[start.key] = nil
                leftovers.end(start.key, label) { left in
                    var warnings =
                        left.isEmpty ? [] : [Warned.cannotEnd(left, of: start.key).message]
                    if let error = end.logFailure {
                        warnings.append("the log of its tree's setup is not whole: \(error)")
                    }
                    let trouble = setup.trouble(of: end, log: task.setupLogPath).map {
                        TreeTrouble(([$0] + warnings).joined(separator: "; "), remedy: .setup)
                    }
                    then(trouble, warnings)
                }
            }
            leftovers.sessionBegan(start.key, label)
            running[start.key] = command
        } catch {
            then(TreeTrouble("its tree can't be set up: \(error)", remedy: .setup), [])
        }
    }

    /// Ends a session's setup politely, and by force after the grace.
    func terminate(_ key: SessionKey) {
        if let command = running[key] { command.terminate() } else { ended.insert(key) }
    }

    /// Ends a session's setup by force.
    func kill(_ key: SessionKey) { running[key]?.kill() }

    private func command(
        _ setup: UserCommand,
        for start: SessionStarted,
        in directory: String,
        _ label: SessionLabel
    ) -> LoggedCommand.Request {
        let own = request.work[start.task]?.environment ?? [:]
        return LoggedCommand.Request(
            command: setup.command,
            inherited: environment.inherited(beside: own),
            environment: environment.variables(of: start, adding: own),
            directory: directory,
            label: label.value,
            limit: setup.timeout,
            grace: request.plan.grace
        )
    }

    private func log(of task: TaskDirectory) -> LogWriter {
        LogWriter(loop: loop, path: task.setupLogPath) { () throws(LoopError) in
            do throws(FileError) {
                return try task.openSetupLog()
            } catch {
                throw LoopError(words: error.description, errno: error.code)
            }
        }
    }
}

extension UserCommand {
    /// Returns the words on a setup that ended so; `nil` if it succeeded.
    fileprivate func trouble(of end: LoggedCommand.End, log: String) -> String? {
        let what: String
        switch end.termination {
        case _ where end.isLate: what = "was ended after \(timeout.forPeople) (setup: timeout)"
        case .exited(0): return nil
        case .exited(let status): what = "ended with status \(status)"
        case .signaled(let signal): what = "was killed by \(Signals.name(signal))"
        case .notStarted(_, let doing): what = "could not be started (\(doing))"
        }
        let words = StandardErrorWords.telling(String(decoding: end.output, as: UTF8.self))
        return "the setup of its tree \(what); see \(log)"
            + (words.map { ": \($0.oneLine(300))" } ?? "")
    }
}
