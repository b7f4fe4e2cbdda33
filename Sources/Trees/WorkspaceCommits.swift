package import FileAccess
import Foundation
import Glibc
import Orchestration

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
        /// The paths among the others of which nobody can tell whether a session changed them; `nil` for
        /// none.
        var doubtful: [Data]?
        /// The paths that the newest commit left out, such as secrets; each commit judges them anew, and
        /// `nil` is for none.
        var leftOut: [Data]?

        var otherFiles: Set<TreeFile> { Set(others.map { TreeFile($0) }) }
        var leftOutFiles: Set<TreeFile> { Set((leftOut ?? []).map { TreeFile($0) }) }

        /// Keeps the doubtful ones of these files.
        mutating func settle(_ files: [TreeFile]) {
            let doubt = Set(doubtful ?? [])
            doubtful = files.map { Data($0.bytes) }.filter(doubt.contains)
        }
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
    /// Work of a session that was cut off is committed first, by `cutOff`, as far as it was changed when
    /// Quire is known to have lived. What was changed later may be a person's: it stays as it is, in no
    /// commit, and is told. `isChecked` says that the task has a check, which may be what changed files.
    ///
    /// - Throws: `TreeTrouble` if the tree has changes that are not the task's, no branch, or an
    ///   operation of git's under way.
    package func begin(
        _ task: String,
        in directory: String,
        cutOff: CheckpointRequest,
        isChecked: Bool = false
    ) throws(TreeTrouble) -> TaskTree {
        try inTrouble {
            let repository = try Repository.around(directory, git)
            let tree = try self.tree(task, repository, directory)
            try TreeCheck(record: tree).checkCheckout()
            var warnings: [String] = []
            var left = try record(of: task)
            if left?.tree.topLevel != repository.topLevel { left = nil }
            if let cut = left, cut.isAtWork {
                let done = try finish(cut, cutOff)
                warnings = done.leftOut
                if done.commit != nil {
                    warnings.append("\(SessionCommits.rest) was committed")
                }
                left = try record(of: task)
            }
            try refuseStaged(in: TreeGit(git, tree), since: nil)
            var record = Record(tree: tree, others: [], isAtWork: true, doubtful: left?.doubtful)
            record.tree.base = try repository.commit("HEAD", git)
            let leftOut = left?.leftOutFiles ?? []
            let lying = try others(
                in: TreeGit(git, tree),
                knowing: leftOut.union(left?.otherFiles ?? []),
                isChecked: isChecked && left != nil
            )
            record.leftOut = lying.filter(leftOut.contains).map { Data($0.bytes) }
            let others = lying.filter { !leftOut.contains($0) }
            record.others = others.map { Data($0.bytes) }
            record.settle(others)
            try save(record)
            return TaskTree(
                record: record.tree,
                directory: directory,
                isNew: false,
                warnings: warnings
            )
        }
    }

    /// Commits the work of a session that was cut off, as `begin` does; returns `nil` if none was.
    package func finish(
        _ task: String,
        _ cutOff: CheckpointRequest
    ) throws(TreeTrouble) -> Checkpoint? {
        try inTrouble {
            guard let cut = try record(of: task), cut.isAtWork else { return nil }
            return try finish(cut, cutOff)
        }
    }

    private func finish(_ cut: Record, _ request: CheckpointRequest) throws -> Checkpoint {
        let seen = records.status(of: cut.tree.task + ".json")?.st_mtim
        try refuseStaged(in: TreeGit(git, cut.tree), since: seen)
        return try commit(request, cut, seen: seen)
    }

    /// Notes that Quire lives while a session of the task works: what is changed up to now may be its work.
    package func noteAlive(_ task: String) {
        // A time that can't be noted leaves more to a person, and nothing of theirs is committed.
        records.touch(task + ".json")
    }

    /// Commits what a session has changed.
    ///
    /// - Throws: `TreeTrouble` if no commit can be made now; the tree stays as it is.
    package func checkpoint(
        _ task: String,
        _ request: CheckpointRequest
    ) throws(TreeTrouble) -> Checkpoint {
        do {
            return try inTrouble {
                guard let record = try record(of: task), record.isAtWork else {
                    return Checkpoint(commit: nil, leftOut: [])
                }
                return try commit(request, record, seen: nil)
            }
        } catch {
            // The session has ended, and whoever begins the next one commits its work.
            noteAlive(task)
            throw error
        }
    }

    /// Commits what has changed besides what lay there; with `seen`, only what was changed up to then.
    private func commit(
        _ request: CheckpointRequest,
        _ left: Record,
        seen: timespec?
    ) throws -> Checkpoint {
        var record = left
        try TreeCheck(record: record.tree).checkCheckout()
        let tree = TreeGit(git, record.tree)
        var doubtful: [TreeFile] = []
        let changes = try TreeChanges(
            tree,
            largestFile: request.largestFile,
            besides: record.otherFiles
        ) { file in
            guard let seen, file.isChanged(after: seen, in: tree.path) else { return false }
            doubtful.append(file)
            return true
        }
        let head = try tree.head(doing: "looking at the tree")
        let commit = try changes.commit(request, after: head)
        record.tree.tip = commit ?? head
        record.leftOut = changes.leftOutFiles.map { Data($0.bytes) }
        record.others += doubtful.map { Data($0.bytes) }
        record.doubtful = (record.doubtful ?? []) + doubtful.map { Data($0.bytes) }
        record.settle(changes.others)
        record.isAtWork = false
        try save(record)
        let submodules = try TaskTrees.wordsOnSubmodules(record.tree, git)
        return Checkpoint(
            commit: commit,
            leftOut: changes.leftOut + submodules + Self.words(record)
        )
    }

    /// Returns words on the files of which nobody can tell who changed them.
    private static func words(_ record: Record) -> [String] {
        guard let files = record.doubtful, !files.isEmpty else { return [] }
        let names = files.prefix(5).map { TreeFile($0).text.oneLine(200) }.joined(separator: ", ")
        let more = files.count > 5 ? " and \(files.count - 5) more" : ""
        return [
            "\(names)\(more) changed when Quire was killed, or after that, by a session or by you, and "
                + "stays uncommitted: commit it, or undo it"
        ]
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

    /// Returns the files that lie there before a session: new ones, and what earlier commits left out.
    ///
    /// - Throws: `TreeTrouble` for changes in files that git knows.
    private func others(
        in tree: TreeGit,
        knowing known: Set<TreeFile>,
        isChecked: Bool
    ) throws -> [TreeFile] {
        let changes = try TreeChanges(tree, largestFile: .max, besides: known)
        try refuse(changes.known, in: tree, isChecked: isChecked)
        return changes.others + changes.files + changes.leftOutFiles
    }

    /// Refuses a tree in whose index something waits for a commit: the next one would hold it.
    ///
    /// With `seen`, what was not changed since then is a session's, which was cut off.
    private func refuseStaged(in tree: TreeGit, since seen: timespec?) throws {
        let staged = try StagedFile.all(in: tree).map(\.file)
        try refuse(
            staged.filter { file in seen.map { file.isChanged(after: $0, in: tree.path) } ?? true },
            in: tree
        )
    }

    private func refuse(
        _ strange: [TreeFile],
        in tree: TreeGit,
        isChecked: Bool = false
    ) throws {
        guard !strange.isEmpty else { return }
        let names = Set(strange.map(\.text)).sorted()
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        let cause =
            isChecked
            ? "; if its check (verify) made them, let it write only what .gitignore names" : ""
        throw TreeTrouble(
            "\(tree.path) has changes that are not committed (\(names.prefix(3).joined(separator: ", "))"
                + "\(more)); commit or stash them, so that the commits of the task hold its own work "
                + "alone, or set \"isolation: worktree\"\(cause)"
        )
    }

    // MARK: - Records

    private func record(of task: String) throws -> Record? {
        let name = task + ".json"
        guard let bytes = try records.contents(of: name, limit: Self.longest) else { return nil }
        do {
            return try JSONDecoder().decode(Record.self, from: Data(bytes))
        } catch {
            throw TreeTrouble(
                "\"\(records.path(of: name))\" can't be read: it was damaged, or written by a newer "
                    + "Quire; commit or stash what is changed in the task's directory, and move it away"
            )
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
