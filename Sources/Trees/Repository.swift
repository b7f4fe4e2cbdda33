import FileAccess
import Foundation
import Orchestration

/// A git repository, as the directory of a task leads to it.
package struct Repository: Hashable, Sendable, Codable {
    /// The absolute path of the directory that all work trees share, as a rule `.git`.
    package let common: String
    /// The absolute path of the work tree around the directory.
    package let topLevel: String
    /// The directory's path in the work tree, with a `/` at its end; empty for the top level.
    package let prefix: String

    /// Makes a repository; see the properties.
    package init(common: String, topLevel: String, prefix: String) {
        (self.common, self.topLevel, self.prefix) = (common, topLevel, prefix)
    }

    /// Finds the repository around a person's directory.
    ///
    /// - Throws: `GitError` if there is none, it is bare, or git refuses it.
    package static func around(_ directory: String, _ git: Git) throws(GitError) -> Repository {
        let doing = "looking for the repository"
        func ask(_ option: String) throws(GitError) -> String {
            try git.line(["rev-parse", option], in: directory, doing: doing)
        }
        if try ask("--is-bare-repository") == "true" {
            throw GitError(
                "\(directory) is in a bare repository, which has no files to work on; run Quire in a "
                    + "clone of it, or set \"isolation: none\""
            )
        }
        let topLevel = try ask("--show-toplevel")
        return Repository(
            common: try ask("--git-common-dir").resolved(in: directory),
            topLevel: topLevel,
            prefix: try ask("--show-prefix")
        )
    }

    /// Returns the full name of the commit that a reference leads to.
    ///
    /// - Throws: `GitError` if there is no such commit.
    package func commit(_ reference: String, _ git: Git) throws(GitError) -> String {
        let answer = git.call(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", reference + "^{commit}"],
            in: topLevel
        )
        // Without a word git says that there is none; all else is another failure.
        guard [0, 1].contains(answer.status) else {
            throw GitError("looking for the commit \(reference)", in: topLevel, answer)
        }
        guard answer.status == 0, let name = ObjectName(answer.output) else {
            let isEmpty =
                git.call(["rev-parse", "--verify", "--quiet", "HEAD"], in: topLevel).status != 0
            throw GitError(
                isEmpty && reference == "HEAD"
                    ? "the repository \(topLevel) has no commit yet; make one first, since a tree "
                        + "begins from a commit"
                    : "there is no commit \"\(reference)\" in \(topLevel); fetch it, or name another "
                        + "as \"base\""
            )
        }
        return name.text
    }

    /// Returns the commit that a branch is at; `nil` if there is no such branch.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func tip(of branch: String, _ git: Git) throws(GitError) -> String? {
        let answer = git.call(
            ["rev-parse", "--verify", "--quiet", "refs/heads/\(branch)^{commit}"],
            in: topLevel
        )
        switch answer.status {
        case 0: return ObjectName(answer.output)?.text
        case 1: return nil
        default: throw GitError("looking for the branch \(branch)", in: topLevel, answer)
        }
    }

    /// Indicates whether a commit is another one or comes before it.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func isAncestor(
        _ first: String,
        of second: String,
        _ git: Git
    ) throws(GitError) -> Bool {
        let answer = git.call(["merge-base", "--is-ancestor", first, second], in: topLevel)
        switch answer.status {
        case 0: return true
        case 1: return false
        default: throw GitError("comparing two commits", in: topLevel, answer)
        }
    }

    /// Removes the lock of a reference that a killed git has left.
    ///
    /// - Throws: `FileError`.
    func removeLock(of reference: String) throws {
        let parts = reference.split(separator: "/").map(String.init)
        var place: Directory? = try Directory(following: common)
        for part in parts.dropLast() { place = try place?.directory(part) }
        place?.remove((parts.last ?? "") + ".lock")
    }

    /// Returns the branch that the work tree has checked out; `nil` for none.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func currentBranch(_ git: Git) throws(GitError) -> String? {
        let answer = git.call(["symbolic-ref", "--quiet", "--short", "HEAD"], in: topLevel)
        switch answer.status {
        case 0: return TreeCheck.text(answer.output)
        case 1: return nil
        default: throw GitError("looking for the branch", in: topLevel, answer)
        }
    }

    /// Returns the work tree that has a branch checked out; `nil` for none.
    func checkout(of branch: String, _ git: Git) throws(GitError) -> String? {
        let list = try git.output(
            ["worktree", "list", "--porcelain"],
            in: topLevel,
            doing: "looking for the checkout of \(branch)"
        )
        let blocks = String(decoding: list, as: UTF8.self).components(separatedBy: "\n\n")
        let block = blocks.first {
            $0.contains("\nbranch refs/heads/\(branch)\n")
                || $0.hasSuffix("\nbranch refs/heads/\(branch)")
        }
        return block.flatMap { block in
            // The path may have newlines, the line of its commit follows it.
            block.components(separatedBy: "\nHEAD ").first.map {
                String($0.dropFirst("worktree ".count))
            }
        }
    }

    /// Returns the directory of git's in which a branch is being rebased or bisected; `nil` for none.
    ///
    /// git shows no checkout of such a branch.
    func operation(on branch: String) -> String? {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: common + "/worktrees")) ?? []
        let marks = ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"]
        return ([common] + names.sorted().map { common + "/worktrees/" + $0 }).first { place in
            marks.contains { mark in
                let bytes = RegularFile.contents(place + "/" + mark, limit: 8192) ?? []
                let name = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
                return name == branch || name == "refs/heads/\(branch)"
            }
        }
    }

    /// Refuses a name that git does not take for a branch, or that another branch stands in the way of.
    ///
    /// - Throws: `GitError`.
    package func check(branch: String, _ git: Git) throws(GitError) {
        if let fault = BranchName.fault(in: branch) {
            throw GitError("\"\(branch)\" can't be a branch's name: \(fault); correct \"branch\"")
        }
        var parts = branch.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let outer = parts.joined(separator: "/")
            if try tip(of: outer, git) != nil { throw conflict(branch, outer) }
            parts.removeLast()
        }
        let inner = try git.line(
            ["for-each-ref", "--count=1", "--format=%(refname:lstrip=2)", "refs/heads/\(branch)/"],
            in: topLevel,
            doing: "looking for the branch \(branch)"
        )
        if !inner.isEmpty { throw conflict(branch, inner) }
    }

    /// Returns the words on a branch's name that is the beginning of another one's, up to a slash.
    private func conflict(_ branch: String, _ other: String) -> GitError {
        GitError(
            "the branch \"\(branch)\" can't be made beside the branch \"\(other)\" in \(topLevel); "
                + "rename that one, or set \"branch\""
        )
    }
}

/// The files of a commit, as a tree would have them.
package struct TreeSize: Hashable, Sendable {
    /// The size of the blocks in which file systems hand out disk.
    private static let block: Int64 = 4096

    /// The number of files.
    package var files = 0
    /// The disk that they take, in bytes.
    package var bytes: Int64 = 0

    fileprivate mutating func add(_ size: Int64) {
        files += 1
        let blocks = max(0, size.subtractingClamped(1)) / Self.block + 1
        bytes = bytes.addingClamped(blocks.multipliedClamped(by: Self.block))
    }
}

extension Repository {
    /// Measures the files of a commit; what git-lfs and submodules add is not known.
    ///
    /// - Throws: `GitError` if there is no such commit.
    package func size(of reference: String, _ git: Git) throws(GitError) -> TreeSize {
        let list = try git.output(
            ["ls-tree", "-r", "-l", "-z", "--full-tree", try commit(reference, git)],
            in: topLevel,
            doing: "measuring the files of a tree"
        )
        var size = TreeSize()
        for line in list.split(separator: 0) {
            // "MODE blob NAME  SIZE", a tab and the path; a submodule has no size.
            let words = line.prefix { $0 != UInt8(ascii: "\t") }.split(separator: UInt8(ascii: " "))
            guard let word = words.last, let bytes = Int64(String(decoding: word, as: UTF8.self))
            else { continue }
            size.add(bytes)
        }
        return size
    }
}

/// The full name of an object: 40 or 64 hexadecimal digits.
struct ObjectName: Hashable, Sendable {
    let text: String

    /// Reads a name, which a newline may follow.
    init?(_ bytes: [UInt8]) {
        let name = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        let isHex = name.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard [40, 64].contains(name.count), isHex else { return nil }
        text = String(decoding: name, as: UTF8.self)
    }
}
