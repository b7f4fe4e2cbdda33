/// Files of a branch that git-lfs keeps elsewhere: git's commits hold pointers in their place.
package struct LargeFiles {
    /// The first line of every pointer.
    ///
    /// Source: `docs/spec.md` of git-lfs.
    private static let mark = Array("version https://git-lfs.github.com/spec/v1\n".utf8)
    /// The size in bytes that no pointer reaches.
    private static let largestPointer = 1024

    private let repository: Repository
    private let git: Git

    /// Makes the look at a repository's files.
    package init(of repository: Repository, _ git: Git) {
        (self.repository, self.git) = (repository, git)
    }

    /// Indicates whether a commit, or any before it, has a pointer that no branch of a remote is known to have.
    ///
    /// - Throws: `GitError` if git can't tell.
    package func areNew(in commit: String, notAt remote: String) throws(GitError) -> Bool {
        let doing = "looking for files of git-lfs"
        let objects = try git.output(
            [
                "rev-list", "--objects", "--no-object-names", commit, "--not",
                "--remotes=\(remote)",
            ],
            in: repository.topLevel,
            doing: doing
        )
        let sizes = try git.output(
            ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"],
            in: repository.topLevel,
            doing: doing,
            input: objects
        )
        let small = String(decoding: sizes, as: UTF8.self).split(separator: "\n").filter { line in
            let words = line.split(separator: " ")
            return words.count == 3 && words[1] == "blob"
                && Int(words[2]).map { $0 < Self.largestPointer } == true
        }.map { $0.prefix { $0 != " " } + "\n" }
        guard !small.isEmpty else { return false }
        let contents = try git.output(
            ["cat-file", "--batch"],
            in: repository.topLevel,
            doing: doing,
            input: Array(small.joined().utf8)
        )
        return Self.hasPointer(contents)
    }

    /// Indicates whether an answer of `cat-file --batch`, "NAME blob SIZE", a newline and the contents for each
    /// object, has a pointer.
    private static func hasPointer(_ answer: [UInt8]) -> Bool {
        let newline = UInt8(ascii: "\n")
        var rest = answer[...]
        while let end = rest.firstIndex(of: newline) {
            let words = rest[..<end].split(separator: UInt8(ascii: " "))
            guard words.count == 3, let size = Int(String(decoding: words[2], as: UTF8.self)) else {
                return false
            }
            rest = rest[(end + 1)...]
            if rest.starts(with: mark) { return true }
            rest = rest.dropFirst(size + 1)
        }
        return false
    }

    /// Indicates whether git-lfs is installed.
    package var canBePushed: Bool {
        git.call(["lfs", "version"], in: repository.topLevel).status == 0
    }

    /// Pushes the files of a commit that a remote lacks, as the hook of git-lfs does before a push.
    ///
    /// - Throws: `GitError` with the words of git-lfs if that fails.
    package func push(_ commit: String, as branch: String, to remote: String) throws(GitError) {
        let address = try git.line(
            ["remote", "get-url", "--push", remote],
            in: repository.topLevel,
            doing: "looking for the remote \(remote)"
        )
        let none = String(repeating: "0", count: commit.utf8.count)
        let reference = "refs/heads/\(branch)"
        let answer = git.call(
            ["lfs", "pre-push", remote, address],
            in: repository.topLevel,
            input: Array("\(reference) \(commit) \(reference) \(none)\n".utf8),
            patience: .seconds(4 * 3600)
        )
        guard answer.status == 0 else {
            throw GitError(
                "pushing the files of git-lfs to \(remote)",
                in: repository.topLevel,
                answer
            )
        }
    }
}
