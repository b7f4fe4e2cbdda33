import FileAccess
import Foundation

/// The state of a task whose tree may be cleaned up.
package enum TaskStanding: Hashable, Sendable {
    /// Every entry of the task's checklist is ticked.
    case complete
    /// The task's directory was deleted.
    case deleted
    /// The task has work left, or nobody can tell.
    case open
}

/// The fate of a task's tree, its branch and its record, when they are cleaned up.
package enum TreeFate: Hashable, Sendable {
    /// They go; all that is in them is somewhere else, or will be.
    case goes(TreeRemoval)
    /// They stay, for this reason.
    case stays(String)
}

/// A removal of a task's tree that was found to be safe.
package struct TreeRemoval: Hashable, Sendable {
    var record: TreeRecord
    /// The commit that the branch is at; `nil` if there is no branch.
    var tip: String?
    /// The commits that nothing else holds, and that stay under references of Quire's own.
    package var kept: [String]
    /// The references of the task that go.
    var references: [String]
    /// True if the record stays, and the reference that keeps the newest commit: the task may go on, and
    /// others may need its work.
    var staysKnown: Bool
    /// The newest commit of the task's work.
    var newest: String
}

/// The search for what is in a task's tree and branch and nowhere else.
struct TreeInquest {
    private let record: TreeRecord
    private let others: [TreeRecord]
    private let git: Git
    private let repository: Repository

    init(_ record: TreeRecord, among all: [TreeRecord], _ git: Git) {
        (self.record, self.git) = (record, git)
        others = all.filter { $0.task != record.task }
        repository = record.home
    }

    func fate(_ standing: TaskStanding) throws -> TreeFate {
        if standing == .open { return .stays("its task has work left") }
        guard record.stage == .ready else { return .stays("it is being made") }
        if let words = try wordsOnTree() { return .stays(words) }
        let place = try repository.checkout(of: record.branch, git)
        if let place, place.resolved(in: "/") != record.path.resolved(in: "/") {
            return .stays("its branch \(record.branch) is checked out in \(place)")
        }
        return try fateOfCommits(standing)
    }

    // MARK: - Files

    /// Returns words on files in the tree that no commit has; `nil` if there are none.
    private func wordsOnTree() throws -> String? {
        switch FileKind(record.path) {
        case .nothing: return nil
        case .directory: break
        case .file, .link, .pipe, .socket, .device:
            return "\(record.path) is no directory any more"
        }
        do {
            try TreeCheck(record: record).check()
        } catch {
            return error.description
        }
        if FileKind(record.administration + "/modules") != .nothing {
            let unpushed = try TaskTrees.unpushedSubmodules(
                record,
                at: record.newest(in: repository, git),
                git
            )
            if let path = unpushed.first {
                return
                    "its submodule \(path) is at a commit that only this tree has; push it: git -C "
                    + "\(record.path)/\(path) push"
            }
            if let path = try TaskTrees.changedSubmodules(record, git).first {
                return
                    "its submodule \(path) has changes that no commit holds; look with `git status` in "
                    + "\(record.path)/\(path); if you need nothing of it: `git worktree remove "
                    + "--force \(record.path)`"
            }
            return
                "it has submodules, in which there may be work that only this tree has; look there, "
                + "and if you need nothing of it: `git worktree remove --force \(record.path)`"
        }
        let tree = TreeGit(git, record)
        let status = try tree.output(
            [
                "--no-optional-locks", "status", "--porcelain", "-z", "--untracked-files=normal",
                "--no-renames", "--ignored=no",
            ],
            doing: "looking for changes"
        )
        if let file = TreeFile.list(status).first {
            return "it has changes that are in no commit, in \(file.text.dropFirst(3))"
        }
        if let words = try wordsOnHidden(in: tree) { return words }
        let included = IncludedFiles(
            patterns: record.include ?? [],
            from: record.topLevel,
            git
        )
        return try included.changed(in: tree).first.map {
            "its file \($0.text), which git ignores, is not as in \(record.topLevel)"
        }
    }

    /// Returns what git was told not to look at, though there may be work in it; `nil` for nothing.
    private func wordsOnHidden(in tree: TreeGit) throws -> String? {
        let doing = "looking for what git does not look at"
        // Each path comes after a letter: "S" for skip-worktree, a small one for assume-unchanged.
        for line in try tree.output(["ls-files", "-v", "-z"], doing: doing).split(separator: 0)
        where line.count > 2 && (line.first == UInt8(ascii: "S") || line.first.map(isSmall) == true)
        {
            let file = TreeFile(line.dropFirst(2))
            guard file.status(in: record.path) != nil else { continue }
            return "its file \(file.text) is marked as one that git does not look at"
        }
        let ignored = [
            "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory",
        ]
        for directory in TreeFile.list(try tree.output(ignored, doing: doing))
        where directory.bytes.last == UInt8(ascii: "/") {
            let path = record.path + "/" + directory.text
            let below = FileManager.default.enumerator(atPath: path)
            while let name = below?.nextObject() as? String {
                guard name == ".git" || name.hasSuffix("/.git") else { continue }
                return
                    "there is a repository in \(directory.text)\(name.dropLast(4)), which git ignores"
            }
        }
        return nil
    }

    private func isSmall(_ letter: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
    }

    // MARK: - Commits

    private struct Reference: Hashable {
        var commit: String
        var name: String
    }

    private func fateOfCommits(_ standing: TaskStanding) throws -> TreeFate {
        let newest = try record.newest(in: repository, git)
        if standing == .complete, try !isMerged(newest) {
            return .stays("it is not merged; look: quire diff \(record.task)")
        }
        let tip = try repository.tip(of: record.branch, git)
        let references = try references()
        let own = references.filter(isOwn)
        let lost = try lost(
            [tip ?? record.tip, record.tip] + own.map(\.commit) + logged(),
            elsewhere: references.filter { !isOwn($0) }.map(\.commit)
        )
        if standing == .deleted, !lost.isEmpty, record.isPruned != true {
            return .stays(
                "its task was deleted, but its branch \(record.branch) has commits that nothing "
                    + "else has; look: quire diff \(record.task)"
            )
        }
        return .goes(
            TreeRemoval(
                record: record,
                tip: tip,
                kept: lost,
                references: own.map(\.name),
                staysKnown: standing == .complete,
                newest: newest
            )
        )
    }

    /// Returns all references that lead to commits.
    private func references() throws -> [Reference] {
        let format = "%(objectname) %(objecttype) %(refname)"
        let list = try git.output(
            ["for-each-ref", "--format=\(format)"],
            in: record.topLevel,
            doing: "listing the references"
        )
        return String(decoding: list, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count == 3, ["commit", "tag"].contains(words[1]) else { return nil }
            return Reference(commit: words[0], name: words[2])
        }
    }

    /// Indicates whether a reference is of this task alone, and goes with its tree.
    private func isOwn(_ reference: Reference) -> Bool {
        if reference.name == "refs/heads/\(record.branch)" || reference.name == record.keepsake {
            return true
        }
        guard reference.name.hasPrefix(record.keepsake + "-") else { return false }
        let suffix = reference.name.dropFirst(record.keepsake.count + 1)
        return suffix.count == 12 && suffix.allSatisfy(\.isHexDigit)
            && !others.contains { $0.keepsake == reference.name }
    }

    /// Returns the commits that the logs of the tree and of its branch name.
    private func logged() throws -> [String] {
        let paths = [
            record.administration + "/logs/HEAD",
            record.repository + "/logs/refs/heads/\(record.branch)",
        ]
        return paths.flatMap { path -> [String] in
            let bytes = RegularFile.contents(path, limit: 1 << 26) ?? []
            return bytes.split(separator: UInt8(ascii: "\n")).flatMap { line in
                line.split(separator: UInt8(ascii: " ")).prefix(2).compactMap {
                    ObjectName(Array($0))?.text
                }
            }
        }.filter { $0.contains { $0 != "0" } }
    }

    /// Returns the newest of the commits that nothing else leads to: those that lead to all others.
    private func lost(_ commits: [String], elsewhere: [String]) throws -> [String] {
        let lines = Set(commits).sorted() + Set(elsewhere).sorted().map { "^" + $0 }
        let list = try git.output(
            ["rev-list", "--parents", "--ignore-missing", "--stdin"],
            in: record.topLevel,
            doing: "looking for commits that nothing else has",
            input: Array((lines.joined(separator: "\n") + "\n").utf8)
        )
        let found = String(decoding: list, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        let parents = Set(found.flatMap { $0.dropFirst() })
        return found.compactMap(\.first).filter { !parents.contains($0) }
    }

    /// Indicates whether the task's newest commit has come into a branch that is no task's.
    private func isMerged(_ newest: String) throws -> Bool {
        for branch in (record.landed ?? [:]).keys
        where try record.hasLanded(newest, in: branch, of: repository, git) {
            return true
        }
        let list = try git.output(
            [
                "for-each-ref", "--contains", newest, "--format=%(refname)", "refs/heads",
                "refs/remotes",
            ],
            in: record.topLevel,
            doing: "looking for the branches that have the work of \(record.task)"
        )
        let branches = Set((others + [record]).map(\.branch))
        return String(decoding: list, as: UTF8.self).split(separator: "\n").contains { name in
            // A task's branch at a remote is named as its own.
            !branches.contains { name == "refs/heads/\($0)" || name.hasSuffix("/\($0)") }
        }
    }
}
