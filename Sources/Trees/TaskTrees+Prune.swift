import FileAccess
import Glibc
package import Orchestration

// The cleaning up of trees that nobody needs any more.
extension TaskTrees {
    /// Looks for what is in a task's tree and branch and nowhere else; changes nothing.
    ///
    /// The caller has the task locked, if it has a directory.
    ///
    /// - Throws: `TreeTrouble` if git can't tell: then the tree stays.
    package func fate(
        of record: TreeRecord,
        _ standing: TaskStanding
    ) throws(TreeTrouble) -> TreeFate {
        try inTrouble {
            try TreeInquest(record, among: try records.all(), git).fate(standing)
        }
    }

    /// Removes a task's tree and its branch, and the record of a task that was deleted.
    ///
    /// What was merged stays known, with `refs/quire/tasks/TASK` at its newest commit: a later session of the
    /// task, and tasks that need it, begin with its work.
    ///
    /// Killed at any moment, the tree is whole or gone, and either the next session of the task or the
    /// next call goes on. Commits that nothing else has stay under `refs/quire/tasks/TASK-COMMIT`.
    ///
    /// - Throws: `TreeTrouble` if anything moved since it was looked at, or git or the disk fails.
    package func remove(_ removal: TreeRemoval) throws(TreeTrouble) {
        try inTrouble {
            let record = try removal.staysKnown ? known(removal) : removal.record
            let kept = removal.kept.map { ("\(record.keepsake)-\($0.prefix(12))", $0) }
            for (name, commit) in kept { try keep(name, at: commit, record) }
            let rest = try moveAway(record)
            // A tree that git does not know any more is no trouble.
            _ = git.call(
                ["worktree", "remove", "--force", "--force", record.path],
                in: record.topLevel
            )
            if let tip = removal.tip { try delete("refs/heads/\(record.branch)", at: tip, record) }
            let staying = removal.staysKnown ? [record.keepsake] : []
            let names = Set(kept.map(\.0) + staying + ["refs/heads/\(record.branch)"])
            for name in removal.references where !names.contains(name) {
                try delete(name, at: nil, record)
            }
            // There is one only where a check wrote something.
            _ = git.call(
                ["update-ref", "-d", CheckedTree.keepsake(of: record)],
                in: record.topLevel
            )
            if removal.staysKnown {
                var pruned = record
                pruned.isPruned = true
                try records.save(pruned)
            } else {
                records.remove(record.task)
            }
            if let rest { try rest.place.removeAll(rest.name) }
        }
    }

    /// Notes the newest commit of a task whose branch goes and whose record stays.
    private func known(_ removal: TreeRemoval) throws -> TreeRecord {
        var record = removal.record
        if removal.newest != record.tip {
            record.tip = removal.newest
            record = record.marked(of: nil)
            try records.save(record)
        }
        try keep(record.keepsake, at: record.tip, record)
        return record
    }

    /// Renames the tree, which takes no time, so that nobody finds a half of it.
    private func moveAway(_ record: TreeRecord) throws -> (place: Directory, name: String)? {
        let name = Self.restName(record.task)
        guard let place = try Directory.open(record.path.parentPath, made: false) else {
            return nil
        }
        let tree = String(record.path.split(separator: "/").last ?? "")
        if place.kind(of: tree) == .directory {
            try place.removeAll(name)
            try place.move(tree, as: name)
        }
        return (place, name)
    }

    private static func restName(_ task: String) -> String { ".pruned-\(task)" }

    private func delete(_ reference: String, at commit: String?, _ record: TreeRecord) throws {
        _ = try git.output(
            ["update-ref", "-d", reference] + (commit.map { [$0] } ?? []),
            in: record.topLevel,
            doing: "removing \(reference)"
        )
    }
}

extension TaskTrees {
    /// Returns the paths in a task's tree that a checkpoint would commit now, and words on what it would leave
    /// out, for people.
    ///
    /// - Throws: `TreeTrouble` if the tree is not as it was left, or git can't tell.
    package static func uncommitted(
        _ record: TreeRecord,
        _ git: Git
    ) throws(TreeTrouble) -> (waiting: [String], leftOut: [String]) {
        try inTrouble {
            guard record.stage == .ready, FileKind(record.path) == .directory,
                try Directory.open(record.administration, made: false) != nil
            else { return ([], []) }
            let usual = CheckpointRequest(subject: "")
            let changes = try TreeChanges(
                TreeGit(git, record),
                largestFile: record.largestFile ?? usual.largestFile
            )
            let leftOut = try changes.leftOut + wordsOnSubmodules(record, git)
            return ((changes.files + changes.staged).map(\.text), leftOut)
        }
    }
}

extension TreeRecords {
    /// Returns when a task's tree was last worked in or merged, as far as its record tells.
    package func lastChange(of task: String) -> WallTime? {
        directory.status(of: Self.file(of: task)).map {
            WallTime(millisecondsSinceEpoch: Int64($0.st_mtim.tv_sec) * 1000)
        }
    }
}
