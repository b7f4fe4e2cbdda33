/// The progress of a task's checklist.
package struct Progress: Hashable, Sendable, Codable {
    /// Entries with a ticked box.
    package var ticked: Int
    /// All entries; at least 1 in a good checklist.
    package var total: Int

    /// Makes a progress of `ticked` out of `total`.
    package init(ticked: Int, total: Int) {
        self.ticked = ticked
        self.total = total
    }

    /// Entries left; counts above 2^31 - 1 are clamped.
    var left: Int { Int(Int32(clamping: total)) - Int(Int32(clamping: ticked)) }

    /// True if the checklist has entries and all of them are ticked.
    package var isComplete: Bool { total > 0 && ticked == total }
}

/// The state in which a task's checklist was found.
package enum ChecklistState: Hashable, Sendable, Codable {
    /// No checklist yet: the task needs an initializer.
    case missing
    /// The checklist is in order, and does not contradict the last good copy.
    case good(Progress)
    /// The checklist is damaged; the message says how, where, and where the last good copy is.
    case damaged(String)

    /// The progress of a good checklist.
    package var progress: Progress? {
        if case .good(let progress) = self { progress } else { nil }
    }

    /// The message about a damaged checklist.
    var damage: String? { if case .damaged(let words) = self { words } else { nil } }
}

/// A session's changes of its checklist that were undone.
package struct ListIncident: Hashable, Sendable, Codable {
    /// The first of the changes; one line.
    package var words: String
    /// True if entries were changed that no session may change; false if only more were appended than the
    /// list has room for.
    package var isTampering: Bool
    /// Path of the list as the session left it; `nil` if nothing was there.
    package var place: String?

    /// Makes an incident; see the properties.
    package init(words: String, isTampering: Bool, place: String? = nil) {
        (self.words, self.isTampering, self.place) = (words, isTampering, place)
    }
}

/// The two kinds of session.
package enum Role: String, Hashable, Sendable, Word {
    /// Writes the checklist.
    case initializer
    /// Works on the checklist's next entry.
    case executor
}
