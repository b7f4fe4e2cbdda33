/// The commits that are made of sessions' work.
package struct CommitSettings: Hashable, Sendable {
    /// Placeholders of the subject.
    package static let placeholders = ["task", "entries", "session"]

    /// The author and committer as `Name <address>`; `nil` for the person's own identity.
    package var author: String?
    /// The first line of the message, with placeholders.
    package var subject = "{task}: {entries}"
    /// The size in bytes of the largest file that is committed.
    package var largestFile: Int64

    /// Makes the settings of commits with the usual subject.
    package init(author: String? = nil, largestFile: Int64) {
        (self.author, self.largestFile) = (author, largestFile)
    }

    /// Returns the subject of a session's commit; `entries` says how far the checklist has come.
    package func subject(of session: SessionKey, entries: String) -> String {
        // No value has a brace.
        subject.replacing("{task}", with: session.task).replacing("{entries}", with: entries)
            .replacing("{session}", with: "\(session.number)")
    }
}
