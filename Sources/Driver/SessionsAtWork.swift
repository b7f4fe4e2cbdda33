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
    /// The directories of tasks that work where others may, by task.
    private let directories: [String: String]

    init(_ work: [String: TaskWork]) {
        directories = work.filter { $0.value.company == .others }.mapValues(\.directory)
    }

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
        guard directories[task] != nil else { return }
        watched[task] = working.filter { isBeside($0, task) }
    }

    /// Ends the watch; returns the other tasks that have worked in the directory meanwhile.
    mutating func endWatch(_ task: String) -> [String] {
        (watched.removeValue(forKey: task) ?? []).sorted()
    }

    private func isBeside(_ one: String, _ other: String) -> Bool {
        one != other && directories[one] != nil && directories[one] == directories[other]
    }
}
