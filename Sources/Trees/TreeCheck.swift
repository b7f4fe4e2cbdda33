import FileAccess
import Glibc

/// The comparison of an existing tree with its record.
///
/// Reads files of git's own directory for the tree, which agents can't write in Codex's sandbox, and
/// without one can; none of them is followed anywhere else.
struct TreeCheck {
    /// Operations of git that a person or an agent has begun, by the file that shows each.
    private static let operations = [
        ("rebase-merge", "a rebase"), ("rebase-apply", "a rebase"), ("MERGE_HEAD", "a merge"),
        ("CHERRY_PICK_HEAD", "a cherry-pick"), ("REVERT_HEAD", "a revert"),
        ("BISECT_LOG", "a bisection"),
    ]

    let record: TreeRecord

    /// Refuses a tree that is not as it was left.
    ///
    /// - Throws: `TreeTrouble` with the words; nothing was touched.
    func check() throws(TreeTrouble) {
        try inTrouble {
            try checkLink()
            guard let administration = try Directory.open(record.administration, made: false) else {
                throw TreeTrouble(
                    "git no longer knows the tree \(record.path): \(record.administration) is gone; "
                        + "save what you need from the tree and remove it, and Quire makes it again "
                        + "from its branch"
                )
            }
            try checkState(administration)
            try checkBranch(administration)
            try checkLock(administration)
        }
    }

    /// Refuses a person's own tree that is not on its branch, or with which git is at work.
    ///
    /// - Throws: `TreeTrouble` with the words; nothing was touched.
    func checkCheckout() throws(TreeTrouble) {
        try inTrouble {
            let administration = try Directory(following: record.administration)
            try checkState(administration)
            try checkBranch(administration)
            try checkLock(administration)
        }
    }

    /// Refuses a tree whose `.git` leads elsewhere than it did.
    private func checkLink() throws {
        let tree = try Directory(following: record.path)
        let link = try tree.contents(of: ".git", limit: 8192) ?? []
        guard Self.text(link) == "gitdir: \(record.administration)" else {
            throw TreeTrouble(
                "the file \(record.path)/.git was changed; put the line \"gitdir: "
                    + "\(record.administration)\" into it, or remove the tree, and Quire makes it again "
                    + "from its branch"
            )
        }
    }

    private func checkState(_ administration: Directory) throws {
        for (file, operation) in Self.operations where administration.kind(of: file) != .nothing {
            throw TreeTrouble(
                "the tree \(record.path) is in the middle of \(operation); finish or abort it there"
            )
        }
        guard administration.kind(of: "locked") == .nothing else {
            throw TreeTrouble(
                "the tree \(record.path) is locked; unlock it with `git worktree unlock "
                    + "\(record.path)`"
            )
        }
    }

    private func checkBranch(_ administration: Directory) throws {
        let head = Self.text(try administration.contents(of: "HEAD", limit: 4096) ?? [])
        guard head == "ref: refs/heads/\(record.branch)" else {
            let place =
                head.hasPrefix("ref: refs/heads/") ? String(head.dropFirst(16)) : "no branch"
            throw TreeTrouble(
                "the tree \(record.path) is on \(place), not on its branch; run `git switch "
                    + "\(record.branch)` there"
            )
        }
    }

    private func checkLock(_ administration: Directory) throws {
        // Whoever locked the task locks its tree: no git of Quire's runs there now.
        if record.isBusy {
            for name in ["index", "HEAD"] { administration.remove(name + ".lock") }
            for reference in ["refs/heads/" + record.branch, record.keepsake] {
                try record.home.removeLock(of: reference)
            }
        }
        guard administration.kind(of: "index.lock") != .nothing else { return }
        throw TreeTrouble(
            "the index of the tree \(record.path) is locked: another git works there, or one was "
                + "killed; remove \(administration.path(of: "index.lock")) if none runs",
            remedy: .time
        )
    }

    /// Returns the text of a file of git's, without the newline at its end: a path may have others.
    static func text(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...],
            as: UTF8.self
        )
    }
}
