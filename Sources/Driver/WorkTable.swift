import Orchestration
import Synchronization

/// The work of a run's tasks, by their names: one table for the whole leg, which tasks may be added to.
package final class WorkTable: Sendable, ExpressibleByDictionaryLiteral {
    private let table: Mutex<[String: TaskWork]>
    private let prompts = Mutex<[String: DirectoryReview.MissingPrompt]>([:])

    /// Makes the table of these tasks.
    package init(_ work: [String: TaskWork] = [:]) { table = Mutex(work) }

    /// Makes the table of these tasks, of which the last one counts where several have a name.
    package convenience init(dictionaryLiteral work: (String, TaskWork)...) {
        self.init(Dictionary(work) { $1 })
    }

    /// The work of a task; `nil` for an unknown one.
    package subscript(task: String) -> TaskWork? {
        get { table.withLock { $0[task] } }
        set { table.withLock { $0[task] = newValue } }
    }

    /// The work of all tasks.
    package var all: [String: TaskWork] { table.withLock { $0 } }

    /// Adds tasks, with the prompts that are to be recorded once their directories are open.
    func add(_ work: [String: TaskWork], _ missing: [String: DirectoryReview.MissingPrompt]) {
        table.withLock { $0.merge(work) { old, _ in old } }
        prompts.withLock { $0.merge(missing) { $1 } }
    }

    /// Returns the prompt to record of a task that was added; `nil` for none.
    func missingPrompt(of task: String) -> DirectoryReview.MissingPrompt? {
        prompts.withLock { $0[task] }
    }
}
