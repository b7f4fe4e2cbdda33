package import Orchestration

/// A run at a glance.
package struct RunRow: Hashable, Sendable, Codable {
    /// The run's id: the manifest's path.
    package var id: String
    /// Its name.
    package var name: String
    /// How often it was started.
    package var legs: Int
    /// The process of its newest leg; whether it lives is for the reader to find out.
    package var pid: Int32
    /// When its newest leg began.
    package var began: WallTime
    /// When that leg ended; `nil` while it runs, and for ever when it was killed.
    package var ended: WallTime?
    /// How that leg ended.
    package var ending: String?
    /// Its slots.
    package var concurrency: Int
    /// The workspace of its newest leg; `nil` where that told none.
    package var workspace: String?
    /// What tokens cost in its newest leg; `nil` for nobody knows.
    package var prices: Prices?
    /// The Quire of its newest leg, as in `RunBegan`; `nil` where that told none.
    package var runner: String?

    /// All but what is told of elsewhere.
    private enum CodingKeys: CodingKey {
        case id, name, legs, pid, began, ended, ending, concurrency
    }
}

/// A task at a glance.
package struct TaskRow: Hashable, Sendable, Codable {
    /// Its name.
    package var name: String
    /// How it ended; `nil` while it has work left.
    package var outcome: String?
    /// Why.
    package var reason: String?
    /// Ticked entries, as last seen.
    package var ticked: Int?
    /// All entries.
    package var total: Int?
    /// Sessions so far.
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
    /// When something last happened.
    package var active: WallTime?
    /// True where the newest leg leaves it alone.
    package var isLeftOut = false

    /// All but what is told of elsewhere.
    private enum CodingKeys: CodingKey {
        case name, outcome, reason, ticked, total, sessions, charged, retries, running, thread
        case tokens, seconds, active
    }
}

/// A session at a glance.
package struct SessionRow: Hashable, Sendable, Codable {
    /// Its task.
    package var task: String
    /// Its number.
    package var number: Int
    /// What it was to do.
    package var role: String
    /// Its slot.
    package var slot: Int
    /// Its process.
    package var pid: Int32?
    /// Its thread.
    package var thread: String?
    /// When it began.
    package var began: WallTime
    /// When it ended.
    package var ended: WallTime?
    /// How long it took.
    package var seconds: Double?
    /// What it achieved.
    package var verdict: String?
    /// What it was counted against.
    package var charge: String?
    /// The class of its failure.
    package var failure: String?
    /// The words of its failure.
    package var message: String?
    /// Ticked entries before it.
    package var tickedBefore: Int?
    /// Ticked entries after it.
    package var tickedAfter: Int?
    /// What it used.
    package var usage: TokenUsage?
    /// Whether that is what it was last seen to have used; `nil` for no.
    package var isUsagePartial: Bool?
    /// Whether that is what was set aside for it; `nil` for no.
    package var isUsageEstimated: Bool?
    /// Bytes it wrote to standard error.
    package var standardErrorBytes: Int64
}
