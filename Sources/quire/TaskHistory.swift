import Application
import Orchestration
import Reporting
import RunStore

/// The newest record of each task, of all runs in a state directory.
struct TaskHistory {
    /// A task, and the newest leg of the run that holds it.
    struct Found {
        var task: TaskRecord
        var leg: LegRecord
        /// True if the leg, should it run, was asked to end, and starts nothing more.
        var isEnding = false

        /// The path of the manifest.
        var manifest: String { RunName.manifest(of: leg.run) }
    }

    private var tasks: [String: Found] = [:]

    /// Reads the runs in a directory; a store that is missing knows no task.
    ///
    /// - Throws: `Trouble` if the store can't be read.
    init(in directory: String) throws {
        do {
            guard let reader = try StoreReader.open(directory: directory) else { return }
            defer { reader.close() }
            for leg in try reader.runs() {
                let isEnding = try leg.ending == nil && reader.isAskedToEnd(leg.run)
                for task in try reader.record(of: leg)?.tasks ?? [] where tasks[task.name] == nil {
                    tasks[task.name] = Found(task: task, leg: leg, isEnding: isEnding)
                }
            }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// The names of all tasks.
    var names: [String] { Array(tasks.keys) }

    /// Returns what is known of a task; `nil` for nothing.
    subscript(task: String) -> Found? { tasks[task] }
}
