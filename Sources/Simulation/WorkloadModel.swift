import Glibc
package import Orchestration

/// The random model of one task's sessions.
///
/// A session does about one unit of work, whatever its length; a checklist entry takes part of a
/// unit. The checklist shows the entries done, except that some are not ticked and some are ticked
/// too early.
package struct SessionModel: Hashable, Sendable {
    /// Most sessions that the task may take.
    package var cap = 100
    /// Share of its work after which the task gets stuck; `nil` for never.
    package var stallsAt: Double?
    /// True if every session crashes.
    package var alwaysCrashes = false
    /// Probability that a session crashes.
    package var crashChance = 0.02
    /// Probability that a session does no work on the entries.
    package var idleChance = 0.08
    /// Growth of the checklist, relative to its first length; ends at the latest beyond twice this.
    package var growth = 0.0
    /// Factor by which the last tenth of the entries is harder.
    package var tailHardness = 1.0
    /// Probability that a session ticks nothing that it did.
    package var forgottenTicks = 0.1
    /// Probability that a session ticks one or two entries too early.
    package var earlyTicks = 0.05
    /// Median length of a session, in minutes, and the spread of its logarithm.
    package var medianMinutes = usualMinutes
    package var spread = 0.5
    /// Mean tokens of a session; `nil` for the usual number per minute.
    package var tokensPerSession: Double?
    /// True if the checklist grows for ever, with an entry for each one done.
    package var isTreadmill = false

    private static let usualMinutes = 8.0
    private static let tokensPerMinute = 22_000.0
    /// The spreads of the logarithms of a task's speed, and of a session's tokens for its time.
    private static let (speedSpread, tokenSpread) = (0.3, 0.25)

    private var isHeavyTailed: Bool { spread >= 1 }

    /// Returns the tokens per minute of sessions with this median length.
    private func tokenRate(median: Double) -> Double {
        guard let tokensPerSession else { return Self.tokensPerMinute }
        let spreads = [spread, Self.speedSpread, Self.tokenSpread]
        return tokensPerSession / (median * exp(spreads.reduce(0) { $0 + $1 * $1 } / 2))
    }

    /// Length of sessions, as a multiple of the usual length for this spread.
    private var length: Double { medianMinutes / (isHeavyTailed ? 3.5 : Self.usualMinutes) }

    /// Makes a model with the usual values.
    package init() {}

    /// Returns the work for `draw` of a task that takes this mean number of sessions.
    ///
    /// The first session does 0.4 units where others do one, some sessions do none, and half of the
    /// last one is not needed.
    package func work(ofSessions count: Double) -> Double {
        max(0.15, (count - 1.1) * (1 - crashChance) * (1 - idleChance))
    }

    /// Draws a task's sessions; the task is complete after the last of them, if ever.
    package func draw(
        work: Double,
        using random: inout SplitMix64
    ) -> (sessions: [Workload.Session], completesAfter: Int?) {
        var list = EntryList(work: work, model: self, using: &random)
        let factor = random.lognormal(0, Self.speedSpread)
        let tokensPerMinute = tokenRate(median: medianMinutes)
        let crashed = tokensPerMinute * 4 / 11
        var sessions: [Workload.Session] = []
        var (crashes, shown) = (0, 0)
        for number in 0..<cap {
            if alwaysCrashes || random.uniform() < crashChance {
                crashes += 1
                let minutes = (0.5 + random.uniform() * 1.5) * length
                let tokens = minutes * crashed
                sessions.append(session(minutes, tokens, shown, list.total, crashed: true))
                if alwaysCrashes && crashes >= 3 { return (sessions, nil) }
                continue
            }
            let drawn = random.lognormal(log(medianMinutes), spread) * factor
            let minutes = min((isHeavyTailed ? 60 : 45) * length, drawn)
            let tokens = minutes * tokensPerMinute * random.lognormal(0, Self.tokenSpread)
            var effort = minutes / ((isHeavyTailed ? 9.6 : 9.06) * length * factor)
            if number == 0 { effort *= 0.4 }
            if random.uniform() < idleChance { effort = 0 }
            list.work(effort)
            list.grow(isFirst: number == 0, using: &random)
            shown = list.shown(after: shown, using: &random)
            sessions.append(session(minutes, tokens, shown, list.total, crashed: false))
            if list.isComplete { return (sessions, sessions.count) }
        }
        return (sessions, nil)
    }

    private func session(
        _ minutes: Double,
        _ tokens: Double,
        _ done: Int,
        _ total: Int,
        crashed: Bool
    ) -> Workload.Session {
        // Whole milliseconds, so that times add up exactly.
        let seconds = max(1, (minutes * 60_000).rounded()) / 1000
        return Workload.Session(
            seconds: seconds,
            tokens: tokens.rounded(),
            done: done,
            total: total,
            crashed: crashed
        )
    }
}

/// A checklist that is being worked on.
private struct EntryList {
    private static let entrySpread = 0.7

    private let model: SessionModel
    private let unit: Double
    private let first: Int
    private var sizes: [Double]
    private var stallsAt: Double?
    private var done = 0
    private var credit = 0.0
    private var spent = 0.0
    private var grown = 0
    private(set) var total: Int

    init(work: Double, model: SessionModel, using random: inout SplitMix64) {
        self.model = model
        total = max(1, Int((work * random.lognormal(log(4), 0.5)).rounded()))
        first = total
        unit = work / Double(total)
        sizes = (0..<total).map { _ in Self.entry(using: &random) }
        if model.tailHardness > 1 {
            for place in (total - max(1, (total + 9) / 10))..<total {
                sizes[place] *= model.tailHardness
            }
        }
        let scale = work / max(sizes.reduce(0, +), 1e-9)
        sizes = sizes.map { $0 * scale }
        stallsAt = model.stallsAt.map { $0 * sizes.reduce(0, +) }
    }

    var isComplete: Bool { done >= total }

    mutating func work(_ effort: Double) {
        let usable = stallsAt.map { min(effort, max(0, $0 - spent)) } ?? effort
        spent += usable
        credit += usable
        while done < total, credit >= sizes[done] - 1e-12 {
            credit -= sizes[done]
            done += 1
        }
    }

    mutating func grow(isFirst: Bool, using random: inout SplitMix64) {
        guard !isFirst else { return }
        let room = model.growth * Double(first) * 2
        if model.growth > 0, done < total, random.uniform() < 0.35, Double(grown) < room {
            let count = 1 + random.poisson(model.growth * Double(first) / 6)
            add(count, using: &random)
            grown += count
            if let part = model.stallsAt, let now = stallsAt {
                stallsAt = max(now, part * sizes.reduce(0, +))
            }
        }
        if model.isTreadmill, total - done < 3 { add(3 - (total - done), using: &random) }
    }

    /// Returns the number of ticked entries that people see.
    func shown(after before: Int, using random: inout SplitMix64) -> Int {
        if done >= total { return total }
        let chance = random.uniform()
        if chance < model.forgottenTicks { return before }
        if chance < model.forgottenTicks + model.earlyTicks {
            return min(total - 1, done + Int.random(in: 1...2, using: &random))
        }
        return done
    }

    private mutating func add(_ count: Int, using random: inout SplitMix64) {
        for _ in 0..<count { sizes.append(Self.entry(using: &random) * unit) }
        total += count
    }

    private static func entry(using random: inout SplitMix64) -> Double {
        random.lognormal(-entrySpread * entrySpread / 2, entrySpread)
    }
}
