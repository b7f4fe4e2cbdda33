import Application
import FileAccess
import Manifest
import Orchestration
import Reporting

/// The commands that check tasks' work, as the manifests of the tasks' newest runs have them.
struct TaskChecks {
    /// A task's check, and what it needs.
    struct Found: Hashable {
        /// The command.
        var check: CheckCommand
        /// The command that prepares a new tree for it; `nil` for none.
        var setup: UserCommand?
        /// The task's directory in the workspace; absolute.
        var directory: String
        /// The variables of the task's sessions.
        var environment: [String: String]
    }

    private var found: [String: Found] = [:]
    /// The redactor of what the checks say: of this environment and of the manifests.
    let redactor: Redactor
    /// The manifests that have checks of the tasks, by path.
    private var manifests: [String: Manifest] = [:]

    /// Reads the manifests of the runs that hold the tasks; one with errors is told, and knows no check.
    init(of tasks: [String], _ history: TaskHistory) {
        let paths = Set(tasks.compactMap { history[$0]?.manifest })
        var (environments, words) = ([Terminal.environment], [String]())
        // The run of a single task, and that of a stream, have no manifest to read again.
        for path in paths.sorted() where FileKind(path) == .file {
            do throws(ManifestErrors) {
                let loaded = try Manifest.load(path: path)
                manifests[path] = loaded
                environments += loaded.environments
                words += loaded.redact
                for task in loaded.tasks
                where history[task.plan.name]?.manifest == path {
                    found[task.plan.name] = task.check.map {
                        Found(
                            check: $0,
                            setup: task.tree?.setup,
                            directory: task.directory,
                            environment: task.environment
                        )
                    }
                }
            } catch {
                Terminal.complain(
                    "warning: the checks of \(path) are not known, as it has errors; see quire plan"
                )
            }
        }
        redactor = Redactor(environment: environments, words: words)
    }

    /// Returns the manifests of those of these tasks that have a check, by path, with these tasks alone.
    func manifests(of tasks: [String], _ history: TaskHistory) -> [(path: String, Manifest)] {
        let checked = Set(tasks.filter { found[$0] != nil })
        return manifests.sorted { $0.key < $1.key }.compactMap { path, manifest in
            let plans = manifest.tasks.map(\.plan).filter {
                checked.contains($0.name) && history[$0.name]?.manifest == path
            }
            return plans.isEmpty ? nil : (path, manifest.keeping(plans))
        }
    }

    /// Returns the check of a task; `nil` for none.
    subscript(task: String) -> Found? { found[task] }
}
