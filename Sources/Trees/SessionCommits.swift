import FileAccess

/// The commits of a task's branch by the sessions that they are of.
///
/// A session is told by the line `Session: N` that its checkpoint has. Commits that an agent made itself
/// count to the checkpoint after them, or, where nothing was left for one, to the session that the record
/// of the tree names; what was committed between two sessions counts to none.
package struct SessionCommits {
    private struct Commit {
        var name: String
        /// The session; `nil` for a commit that no checkpoint made.
        var session: Int?
        /// True if what comes after it is not of what came before it: Quire made it.
        var isBoundary: Bool
    }

    private let base: String
    /// The commits, the oldest first.
    private var commits: [Commit] = []

    /// Reads the commits of a task's branch.
    ///
    /// - Throws: `GitError` if git can't read them.
    package init(of record: TreeRecord, _ git: Git) throws(GitError) {
        base = record.base
        let marks = Dictionary((record.marks ?? []).map { ($0.commit, $0) }) { _, last in last }
        let tip = try record.newest(in: record.home, git)
        let log = try git.output(
            [
                "log", "--first-parent", "--reverse", "--encoding=UTF-8", "-z",
                "--format=%H%n%B", "\(base)..\(tip)",
            ],
            in: record.topLevel,
            doing: "reading the commits of \(record.task)"
        )
        commits = log.split(separator: 0).compactMap { bytes in
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            guard let name = lines.first else { return nil }
            let session = lines.lazy.compactMap { line -> Int? in
                line.hasPrefix(Self.label) ? Int(line.dropFirst(Self.label.count)) : nil
            }.first
            let isRest = lines.dropFirst().first?.hasSuffix(Self.rest) ?? false
            let isMerge = lines.contains { $0.hasPrefix(Self.mergeLabel) }
            let mark = marks[String(name)]
            return Commit(
                name: String(name),
                session: mark?.session ?? session,
                isBoundary: session != nil || isRest || isMerge || mark != nil
            )
        }
    }

    /// The beginning of the line that names the branch in the message of a repair's merge.
    static let mergeLabel = "Merged: "
    /// The beginning of the line that tells the session of a commit.
    package static let label = "Session: "
    /// The end of the subject of a commit of work that a killed session left.
    package static let rest = "work of a session that was cut off"

    /// The sessions that have left commits, in order.
    package var sessions: [Int] {
        commits.compactMap(\.session).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// Returns what a session has changed as two commits, `FROM..TO`; `nil` if it left no commit.
    package func range(of session: Int) -> String? {
        guard let first = commits.firstIndex(where: { $0.session == session }),
            let last = commits.lastIndex(where: { $0.session == session })
        else { return nil }
        let before = commits[..<first].last(where: \.isBoundary)?.name ?? base
        return "\(before)..\(commits[last].name)"
    }
}
