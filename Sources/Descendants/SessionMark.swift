package import Orchestration

/// The environment variables that identify the session of a process.
package struct SessionMark {
    package static let runVariable = "QUIRE_RUN"
    package static let taskVariable = "QUIRE_TASK"
    package static let sessionVariable = "QUIRE_SESSION"
    package static let runnerVariable = "QUIRE_RUNNER"
    package static let directoryVariable = "QUIRE_DIRECTORY"
    /// All variables of the mark.
    package static let variables = [
        runVariable, taskVariable, sessionVariable, runnerVariable, directoryVariable,
    ]

    let run: String
    let session: SessionKey
    /// The Quire that started the session; `nil` if unknown.
    let runner: RunnerMark?
    /// The task's directory, whatever run works on it; `nil` if unknown.
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

    /// Returns `NAME=value` for each variable of a session that this Quire starts.
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

/// A Quire's process and the namespace of its process id, as each container counts its own.
package struct RunnerMark: Hashable, Sendable {
    /// The Quire's process.
    package let process: ProcessID
    let namespace: String

    init(process: ProcessID, namespace: String) {
        (self.process, self.namespace) = (process, namespace)
    }

    /// Mark of the current process, which is a Quire.
    package static var own: RunnerMark {
        RunnerMark(process: .own, namespace: SystemProcesses().namespace)
    }

    /// Parses `text`; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else {
            return nil
        }
        self.init(process: ProcessID(pid: pid, start: start), namespace: String(parts[2]))
    }

    /// The mark as text in an environment: process id, start, and namespace.
    package var text: String { "\(process.pid)/\(process.start)/\(namespace)" }

    /// Indicates whether the Quire is known to live; false if the table can't look its process id up.
    package func isAlive(in table: some ProcessTable) -> Bool {
        namespace == table.namespace && table.isAlive(process)
    }

    /// Indicates whether the Quire is known to be dead; false if the table can't look its process id
    /// up.
    func isDead(in table: some ProcessTable) -> Bool {
        namespace == table.namespace && !table.isAlive(process)
    }
}
