import Application
import Autonomous
import Manifest
import Orchestration
import Reporting
import Trees

/// The author of the commits that a manifest's tasks make.
enum CommitAuthor {
    /// Returns words on the first repository in which git knows no author for the commits of tasks; `nil` if
    /// there is none, or where git can't tell, which whoever needs a tree there is told.
    static func trouble(of manifest: Manifest) throws -> String? {
        let tasks = manifest.tasks.filter(\.needsAuthor)
        let topLevels = Set(tasks.map { Workspace.containing($0.directory).root })
        guard !topLevels.isEmpty else { return nil }
        let git = try ManifestFile.git()
        for topLevel in topLevels.sorted() {
            do throws(GitError) {
                let repository = try Repository.around(topLevel, git)
                if let words = try repository.missingIdentity(git) { return words }
            } catch {
                continue
            }
        }
        return nil
    }

    /// Refuses tasks with work left whose commits could not be made.
    ///
    /// - Throws: `Trouble` with status 69.
    static func refuse(
        _ manifest: Manifest,
        _ workspace: Workspace,
        stateDirectory: String,
        redone: Set<String>,
        retryFailed: Bool
    ) throws {
        guard try trouble(of: manifest) != nil else { return }
        // A database that can't be read is told by the run.
        let history = try? ManifestHistory(directory: stateDirectory, manifest: manifest.path)
        let planned = PlannedTasks(
            manifest,
            history ?? ManifestHistory(),
            in: workspace,
            redone: redone
        )
        let left = retryFailed && planned.failed > 0 ? manifest : manifest.keeping(planned.left)
        guard let words = try trouble(of: left) else { return }
        throw Trouble("\(words)", status: ExitStatus.missing)
    }
}

extension Manifest.Task {
    /// True if git must know an author: for commits without one of their own, or for a merge of what several
    /// needed tasks did.
    fileprivate var needsAuthor: Bool {
        let settings = tree.map(\.commits) ?? commits
        return settings.map { $0.author == nil } ?? false || tree != nil && plan.needs.count > 1
    }
}
