import FileAccess
import Orchestration

/// The history of a file in the repository that tracks it, and which part of it was made in this clone.
///
/// A commit was made here if the reflog of `HEAD` or of a branch says so: it came about by `git commit`, and
/// neither by a clone, fetch, pull, merge, rebase or checkout, nor by Quire for an agent. A file of the same
/// bytes as one that was committed here is one's own, too, so that rebasing one's own commits changes
/// nothing. Entries of reflogs expire (`gc.reflogExpire`, 90 days); what they told is then somebody else's.
package struct FileHistory: Sendable {
    /// The relation of a file to the repositories around it.
    package enum Standing: Sendable {
        /// No repository tracks it.
        case untracked
        /// One tracks it.
        case tracked(FileHistory)
        /// Git could not tell, for this reason.
        case unknown(String)
    }

    /// A version of the file that was made elsewhere.
    package struct Version: Sendable {
        /// The commit that brought it.
        package var commit: String
        /// The contents; `nil` if they can't be read.
        package var contents: [UInt8]?
    }

    /// The end of a part of the history: a path, and the commit up to which it is followed.
    private struct Tip {
        var commit: String
        var path: String
    }

    /// Most renames that are followed.
    private static let mostRenames = 20
    /// Most versions of other branches that are read.
    private static let mostOthers = 200

    private let calls: HistoryCalls
    private let path: String
    private let head: String?

    /// Returns the standing of a file, given by its absolute path without links; `git` is `nil` if there is
    /// no such program.
    ///
    /// Only a directory with a `.git` counts as a repository: other directories that look like one may be
    /// part of what came from elsewhere. A repository within another is looked at first.
    package static func standing(of path: String, _ git: Git?) -> Standing {
        var directory = path.parentPath
        while true {
            if FileKind((directory == "/" ? "" : directory) + "/.git") != .nothing {
                guard let git else {
                    return .unknown("git, which would know, was not found in PATH; install it")
                }
                do throws(GitError) {
                    if let history = try FileHistory(path, in: directory, git) {
                        return .tracked(history)
                    }
                } catch {
                    return .unknown(error.description)
                }
            }
            if directory == "/" { return .untracked }
            directory = directory.parentPath
        }
    }

    /// Makes the history of a file that the repository of a directory tracks; `nil` if it doesn't.
    private init?(_ path: String, in directory: String, _ git: Git) throws(GitError) {
        calls = HistoryCalls(git: git, directory: directory)
        guard try calls.isTopLevel() else { return nil }
        let start = directory == "/" ? 1 : directory.utf8.count + 1
        let name = String(decoding: path.utf8.dropFirst(start), as: UTF8.self)
        guard try calls.isTracked(name) else { return nil }
        self.path = name
        head = try calls.head()
    }

    /// Returns the contents in the newest commit; `nil` if it has no such file.
    package func committed() throws(GitError) -> [UInt8]? {
        guard let head, let blob = try calls.blob(path, in: head) else { return nil }
        return calls.contents(of: blob)
    }

    /// Returns the newest versions that were made elsewhere and that the present one builds on, by way of
    /// commits made here alone.
    ///
    /// Empty if all of it was made here. Merges made here stand for both of their sides, and a file that was
    /// renamed here for the one that it was.
    package func foreign() throws(GitError) -> [Version] {
        guard let head else { return [] }
        let own = try OwnCommits(calls)
        var tips = [Tip(commit: head, path: path)]
        if try calls.blob(path, in: head) == nil,
            let source = try calls.source(of: path, in: ["diff-index", "--cached", head])
        {
            tips.append(Tip(commit: head, path: source))
        }
        var versions: [Version] = []
        var followed = 0
        while let tip = tips.popLast() {
            let graph = try calls.graph(of: tip.path, from: tip.commit)
            for end in try ends(of: graph, own, at: tip.path) {
                guard end.isOwn else {
                    versions.append(try version(of: tip.path, end.commit))
                    continue
                }
                let words = ["diff-tree", "--root", "--no-commit-id", end.commit]
                guard let source = try calls.source(of: tip.path, in: words) else { continue }
                followed += 1
                guard followed <= Self.mostRenames else {
                    throw GitError("\(path) was renamed too often to be followed")
                }
                tips.append(Tip(commit: end.commit + "^", path: source))
            }
        }
        return versions
    }

    /// Returns the versions that other branches, or a merge that is not committed yet, have of the file,
    /// those left out that were committed here.
    package func others() throws(GitError) -> [Version] {
        let blobs = try OwnCommits(calls).blobs(at: path, calls)
        let names = try calls.references() + ["MERGE_HEAD", "CHERRY_PICK_HEAD", "FETCH_HEAD"]
        let found = try calls.blobs(path, in: names).filter { blobs[$0.key] == nil }
        guard found.count <= Self.mostOthers else {
            throw GitError(
                "too many branches have another version of \(path) to compare it with each"
            )
        }
        return found.map { Version(commit: $1, contents: calls.contents(of: $0)) }
    }

    private func version(of path: String, _ commit: String) throws(GitError) -> Version {
        let blob = try calls.blob(path, in: commit)
        // A commit that removed the file has none of its texts.
        return Version(commit: commit, contents: blob.map { calls.contents(of: $0) } ?? [])
    }

    /// Returns the commits at which a way back through commits made here ends: the first one made elsewhere,
    /// or the one that made the file.
    private func ends(
        of graph: CommitGraph,
        _ own: OwnCommits,
        at path: String
    ) throws(GitError) -> [(commit: String, isOwn: Bool)] {
        // Read once there is a commit of others at all.
        var blobs: [String: [String]]?
        var ends: [(commit: String, isOwn: Bool)] = []
        var next = graph.tips
        var seen: Set<String> = []
        while let commit = next.popLast() {
            guard seen.insert(commit).inserted else { continue }
            let parents = graph.parents[commit] ?? []
            let isOwn: Bool
            if own.contains(commit, isMerge: parents.count > 1) {
                isOwn = true
            } else {
                if blobs == nil { blobs = try own.blobs(at: path, calls) }
                isOwn = try isCopy(commit, blobs ?? [:], at: path)
            }
            if isOwn, !parents.isEmpty {
                next += parents
            } else {
                ends.append((commit, isOwn))
            }
        }
        return ends
    }

    /// Indicates whether a commit made elsewhere has the bytes of one made here, which did not have them
    /// from it.
    private func isCopy(
        _ commit: String,
        _ blobs: [String: [String]],
        at path: String
    ) throws(GitError) -> Bool {
        guard let blob = try calls.blob(path, in: commit), let originals = blobs[blob] else {
            return false
        }
        for original in originals where try !calls.isAncestor(commit, of: original) { return true }
        return false
    }
}
