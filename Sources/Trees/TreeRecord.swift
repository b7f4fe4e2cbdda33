package import FileAccess
import Foundation

/// The facts known of a task's tree.
///
/// Kept in the state of the workspace, out of the agents' reach: what lies in a tree proves nothing.
package struct TreeRecord: Hashable, Sendable, Codable {
    /// How far the making of a tree has come.
    package enum Stage: String, Hashable, Sendable, Codable {
        /// Nobody has worked in it: what is there can be made again.
        case making
        /// Sessions may have worked in it.
        case ready
    }

    /// The task's name.
    package var task: String
    /// The directory that all work trees of the repository share.
    package var repository: String
    /// The top level of the work tree that the task's directory is in.
    package var topLevel: String
    /// The absolute path of the tree.
    package var path: String
    /// The branch, without `refs/heads/`.
    package var branch: String
    /// The commit that the task's work begins from.
    package var base: String
    /// The newest commit of the task's work.
    package var tip: String
    /// git's own directory for the tree; empty until it is made.
    package var administration: String = ""
    /// How far the making has come.
    package var stage = Stage.making
    /// True while Quire's own git may hold the tree's locks.
    package var isBusy = false
    /// True if the command that sets the tree up has succeeded in it; `nil` for no.
    package var isSetUp: Bool?
    /// The tasks whose work the tree began with; `nil` for none.
    package var needs: [String]?
    /// The name under which the tree is kept, since its task begins anew; `nil` for a tree in use.
    package var keptAs: String?
    /// The commit that was merged into each branch, by the branch; `nil` for none.
    package var landed: [String: String]?
    /// The commit with which that came into each branch, by the branch; `nil` for none.
    package var landedBy: [String: String]?
    /// The patterns of the ignored files that the tree was given; `nil` for none.
    package var include: [String]?
    /// The newest merge of another branch into the task's whose conflicts it resolves; `nil` for none.
    package var repair: RepairMark?
    /// True if the work was merged, and the tree and the branch were cleaned up; `nil` for no.
    package var isPruned: Bool?
    /// The commits that end what others than a checkpoint's session have committed; `nil` for none.
    package var marks: [SessionMark]?
    /// The size in bytes of the largest file that the newest checkpoint could commit; `nil` before the first.
    package var largestFile: Int64?

    /// Makes the record of a tree that is about to be made.
    package init(
        task: String,
        repository: Repository,
        path: String,
        branch: String,
        base: String
    ) {
        self.task = task
        self.repository = repository.common
        topLevel = repository.topLevel
        self.path = path
        self.branch = branch
        self.base = base
        tip = base
    }

    /// The reference that keeps the task's newest commit, whatever becomes of the branch.
    package var keepsake: String { "refs/quire/tasks/\(task)" }

    /// Returns the record with a note that the newest commit ends what a session, or somebody else, has
    /// committed without a checkpoint.
    func marked(of session: Int?) -> TreeRecord {
        var record = self
        record.marks =
            (marks ?? []).filter { $0.commit != tip } + [SessionMark(commit: tip, session: session)]
        return record
    }

    /// The branch under which the tree is kept, since its task begins anew; `nil` for a tree in use.
    package var keptBranch: String? { keptAs.map { branch + $0.dropFirst(task.count) } }

    /// The repository, without a place in it.
    package var home: Repository { Repository(common: repository, topLevel: topLevel, prefix: "") }

    /// Indicates whether a commit of the task was merged into a branch, and the merge was not undone.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func hasLanded(
        _ commit: String,
        in branch: String,
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> Bool {
        guard landed?[branch] == commit, let merge = landedBy?[branch],
            let tip = try repository.tip(of: branch, git)
        else { return false }
        return try repository.isAncestor(merge, of: tip, git)
    }

    /// Indicates whether a commit of the task is in a branch: it, or what it was merged as.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func isIn(
        _ branch: String,
        _ commit: String,
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> Bool {
        if try hasLanded(commit, in: branch, of: repository, git) { return true }
        guard let tip = try repository.tip(of: branch, git) else { return false }
        return try repository.isAncestor(commit, of: tip, git)
    }

    /// Returns the newest commit of the task that has come into a branch before `tip`, perhaps squashed or
    /// rebased; `nil` if there is none, or the branch with it has come into the task's since.
    ///
    /// - Throws: `GitError` if git can't tell.
    func landedBefore(
        in branch: String,
        _ tip: String,
        of repository: Repository,
        _ git: Git
    ) throws(GitError) -> String? {
        guard let commit = landed?[branch], let merge = landedBy?[branch],
            try hasLanded(commit, in: branch, of: repository, git),
            try repository.isAncestor(commit, of: tip, git),
            try !repository.isAncestor(merge, of: tip, git)
        else { return nil }
        return commit
    }

    /// Returns the newest commit of the task's work: that of its branch, unless the branch was moved away
    /// from what the task has committed.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func newest(in repository: Repository, _ git: Git) throws(GitError) -> String {
        guard let branchTip = try repository.tip(of: branch, git), branchTip != tip else {
            return tip
        }
        return try repository.isAncestor(tip, of: branchTip, git) ? branchTip : tip
    }
}

/// A merge of a branch into a task's own, whose conflicts a session of the task resolves.
package struct RepairMark: Hashable, Sendable, Codable {
    /// The commit that has both, conflicts marked.
    package var commit: String
    /// The paths that were in conflict.
    package var paths: [String]
}

/// A commit of a task's branch that Quire has not made, and that ends what one author did.
package struct SessionMark: Hashable, Sendable, Codable {
    /// The commit.
    package var commit: String
    /// The session whose agent has made it; `nil` for somebody else, or a session that was cut off.
    package var session: Int?
}

/// The records of the trees of a workspace, a file for each.
package struct TreeRecords: Sendable {
    private static let longest = 1 << 20

    let directory: Directory

    /// Makes the records in a directory of the workspace's state.
    package init(_ directory: Directory) {
        self.directory = directory
    }

    /// Returns the record of a task's tree; `nil` if the task has none.
    ///
    /// - Throws: `FileError` if the file can't be read, or holds no record.
    package func record(of task: String) throws(FileError) -> TreeRecord? {
        let name = Self.file(of: task)
        guard let bytes = try directory.contents(of: name, limit: Self.longest) else { return nil }
        do {
            return try JSONDecoder().decode(TreeRecord.self, from: Data(bytes))
        } catch {
            throw FileError(
                "\"\(directory.path(of: name))\" can't be read: it was damaged, or written by a newer "
                    + "Quire; move it and the task's tree away to begin with a new one"
            )
        }
    }

    /// Returns all records, by the tasks' names.
    ///
    /// - Throws: `FileError` as `record(of:)` does.
    package func all() throws(FileError) -> [TreeRecord] {
        var records: [TreeRecord] = []
        for name in try names() {
            if let record = try record(of: name) { records.append(record) }
        }
        return records
    }

    /// Returns the names of the tasks that have records.
    package func names() throws(FileError) -> [String] {
        try directory.names().filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    }

    /// Replaces a task's record.
    package func save(_ record: TreeRecord) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]
            try directory.replace(Self.file(of: record.task), with: bytes)
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(
                "the record of the tree of \"\(record.task)\" can't be written: \(error)"
            )
        }
    }

    /// Notes that a task begins anew: its next tree is a new one, and the old one is kept under a name that
    /// ends with `stamp`.
    ///
    /// - Returns: the old tree's record; `nil` if there is none.
    /// - Throws: `FileError` as `record(of:)` does.
    package func retire(_ task: String, stamp: String) throws(FileError) -> TreeRecord? {
        guard var record = try record(of: task), record.stage == .ready else { return nil }
        guard record.keptAs == nil else { return record }
        var (name, number) = ("\(task)-\(stamp)", 2)
        while directory.kind(of: Self.file(of: name)) != .nothing {
            (name, number) = ("\(task)-\(stamp)-\(number)", number + 1)
        }
        record.keptAs = name
        try save(record)
        return record
    }

    /// Removes a task's record.
    package func remove(_ task: String) { directory.remove(Self.file(of: task)) }

    static func file(of task: String) -> String { task + ".json" }
}
