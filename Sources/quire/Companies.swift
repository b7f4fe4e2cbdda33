import Autonomous
import Manifest

/// The company in which the agents of a manifest's tasks work.
struct Companies {
    private let besideOthers: Set<String>

    /// Makes the companies of a manifest's tasks with so many sessions at once; `nil` for the manifest's
    /// number.
    init(of manifest: Manifest, concurrency: Int? = nil) {
        besideOthers = manifest.tasksBesideOthers(concurrency: concurrency) {
            Workspace.containing($0).root
        }
    }

    /// Returns the company of a task.
    func of(_ task: Manifest.Task) -> Company {
        if task.tree != nil { return .ownTree }
        return besideOthers.contains(task.plan.name) ? .others : .none
    }
}
