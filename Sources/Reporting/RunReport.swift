package import Orchestration

/// What a run, or several that are shards of one manifest, came to, over all their legs.
///
/// Made from what is recorded, when nothing of it runs any more; every report that CI reads is made
/// from it.
package struct RunReport: Hashable, Sendable, Encodable {
    /// A session.
    package struct Session: Hashable, Sendable, Encodable {
        /// Its number within its task.
        package var number: Int
        /// What it was to do.
        package var role: String
        /// What it achieved; `nil` where it never ended.
        package var verdict: Verdict?
        /// What it was counted against.
        package var charge: Charge?
        /// The class of its failure.
        package var failure: String?
        /// The words of its failure.
        package var message: String?
        /// How long it took.
        package var seconds: Double?
        /// What it used.
        package var tokens: Int64?
        /// Its thread.
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

        /// Whether it went wrong in a way that is its task's or the service's: not for a limit, nor
        /// for the end of the run.
        var isTrouble: Bool {
            if failure != nil { return charge != .free }
            return verdict == .timedOut || verdict == .overBudget || verdict == .lost
        }

        /// What became of it, in words that follow "session 3".
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
        /// Its name.
        package var name: String
        /// Its group; `nil` for none.
        package var group: String?
        /// The shard that it was part of; `nil` where there are none.
        package var shard: Shard?
        /// Whether the newest leg left it alone, since it was not selected.
        package var isLeftOut: Bool
        /// How it ended; `nil` while it has work left.
        package var outcome: Outcome?
        /// Why.
        package var reason: String?
        /// The last good progress.
        package var progress: Progress?
        /// Tokens of all sessions.
        package var tokens: Int64
        /// Seconds of all sessions.
        package var seconds: Double
        /// Its sessions, in order.
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

        /// Why it stands as it does; never empty.
        var words: String {
            let words = reason ?? sessions.last?.message ?? "work is left"
            guard isLeftOut, outcome != .complete else { return words }
            return "not selected in the newest leg; before: \(words)"
        }

        /// Whether it ended as a failure, and the newest leg had to do with it.
        var isFailed: Bool { !isLeftOut && outcome?.isFailure ?? false }

        /// The sessions that went wrong.
        var troubles: [Session] { sessions.filter(\.isTrouble) }

        /// Whether it is complete, though not at the first attempt.
        var isFlaky: Bool { outcome == .complete && sessions.contains(where: \.isTrouble) }
    }

    /// A run: a shard, or all there is.
    package struct Part: Hashable, Sendable, Encodable {
        /// The shard that it is; `nil` where there are none.
        package var shard: Shard?
        /// Where its store lies.
        package var directory: String
        /// How its newest leg ended; `nil` where it was killed, or runs.
        package var ending: Ending?
        /// When that leg began.
        package var began: WallTime
        /// When it ended.
        package var ended: WallTime?
        /// How many legs the run has had.
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

        /// How long its newest leg took.
        var seconds: Double { ended.map { max(0, ($0 - began).inSeconds) } ?? 0 }
    }

    /// The run's name.
    package var name: String
    /// The runs that it is made of, at least one.
    package var parts: [Part]
    /// The shards whose runs are not there.
    package var missing: [Shard]
    /// The tasks of these shards.
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

    /// From the first beginning of a part's newest leg to the last end, in seconds.
    var seconds: Double {
        guard let first = parts.map(\.began).min(), let last = parts.compactMap(\.ended).max()
        else { return 0 }
        return max(0, (last - first).inSeconds)
    }

    /// The shards that are not there, and what that means, in words; `nil` where none are missing.
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
