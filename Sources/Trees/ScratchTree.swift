package import FileAccess

/// The way in which a task's commits come into the target.
package enum MergeStrategy: String, Hashable, Sendable, CaseIterable {
    /// A merge commit for each task.
    case merge
    /// One commit for each task.
    case squash
    /// The task's own commits, one after another.
    case rebase
}

/// A tree in which merges are tried and checked, so that no checkout of a person changes meanwhile.
package struct ScratchTree: MergeWorkshop {
    /// No task's name begins with a dot.
    private static let name = ".merge"

    private let git: Git
    private let place: Directory
    private let repository: Repository
    private let strategy: MergeStrategy
    private let tree: TreeGit
    /// Runs the check of tasks' work in a directory: passed or not.
    private let passes: (_ tasks: [String], _ directory: String) throws -> Bool

    /// Makes the tree in a directory that exists; one that an earlier merge left is removed.
    ///
    /// `passes` runs the check of tasks' work in a directory, and throws if it can't run.
    ///
    /// - Throws: `TreeTrouble` if it can't be made.
    package init(
        in place: Directory,
        of repository: Repository,
        at commit: String,
        strategy: MergeStrategy,
        _ git: Git,
        passes: @escaping (_ tasks: [String], _ directory: String) throws -> Bool
    ) throws(TreeTrouble) {
        (self.git, self.place) = (git, place)
        (self.repository, self.strategy) = (repository, strategy)
        self.passes = passes
        tree = try inTrouble { try Self.make(in: place, of: repository, at: commit, git) }
    }

    private static func make(
        in place: Directory,
        of repository: Repository,
        at commit: String,
        _ git: Git
    ) throws -> TreeGit {
        let path = place.path(of: name)
        try remove(from: place, repository, git)
        // The files are written by a git of Quire's own: a child of git's would outlive its kill, and
        // write on.
        _ = try git.output(
            ["worktree", "add", "--quiet", "--no-checkout", "--detach", path, commit],
            in: repository.topLevel,
            doing: "making a tree for the merge"
        )
        let link = try Directory(following: path).contents(of: ".git", limit: 8192) ?? []
        let administration = String(TreeCheck.text(link).dropFirst("gitdir: ".count))
        let tree = TreeGit(git, administration: administration, path: path)
        try tree.populate()
        return tree
    }

    /// Removes the tree.
    package func remove() {
        // Whatever is left is told by who makes the next.
        try? Self.remove(from: place, repository, git)
    }

    /// Removes the tree, or whatever a killed git has left of it, and what git knows of it.
    private static func remove(
        from place: Directory,
        _ repository: Repository,
        _ git: Git
    ) throws {
        let words = ["worktree", "remove", "--force", "--force", place.path(of: name)]
        let answer = git.call(words, in: repository.topLevel)
        guard answer.status != 0 || place.kind(of: name) != .nothing else { return }
        do {
            try place.removeAll(name)
        } catch {
            // A git that outlived its kill wrote a new file meanwhile; it is at its end without the rest.
            try place.removeAll(name)
        }
        // Without its directory git forgets the tree, if it knows of it.
        _ = git.call(words, in: repository.topLevel)
    }

    /// Merges a candidate onto a commit, by the strategy.
    ///
    /// - Throws: `GitError` if git fails for another reason than a conflict.
    package func merge(
        _ candidate: MergeCandidate,
        onto commit: String
    ) throws -> MergeResult {
        try go(to: commit)
        var candidate = candidate
        if let since = candidate.since, try repository.isAncestor(since, of: commit, git) {
            candidate.since = nil
        }
        let isSeries = try strategy != .rebase || isSeries(candidate, after: commit)
        let conflicts =
            switch strategy {
            case .merge where candidate.since != nil: try mergeRest(candidate, onto: commit)
            case .merge:
                try tree.merge(candidate.tip, message: message(candidate), isOwnCommit: true)
            case .squash: try squash(candidate)
            case .rebase where !isSeries: try squash(candidate)
            case .rebase: try rebase(candidate, onto: commit)
            }
        guard conflicts.isEmpty else { return .conflict(conflicts) }
        let new = try tree.head(doing: "merging \(candidate.task)")
        return isSeries ? .merged(new) : .squashed(new)
    }

    /// Indicates whether no commit of a candidate is a merge, whose conflicts a rebase would bring again.
    private func isSeries(_ candidate: MergeCandidate, after commit: String) throws -> Bool {
        let range = "\(candidate.since ?? commit)..\(candidate.tip)"
        return try tree.output(
            ["rev-list", "--merges", "--max-count=1", range],
            doing: "looking for merges of \(candidate.task)"
        ).isEmpty
    }

    /// Merges a commit into another one; what conflicts is committed with the marks of git in it.
    ///
    /// Where the commit has one of the other's ancestors as another one, `since` is that ancestor.
    ///
    /// - Returns: The new commit, and the paths in conflict.
    func mergeMarked(
        _ commit: String,
        into tip: String,
        since: String?,
        subject: String,
        body: String
    ) throws -> (commit: String, paths: [String]) {
        try go(to: tip)
        let doing = "merging \(commit.prefix(12))"
        let message = "\(subject)\n\n\(body)"
        let base = try since.flatMap { try repository.isAncestor($0, of: commit, git) ? nil : $0 }
        let answer =
            try base.map { try bring(commit, since: $0, doing) }
            ?? tree.call([
                "-c", "merge.verifySignatures=false", "-c", "merge.conflictStyle=merge", "merge",
                "--no-ff", "--no-edit", "--no-stat", "--no-verify", "--quiet", "-m", message,
                commit,
            ])
        if base == nil, answer.status == 0 { return (try tree.head(doing: doing), []) }
        let list = ["diff", "--name-only", "--diff-filter=U", "-z"]
        let paths = TreeFile.list(try tree.output(list, doing: doing)).map(\.text)
        guard !paths.isEmpty || answer.status == 0 else {
            throw GitError(doing, in: tree.path, answer)
        }
        // All that is here is of the merge.
        _ = try tree.output(["add", "--all"], doing: doing)
        if base != nil { return (try commitFiles(message, parents: [tip, commit], doing), paths) }
        _ = try tree.output(
            ["commit", "--quiet", "--no-verify", "--file=-"],
            doing: doing,
            input: Array(message.utf8)
        )
        return (try tree.head(doing: doing), paths)
    }

    /// Runs the check on a commit that has the work of these tasks.
    package func check(_ commit: String, of tasks: [String]) throws -> Bool {
        try go(to: commit)
        return try passes(tasks, tree.path)
    }

    /// Makes the tree that of a commit, without anything that a check or a merge left.
    private func go(to commit: String) throws {
        let doing = "going to \(commit.prefix(12))"
        _ = try tree.output(["checkout", "--quiet", "--force", "--detach", commit], doing: doing)
        _ = try tree.output(["clean", "-ffdxq"], doing: doing)
    }

    private func message(_ candidate: MergeCandidate) -> String {
        "Merge the work of \(candidate.task)"
    }

    private func squash(_ candidate: MergeCandidate) throws -> [String] {
        let doing = "squashing \(candidate.task)"
        let answer =
            try candidate.since.map { try bring(candidate.tip, since: $0, doing) }
            ?? tree.call(["merge", "--squash", "--quiet", candidate.tip])
        guard answer.status == 0 else {
            return try tree.conflicts(answer, doing: doing, undo: ["reset", "--hard", "--quiet"])
        }
        // The subject of the newest commit says most; the others' stand below it.
        let log = ["log", "--format=%s", "\(candidate.since ?? "HEAD")..\(candidate.tip)"]
        let subjects = try tree.output(log, doing: doing)
        let message = Array("\(candidate.task)\n\n".utf8) + subjects
        _ = try tree.output(
            ["commit", "--quiet", "--allow-empty", "--no-verify", "--file=-"],
            doing: doing,
            input: message
        )
        return []
    }

    /// Merges what a candidate has besides what the target has already as another commit.
    private func mergeRest(_ candidate: MergeCandidate, onto commit: String) throws -> [String] {
        let doing = "merging \(candidate.task)"
        let answer = try bring(candidate.tip, since: candidate.since ?? commit, doing)
        guard answer.status == 0 else {
            return try tree.conflicts(answer, doing: doing, undo: ["reset", "--hard", "--quiet"])
        }
        let merge = try commitFiles(message(candidate), parents: [commit, candidate.tip], doing)
        try go(to: merge)
        return []
    }

    /// Brings what lies between two commits into the files and the index, as a merge with the first as
    /// the base of both sides does.
    private func bring(_ commit: String, since base: String, _ doing: String) throws -> GitAnswer {
        let change = try tree.output(
            ["commit-tree", "\(commit)^{tree}", "-p", base],
            doing: doing,
            input: Array("\(doing)\n".utf8)
        )
        guard let change = ObjectName(change) else {
            throw GitError("\(doing) in \(tree.path) failed: git gave no commit")
        }
        return tree.call([
            "-c", "merge.conflictStyle=merge", "cherry-pick", "--no-commit", change.text,
        ])
    }

    /// Makes a commit of what is in the index; returns its name.
    private func commitFiles(
        _ message: String,
        parents: [String],
        _ doing: String
    ) throws -> String {
        let files = try tree.output(["write-tree"], doing: doing)
        let made = try tree.output(
            ["commit-tree", ObjectName(files)?.text ?? ""] + parents.flatMap { ["-p", $0] },
            doing: doing,
            input: Array("\(message)\n".utf8)
        )
        guard let commit = ObjectName(made) else {
            throw GitError("\(doing) in \(tree.path) failed: git gave no commit")
        }
        return commit.text
    }

    private func rebase(_ candidate: MergeCandidate, onto commit: String) throws -> [String] {
        let answer = tree.call([
            "-c", "rebase.autoSquash=false", "-c", "rebase.updateRefs=false", "rebase", "--quiet",
            "--no-autostash", "--onto", commit, candidate.since ?? commit, candidate.tip,
        ])
        if answer.status == 0 { return [] }
        return try tree.conflicts(
            answer,
            doing: "rebasing \(candidate.task)",
            undo: ["rebase", "--abort"]
        )
    }
}
