package import Autonomous
import Manifest
import Orchestration
package import RunStore

/// The history of a manifest: the records of its earlier runs and of their shards.
package struct ManifestHistory {
    /// The sum of the usage of those sessions that reported any.
    struct Usage: Hashable {
        var sessions = 0
        var tokens = TokenUsage.zero

        mutating func add(_ other: Usage) {
            sessions += other.sessions
            tokens = tokens + other.tokens
        }

        /// The mean number of tokens of a session.
        var perSession: Double { Double(tokens.total) / Double(max(1, sessions)) }
    }

    /// The number of sessions of each complete task.
    package private(set) var sizes: [String: Double] = [:]
    /// The tasks that failed, stalled or were damaged in the newest run that holds them.
    private(set) var failed: [String: TaskRecord] = [:]
    /// The usage of each task's sessions; no entry if none reported any.
    private(set) var usage: [String: Usage] = [:]
    /// The median length of a session, in minutes.
    private(set) var medianMinutes: Double?
    /// The checklists as the runs of the state directory last read them.
    package private(set) var lists = KnownLists()

    /// Makes the history of a manifest without earlier runs.
    package init() {}

    /// Reads the runs of the manifest with this path from a state directory.
    ///
    /// - Throws: `StoreError` if the database can't be read.
    package init(directory: String, manifest path: String) throws(StoreError) {
        guard let reader = try StoreReader.open(directory: directory) else { return }
        lists = try reader.knownLists()
        var minutes: [Double] = []
        var known: Set<String> = []
        for run in try reader.runs() where RunName.isRun(run.run, of: path) {
            for task in try reader.tasks(of: run.run) where known.insert(task.name).inserted {
                guard task.outcome?.isFailure ?? false else { continue }
                failed[task.name] = task
            }
            for (task, sessions) in try reader.completeTasks(of: run.run) {
                sizes[task] = sizes[task] ?? Double(max(1, sessions))
            }
            for session in try reader.sessions(of: run.run) {
                guard let end = session.end else { continue }
                minutes.append(end.seconds / 60)
                guard let used = end.usage, end.failure == nil else { continue }
                usage[session.key.task, default: Usage()].add(Usage(sessions: 1, tokens: used))
            }
        }
        minutes.sort()
        if !minutes.isEmpty { medianMinutes = max(0.001, minutes[minutes.count / 2]) }
    }

    /// The mean number of sessions of a complete task; `nil` if there is none.
    var meanSize: Double? {
        sizes.isEmpty ? nil : sizes.values.reduce(0, +) / Double(sizes.count)
    }

    /// Returns the usage of some tasks' sessions; `nil` if none reported any.
    func usage(of tasks: some Sequence<String>) -> Usage? {
        var sum = Usage()
        for task in tasks { if let usage = usage[task] { sum.add(usage) } }
        return sum.sessions > 0 ? sum : nil
    }
}
