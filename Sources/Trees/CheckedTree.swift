import FileAccess
import Glibc
import Orchestration

/// A task's tree in which a check runs: what the check writes is no work of the task's.
///
/// Everything blocks as disks and git do.
package struct CheckedTree: Sendable {
    /// The file beside a tree's index in which git puts together what a check wrote.
    private static let index = "quire-check"

    private let record: TreeRecord
    private let tree: TreeGit
    /// The files that differ from the commit before the check: nobody's concern.
    private let others: Set<TreeFile>
    /// True if nothing waits for a commit in the index before the check.
    private let isIndexClean: Bool

    /// Notes what lies in a tree before the check.
    ///
    /// - Throws: `TreeTrouble` if git can't tell.
    package init(_ record: TreeRecord, _ git: Git) throws(TreeTrouble) {
        let tree = TreeGit(git, record)
        (self.record, self.tree) = (record, tree)
        (others, isIndexClean) = try inTrouble {
            let changes = try TreeChanges(tree, largestFile: .max)
            return (
                Set(changes.files + changes.leftOutFiles), try StagedFile.all(in: tree).isEmpty
            )
        }
    }

    /// The reference that keeps what the newest check wrote, as a commit without a parent: no commit of the
    /// task's is held by it.
    static func keepsake(of record: TreeRecord) -> String { "refs/quire/checks/\(record.task)" }

    private var reference: String { Self.keepsake(of: record) }

    /// Puts the tree back as it was before the check, but for ignored files and those that no commit may hold.
    ///
    /// What the check wrote is kept first. A file that differed before is left alone, and so are directories.
    ///
    /// - Returns: Words for a person on what was put back; `nil` if the check wrote nothing.
    /// - Throws: `TreeTrouble` if that can't be done; the rest stays as it is.
    package func putBack(largestFile: Int64) throws(TreeTrouble) -> String? {
        try inTrouble {
            guard FileKind(record.path) == .directory else { return nil }
            try TreeCheck(record: record).check()
            if isIndexClean, try !StagedFile.all(in: tree).isEmpty {
                // The files stay as they are.
                _ = try tree.output(["read-tree", "HEAD"], doing: "putting the index back")
            }
            let changes = try TreeChanges(tree, largestFile: largestFile, besides: others)
            let left = changes.leftOut.map { "; \($0)" }.joined()
            guard !changes.files.isEmpty else {
                return left.isEmpty ? nil : "its check wrote what is no work\(left)"
            }
            let known = Set(changes.known)
            let old = changes.files.filter(known.contains)
            let new = changes.files.filter { !known.contains($0) }
            // In this order a file may have become a directory, and the other way round.
            try keep(old + new)
            for file in new { try remove(file) }
            _ = try tree.output(
                ["checkout-index", "--force", "--quiet", "-z", "--stdin"],
                doing: "putting back what the check changed",
                input: Self.list(old)
            )
            let names = Set(changes.files.map(\.text)).sorted()
            let more = names.count > 3 ? " and \(names.count - 3) more" : ""
            return
                "its check wrote \(names.prefix(3).joined(separator: ", ").oneLine(300))\(more), which "
                + "is no work: the tree was put back, and what it wrote is kept as \(reference); let "
                + ".gitignore name what checks make\(left)"
        }
    }

    /// Keeps files as the check left them, in a commit that no branch holds.
    private func keep(_ changed: [TreeFile]) throws {
        let doing = "keeping what the check wrote"
        let administration = try Directory(following: record.administration)
        // A git that was killed may have left its own.
        for name in [Self.index, Self.index + ".lock"] { administration.remove(name) }
        defer { administration.remove(Self.index) }
        let environment = ["GIT_INDEX_FILE=\(administration.path(of: Self.index))"]
        _ = try tree.output(["read-tree", "HEAD"], doing: doing, environment: environment)
        _ = try tree.output(
            ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"],
            doing: doing,
            input: Self.list(changed),
            environment: environment
        )
        let files = try tree.output(["write-tree"], doing: doing, environment: environment)
        let request = CheckpointRequest(
            subject: "\(record.task): what a check wrote",
            author: "Quire <quire@localhost>"
        )
        guard let state = ObjectName(files),
            let commit = ObjectName(
                try tree.output(
                    ["commit-tree", state.text],
                    doing: doing,
                    input: request.message,
                    environment: request.environment
                )
            )
        else { throw GitError("\(doing) failed: git gave no commit") }
        // The log of the reference tells of earlier checks.
        let words = [
            "update-ref", "--create-reflog", "-m", "quire: a check", reference, commit.text,
        ]
        _ = try tree.output(words, doing: doing)
    }

    private func remove(_ file: TreeFile) throws {
        guard unlink(file.path(in: record.path)) != 0, errno != ENOENT else { return }
        throw FileError("removing", "\(record.path)/\(file.text)", errno: errno)
    }

    private static func list(_ files: [TreeFile]) -> [UInt8] {
        Array(files.map { $0.bytes + [0] }.joined())
    }
}
