import EventLoop
import Orchestration
import Trees

/// The commands that set new trees up, each before the first session of its task there.
final class TreeSetups {
    private let commands: UserCommands
    /// The sessions that were to end before their setup began.
    private var ended: Set<SessionKey> = []

    init(_ commands: UserCommands) { self.commands = commands }

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
        do {
            let log = UserCommands.Log.setup.path(of: try commands.task(start.task))
            try commands.run(setup, for: start, in: directory, log: .setup) { end, warnings in
                let trouble = setup.trouble(of: end, log: log).map {
                    TreeTrouble(([$0] + warnings).joined(separator: "; "), remedy: .setup)
                }
                then(trouble, warnings)
            }
        } catch {
            then(TreeTrouble("its tree can't be set up: \(error)", remedy: .setup), [])
        }
    }

    /// Ends a session's setup politely, and by force after the grace.
    func terminate(_ key: SessionKey) {
        if !commands.terminate(key) { ended.insert(key) }
    }

    /// Ends a session's setup by force.
    func kill(_ key: SessionKey) { commands.kill(key) }
}

extension UserCommand {
    /// Returns the words on a setup that ended so; `nil` if it succeeded.
    fileprivate func trouble(of end: CommandEnd, log: String) -> String? {
        let what: String
        switch end.said.termination {
        case _ where end.notRun != nil: what = end.notRun ?? ""
        case _ where end.said.isLate: what = "was ended after \(timeout.forPeople) (setup: timeout)"
        case .exited(0): return nil
        case .exited(let status): what = "ended with status \(status)"
        case .signaled(let signal): what = "was killed by \(Signals.name(signal))"
        case .notStarted(_, let doing): what = "could not be started (\(doing))"
        }
        return "the setup of its tree \(what); see \(log)\(end.tellingWords)"
    }
}

extension CommandEnd {
    /// The line of the output that tells most, after a colon; empty for none.
    var tellingWords: String {
        StandardErrorWords.telling(String(decoding: said.output, as: UTF8.self))
            .map { ": \($0.oneLine(300))" } ?? ""
    }
}
