import Orchestration

/// Matches processes to sessions, by their mark or else by their label.
package struct SessionMatcher: Sendable {
    private let run: String
    private let own: RunnerMark
    /// Sessions of this Quire whose processes may live, by label.
    private var labelled: [UInt64: SessionKey] = [:]
    /// Tasks whose survivors are searched for, by directory and by its fingerprint.
    private let directories: Set<String>
    private let tasks: [UInt64: String]

    /// Makes the matcher of a run; `directories` has the directory of each task whose survivors are
    /// searched for.
    package init(run: String, own: RunnerMark, directories: [String: String] = [:]) {
        self.run = run
        self.own = own
        self.directories = Set(directories.values)
        tasks = Dictionary(directories.map { (SessionLabel.hash($1), $0) }) { $1 }
    }

    /// Adds a session of this Quire whose processes carry a label from now on.
    mutating func add(_ session: SessionKey, _ label: SessionLabel) {
        labelled[label.value] = session
    }

    /// Removes a session of which no process is left.
    mutating func remove(_ label: SessionLabel) { labelled[label.value] = nil }

    /// Returns the session of this Quire that one of its orphans belongs to; `nil` if unknown.
    func session(ofOrphan orphan: SeenProcess) -> SessionKey? {
        if let mark = SessionMark(of: orphan), mark.run == run,
            mark.runner?.process == own.process
        {
            return mark.session
        }
        return labelled[orphan.label]
    }

    /// Indicates whether a process's mark names a Quire that is not known to be dead.
    func mayBeOfLivingQuire(_ process: SeenProcess, in table: some ProcessTable) -> Bool {
        SessionMark(of: process)?.runner?.isDead(in: table) == false
    }

    /// Returns the session of a dead Quire that a process outlived; `nil` if the run must not end the
    /// process.
    func session(ofSurvivor process: SeenProcess, in table: some ProcessTable) -> SessionKey? {
        if let mark = SessionMark(of: process) {
            // A process of a living Quire is left to that Quire, wherever it keeps its state.
            let isOurs = mark.run == run || mark.directory.map(directories.contains) ?? false
            return isOurs && mark.runner?.isDead(in: table) ?? true ? mark.session : nil
        }
        // The orphans of a living Quire are its children.
        guard let label = SessionLabel(process.label), let task = tasks[label.place],
            !table.mayDescend(process.id.pid, from: label.runner)
        else { return nil }
        return SessionKey(task: task, number: label.session)
    }
}
