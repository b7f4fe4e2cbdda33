package import Orchestration

/// A run at a glance.
package struct RunRow: Hashable, Sendable, Codable {
    /// The run's id: the manifest's path.
    package var id: String
    /// The run's name.
    package var name: String
    /// The number of legs.
    package var legs: Int
    /// The process of the newest leg; the caller must find out whether it lives.
    package var pid: Int32
    /// The time at which the newest leg began.
    package var began: WallTime
    /// The time at which that leg ended; `nil` while it runs, and for good if it was killed.
    package var ended: WallTime?
    /// The way in which that leg ended.
    package var ending: String?
    /// The number of slots that the newest leg began with.
    package var concurrency: Int
    /// The workspace of the newest leg; `nil` where none was recorded.
    package var workspace: String?
    /// The prices of tokens in the newest leg; `nil` where they are unknown.
    package var prices: Prices?
    /// The Quire of the newest leg, as in `RunBegan`; `nil` where none was recorded.
    package var runner: String?

    /// All properties except those that are reported elsewhere.
    private enum CodingKeys: CodingKey {
        case id, name, legs, pid, began, ended, ending, concurrency
    }
}

/// A task at a glance.
package struct TaskRow: Hashable, Sendable, Codable {
    /// The task's name.
    package var name: String
    /// The outcome; `nil` while the task has work left.
    package var outcome: String?
    /// The reason for the outcome.
    package var reason: String?
    /// Ticked entries, as last seen.
    package var ticked: Int?
    /// All entries.
    package var total: Int?
    /// The number of sessions so far.
    package var sessions: Int
    /// Sessions charged against `max_sessions`, over all legs.
    package var charged: Int
    /// Sessions charged against `retries`, over all legs.
    package var retries: Int
    /// The number of the session that runs; `nil` for none.
    package var running: Int?
    /// The newest thread.
    package var thread: String?
    /// Tokens of all sessions.
    package var tokens: Int64
    /// Seconds of all sessions.
    package var seconds: Double
    /// The time at which a session last began, got its thread or ended.
    package var active: WallTime?
    /// True if the newest leg leaves the task alone.
    package var isLeftOut = false
    /// Stamp of the checklist's file that `ticked` and `total` are from: see `TaskInspected.listFile`;
    /// `nil` without proof.
    package var stamp: String?

    /// The progress of the checklist, as last seen.
    package var progress: Progress? { total.map { Progress(ticked: ticked ?? 0, total: $0) } }

    /// All properties except those that are reported elsewhere.
    private enum CodingKeys: CodingKey {
        case name, outcome, reason, ticked, total, sessions, charged, retries, running, thread
        case tokens, seconds, active
    }
}

/// A session at a glance.
package struct SessionRow: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The session's number within the task, from 1.
    package var number: Int
    /// The role: initializer or executor.
    package var role: String
    /// The slot, numbered from 0.
    package var slot: Int
    /// The agent's process.
    package var pid: Int32?
    /// The thread.
    package var thread: String?
    /// The time at which the session began.
    package var began: WallTime
    /// The time at which the session ended.
    package var ended: WallTime?
    /// The duration, in seconds.
    package var seconds: Double?
    /// The verdict: what the session achieved.
    package var verdict: String?
    /// The limit that the session was charged against.
    package var charge: String?
    /// The class of its failure.
    package var failure: String?
    /// The message of its failure.
    package var message: String?
    /// Ticked entries before it.
    package var tickedBefore: Int?
    /// Ticked entries after it.
    package var tickedAfter: Int?
    /// The tokens that the session used.
    package var usage: TokenUsage?
    /// True if `usage` is only what the session was last seen to have used; `nil` for no.
    package var isUsagePartial: Bool?
    /// True if `usage` is what was set aside for the session; `nil` for no.
    package var isUsageEstimated: Bool?
    /// Bytes it wrote to standard error.
    package var standardErrorBytes: Int64
}
