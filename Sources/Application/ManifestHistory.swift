import Manifest
import Orchestration
package import RunStore

/// The history of a manifest: what its earlier runs tell, in whole or in shards.
package struct ManifestHistory {
    /// What sessions used together, of those that told it.
    struct Usage: Hashable {
        var sessions = 0
        var tokens = TokenUsage.zero

        mutating func add(_ other: Usage) {
            sessions += other.sessions
            tokens = tokens + other.tokens
        }

        /// Tokens of the mean session.
        var perSession: Double { Double(tokens.total) / Double(max(1, sessions)) }
    }

    /// Sessions of each task that is complete.
    package private(set) var sizes: [String: Double] = [:]
    /// Tasks that failed, stalled or were damaged in the newest run that tells of them.
    private(set) var failed: Set<String> = []
    /// What each task's sessions used; no entry where none told.
    private(set) var usage: [String: Usage] = [:]
    /// The median session.
    private(set) var medianMinutes: Double?

    /// Makes the history of a manifest without earlier runs.
    package init() {}

    /// Reads what a state directory tells of the runs of the manifest with this path.
    ///
    /// - Throws: `StoreError` where there is a database that can't be read.
    package init(directory: String, manifest path: String) throws(StoreError) {
        guard let reader = try StoreReader.open(directory: directory) else { return }
        var minutes: [Double] = []
        var known: Set<String> = []
        for run in try reader.runs() where RunName.isRun(run.id, of: path) {
            for task in try reader.tasks(of: run.id) where known.insert(task.name).inserted {
                guard task.outcome.flatMap(Outcome.init)?.isFailure ?? false else { continue }
                failed.insert(task.name)
            }
            for (task, sessions) in try reader.completeTasks(of: run.id) {
                sizes[task] = sizes[task] ?? Double(max(1, sessions))
            }
            for session in try reader.sessions(of: run.id) {
                if let seconds = session.seconds { minutes.append(seconds / 60) }
                guard let used = session.usage, session.failure == nil else { continue }
                usage[session.task, default: Usage()].add(Usage(sessions: 1, tokens: used))
            }
        }
        minutes.sort()
        if !minutes.isEmpty { medianMinutes = max(0.001, minutes[minutes.count / 2]) }
    }

    /// The sessions of the mean complete task; `nil` where there is none.
    var meanSize: Double? {
        sizes.isEmpty ? nil : sizes.values.reduce(0, +) / Double(sizes.count)
    }

    /// What the sessions of some tasks used; `nil` where none told.
    func usage(of tasks: some Sequence<String>) -> Usage? {
        var sum = Usage()
        for task in tasks { if let usage = usage[task] { sum.add(usage) } }
        return sum.sessions > 0 ? sum : nil
    }
}
