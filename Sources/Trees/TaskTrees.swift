import FileAccess
import Glibc

/// The tree that a task needs.
package struct TreeRequest: Sendable {
    /// The task's name.
    package var task: String
    /// The task's directory in the workspace, as an absolute path.
    package var directory: String
    /// The reference or commit that a new tree begins from.
    package var base: String
    /// The branch of a new tree, without `refs/heads/`.
    package var branch: String
    /// The tasks whose work a new tree begins with, and their branches.
    package var needs: [(task: String, branch: String)]
    /// The patterns of ignored files that a new tree gets.
    package var include: [String]

    /// Makes a request; see the properties.
    package init(
        task: String,
        directory: String,
        base: String,
        branch: String,
        needs: [(task: String, branch: String)] = [],
        include: [String] = []
    ) {
        self.task = task
        self.directory = directory
        self.base = base
        self.branch = branch
        self.needs = needs
        self.include = include
    }
}

/// A tree that a task can work in.
package struct TaskTree: Sendable {
    /// The record of the tree.
    package var record: TreeRecord
    /// The task's directory in the tree, as an absolute path.
    package var directory: String
    /// True if no session has worked in it: it was just made, or made again.
    package var isNew: Bool
    /// Warnings for a person.
    package var warnings: [String]
    /// The commit of work that an earlier session had left there; `nil` for none.
    package var earlier: Checkpoint?
}

/// The trees of a workspace's tasks: a git worktree and a branch of its own for each.
///
/// The caller has the task locked, and calls for one task of a repository at a time. Everything blocks
/// as disks and git do.
package struct TaskTrees: Sendable {
    let git: Git
    let records: TreeRecords
    /// The directory that the trees are in.
    private let place: String

    /// Makes the trees below a directory that exists.
    package init(git: Git, records: TreeRecords, place: String) {
        (self.git, self.records, self.place) = (git, records, place)
    }

    /// Returns the tree of a task: taken up as it was left, or made.
    ///
    /// - Throws: `TreeTrouble`; nothing that anybody worked on was touched.
    package func tree(for request: TreeRequest) throws(TreeTrouble) -> TaskTree {
        try inTrouble {
            let repository = try Repository.around(request.directory, git)
            guard let record = try records.record(of: request.task) else {
                return try make(request, repository)
            }
            if let name = record.keptAs {
                try keep(record, as: name)
                return try make(request, repository)
            }
            guard record.repository == repository.common else {
                if let gone = GitError(goneFrom: record.repository, "taking up the task's tree") {
                    throw gone
                }
                throw TreeTrouble(
                    "the tree \(record.path) of the task belongs to another repository, "
                        + "\(record.repository); prune it, or give the task another name"
                )
            }
            if record.stage == .making {
                try removeLocks(of: record)
                try discard(record)
                return try make(request, repository)
            }
            guard FileKind(record.path) == .nothing else { return try takeUp(record, repository) }
            return try makeAgain(record, repository)
        }
    }

    /// Returns what is recorded of a task's tree; `nil` if it has none.
    ///
    /// - Throws: `TreeTrouble` if the record can't be read.
    package func record(of task: String) throws(TreeTrouble) -> TreeRecord? {
        try inTrouble { try records.record(of: task) }
    }

    /// Notes that the command that sets a task's tree up has succeeded.
    package func noteSetUp(_ task: String) throws(TreeTrouble) {
        try inTrouble {
            guard var record = try records.record(of: task) else {
                throw TreeTrouble("the record of the tree was removed while it was set up")
            }
            record.isSetUp = true
            try records.save(record)
        }
    }

    // MARK: - A tree that exists

    private func takeUp(_ record: TreeRecord, _ repository: Repository) throws -> TaskTree {
        guard try records.landing()?.target != record.branch else {
            throw TreeTrouble(
                "a merge into its branch \(record.branch) was cut off; finish it: quire merge --repair "
                    + record.task
            )
        }
        try TreeCheck(record: record).check()
        var record = record
        var warnings: [String] = []
        let before = record.tip
        if let words = try followBranch(&record, repository) { warnings.append(words) }
        // Somebody has committed since the last session ended: that is not the next one's work.
        if record.tip != before { record = record.marked(of: nil) }
        record.isBusy = false
        try records.save(record)
        return tree(record, repository, isNew: false, warnings)
    }

    /// Takes over where the branch is now; returns words if it no longer holds the task's commits.
    func followBranch(
        _ record: inout TreeRecord,
        _ repository: Repository
    ) throws -> String? {
        guard let tip = try repository.tip(of: record.branch, git) else {
            try makeBranch(record, at: record.tip)
            return "its branch \(record.branch) was deleted; it was made again at its newest commit"
        }
        guard tip != record.tip else { return nil }
        let isFurther = try repository.isAncestor(record.tip, of: tip, git)
        let old = record.tip
        record.tip = tip
        if isFurther { return nil }
        try keep(record.keepsake + "-\(old.prefix(12))", at: old, record)
        return
            "its branch \(record.branch) was moved away from commit \(old.prefix(12)), which stays as "
            + "\(record.keepsake)-\(old.prefix(12))"
    }

    /// Makes a tree that was deleted again, from its branch.
    private func makeAgain(_ record: TreeRecord, _ repository: Repository) throws -> TaskTree {
        var record = record
        var warnings = ["its tree \(record.path) was deleted; it was made again from its branch"]
        if record.isPruned == true {
            warnings = ["its tree was cleaned up, as its work is merged; it was made again"]
            if try repository.tip(of: record.branch, git) == nil {
                try makeBranch(record, at: record.tip)
            }
        }
        if let words = try followBranch(&record, repository) { warnings.append(words) }
        try forget(record)
        (record.isSetUp, record.isPruned) = (nil, nil)
        try records.save(record)
        record.administration = try addTree(record)
        try TreeGit(git, record).populate()
        record.isBusy = false
        try records.save(record)
        return tree(record, repository, isNew: true, warnings)
    }

    // MARK: - A new tree

    private func make(_ request: TreeRequest, _ repository: Repository) throws -> TaskTree {
        let path = try freePath(for: request.task)
        try repository.check(branch: request.branch, git)
        if let tip = try repository.tip(of: request.branch, git) {
            throw TreeTrouble(
                "the branch \(request.branch) exists already, at \(tip.prefix(12)), and is none of this "
                    + "run's; delete or rename it, or set \"branch\""
            )
        }
        let base = try repository.commit(request.base, git)
        var record = TreeRecord(
            task: request.task,
            repository: repository,
            path: path,
            branch: request.branch,
            base: base
        )
        record.include = request.include.isEmpty ? nil : request.include
        try records.save(record)
        do {
            let warnings = try fill(&record, request)
            record.stage = .ready
            try records.save(record)
            return tree(record, repository, isNew: true, warnings)
        } catch {
            // What can't be undone now is undone before the next try, which the record tells of.
            try discard(record)
            throw error
        }
    }

    /// Returns the path of a new tree: where an older one is kept, a number follows the task's name.
    private func freePath(for task: String) throws -> String {
        let path = place + "/" + task
        guard FileKind(path) != .nothing else { return path }
        guard try records.all().contains(where: { $0.path == path }) else {
            throw TreeTrouble("\(path) is in the way of the task's tree; move it away")
        }
        var number = 2
        while FileKind("\(path).\(number)") != .nothing { number += 1 }
        return "\(path).\(number)"
    }

    /// Makes the branch and the tree, and all that a new one begins with; returns the warnings.
    private func fill(_ record: inout TreeRecord, _ request: TreeRequest) throws -> [String] {
        try makeBranch(record, at: record.base)
        record.administration = try addTree(record)
        try records.save(record)
        let tree = TreeGit(git, record)
        try tree.populate()
        for need in request.needs { try merge(need, tree) }
        record.needs = request.needs.map(\.task)
        record.base = try tree.head(doing: "looking at the tree")
        record.tip = record.base
        try keep(record.keepsake, at: record.tip, record)
        try initializeSubmodules(tree)
        return try IncludedFiles(patterns: request.include, from: record.topLevel, git).copy(
            to: record.path
        )
    }

    private func initializeSubmodules(_ tree: TreeGit) throws {
        guard tree.call(["cat-file", "-e", "HEAD:.gitmodules"]).status == 0 else { return }
        // git finds the repositories of submodules by itself; nobody has worked here yet.
        _ = try git.output(
            ["submodule", "--quiet", "update", "--init", "--recursive"],
            in: tree.path,
            doing: "initializing the submodules"
        )
    }

    private func makeBranch(_ record: TreeRecord, at commit: String) throws {
        let none = String(repeating: "0", count: commit.count)
        _ = try git.output(
            [
                "update-ref", "-m", "quire: begin \(record.task)", "refs/heads/\(record.branch)",
                commit, none,
            ],
            in: record.topLevel,
            doing: "making the branch \(record.branch)"
        )
    }

    /// Makes a reference that keeps a commit from being cleaned away.
    func keep(_ reference: String, at commit: String, _ record: TreeRecord) throws {
        _ = try git.output(
            ["update-ref", reference, commit],
            in: record.topLevel,
            doing: "keeping the commit \(commit.prefix(12))"
        )
    }

    /// Adds an empty tree on its branch; returns git's own directory for it.
    private func addTree(_ record: TreeRecord) throws -> String {
        // git would make it as open as the umask lets it; what can't be made here is git's to tell.
        mkdir(record.path, 0o700)
        // git itself does not keep two of these apart.
        let shared = try Directory(following: record.repository)
        let added: [UInt8]? = try shared.alone {
            try git.output(
                ["worktree", "add", "--quiet", "--no-checkout", record.path, record.branch],
                in: record.topLevel,
                doing: "making the tree \(record.path)"
            )
        }
        guard added != nil else {
            throw TreeTrouble(
                "another program is making a tree of \(record.repository); Quire tries again",
                remedy: .time
            )
        }
        let link = try Directory(following: record.path).contents(of: ".git", limit: 8192) ?? []
        let line = TreeCheck.text(link)
        guard line.hasPrefix("gitdir: /") else {
            throw TreeTrouble("git made the tree \(record.path) without the path of its directory")
        }
        return String(line.dropFirst("gitdir: ".count))
    }

    // MARK: - Taking away

    /// Keeps the tree of a task that begins anew, as it is, under another name and on a renamed branch.
    ///
    /// A death between any two steps leaves the record, with which all of them are done again.
    private func keep(_ record: TreeRecord, as name: String) throws {
        // There is nothing to keep of what was merged and cleaned up.
        guard record.isPruned != true else { return records.remove(record.task) }
        var kept = record
        (kept.task, kept.keptAs) = (name, nil)
        kept.branch = record.keptBranch ?? record.branch
        try keep(kept.keepsake, at: record.tip, record)
        if try record.home.tip(of: kept.branch, git) == nil {
            if try record.home.tip(of: record.branch, git) == nil {
                try makeBranch(record, at: record.tip)
            }
            _ = try git.output(
                ["branch", "--move", record.branch, kept.branch],
                in: record.topLevel,
                doing: "renaming the branch \(record.branch) of the task's earlier work"
            )
        }
        if FileKind(record.path) == .nothing {
            try forget(record)
            kept.path = place + "/" + name
        }
        try records.save(kept)
        records.remove(record.task)
    }

    /// Removes the locks that a git of Quire's left when it was killed while it made a tree.
    private func removeLocks(of record: TreeRecord) throws {
        // Whoever locked the task locks its references: no git of Quire's changes them now.
        for reference in ["refs/heads/" + record.branch, record.keepsake] {
            try record.home.removeLock(of: reference)
        }
    }

    /// Removes a tree that nobody has worked in, its branch and its record.
    private func discard(_ record: TreeRecord) throws {
        try forget(record)
        if let tip = try record.home.tip(of: record.branch, git) {
            _ = try git.output(
                ["update-ref", "-d", "refs/heads/\(record.branch)", tip],
                in: record.topLevel,
                doing: "removing the branch \(record.branch)"
            )
        }
        records.remove(record.task)
    }

    /// Lets git forget a tree, and removes what is left of it.
    private func forget(_ record: TreeRecord) throws {
        let remove = ["worktree", "remove", "--force", "--force", record.path]
        let answer = git.call(remove, in: record.topLevel)
        if answer.status != 0, try removeRest(of: record) {
            // Only now git forgets half a tree, which it has locked itself, if it knows of it.
            _ = git.call(remove, in: record.topLevel)
        }
        guard FileKind(record.path) == .nothing else {
            throw GitError("removing the half-made tree", in: record.path, answer)
        }
    }

    /// Removes what a killed git leaves before the tree is one: a directory, and in it a `.git` at most.
    ///
    /// - Returns: True if it was there and is gone.
    private func removeRest(of record: TreeRecord) throws -> Bool {
        guard record.stage == .making,
            let trees = try Directory.open(record.path.parentPath, made: false),
            let name = record.path.split(separator: "/").last.map(String.init),
            let rest = try trees.directory(name)
        else { return false }
        if try rest.names() == [".git"] { rest.remove(".git") }
        trees.removeDirectory(name)
        return FileKind(record.path) == .nothing
    }

    private func tree(
        _ record: TreeRecord,
        _ repository: Repository,
        isNew: Bool,
        _ warnings: [String]
    ) -> TaskTree {
        let inner =
            repository.prefix.hasSuffix("/")
            ? String(repository.prefix.dropLast()) : repository.prefix
        return TaskTree(
            record: record,
            directory: inner.isEmpty ? record.path : record.path + "/" + inner,
            isNew: isNew,
            warnings: warnings
        )
    }
}
