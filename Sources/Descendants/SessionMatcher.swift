import Orchestration

/// The one answer to which session a process belongs to: by its mark, else by its label.
package struct SessionMatcher: Sendable {
    private let run: String
    private let own: RunnerMark
    /// The sessions of this Quire whose processes may live, by their labels.
    private var labelled: [UInt64: SessionKey] = [:]
    /// The tasks whose survivors are looked for, by their directories and by those' fingerprints.
    private let directories: Set<String>
    private let tasks: [UInt64: String]

    /// Makes the matcher of a run; `directories` has the directory of each task whose survivors are
    /// looked for.
    package init(run: String, own: RunnerMark, directories: [String: String] = [:]) {
        self.run = run
        self.own = own
        self.directories = Set(directories.values)
        tasks = Dictionary(directories.map { (SessionLabel.hash($1), $0) }) { $1 }
    }

    /// Notes a session of this Quire whose processes carry a label from now on.
    mutating func add(_ session: SessionKey, _ label: SessionLabel) {
        labelled[label.value] = session
    }

    /// Notes that no process of a session is left.
    mutating func remove(_ label: SessionLabel) { labelled[label.value] = nil }

    /// The session of this Quire's that an orphan of its own belongs to; `nil` where nothing tells.
    func session(ofOrphan orphan: SeenProcess) -> SessionKey? {
        if let mark = SessionMark(of: orphan), mark.run == run,
            mark.runner?.process == own.process
        {
            return mark.session
        }
        return labelled[orphan.label]
    }

    /// Whether a process says of itself that it is of a session whose Quire is not known to be dead.
    func mayBeOfLivingQuire(_ process: SeenProcess, in table: some ProcessTable) -> Bool {
        SessionMark(of: process)?.runner?.isDead(in: table) == false
    }

    /// The session of a dead Quire's that a process outlived; `nil` for a process that is not this
    /// run's to end.
    func session(ofSurvivor process: SeenProcess, in table: some ProcessTable) -> SessionKey? {
        if let mark = SessionMark(of: process) {
            // One of a living Quire is that one's own, wherever it keeps its state.
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
