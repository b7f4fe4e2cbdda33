/// The work of a task as its newest checkpoint found it.
package struct CheckpointedWork: Hashable, Sendable, Codable {
    /// The differences between a tree's base and its newest commit.
    package struct Changes: Hashable, Sendable, Codable {
        /// The number of files that were changed, added or removed.
        package var files = 0
        /// The number of lines that were added.
        package var added = 0
        /// The number of lines that were removed.
        package var removed = 0

        /// Makes no differences.
        package init() {}

        /// The differences in a few words: `3 files, +10 -2`.
        package var words: String { "\(Format.count(files, "file")), +\(added) -\(removed)" }
    }

    /// The differences; `nil` for a task without a tree of its own.
    package var changes: Changes?
    /// Words on the files that were left out, such as secrets; one line each.
    package var uncommitted: [String]
    /// Words on why nothing could be committed, while that is so; `nil` if it could.
    package var failure: String?

    /// Makes the work; see the properties.
    package init(changes: Changes? = nil, uncommitted: [String] = []) {
        (self.changes, self.uncommitted) = (changes, uncommitted)
    }

    /// Makes the work of which nothing could be committed.
    package init(failure: String) {
        (uncommitted, self.failure) = ([failure], failure)
    }
}

/// Quire looked for changes after a session, and committed what may be committed.
package struct CheckpointMade: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session whose work it is, by its number within its task.
    package var session: Int
    /// The commit; `nil` if the session changed nothing that may be committed.
    package var commit: String?
    /// The task's work so far.
    package var work: CheckpointedWork

    /// The session's identity.
    package var key: SessionKey { SessionKey(task: task, number: session) }

    /// Makes the fact; see the properties.
    package init(task: String, session: Int, commit: String? = nil, work: CheckpointedWork) {
        (self.task, self.session) = (task, session)
        (self.commit, self.work) = (commit, work)
    }
}
