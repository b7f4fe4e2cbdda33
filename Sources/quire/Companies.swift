import Application
import Autonomous
import Manifest
import Orchestration
import Reporting

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

    /// Refuses commits in trees in which others may work meanwhile.
    ///
    /// - Throws: `Trouble` with status 64 that lists all mistakes.
    static func refuseSharedCommits(
        _ manifest: Manifest,
        named path: String,
        concurrency: Int? = nil
    ) throws {
        let mistakes = manifest.sharedCommits(named: path, concurrency: concurrency) {
            Workspace.containing($0).root
        }
        guard mistakes.isEmpty else {
            throw Trouble(
                mistakes.map { "\($0)" as SafeText }.joined(separator: "\n"),
                status: ExitStatus.usage
            )
        }
    }

    /// Returns the company of a task.
    func of(_ task: Manifest.Task) -> Company {
        if task.tree != nil { return .ownTree }
        return besideOthers.contains(task.plan.name) ? .others : .none
    }
}
