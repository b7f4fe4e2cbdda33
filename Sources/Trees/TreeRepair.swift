import FileAccess
import Foundation
import Orchestration

/// The merging of a branch into a task's, with conflicts marked.
///
/// The merge is made in the scratch tree and the task's branch then moved to it as any target is, so that
/// it is at the old or the new commit whenever it is killed. Agents can't end a merge in their sandbox: so
/// what they find is a commit with the marks in it, and a clean tree.
package struct TreeRepair {
    private let git: Git
    private let repository: Repository
    private let records: TreeRecords

    /// Makes the repair of branches of a repository.
    package init(git: Git, repository: Repository, records: TreeRecords) {
        (self.git, self.repository, self.records) = (git, repository, records)
    }

    /// Brings a branch into a task's; returns the paths that are still in conflict.
    ///
    /// The caller has the task locked, and has finished what a killed merge had begun. A branch that is in
    /// the task's already is not merged again, and none into a task that has nothing to merge.
    ///
    /// - Throws: `TreeTrouble` if the tree is not as it was left, or has changes; nothing was touched.
    package func repair(
        _ record: TreeRecord,
        with target: String,
        in scratch: (_ commit: String) throws -> ScratchTree
    ) throws(TreeTrouble) -> [String] {
        try inTrouble {
            if FileKind(record.path) != .nothing { try TreeCheck(record: record).check() }
            let newest = try record.newest(in: repository, git)
            if try newest == record.base || record.isIn(target, newest, of: repository, git) {
                return []
            }
            let new = try repository.commit("refs/heads/\(target)", git)
            guard try !repository.isAncestor(new, of: newest, git) else {
                return try settle(record, at: newest, on: new)
            }
            let tree = try scratch(newest)
            defer { tree.remove() }
            let (commit, paths) = try tree.mergeMarked(
                new,
                into: newest,
                since: try record.landedBefore(in: target, newest, of: repository, git),
                subject: "\(record.task): merge \(target)",
                body: SessionCommits.mergeLabel + target
            )
            var record = record
            record.repair = RepairMark(commit: commit, paths: paths)
            try records.save(record)
            let strip = LandingStrip(git: git, repository: repository, records: records)
            try strip.land(Landing(target: record.branch, old: newest, new: commit, tips: [:]))
            return try settle(record, at: commit, on: new)
        }
    }

    /// Returns the paths of a repair that still have marks of conflicts in a commit.
    package func unresolved(
        _ record: TreeRecord,
        at commit: String
    ) throws(GitError) -> [String] {
        guard let repair = record.repair, !repair.paths.isEmpty else { return [] }
        let answer = git.call(
            ["--literal-pathspecs", "grep", "-l", "-z", "-e", "^<<<<<<< ", commit, "--"]
                + repair.paths,
            in: repository.topLevel
        )
        switch answer.status {
        case 0:
            return TreeFile.list(answer.output).map { String($0.text.dropFirst(commit.count + 1)) }
        case 1: return []
        default:
            throw GitError("looking for marks of conflicts", in: repository.topLevel, answer)
        }
    }

    /// Notes that the task's work now begins from the branch; returns the paths in conflict.
    private func settle(
        _ record: TreeRecord,
        at commit: String,
        on base: String
    ) throws -> [String] {
        var record = record
        record.tip = commit
        if try !repository.isAncestor(base, of: record.base, git) { record.base = base }
        try records.save(record)
        _ = try git.output(
            ["update-ref", record.keepsake, commit],
            in: repository.topLevel,
            doing: "keeping the commit \(commit.prefix(12))"
        )
        guard record.repair?.commit == commit else { return try unresolved(record, at: commit) }
        return record.repair?.paths ?? []
    }
}
