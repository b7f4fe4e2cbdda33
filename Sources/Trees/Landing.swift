import FileAccess
import Foundation
import Orchestration

/// A move of the target that is under way, or was when Quire died.
///
/// Recorded before the target moves, so that a later merge finds out whether it did.
package struct Landing: Hashable, Sendable, Codable {
    /// The branch that moves, without `refs/heads/`.
    package var target: String
    /// Commit of the branch before the merge.
    package var old: String
    /// The commit that it moves to, which comes after the old one.
    package var new: String
    /// The tasks in the new commit, and the commit of each that was merged.
    package var tips: [String: String]
    /// The repository of the branch; `nil` where an older Quire recorded the landing.
    var repository: Repository?

    /// Makes a landing; see the properties.
    package init(target: String, old: String, new: String, tips: [String: String]) {
        (self.target, self.old, self.new, self.tips) = (target, old, new, tips)
    }
}

/// The moving of a branch to what was merged: once, forwards, and only from where it was.
package struct LandingStrip {
    private let git: Git
    private let repository: Repository
    private let records: TreeRecords

    /// Makes the strip of a repository's branches.
    package init(git: Git, repository: Repository, records: TreeRecords) {
        (self.git, self.repository, self.records) = (git, repository, records)
    }

    /// Finishes what a merge that was killed had begun; nothing happens if there is none.
    ///
    /// - Throws: `TreeTrouble` if a person must look at the target's checkout first.
    package func recover() throws(TreeTrouble) {
        try inTrouble {
            guard let landing = try records.landing() else { return }
            if let other = landing.repository, other.common != repository.common {
                let strip = LandingStrip(git: git, repository: other, records: records)
                return try strip.recover()
            }
            guard let tip = try repository.tip(of: landing.target, git) else { return try forget() }
            if try repository.isAncestor(landing.new, of: tip, git) { return try settle(landing) }
            guard tip == landing.old else { return try forget() }
            let checkout = try repository.checkout(of: landing.target, git)
            try removeLocks(of: landing.target, checkout)
            if let checkout, try hasBegun(landing, in: checkout) {
                try finish(landing, in: checkout)
                return try settle(landing)
            }
            try forget()
        }
    }

    /// Moves the target.
    ///
    /// - Throws: `TreeTrouble`; the target is where it was. If git failed half-way through the files of
    ///   a checkout, `recover` finishes the move.
    package func land(_ landing: Landing) throws(TreeTrouble) {
        try inTrouble {
            guard try repository.tip(of: landing.target, git) == landing.old else {
                throw TreeTrouble(
                    "the branch \(landing.target) moved meanwhile; nothing was merged: run it again"
                )
            }
            if let place = repository.operation(on: landing.target) {
                throw TreeTrouble(
                    "the branch \(landing.target) is in the middle of a rebase or a bisection in "
                        + "\(place); nothing was merged: finish or abort that, and run it again"
                )
            }
            let checkout = try repository.checkout(of: landing.target, git)
            if let checkout, try !isClean(checkout) {
                throw TreeTrouble(
                    "the branch \(landing.target) is checked out in \(checkout), which has changes; "
                        + "nothing was merged: commit or stash them, and run it again"
                )
            }
            var recorded = landing
            recorded.repository = repository
            try records.save(recorded)
            do {
                try move(landing, in: checkout)
            } catch let error as GitError where !error.isCutOff {
                // git refused, as where a file that it does not know is in the way: nothing was begun.
                if try checkout.map(isClean) ?? true { try forget() }
                throw error
            }
            try settle(landing)
        }
    }

    private func move(_ landing: Landing, in checkout: String?) throws {
        let words =
            if checkout == nil {
                [
                    "update-ref", "-m", "quire: merge \(Format.count(landing.tips.count, "task"))",
                    "refs/heads/\(landing.target)", landing.new, landing.old,
                ]
            } else {
                [
                    "-c", "merge.verifySignatures=false", "merge", "--ff-only", "--quiet",
                    "--no-overwrite-ignore", landing.new,
                ]
            }
        _ = try git.output(
            words,
            in: checkout ?? repository.topLevel,
            doing: "moving the branch \(landing.target)"
        )
    }

    /// Finishes the update of a checkout that was cut off: every changed file is that of the old commit,
    /// of the new one, the beginning of that, or missing.
    private func finish(_ landing: Landing, in checkout: String) throws {
        let doing = "finishing the merge into \(landing.target)"
        func differing(_ commit: String) throws -> Set<TreeFile> {
            let words = ["diff", "--name-only", "--no-renames", "-z", commit, "--"]
            return Set(TreeFile.list(try git.output(words, in: checkout, doing: doing)))
        }
        let (fromOld, fromNew) = (try differing(landing.old), try differing(landing.new))
        let doubtful = try fromOld.union(added(by: landing)).intersection(fromNew)
        for file in doubtful where file.status(in: checkout) != nil {
            guard try isHalfWritten(file, landing.new, in: checkout) else {
                throw TreeTrouble(
                    "a merge into \(landing.target) was cut off, and \(checkout) has other changes "
                        + "besides, in \(file.text); if none of them are yours, run `git reset --hard` "
                        + "there, and merge again"
                )
            }
        }
        // What is in neither commit is nobody's but the person's, and stays.
        _ = try git.output(["reset", "--hard", "--quiet", landing.new], in: checkout, doing: doing)
    }

    /// Indicates whether git wrote any file of the new commit: files that it adds are unknown to the index
    /// until the end.
    private func hasBegun(_ landing: Landing, in checkout: String) throws -> Bool {
        if try !isClean(checkout) { return true }
        return try added(by: landing).contains { $0.status(in: checkout) != nil }
    }

    /// Returns the files that the new commit has and the old one has not.
    private func added(by landing: Landing) throws -> [TreeFile] {
        let words = ["diff", "--name-only", "--no-renames", "--diff-filter=A", "-z"]
        return TreeFile.list(
            try git.output(
                words + [landing.old, landing.new, "--"],
                in: repository.topLevel,
                doing: "comparing the commits of \(landing.target)"
            )
        )
    }

    /// Indicates whether a file is the beginning of that of a commit.
    private func isHalfWritten(
        _ file: TreeFile,
        _ commit: String,
        in checkout: String
    ) throws -> Bool {
        let whole = git.call(["cat-file", "blob", "\(commit):\(file.text)"], in: checkout)
        guard whole.status == 0 else { return false }
        let start = file.start(in: checkout, limit: whole.output.count + 1)
        return whole.output.starts(with: start)
    }

    /// Removes the locks of a git that was killed while it moved the target.
    private func removeLocks(of target: String, _ checkout: String?) throws {
        try repository.removeLock(of: "refs/heads/" + target)
        guard let checkout else { return }
        let own = try git.line(
            ["rev-parse", "--absolute-git-dir"],
            in: checkout,
            doing: "looking at \(checkout)"
        )
        let administration = try Directory(following: own)
        for name in ["index", "HEAD", "ORIG_HEAD"] { administration.remove(name + ".lock") }
    }

    /// Notes what has landed, and forgets the landing.
    private func settle(_ landing: Landing) throws {
        for (task, tip) in landing.tips {
            guard var record = try records.record(of: task) else { continue }
            record.landed = (record.landed ?? [:]).merging([landing.target: tip]) { $1 }
            record.landedBy = (record.landedBy ?? [:]).merging([landing.target: landing.new]) { $1 }
            try records.save(record)
        }
        try forget()
    }

    private func forget() throws { records.removeLanding() }

    private func isClean(_ checkout: String) throws -> Bool {
        try git.output(
            ["status", "--porcelain", "--untracked-files=no", "-z"],
            in: checkout,
            doing: "looking for changes"
        ).isEmpty
    }
}

extension TreeRecords {
    private static let landingFile = "landing"

    /// Returns the landing that is under way; `nil` for none.
    func landing() throws(FileError) -> Landing? {
        guard let bytes = try directory.contents(of: Self.landingFile, limit: 1 << 24) else {
            return nil
        }
        do {
            return try JSONDecoder().decode(Landing.self, from: Data(bytes))
        } catch {
            throw FileError(
                "\"\(directory.path(of: Self.landingFile))\" can't be read: it was damaged, or written "
                    + "by a newer Quire; move it away if no merge is under way"
            )
        }
    }

    func save(_ landing: Landing) throws {
        try directory.replace(Self.landingFile, with: Array(try JSONEncoder().encode(landing)))
    }

    func removeLanding() { directory.remove(Self.landingFile) }
}
