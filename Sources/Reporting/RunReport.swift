package import Orchestration

/// Results of a run, or of several runs that are shards of one manifest, over all their legs.
///
/// Made from the store after the run; every report that CI reads is made from it.
package struct RunReport: Hashable, Sendable, Encodable {
    /// A session.
    package struct Session: Hashable, Sendable, Encodable {
        /// The number within the task, from 1.
        package var number: Int
        /// The role: initializer or executor.
        package var role: String
        /// The verdict; `nil` if the session never ended.
        package var verdict: Verdict?
        /// The allowance that the session was charged against.
        package var charge: Charge?
        /// The class of the failure.
        package var failure: String?
        /// The message of the failure.
        package var message: String?
        /// The time that the session took.
        package var seconds: Double?
        /// The tokens that the session used.
        package var tokens: Int64?
        /// The id of the Codex thread.
        package var thread: String?

        /// Makes a session; see the properties.
        package init(
            number: Int,
            role: String,
            verdict: Verdict? = nil,
            charge: Charge? = nil,
            failure: String? = nil,
            message: String? = nil,
            seconds: Double? = nil,
            tokens: Int64? = nil,
            thread: String? = nil
        ) {
            self.number = number
            self.role = role
            self.verdict = verdict
            self.charge = charge
            self.failure = failure
            self.message = message
            self.seconds = seconds
            self.tokens = tokens
            self.thread = thread
        }

        /// True if the session failed because of its task or the service; limits and the run's end don't
        /// count.
        var isTrouble: Bool {
            if failure != nil { return charge != .free }
            return verdict == .timedOut || verdict == .overBudget || verdict == .lost
        }

        /// The verdict, figures and failure in words that follow "session 3".
        var words: String {
            var text = "\(role) \(verdict?.words ?? "did not end")"
            if let seconds { text += ", \(Format.duration(Duration(inSeconds: seconds)))" }
            if let tokens { text += ", \(Format.tokenCount(tokens))" }
            if let message { text += ": \(message)" }
            return text
        }
    }

    /// A task.
    package struct Task: Hashable, Sendable, Encodable {
        /// The task's name.
        package var name: String
        /// The task's group; `nil` for none.
        package var group: String?
        /// The shard that the task is part of; `nil` if the run is not sharded.
        package var shard: Shard?
        /// True if the task was not selected in the newest leg.
        package var isLeftOut: Bool
        /// The outcome; `nil` while the task has work left.
        package var outcome: Outcome?
        /// The reason for the outcome.
        package var reason: String?
        /// The last progress that was read from an intact checklist.
        package var progress: Progress?
        /// Tokens of all sessions.
        package var tokens: Int64
        /// Seconds of all sessions.
        package var seconds: Double
        /// The task's sessions, in order.
        package var sessions: [Session]

        /// Makes a task; see the properties.
        package init(
            name: String,
            group: String? = nil,
            shard: Shard? = nil,
            isLeftOut: Bool = false,
            outcome: Outcome? = nil,
            reason: String? = nil,
            progress: Progress? = nil,
            tokens: Int64 = 0,
            seconds: Double = 0,
            sessions: [Session] = []
        ) {
            self.name = name
            self.group = group
            self.shard = shard
            self.isLeftOut = isLeftOut
            self.outcome = outcome
            self.reason = reason
            self.progress = progress
            self.tokens = tokens
            self.seconds = seconds
            self.sessions = sessions
        }

        /// The reason for the task's state, in words; never empty.
        var words: String {
            let words = reason ?? sessions.last?.message ?? "work is left"
            guard isLeftOut, outcome != .complete else { return words }
            return "not selected in the newest leg; before: \(words)"
        }

        /// True if the task was selected in the newest leg and its outcome is a failure.
        var isFailed: Bool { !isLeftOut && outcome?.isFailure ?? false }

        /// The sessions that went wrong.
        var troubles: [Session] { sessions.filter(\.isTrouble) }

        /// True if the task is complete, but not at the first attempt.
        var isFlaky: Bool { outcome == .complete && sessions.contains(where: \.isTrouble) }
    }

    /// One run: a shard, or the whole manifest.
    package struct Part: Hashable, Sendable, Encodable {
        /// The shard; `nil` if the run is not sharded.
        package var shard: Shard?
        /// The directory of the run's store.
        package var directory: String
        /// The ending of the newest leg; `nil` if that leg was killed or is still running.
        package var ending: Ending?
        /// The beginning of the newest leg.
        package var began: WallTime
        /// The end of the newest leg.
        package var ended: WallTime?
        /// The number of legs so far.
        package var legs: Int

        /// Makes a part; see the properties.
        package init(
            shard: Shard? = nil,
            directory: String,
            ending: Ending?,
            began: WallTime,
            ended: WallTime?,
            legs: Int = 1
        ) {
            self.shard = shard
            self.directory = directory
            self.ending = ending
            self.began = began
            self.ended = ended
            self.legs = legs
        }

        /// The duration of the newest leg; 0 if it has no end.
        var seconds: Double { ended.map { max(0, ($0 - began).inSeconds) } ?? 0 }
    }

    /// The run's name.
    package var name: String
    /// The runs in the report, at least one.
    package var parts: [Part]
    /// The shards without a run.
    package var missing: [Shard]
    /// The number of tasks in the missing shards.
    package var missingTasks: Int
    /// The tasks, in the manifest's order within each part.
    package var tasks: [Task]

    /// Makes a report; see the properties.
    package init(
        name: String,
        parts: [Part],
        missing: [Shard] = [],
        missingTasks: Int = 0,
        tasks: [Task]
    ) {
        self.name = name
        self.parts = parts
        self.missing = missing
        self.missingTasks = missingTasks
        self.tasks = tasks
    }

    /// The seconds from the earliest beginning of a newest leg to the latest end.
    var seconds: Double {
        guard let first = parts.map(\.began).min(), let last = parts.compactMap(\.ended).max()
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
