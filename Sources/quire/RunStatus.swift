import Driver
import Foundation
import Orchestration
import Reporting

/// The answer of `quire status` about a run, as its JSON has it.
struct RunStatus: Encodable {
    /// A task, and how it stands.
    struct Task: Encodable {
        var record: TaskRecord
        var standing: TaskSituation

        private enum CodingKeys: CodingKey {
            case state, waitsFor
        }

        func encode(to encoder: any Encoder) throws {
            try record.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(standing.phase, forKey: .state)
            guard standing.phase == .waiting else { return }
            try container.encode(standing.reason, forKey: .waitsFor)
        }
    }

    /// A change that a person made while the leg ran.
    struct Change: Encodable {
        var at: WallTime
        var action: String
        var by: Steerer
        var tasks: [String]?
        var words: String

        init(_ change: RunHolds.Steering) {
            let fact = change.fact
            (at, action, by) = (change.at, fact.action.rawValue, fact.by)
            (tasks, words) = (fact.tasks, fact.words)
        }
    }

    /// A gate that is closed.
    struct Gate: Encodable {
        var gate: String
        var account: String?
        var limit: String?
        var reason: String
        var until: WallTime?
        var secondsLeft: Double?
    }

    /// The time and tokens spent over all legs.
    struct Spent: Encodable {
        var wallSeconds: Double
        var sessions: Int
        var sessionSeconds: Double
        var tokens: Int64
        var usage: TokenUsage
        /// The part of the tokens that is estimated, since the session did not report them itself.
        var estimatedTokens: Int64
        /// The cost; `nil` without prices.
        var cost: Double?
        var held: [GateTimes.Held]
    }

    /// The time that a run still takes.
    struct Left: Encodable {
        var aboutSeconds: Double
        var lowSeconds: Double
        var highSeconds: Double

        init(_ left: TimeLeft) {
            aboutSeconds = left.about.inSeconds
            lowSeconds = left.range.lowerBound.inSeconds
            highSeconds = left.range.upperBound.inSeconds
        }
    }

    var run: LegRecord
    var status: String
    var spent: Spent
    /// The estimate of the time left; `nil` where the run does not go on, or too little is known.
    var left: Left?
    var gates: [Gate]
    /// The windows of usage limits that the newest leg read; `nil` for none.
    var limits: [LimitRead]?
    /// The changes in concurrency during this leg.
    var concurrency: [RunHolds.Change]
    /// The newest changes that people made during this leg; `nil` for none.
    var steering: [Change]?
    /// The reasons why the newest leg could not go on, or can't while a disk is full.
    var troubles: [String]
    /// Warnings of this leg that concern the whole run.
    var warnings: [String]
    var tasks: [Task]
    /// The checks that run or are to run; `nil` for none.
    var checks: [OpenCheck]?
    /// Runs of the same manifest that hold other tasks, such as its other shards; `nil` for none.
    var otherRuns: [RunStatus]?
}

extension RunStatus.Spent {
    init(_ record: RunRecord, isRunning: Bool, at now: WallTime) {
        let spent = record.spent
        let (wall, held) = record.times.total(until: now, isRunning: isRunning)
        self.init(
            wallSeconds: wall.inSeconds,
            sessions: spent.sessions,
            sessionSeconds: spent.sessionSeconds,
            tokens: spent.usage.total,
            usage: spent.usage,
            estimatedTokens: spent.estimated,
            cost: record.leg?.prices?.cost(of: spent.usage),
            held: held
        )
    }
}

extension RunStatus.Gate {
    init(_ closed: GateClosed, at now: WallTime) {
        self.init(
            gate: closed.gate.rawValue,
            account: closed.account,
            limit: closed.limit,
            reason: closed.reason,
            until: closed.until,
            secondsLeft: closed.until.map { max(0, ($0 - now).inSeconds) }
        )
    }
}

// A task as JSON.
extension TaskRecord: Encodable {
    private enum CodingKeys: CodingKey {
        case name, outcome, reason, ticked, total, sessions, charged, retries, running, thread
        case tokens, seconds, active, work, model
    }

    /// Writes the record without the group, the history, and what only the next leg needs.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(outcome, forKey: .outcome)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encodeIfPresent(progress?.ticked, forKey: .ticked)
        try container.encodeIfPresent(progress?.total, forKey: .total)
        try container.encode(sessions, forKey: .sessions)
        try container.encode(sums.charged, forKey: .charged)
        try container.encode(sums.retries, forKey: .retries)
        try container.encodeIfPresent(running, forKey: .running)
        try container.encodeIfPresent(thread, forKey: .thread)
        try container.encode(sums.tokens, forKey: .tokens)
        try container.encode(sums.seconds, forKey: .seconds)
        try container.encodeIfPresent(newest.active, forKey: .active)
        try container.encodeIfPresent(work, forKey: .work)
        try container.encodeIfPresent(newest.model, forKey: .model)
    }
}

extension GateTimes.Held: Encodable {
    private enum CodingKeys: CodingKey {
        case gate, account, limit, times, seconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(gate, forKey: .gate)
        try container.encodeIfPresent(account, forKey: .account)
        try container.encodeIfPresent(limit, forKey: .limit)
        try container.encode(times, forKey: .times)
        try container.encode(time.inSeconds, forKey: .seconds)
    }
}
