import FileAccess
import Glibc
import Orchestration

/// The contents of a commit of a session's work.
package struct CheckpointRequest: Sendable {
    /// The first line of the message.
    package var subject: String
    /// The lines below it.
    package var body: [String]
    /// The author and committer as `Name <address>`; `nil` for the person's own identity.
    package var author: String?
    /// The size in bytes of the largest file that is committed.
    package var largestFile: Int64

    /// Makes a request; files of up to 10 MB are committed unless given.
    package init(
        subject: String,
        body: [String] = [],
        author: String? = nil,
        largestFile: Int64 = 10_000_000
    ) {
        (self.subject, self.body, self.author) = (subject, body, author)
        self.largestFile = largestFile
    }

    var message: [UInt8] {
        let lines =
            [subject.oneLine(200)] + (body.isEmpty ? [] : [""]) + body.map { $0.oneLine(2000) }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// Variables that make the author of a commit.
    var environment: [String] {
        guard let author, let start = author.lastIndex(of: "<") else { return [] }
        let name = author[..<start].split(separator: " ").joined(separator: " ")
        let address = author[author.index(after: start)...].prefix { $0 != ">" }
        return ["AUTHOR", "COMMITTER"].flatMap {
            ["GIT_\($0)_NAME=\(name)", "GIT_\($0)_EMAIL=\(address)"]
        }
    }
}

/// A commit of what a session changed.
package struct Checkpoint: Hashable, Sendable {
    /// The new commit; `nil` if nothing was changed that may be committed.
    package var commit: String?
    /// The files that were left out, and why, for people.
    package var leftOut: [String]
}

// Commits of what sessions change.
extension TaskTrees {
    /// Commits what has changed in a task's tree.
    ///
    /// Made of git's parts: no hook runs, nothing is signed, and git enters no repository that lies in
    /// the tree, whose settings could run programs.
    ///
    /// - Throws: `TreeTrouble` if no commit can be made now; the tree stays as it is.
    package func checkpoint(
        _ task: String,
        _ request: CheckpointRequest
    ) throws(TreeTrouble) -> Checkpoint {
        try inTrouble {
            guard var record = try records.record(of: task), record.stage == .ready else {
                throw TreeTrouble("the task has no tree to commit")
            }
            guard FileKind(record.path) == .directory else {
                // The next session begins in one that is made again, with a word.
                return Checkpoint(commit: nil, leftOut: [])
            }
            try TreeCheck(record: record).check()
            record.isBusy = true
            try records.save(record)
            let tree = TreeGit(git, record)
            var changes = try TreeChanges(tree, largestFile: request.largestFile)
            let commit = try changes.commit(
                request,
                after: try tree.head(doing: "looking at the tree")
            )
            if let commit {
                record.tip = commit
                try keep(record.keepsake, at: commit, record)
            }
            record.isBusy = false
            try records.save(record)
            return Checkpoint(commit: commit, leftOut: changes.leftOut)
        }
    }
}

/// The changes in a tree since its commit.
struct TreeChanges {
    private let tree: TreeGit
    private var files: [TreeFile] = []
    /// The files that were left out.
    private(set) var leftOutFiles: [TreeFile] = []
    /// The files that were left out, and why, for people.
    private(set) var leftOut: [String] = []

    /// Finds the changes; those in `others` are nobody's concern.
    init(_ tree: TreeGit, largestFile: Int64, besides others: Set<TreeFile> = []) throws {
        self.tree = tree
        let doing = "looking for changes"
        func list(_ options: [String]) throws -> [TreeFile] {
            TreeFile.list(try tree.output(["ls-files", "-z"] + options, doing: doing))
        }
        let known = try list(["--modified", "--deleted"])
        let new = try list(["--others", "--exclude-standard"])
        let all = known.map { ($0, false) } + new.map { ($0, true) }
        for (file, isNew) in all where !others.contains(file) {
            if let words = Self.refusal(of: file, isNew, in: tree.path, largestFile) {
                leftOut.append(words)
                leftOutFiles.append(file)
            } else {
                files.append(file)
            }
        }
    }

    /// Returns the words on why a file is left out; `nil` if it is not.
    private static func refusal(
        of file: TreeFile,
        _ isNew: Bool,
        in root: String,
        _ largest: Int64
    ) -> String? {
        if file.bytes.last == UInt8(ascii: "/") {
            return "\(file.text) is a repository of its own and was not committed"
        }
        guard let status = file.status(in: root), FileKind(status) == .file else { return nil }
        if Int64(status.st_size) > largest {
            let size = Int64(status.st_size).bytesForPeople
            return "\(file.text) (\(size)) is larger than commit.max_file and was not committed"
        }
        guard isNew else { return nil }
        let isSecret =
            SecretFiles.isName(file.text)
            || SecretFiles.isContent(file.start(in: root, limit: SecretFiles.examined))
        return isSecret ? "\(file.text) looks like a secret and was not committed" : nil
    }

    /// Commits the changes and moves the branch on; returns the commit, `nil` if there is nothing.
    mutating func commit(_ request: CheckpointRequest, after head: String) throws -> String? {
        guard !files.isEmpty else { return nil }
        let doing = "committing the work"
        let paths = files.map { $0.bytes + [0] }.joined()
        _ = try tree.output(
            ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"],
            doing: doing,
            input: Array(paths)
        )
        guard let state = ObjectName(try tree.output(["write-tree"], doing: doing)) else {
            throw GitError("\(doing) in \(tree.path) failed: git gave no tree")
        }
        let before = try tree.output(["rev-parse", "\(head)^{tree}"], doing: doing)
        guard ObjectName(before) != state else { return nil }
        let made = try tree.output(
            ["commit-tree", state.text, "-p", head],
            doing: doing,
            input: request.message,
            environment: request.environment
        )
        guard let commit = ObjectName(made) else {
            throw GitError("\(doing) in \(tree.path) failed: git gave no commit")
        }
        let words = ["update-ref", "-m", "quire: \(request.subject.oneLine(100))", "HEAD"]
        _ = try tree.output(words + [commit.text, head], doing: doing)
        return commit.text
    }
}
