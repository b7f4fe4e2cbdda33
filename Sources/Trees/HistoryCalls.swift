import Orchestration

/// The commits that changed a file, each with the nearest ones before it.
struct CommitGraph {
    /// The parents of each commit, those that changed nothing left out.
    var parents: [String: [String]] = [:]

    /// The commits that are nobody's parents.
    var tips: [String] {
        let inner = Set(parents.values.joined())
        return parents.keys.filter { !inner.contains($0) }
    }
}

/// The commits that were made in this clone, by its reflogs.
struct OwnCommits {
    private var commits: Set<String> = []
    private var merges: Set<String> = []

    /// Reads the reflogs.
    init(_ calls: HistoryCalls) throws(GitError) {
        for (commit, action) in try calls.reflog() {
            let isCommit = ["commit:", "commit (initial):", "commit (amend):", "commit (merge):"]
                .contains { action.hasPrefix($0) }
            if isCommit { commits.insert(commit) }
            // No name of a branch has a space or a colon, so these words are git's own.
            if action.contains(": Merge made by the '") { merges.insert(commit) }
        }
    }

    /// Indicates whether a commit was made here.
    func contains(_ commit: String, isMerge: Bool) -> Bool {
        commits.contains(commit) || isMerge && merges.contains(commit)
    }

    /// Returns the contents that a file got by the commits made here, and those commits.
    func blobs(at path: String, _ calls: HistoryCalls) throws(GitError) -> [String: [String]] {
        try calls.changes(of: path, in: commits.sorted())
    }
}

/// The calls of git that a file's history takes; they change nothing and fetch nothing.
struct HistoryCalls: Sendable {
    let git: Git
    /// The top level of the work tree.
    let directory: String

    private static let environment = ["GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1"]
    private static let doing = "looking for where a file came from"

    private func call(_ arguments: [String], input: [UInt8] = []) -> GitAnswer {
        git.call(
            ["-c", "safe.bareRepository=explicit", "--literal-pathspecs"] + arguments,
            in: directory,
            input: input,
            environment: Self.environment
        )
    }

    /// Returns the output of a call; `nil` if its status is 1, by which git says that there is none.
    private func output(
        _ arguments: [String],
        input: [UInt8] = []
    ) throws(GitError) -> String? {
        let answer = call(arguments, input: input)
        switch answer.status {
        case 0: return String(decoding: answer.output, as: UTF8.self)
        case 1: return nil
        default: throw GitError(Self.doing, in: directory, answer)
        }
    }

    private func lines(
        _ arguments: [String],
        input: [UInt8] = []
    ) throws(GitError) -> [Substring] {
        try output(arguments, input: input)?.split(separator: "\n") ?? []
    }

    /// Indicates whether the directory is the top level of a work tree; a `.git` that is no repository
    /// makes none.
    func isTopLevel() throws(GitError) -> Bool {
        let answer = call(["rev-parse", "--show-toplevel"])
        if answer.status == 0 {
            return String(decoding: answer.output, as: UTF8.self) == directory + "\n"
        }
        let isNone = ["not a git repository", "invalid gitfile format"].contains {
            answer.complaint.contains($0) || answer.errors.contains($0)
        }
        guard isNone else { throw GitError(Self.doing, in: directory, answer) }
        return false
    }

    func isTracked(_ path: String) throws(GitError) -> Bool {
        try output(["ls-files", "-z", "--error-unmatch", "--", path]) != nil
    }

    /// Returns the newest commit; `nil` if there is none yet.
    func head() throws(GitError) -> String? { try name(["HEAD^{commit}"]) }

    /// Returns the name of a file's contents in a commit; `nil` if it has no such file.
    func blob(_ path: String, in commit: String) throws(GitError) -> String? {
        try name(["\(commit):\(path)"])
    }

    private func name(_ words: [String]) throws(GitError) -> String? {
        let all = ["rev-parse", "--verify", "--quiet", "--end-of-options"] + words
        return try lines(all).first.map(String.init)
    }

    /// Returns contents; `nil` if they can't be read.
    func contents(of blob: String) -> [UInt8]? {
        let answer = call(["cat-file", "blob", blob])
        return answer.status == 0 ? answer.output : nil
    }

    /// Returns the commits in the reflogs of `HEAD` and of all branches but those of tasks, and how each came
    /// to be there.
    func reflog() throws(GitError) -> [(commit: String, action: Substring)] {
        let words = [
            "log", "--walk-reflogs", "--no-color", "--no-decorate", "--format=%H %gs", "HEAD",
            "--exclude=quire/*", "--branches", "--",
        ]
        return try lines(words).map { line in
            let commit = line.prefix { $0 != " " }
            return (String(commit), line.dropFirst(commit.count + 1))
        }
    }

    /// Returns the commits up to one that changed a file.
    func graph(of path: String, from commit: String) throws(GitError) -> CommitGraph {
        var graph = CommitGraph()
        for line in try lines(["rev-list", "--parents", commit, "--", path]) {
            let words = line.split(separator: " ").map(String.init)
            graph.parents[words[0]] = Array(words.dropFirst())
        }
        return graph
    }

    /// Returns the contents that some commits gave a file, and the commits.
    func changes(of path: String, in commits: [String]) throws(GitError) -> [String: [String]] {
        let input = Array(commits.map { $0 + "\n" }.joined().utf8)
        let words = [
            "diff-tree", "--stdin", "-r", "--root", "--raw", "--no-renames", "--no-abbrev",
        ]
        var changes: [String: [String]] = [:]
        var commit = ""
        for line in try lines(words + ["--", path], input: input) {
            guard line.hasPrefix(":") else {
                commit = String(line)
                continue
            }
            // The modes, the contents before and after, and a letter.
            let fields = line.prefix { $0 != "\t" }.split(separator: " ")
            if fields.count > 3 { changes[String(fields[3]), default: []].append(commit) }
        }
        return changes
    }

    func isAncestor(_ first: String, of second: String) throws(GitError) -> Bool {
        try output(["merge-base", "--is-ancestor", first, second]) != nil
    }

    /// Returns the path that a file was renamed from, by a comparison that git makes; `nil` if it was not.
    func source(of path: String, in comparison: [String]) throws(GitError) -> String? {
        let words =
            comparison.prefix(1) + ["-r", "-M", "--diff-filter=R", "--raw", "-z"]
            + comparison.dropFirst()
        // Each entry has three fields: modes, names and a letter; the old path; the new one.
        let fields = try output(Array(words))?.split(separator: "\0") ?? []
        for place in stride(from: 0, to: fields.count - 2, by: 3) where fields[place + 2] == path {
            return String(fields[place + 1])
        }
        return nil
    }

    /// Returns the commits that all references are at.
    func references() throws(GitError) -> [String] {
        try lines(["for-each-ref", "--format=%(objectname)"]).map(String.init)
    }

    /// Returns the contents that a file has in any of these commits, each with one of them.
    func blobs(_ path: String, in commits: [String]) throws(GitError) -> [String: String] {
        // A path with a newline would be two questions; each commit is asked for by itself then.
        if path.contains("\n") {
            var found: [String: String] = [:]
            for commit in commits {
                if let blob = try blob(path, in: commit) { found[blob] = commit }
            }
            return found
        }
        let input = commits.map { "\($0):\(path)\n" }.joined()
        let words = ["cat-file", "--batch-check=%(objecttype) %(objectname)"]
        var found: [String: String] = [:]
        for (line, commit) in zip(try lines(words, input: Array(input.utf8)), commits)
        where line.hasPrefix("blob ") {
            found[String(line.dropFirst(5))] = commit
        }
        return found
    }
}
