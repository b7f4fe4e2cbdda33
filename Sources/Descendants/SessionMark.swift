package import Orchestration

/// The variables by which a process's environment tells the session that the process belongs to.
package struct SessionMark {
    package static let runVariable = "QUIRE_RUN"
    package static let taskVariable = "QUIRE_TASK"
    package static let sessionVariable = "QUIRE_SESSION"
    package static let runnerVariable = "QUIRE_RUNNER"
    package static let directoryVariable = "QUIRE_DIRECTORY"
    /// All of them.
    package static let variables = [
        runVariable, taskVariable, sessionVariable, runnerVariable, directoryVariable,
    ]

    let run: String
    let session: SessionKey
    /// The Quire that started the session; `nil` where it does not say.
    let runner: RunnerMark?
    /// The task's directory, whatever run works on it; `nil` where it does not say.
    let directory: String?

    /// Reads a process's mark; `nil` for a process of no session.
    init?(of process: SeenProcess) {
        guard let run = process.value(Self.runVariable),
            let task = process.value(Self.taskVariable),
            let number = process.value(Self.sessionVariable).flatMap(Int.init)
        else { return nil }
        self.run = run
        session = SessionKey(task: task, number: number)
        runner = process.value(Self.runnerVariable).flatMap(RunnerMark.init)
        directory = process.value(Self.directoryVariable)
    }

    /// `NAME=value` for each variable of a session that this Quire starts.
    package static func variables(
        run: String,
        session: SessionKey,
        directory: String,
        runner: String
    ) -> [String] {
        [
            "\(runVariable)=\(run)", "\(taskVariable)=\(session.task)",
            "\(sessionVariable)=\(session.number)", "\(runnerVariable)=\(runner)",
            "\(directoryVariable)=\(directory)",
        ]
    }
}

/// The process of a Quire, and the namespace of its number: containers number their processes each
/// for itself.
package struct RunnerMark: Hashable, Sendable {
    /// The process.
    package let process: ProcessID
    let namespace: String

    init(process: ProcessID, namespace: String) {
        (self.process, self.namespace) = (process, namespace)
    }

    /// The running Quire.
    package static var own: RunnerMark {
        RunnerMark(process: .own, namespace: SystemProcesses().namespace)
    }

    /// Reads what `text` wrote; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else {
            return nil
        }
        self.init(process: ProcessID(pid: pid, start: start), namespace: String(parts[2]))
    }

    /// The form of the mark in an environment: the process, its start, and its numbers' namespace.
    package var text: String { "\(process.pid)/\(process.start)/\(namespace)" }

    /// Whether the Quire is known to live: not where its number can't be looked up in the table.
    package func isAlive(in table: some ProcessTable) -> Bool {
        namespace == table.namespace && table.isAlive(process)
    }

    /// Whether the Quire is known to be dead: not where its number can't be looked up in the table.
    func isDead(in table: some ProcessTable) -> Bool {
        namespace == table.namespace && !table.isAlive(process)
    }
}
