import FileAccess
import Glibc
package import Orchestration

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
    /// The session whose work it is; `nil` for one that was cut off.
    package var session: Int?

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
    /// The differences between the tree's base and its newest commit; `nil` without a tree.
    package var changes: CheckpointedWork.Changes?
    /// Warnings for a person.
    package var warnings: [String] = []
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
                return Checkpoint(commit: nil, leftOut: [], changes: try self.changes(record))
            }
            try TreeCheck(record: record).check()
            record.isBusy = true
            record.largestFile = request.largestFile
            try records.save(record)
            // Before the new commit takes the place of the last one, which the branch may have left.
            let (home, before) = (record.home, record.tip)
            let warning = try followBranch(&record, home)
            let tree = TreeGit(git, record)
            let changes = try TreeChanges(tree, largestFile: request.largestFile)
            let commit = try changes.commit(request, after: record.tip)
            if commit == nil, record.tip != before {
                record = record.marked(of: request.session)
            }
            record.tip = commit ?? record.tip
            try keep(record.keepsake, at: record.tip, record)
            record.isBusy = false
            try records.save(record)
            return Checkpoint(
                commit: commit,
                leftOut: try changes.leftOut + Self.wordsOnSubmodules(record, git),
                changes: try self.changes(record),
                warnings: warning.map { [$0] } ?? []
            )
        }
    }

    /// Counts the differences between a tree's base and its newest commit.
    private func changes(_ record: TreeRecord) throws -> CheckpointedWork.Changes {
        let line = try git.output(
            [
                "diff-tree", "-r", "--find-renames", "--shortstat", "--no-ext-diff",
                "--no-textconv", record.base, record.tip, "--",
            ],
            in: record.topLevel,
            doing: "counting the changes"
        )
        var changes = CheckpointedWork.Changes()
        // " 3 files changed, 5 insertions(+), 2 deletions(-)", without what there is none of.
        for part in String(decoding: line, as: UTF8.self).split(separator: ",") {
            let words = part.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, let number = Int(words[0]) else { continue }
            if words[1].hasPrefix("file") { changes.files = number }
            if words[1].hasPrefix("insertion") { changes.added = number }
            if words[1].hasPrefix("deletion") { changes.removed = number }
        }
        return changes
    }
}

/// The changes in a tree since its commit.
struct TreeChanges {
    /// The number of files that are named of those left out.
    private static let mostNamed = 20

    private let tree: TreeGit
    /// The files that may be committed.
    private(set) var files: [TreeFile] = []
    /// The files that the index holds already as they may be committed.
    private(set) var staged: [TreeFile] = []
    /// The entries of the index that no commit may hold.
    private var withdrawn: [StagedFile] = []
    private var refused: [String] = []
    /// The files that were left out.
    private(set) var leftOutFiles: [TreeFile] = []
    /// The changed files that are nobody's concern.
    private(set) var others: [TreeFile] = []
    /// The changed files that git knows, besides those.
    private(set) var known: [TreeFile] = []

    /// Finds the changes; those in `others`, or for which `isOther` is true, are nobody's concern.
    init(
        _ tree: TreeGit,
        largestFile: Int64,
        besides others: Set<TreeFile> = [],
        _ isOther: (TreeFile) -> Bool = { _ in false }
    ) throws {
        self.tree = tree
        // Each path comes after a letter, which is "?" for a file that the index lacks, and a space.
        let list = try tree.output(
            ["ls-files", "-z", "-t", "--modified", "--others", "--exclude-standard"],
            doing: "looking for changes"
        )
        let index = try StagedFile.all(in: tree)
        var rest = Dictionary(index.map { ($0.file, $0) }) { $1 }
        for line in list.split(separator: 0) where line.count > 2 {
            let (file, isUnknown) = (TreeFile(line.dropFirst(2)), line.first == UInt8(ascii: "?"))
            let entry = rest.removeValue(forKey: file)
            // The commit tells what is new: an agent or a killed git may have staged it.
            let isNew = isUnknown ? entry?.isRemoved != true : entry?.isAdded == true
            if others.contains(file) || isOther(file) {
                self.others.append(file)
            } else {
                if !isUnknown { known.append(file) }
                guard leavesOut(file, isNew, largestFile) else {
                    files.append(file)
                    continue
                }
            }
            if let entry { withdrawn.append(entry) }
        }
        for entry in index where rest[entry.file] != nil {
            if others.contains(entry.file) || isOther(entry.file) {
                self.others.append(entry.file)
            } else if entry.isRemoved || !leavesOut(entry.file, entry.isAdded, largestFile) {
                staged.append(entry.file)
                continue
            }
            withdrawn.append(entry)
        }
    }

    /// Notes a file that is left out; returns false for one that is not.
    private mutating func leavesOut(_ file: TreeFile, _ isNew: Bool, _ largest: Int64) -> Bool {
        guard let words = Self.refusal(of: file, isNew, in: tree, largest) else { return false }
        refused.append(words.oneLine(300))
        leftOutFiles.append(file)
        return true
    }

    /// The files that were left out, and why, for people.
    var leftOut: [String] {
        let more = refused.count - Self.mostNamed
        return refused.prefix(Self.mostNamed)
            + (more > 0 ? ["\(Format.count(more, "more file")) left out in the same way"] : [])
    }

    /// Returns the words on why a file is left out; `nil` if it is not.
    private static func refusal(
        of file: TreeFile,
        _ isNew: Bool,
        in tree: TreeGit,
        _ largest: Int64
    ) -> String? {
        let root = tree.path
        if file.bytes.last == UInt8(ascii: "/") {
            return "\(file.text) is a repository of its own and was not committed"
        }
        guard let status = file.status(in: root), FileKind(status) == .file else { return nil }
        if Int64(status.st_size) > largest, !isStoredElsewhere(file, in: tree) {
            let size = Int64(status.st_size).bytesForPeople
            return "\(file.text) (\(size)) is larger than commit.max_file and was not committed"
        }
        if isNew, SecretFiles.isName(file.text) {
            return "\(file.text) looks like a secret and was not committed"
        }
        let start = file.start(in: root, limit: min(SecretFiles.examined, Int(status.st_size)))
        let secrets = SecretFiles.secrets(in: start)
        guard !secrets.isEmpty, isNew || !isKnown(secrets, of: file, in: tree) else { return nil }
        return "\(file.text) holds a token or a private key and was not committed"
    }

    /// Indicates whether git commits a pointer in a file's place, and git-lfs keeps its contents.
    private static func isStoredElsewhere(_ file: TreeFile, in tree: TreeGit) -> Bool {
        // Without "required", a git-lfs that is not there would leave the contents to git.
        guard
            tree.call(["config", "--type=bool", "filter.lfs.required"]).output
                == Array("true\n".utf8)
        else { return false }
        let attributes = tree.call(
            ["check-attr", "-z", "--stdin", "filter"],
            input: file.bytes + [0]
        )
        return attributes.status == 0
            && attributes.output.split(separator: 0).last == ArraySlice("lfs".utf8)
    }

    /// Indicates whether a file had these secrets when it was committed before, as an example has in a test.
    private static func isKnown(
        _ secrets: Set<[UInt8]>,
        of file: TreeFile,
        in tree: TreeGit
    ) -> Bool {
        let answer = tree.call(["cat-file", "blob", "HEAD:\(file.text)"])
        return answer.status == 0 && SecretFiles.secrets(in: answer.output).isSuperset(of: secrets)
    }

    /// Commits the changes and moves the branch on; returns the commit, `nil` if there is nothing.
    func commit(_ request: CheckpointRequest, after head: String) throws -> String? {
        let doing = "committing the work"
        if !withdrawn.isEmpty {
            _ = try tree.output(
                ["update-index", "-z", "--index-info"],
                doing: doing,
                input: Array(withdrawn.map(\.restoration).joined())
            )
        }
        guard !files.isEmpty || !staged.isEmpty else { return nil }
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
