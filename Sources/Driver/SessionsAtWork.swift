import Autonomous
import Orchestration

/// The sessions at work, as checks need to know them.
struct SessionsAtWork {
    /// The newest slot of each task.
    private var slots: [String: Int] = [:]
    /// The tasks whose sessions are at work.
    private var working: Set<String> = []
    /// The tasks that have worked in the directory of each watched task since the watch began.
    private var watched: [String: Set<String>] = [:]
    private let work: WorkTable

    init(_ work: WorkTable) { self.work = work }

    /// The slot of a task's newest session in this leg; 0 if there was none.
    func slot(of task: String) -> Int { slots[task] ?? 0 }

    /// Notes a fact; other ones than of sessions change nothing.
    mutating func note(_ fact: RunEvent) {
        switch fact {
        case .sessionStarted(let start): began(start)
        case .sessionEnded(let end): ended(end.task)
        default: break
        }
    }

    mutating func began(_ start: SessionStarted) {
        slots[start.task] = start.slot
        working.insert(start.task)
        for task in watched.keys where isBeside(start.task, task) {
            watched[task]?.insert(start.task)
        }
    }

    mutating func ended(_ task: String) { working.remove(task) }

    /// Begins to watch who works in the directory of a task; nobody does where the task has its own.
    mutating func watch(_ task: String) {
        guard directory(of: task) != nil else { return }
        watched[task] = working.filter { isBeside($0, task) }
    }

    /// Ends the watch; returns the other tasks that have worked in the directory meanwhile.
    mutating func endWatch(_ task: String) -> [String] {
        (watched.removeValue(forKey: task) ?? []).sorted()
    }

    private func isBeside(_ one: String, _ other: String) -> Bool {
        guard one != other, let directory = directory(of: one) else { return false }
        return directory == self.directory(of: other)
    }

    /// Returns the directory of a task that works where others may; `nil` for any other task.
    private func directory(of task: String) -> String? {
        work[task].flatMap { $0.company == .others ? $0.directory : nil }
    }
}
