package import Orchestration

/// Results of a run, or of several runs that are shards of one manifest, over all their legs.
///
/// Made from the store after the run; every report that CI reads is made from it.
package struct RunReport: Hashable, Sendable {
    /// One run: a shard, or the whole manifest.
    package struct Part: Hashable, Sendable {
        /// The directory of the run's store.
        package let directory: String
        /// The newest leg.
        package let leg: LegRecord
        /// The run's part of the manifest's tasks; `nil` if the run is not sharded.
        package let whole: RunPart?
        /// The tasks, in the manifest's order; for a shard, only the selected ones, since the others
        /// are in other shards.
        package let tasks: [TaskRecord]

        /// Makes the part of a report that a run's record is; `nil` for a record without a leg.
        package init?(_ record: RunRecord, in directory: String) {
            guard let leg = record.leg else { return nil }
            (self.directory, self.leg, whole) = (directory, leg, record.part)
            tasks = record.tasks.filter { record.part == nil || !$0.isLeftOut }
        }

        /// The shard; `nil` if the run is not sharded.
        var shard: Shard? { whole?.shard }
    }

    /// The runs in the report, at least one.
    package let parts: [Part]
    /// The shards without a run.
    package let missing: [Shard]
    /// The tasks, in the manifest's order within each part.
    package let tasks: [TaskRecord]

    /// Joins runs of one manifest, in the order of their shards.
    package init(_ parts: [Part]) {
        self.parts = parts
        tasks = parts.flatMap(\.tasks)
        let seen = Set(parts.compactMap(\.shard?.number))
        let count = parts.first?.shard?.count ?? 0
        missing = (0..<count).map { $0 + 1 }.filter { !seen.contains($0) }
            .compactMap { Shard(number: $0, count: count) }
    }

    /// The run's name.
    package var name: String { parts.first?.leg.name ?? "" }

    /// The number of tasks in the missing shards.
    var missingTasks: Int {
        parts.first?.whole.map { max(0, $0.tasks - tasks.count) } ?? 0
    }

    /// The seconds from the earliest beginning of a newest leg to the latest end.
    var seconds: Double {
        guard let first = parts.map(\.leg.began).min(),
            let last = parts.compactMap(\.leg.ended).max()
        else { return 0 }
        return max(0, (last - first).inSeconds)
    }

    /// Words for the missing shards and the tasks that the report lacks; `nil` if none are missing.
    package var missingWords: String? {
        guard !missing.isEmpty else { return nil }
        let names = missing.prefix(5).map { "\($0)" }.joined(separator: ", ")
        let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
        return "\(Format.word(for: missing.count, "shard", "shards")) \(names)\(more) "
            + "\(Format.word(for: missing.count, "is", "are")) missing: "
            + "\(Format.count(missingTasks, "task")) of \(missingTasks + tasks.count) "
            + "\(Format.word(for: missingTasks, "is", "are")) not in this report"
    }
}

extension TaskRecord {
    /// The reason for the task's state over all legs, in words; never empty.
    var words: String {
        let reason = reason ?? history.last?.end?.message ?? "work is left"
        let words = [reason, move].compactMap(\.self).joined(separator: "; ")
        guard isLeftOut, outcome != .complete else { return words }
        return "\(StandingWords.leftOut); before: \(words)"
    }

    /// The words on a complete task, where there is more to say; `nil` for none.
    var note: String? {
        guard outcome == .complete else { return nil }
        let words = [reason == TaskEnded.everyEntry ? nil : reason, move].compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// The newest move of the task to a better model, for people; `nil` without any.
    private var move: String? {
        history.last { $0.move != nil }.flatMap { session in
            session.move.map { move in
                "since session \(session.key.number) with \(session.model ?? "") in place of "
                    + "\(move.from): \(move.reason)"
            }
        }
    }

    /// True if the task was selected in the newest leg and its outcome is a failure.
    var isFailed: Bool { !isLeftOut && outcome?.isFailure ?? false }

    /// The sessions that went wrong.
    var troubles: [SessionRecord] { history.filter(\.isTrouble) }

    /// True if the task is complete, but not at the first attempt.
    var isFlaky: Bool { outcome == .complete && history.contains(where: \.isTrouble) }
}

extension SessionRecord {
    /// True if the session failed because of its task or the service; limits and the run's end don't
    /// count.
    var isTrouble: Bool {
        if end?.failure != nil { return end?.charge != .free }
        return [.timedOut, .overBudget, .lost].contains(end?.verdict)
    }

    /// The verdict, figures and failure in words that follow "session 3".
    var words: String {
        let role = role.rawValue + (model.map { " with \($0)" } ?? "")
        guard let end else { return "\(role) did not end" }
        let time = Format.duration(Duration(inSeconds: end.seconds))
        let tokens = end.usage.map { ", \(Format.tokenCount($0.total))" } ?? ""
        let message = end.message.map { ": \($0)" } ?? ""
        let checked = check.map { "; \($0.words)" } ?? ""
        let said = end.statement.map { "; it says: \($0.words)" } ?? ""
        return "\(role) \(end.verdict.words), \(time)\(tokens)\(message)\(checked)\(said)"
    }
}
