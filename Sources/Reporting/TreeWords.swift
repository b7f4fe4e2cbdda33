package import Orchestration

/// Words for the committed and the uncommitted work of tasks.
package enum TreeWords {
    /// Returns the title of a column for the changes of each task; none if no task has a tree.
    package static func columns(_ tasks: some Sequence<TaskRecord>) -> [Table.Column] {
        tasks.contains { $0.work?.changes != nil } ? [Table.Column("CHANGES", isRight: true)] : []
    }

    /// Returns the words on files in no commit, each with its task before it.
    package static func uncommitted(_ tasks: some Sequence<TaskRecord>) -> [String] {
        tasks.flatMap { task in (task.work?.uncommitted ?? []).map { "\(task.name): \($0)" } }
    }

    /// Returns the words on files in no commit in few lines: those of many are counted.
    static func fewUncommitted(_ tasks: some Sequence<TaskRecord>) -> [String] {
        let words = uncommitted(tasks)
        guard words.count > 3 else { return words }
        let files = Format.count(words.count, "file")
        return ["\(files) of tasks' work were not committed: quire status names them"]
    }
}

extension TaskRecord {
    /// The changes of the task's work, for a table; `-` without a tree.
    package var changes: String { work?.changes?.words ?? "-" }
}

extension CheckpointMade {
    /// The commit, and the work so far, in a line; `nil` if nothing was committed.
    var words: String? {
        guard let commit else { return nil }
        let changes = work.changes.map { "; \($0.words) so far" } ?? ""
        return "\(task): session \(session) is commit \(commit.prefix(12))\(changes)"
    }
}
