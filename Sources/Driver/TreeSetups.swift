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
                let trouble = end.trouble(setup, setting: "setup: timeout", log: log).map {
                    let words = ["the setup of its tree \($0)"] + warnings
                    return TreeTrouble(words.joined(separator: "; "), remedy: .setup)
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
