import Autonomous
import Glibc
import Orchestration

/// A task whose directory is locked for this run.
struct OpenTask: Sendable {
    let directory: TaskDirectory
    /// The last look at its checklist.
    var look: ChecklistLook
}

/// The opening of task directories before a run begins: made where missing, locked, looked at.
///
/// Runs on worker threads, many directories a job.
struct TaskOpening: Sendable {
    /// What became of one directory.
    enum Result: Sendable {
        /// It is ready; the warnings tell what was odd about it.
        case opened(OpenTask, TaskInspected, warnings: [String])
        /// It can't be used at all.
        case unusable(task: String, reason: String)
        /// Another process owns it now.
        case locked(task: String, reason: String)
        /// The disk takes nothing now.
        case unwritable(task: String, reason: String)

        /// The task's name.
        var task: String {
            switch self {
            case .opened(_, let inspected, _): inspected.task
            case .unusable(let task, _), .locked(let task, _), .unwritable(let task, _): task
            }
        }
    }

    /// This process.
    static var ownPID: Int32 { getpid() }

    let workspace: Workspace
    /// What others can tell this owner by.
    var owner: OwnerMark?

    func open(_ tasks: [String]) -> [Result] { tasks.map(open) }

    private func open(_ task: String) -> Result {
        do {
            let directory = workspace.taskDirectory(try TaskName(given: task))
            try directory.create()
            var warnings = try lock(directory)
            let look = directory.inspectAndKeep()
            if let error = look.unkept {
                directory.releaseLock()
                throw error
            }
            var inspected = TaskInspected(task: task, checklist: look.state)
            switch directory.thread() {
            case .none: break
            case .id(let id): inspected.thread = id
            case .other(let words): warnings.append(words)
            }
            let open = OpenTask(directory: directory, look: look)
            return .opened(open, inspected, warnings: warnings)
        } catch let error as LockError {
            return .locked(task: task, reason: "\(error)")
        } catch let error as FileError where error.isOfTheDisk {
            return .unwritable(task: task, reason: "\(error)")
        } catch {
            return .unusable(task: task, reason: "\(error)")
        }
    }

    private func lock(_ directory: TaskDirectory) throws -> [String] {
        guard case .tookOver(let owner) = try directory.acquireLock(as: owner) else { return [] }
        let words = owner.map { "process \($0), is gone" } ?? "is unknown"
        return ["took over a stale lock: its owner\(owner == nil ? "" : ",") \(words)"]
    }
}
