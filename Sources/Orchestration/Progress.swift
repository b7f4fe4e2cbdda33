/// How far a task's checklist has come.
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

    /// Entries left: of a checklist that claims more than 2^31, as if it had so many.
    var left: Int { Int(Int32(clamping: total)) - Int(Int32(clamping: ticked)) }

    /// Whether every box is ticked and there is one.
    package var isComplete: Bool { total > 0 && ticked == total }
}

/// What a look at a task's checklist found.
package enum ChecklistState: Hashable, Sendable, Codable {
    /// There is none yet: the task wants an initializer.
    case missing
    /// It is in order, and does not contradict the last good copy.
    case good(Progress)
    /// It is not; the words say what is wrong, where, and where the last good copy lies.
    case damaged(String)

    /// The progress of a good checklist.
    package var progress: Progress? {
        if case .good(let progress) = self { progress } else { nil }
    }

    /// What is wrong with a damaged one.
    var damage: String? { if case .damaged(let words) = self { words } else { nil } }
}

/// The two kinds of session.
package enum Role: String, Hashable, Sendable, Codable {
    /// Writes the checklist.
    case initializer
    /// Works on the checklist's next entry.
    case executor
}
