package import FileAccess
import Foundation

/// The commits of sessions' work in the person's own tree, where one task works at a time.
///
/// The branch that is checked out moves. The caller has the task locked, and lets no other session work
/// in the tree meanwhile. Everything blocks as disks and git do.
package struct WorkspaceCommits: Sendable {
    /// The facts known of a task that works there.
    private struct Record: Codable {
        /// The person's tree, as if it were the task's own.
        var tree: TreeRecord
        /// The paths that are not the work of the newest session: what lay there before it.
        var others: [Data]
        /// True from a session's beginning until its work is committed.
        var isAtWork: Bool

        var otherFiles: Set<TreeFile> { Set(others.map { TreeFile($0) }) }
    }

    private static let longest = 4 << 20

    private let git: Git
    private let records: Directory

    /// Makes the commits, with their records in a directory of the workspace's state.
    package init(git: Git, records: Directory) {
        (self.git, self.records) = (git, records)
    }

    /// Returns the tree for a session of a task in a directory.
    ///
    /// Work of a session that was cut off is committed first, by `cutOff`.
    ///
    /// - Throws: `TreeTrouble` if the tree has changes that are not the task's, no branch, or an
    ///   operation of git's under way.
    package func begin(
        _ task: String,
        in directory: String,
        cutOff: CheckpointRequest
    ) throws(TreeTrouble) -> TaskTree {
        try inTrouble {
            let repository = try Repository.around(directory, git)
            var warnings: [String] = []
            let left = try record(of: task).flatMap {
                $0.tree.topLevel == repository.topLevel ? $0 : nil
            }
            if left?.isAtWork == true {
                let done = try checkpoint(task, cutOff)
                warnings = done.leftOut
                if done.commit != nil {
                    warnings.append("\(SessionCommits.rest) was committed")
                }
            }
            let known = left == nil ? [] : try record(of: task)?.otherFiles ?? []
            let tree = try self.tree(task, repository, directory)
            try TreeCheck(record: tree).checkCheckout()
            let others = try others(in: TreeGit(git, tree), knowing: known)
            try save(Record(tree: tree, others: others, isAtWork: true))
            return TaskTree(record: tree, directory: directory, isNew: false, warnings: warnings)
        }
    }

    /// Commits what a session has changed.
    ///
    /// - Throws: `TreeTrouble` if no commit can be made now; the tree stays as it is.
    package func checkpoint(
        _ task: String,
        _ request: CheckpointRequest
    ) throws(TreeTrouble) -> Checkpoint {
        try inTrouble {
            guard var record = try record(of: task), record.isAtWork else {
                return Checkpoint(commit: nil, leftOut: [])
            }
            try TreeCheck(record: record.tree).checkCheckout()
            let tree = TreeGit(git, record.tree)
            let changes = try TreeChanges(
                tree,
                largestFile: request.largestFile,
                besides: record.otherFiles
            )
            let head = try tree.head(doing: "looking at the tree")
            let commit = try changes.commit(request, after: head)
            record.tree.tip = commit ?? head
            record.others += changes.leftOutFiles.map { Data($0.bytes) }
            record.isAtWork = false
            try save(record)
            return Checkpoint(commit: commit, leftOut: changes.leftOut)
        }
    }

    private func tree(
        _ task: String,
        _ repository: Repository,
        _ directory: String
    ) throws -> TreeRecord {
        let doing = "looking at the tree"
        let branch = git.call(["symbolic-ref", "--quiet", "HEAD"], in: directory)
        let name = TreeCheck.text(branch.output)
        guard branch.status == 0, name.hasPrefix("refs/heads/") else {
            throw TreeTrouble(
                "\(repository.topLevel) has no branch checked out, to which the task's work could be "
                    + "committed; switch to one, or set \"commit: false\""
            )
        }
        var tree = TreeRecord(
            task: task,
            repository: repository,
            path: repository.topLevel,
            branch: String(name.dropFirst("refs/heads/".count)),
            base: try repository.commit("HEAD", git)
        )
        tree.administration = try git.line(
            ["rev-parse", "--absolute-git-dir"],
            in: directory,
            doing: doing
        )
        return tree
    }

    /// Returns the paths that lie there before a session: new files, and what earlier commits left out.
    ///
    /// - Throws: `TreeTrouble` for changes in files that git knows.
    private func others(in tree: TreeGit, knowing known: Set<TreeFile>) throws -> [Data] {
        let doing = "looking for changes"
        func list(_ words: [String]) throws -> [TreeFile] {
            TreeFile.list(try tree.output(words, doing: doing))
        }
        let changed =
            try list(["ls-files", "-z", "--modified", "--deleted"])
            + list(["diff-index", "--cached", "--name-only", "-z", "HEAD"])
        let strange = changed.filter { !known.contains($0) }
        guard strange.isEmpty else {
            let names = Set(strange.map(\.text)).sorted()
            let more = names.count > 3 ? " and \(names.count - 3) more" : ""
            throw TreeTrouble(
                "\(tree.path) has changes that are not committed (\(names.prefix(3).joined(separator: ", "))"
                    + "\(more)); commit or stash them, so that the commits of the task hold its own work "
                    + "alone, or set \"isolation: worktree\""
            )
        }
        let new = try list(["ls-files", "-z", "--others", "--exclude-standard"])
        return (changed + new).map { Data($0.bytes) }
    }

    // MARK: - Records

    private func record(of task: String) throws -> Record? {
        try records.contents(of: task + ".json", limit: Self.longest).map {
            try JSONDecoder().decode(Record.self, from: Data($0))
        }
    }

    private func save(_ record: Record) throws {
        let bytes = Array(try JSONEncoder().encode(record))
        guard bytes.count <= Self.longest else {
            throw TreeTrouble(
                "\(record.tree.path) has too many files that git does not know; let .gitignore name them"
            )
        }
        try records.replace(record.tree.task + ".json", with: bytes)
    }
}
