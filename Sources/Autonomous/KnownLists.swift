package import Orchestration

/// The checklists as somebody last read them, each with the stamp of its file.
///
/// A checklist whose file has the same stamp still need not be read again.
package struct KnownLists: Sendable {
    private struct Key: Hashable {
        var task: String
        var stamp: String
    }

    private var lists: [Key: Progress] = [:]

    /// Knows nothing yet.
    package init() {}

    /// Adds the progress of a good checklist; `stamp` is a `ChecklistLook.listFile`.
    package mutating func add(_ task: String, stamp: String, _ progress: Progress) {
        lists[Key(task: task, stamp: stamp)] = progress
    }

    /// Returns the progress of a task's checklist with this stamp; `nil` if nobody knows it.
    func progress(of task: String, stamp: String) -> Progress? {
        lists[Key(task: task, stamp: stamp)]
    }

    /// True if nothing is known.
    var isEmpty: Bool { lists.isEmpty }
}
