import FileAccess

/// Calls of git in one tree, which is named each time: git never looks for a repository there.
struct TreeGit: Sendable {
    let git: Git
    let administration: String
    let path: String

    init(_ git: Git, administration: String, path: String) {
        (self.git, self.administration, self.path) = (git, administration, path)
    }

    init(_ git: Git, _ record: TreeRecord) {
        self.init(git, administration: record.administration, path: record.path)
    }

    private var place: [String] { ["--git-dir=\(administration)", "--work-tree=\(path)"] }

    func call(_ arguments: [String], input: [UInt8] = []) -> GitAnswer {
        git.call(place + arguments, in: path, input: input)
    }

    func output(
        _ arguments: [String],
        doing: String,
        input: [UInt8] = [],
        environment: [String] = []
    ) throws(GitError) -> [UInt8] {
        try git.output(
            place + arguments,
            in: path,
            doing: doing,
            input: input,
            environment: environment
        )
    }

    /// Returns the commit that the tree is at.
    func head(doing: String) throws(GitError) -> String {
        guard let name = ObjectName(try output(["rev-parse", "HEAD"], doing: doing)) else {
            throw GitError("\(doing) failed: git gave no commit for HEAD of \(path)")
        }
        return name.text
    }

    /// Makes the files of the tree those of its commit.
    func populate() throws(GitError) {
        _ = try output(["reset", "--hard", "--quiet"], doing: "writing the files of the tree")
    }

    /// Merges a commit; returns the conflicting paths, with the merge undone, if it does not fit.
    ///
    /// With `isOwnCommit` there is a commit for the merge even where none is needed.
    func merge(
        _ commit: String,
        message: String,
        isOwnCommit: Bool = false
    ) throws(GitError) -> [String] {
        let answer = call([
            "-c", "merge.ff=true", "-c", "merge.verifySignatures=false", "merge",
            isOwnCommit ? "--no-ff" : "--ff", "--no-edit", "--no-stat", "--no-verify", "--quiet",
            "-m",
            message, commit,
        ])
        if answer.status == 0 { return [] }
        return try conflicts(
            answer,
            doing: "merging \(commit.prefix(12))",
            undo: ["merge", "--abort"]
        )
    }

    /// Returns the paths in conflict after a call that failed, and undoes it.
    ///
    /// - Throws: The call's error if there are none.
    func conflicts(
        _ answer: GitAnswer,
        doing: String,
        undo: [String]
    ) throws(GitError) -> [String] {
        let files = try output(["diff", "--name-only", "--diff-filter=U", "-z"], doing: doing)
        guard !files.isEmpty else { throw GitError(doing, in: path, answer) }
        _ = try output(undo, doing: "undoing what was begun")
        return TreeFile.list(files).map(\.text)
    }
}
