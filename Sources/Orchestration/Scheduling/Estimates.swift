import Glibc

/// Estimates of the remaining work, from nothing but checklists and session times.
///
/// Source of the formulas and constants: the PACE policy, found by simulation on synthetic
/// workloads whose tails are fitted to published traces of agents.
package struct Estimates: Hashable, Sendable {
    /// The observable result of a session.
    package struct Report: Hashable, Sendable {
        /// Duration in seconds.
        package var seconds: Double
        /// Ticked entries of the checklist afterwards; any number is tolerated.
        package var done: Int
        /// All entries of the checklist afterwards; any number is tolerated.
        package var total: Int
        /// True if the session failed for a reason of its own.
        package var crashed: Bool
        /// True if the session completed the task.
        package var completes: Bool

        /// Makes a report; see the properties.
        package init(
            seconds: Double,
            done: Int,
            total: Int,
            crashed: Bool = false,
            completes: Bool = false
        ) {
            self.seconds = seconds
            self.done = done
            self.total = total
            self.crashed = crashed
            self.completes = completes
        }
    }

    /// The knowledge of one task.
    struct Task: Hashable, Sendable {
        /// Seconds and entries of the task's sessions, older ones counting less.
        var recentSeconds = 0.0
        var recentEntries = 0.0
        /// Seconds since the number of entries left last reached a new minimum.
        var secondsWithoutGain = 0.0
        /// Seconds of all sessions.
        var attained = 0.0
        var sessions: Int32 = 0
        /// The most ticked entries seen since the checklist was last inspected.
        var mostDone: Int32 = 0
        /// The fewest entries left since boxes were last unticked.
        var fewestLeft = Int32.max
        /// Ticked and all entries of the checklist as last seen.
        var done: Int32 = 0
        var total: Int32 = 0
        /// Sessions in a row without a new tick.
        var idle: Int32 = 0
        /// Idle sessions in a row, of which short ones count in part.
        var idleWeight: Float = 0
        /// True once the checklist was seen.
        var isSeen = false
    }

    /// Factor by which each session weakens the past: γ.
    private static let memory = 0.9
    /// Weight of the general speed against a task's own, in entries: α.
    private static let shrinkage = 4.0
    /// Weight of time without a gain against the entries left: β.
    private static let stagnation = 2.0
    /// The odds that a task is stuck for good, at first and per idle session: h and z.
    private static let stuckOdds = (0.02, 0.3)
    /// Share of the mean session from which on an idle session counts in full: a shorter one hardly
    /// had the chance to tick anything.
    private static let fullIdleShare = 1.0 / 8
    /// Share of a first session that is work on the checklist's entries.
    private static let firstSessionShare = 0.4
    /// Weight, in tasks, of the first guess of the work that remains after a first session.
    private static let priorWeight = 4.0

    /// The knowledge of all tasks together.
    struct World: Sendable, Codable {
        fileprivate struct Prior: Sendable, Codable {
            var rank: Double
            var mean: Double
        }

        fileprivate var entrySeconds = 4.0 * 132
        fileprivate var entries = 4.0
        fileprivate var sessionSeconds = 3.0 * 540
        fileprivate var sessionCount = 3.0
        /// The work left after first sessions, in seconds: the sorted part, and the part added since.
        fileprivate var remainders: [Double] = []
        fileprivate var newRemainders: [Double] = []
        fileprivate var nextRefresh = 1
        fileprivate var prior: Prior?
    }

    private(set) var tasks: [Task]
    private(set) var world = World()
    private let weighsIdleSessions: Bool

    init(count: Int, weighsIdleSessions: Bool = true) {
        self.weighsIdleSessions = weighsIdleSessions
        tasks = Array(repeating: Task(), count: count)
    }

    package static func == (left: Estimates, right: Estimates) -> Bool {
        left.tasks == right.tasks && left.meanSession == right.meanSession
            && left.secondsPerEntry == right.secondsPerEntry
            && left.unseenRank == right.unseenRank
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tasks)
    }

    /// Duration of the mean session, in seconds: s̄.
    package var meanSession: Double { world.sessionSeconds / world.sessionCount }

    /// The general speed, in seconds per entry: τ₀.
    var secondsPerEntry: Double { world.entrySeconds / world.entries }

    /// Rank of a task that nothing is known of.
    ///
    /// The least ratio of the time for inspecting the task, and finishing it if it turns out short
    /// enough, to the probability that it does. Source: Weitzman, "Optimal search for the best
    /// alternative", 1979; this is the Gittins index of a task whose size its first session reveals.
    package var unseenRank: Double { world.prior?.rank ?? 2 * meanSession }

    /// Expected work of a task that nothing is known of, in seconds.
    var unseenMean: Double { world.prior?.mean ?? 4 * meanSession }

    /// Forgets all that is known of the task, which begins anew.
    mutating func forget(_ place: Int) { tasks[place] = Task() }

    /// True if anything is known of the task.
    func isSeen(_ place: Int) -> Bool { tasks[place].isSeen }

    /// Sessions in a row without a new tick.
    func idle(_ place: Int) -> Int { Int(tasks[place].idle) }

    /// True if the task has made no progress lately, so that its length says little.
    func isStuck(_ place: Int) -> Bool { tasks[place].idle >= 2 }

    /// Returns the seconds of all sessions of the task.
    func attained(_ place: Int) -> Double { tasks[place].attained }

    /// Returns the number of sessions of the task.
    func sessions(_ place: Int) -> Int { Int(tasks[place].sessions) }

    /// Returns the expected remaining work of a task whose checklist was seen, in seconds: R̂.
    func remaining(_ place: Int) -> Double {
        let task = tasks[place]
        let left = Double(max(1, Int(task.total) - Int(task.done)))
        return left * (Self.shrinkage * secondsPerEntry + task.recentSeconds)
            / (Self.shrinkage + task.recentEntries)
    }

    /// Returns what tasks are ordered by: the work left, or more if a task makes no progress.
    func rank(_ place: Int) -> Double {
        let task = tasks[place]
        let robust = max(remaining(place), Self.stagnation * task.secondsWithoutGain)
        guard task.idle > 0 else { return robust }
        let (odds, base) = Self.stuckOdds
        return robust * (1 + odds * pow(base, -Double(task.idleWeight)))
    }

    /// Returns the work left at the mean speed of the task's life, as a naive rule would.
    func naiveRemaining(_ place: Int) -> Double {
        let task = tasks[place]
        let left = Double(max(1, Int(task.total) - Int(task.done)))
        return task.done > 0 ? left * task.attained / Double(task.done) : left * secondsPerEntry
    }

    /// Applies the checklist of a task that was begun before this run.
    mutating func inspect(_ place: Int, done: Int, total: Int) {
        tasks[place].see(done: Int32(clamping: done), total: Int32(clamping: total))
        // A person may have unticked boxes; ticking them again is a gain.
        let isUnticked = tasks[place].done < tasks[place].mostDone
        tasks[place].mostDone = tasks[place].done
        tasks[place].fewestLeft =
            isUnticked ? tasks[place].left : min(tasks[place].fewestLeft, tasks[place].left)
    }

    /// Applies a session's report; returns true if the task had not been seen before.
    @discardableResult
    mutating func observe(_ place: Int, _ report: Report) -> Bool {
        // A copy, so that the array's uniqueness is checked once.
        var task = tasks[place]
        let isFirst = !task.isSeen
        task.sessions &+= 1
        task.attained += report.seconds
        let fullIdle = Self.fullIdleShare * meanSession
        let idleWeight = weighsIdleSessions ? min(1, report.seconds / fullIdle) : 1
        if !report.crashed {
            world.sessionSeconds += report.seconds
            world.sessionCount += 1
        }
        let gained = task.gain(report)
        learnSpeed(&task, report.seconds, Double(gained), isFirst)
        task.see(done: Int32(clamping: report.done), total: Int32(clamping: report.total))
        task.countStagnation(report, gained, idleWeight, isFirst)
        tasks[place] = task
        if isFirst { addRemainder(report.completes ? 0 : remaining(place)) }
        return isFirst
    }

    private mutating func learnSpeed(
        _ task: inout Task,
        _ seconds: Double,
        _ gained: Double,
        _ isFirst: Bool
    ) {
        if isFirst && gained == 0 { return }
        let worked = seconds * (isFirst ? Self.firstSessionShare : 1)
        task.recentSeconds = Self.memory * task.recentSeconds + worked
        task.recentEntries = Self.memory * task.recentEntries + gained
        world.entrySeconds += worked
        world.entries += gained
    }

    private mutating func addRemainder(_ seconds: Double) {
        world.newRemainders.append(seconds)
        let count = world.remainders.count + world.newRemainders.count
        guard count >= world.nextRefresh else { return }
        world.nextRefresh = max(world.nextRefresh + 1, Int(Double(count) * 1.1))
        world.remainders = merge(world.remainders, world.newRemainders.sorted())
        world.newRemainders = []
        refreshPrior()
    }

    private mutating func refreshPrior() {
        let count = Double(world.remainders.count)
        var (best, sum) = (Double.infinity, 0.0)
        for (place, seconds) in world.remainders.enumerated() {
            sum += seconds
            best = min(best, (count * meanSession + sum) / Double(place + 1))
        }
        let weight = Self.priorWeight
        world.prior = World.Prior(
            rank: (best * count + weight * 2 * meanSession) / (count + weight),
            mean: sum / count + meanSession
        )
    }

    private func merge(_ left: [Double], _ right: [Double]) -> [Double] {
        var merged: [Double] = []
        merged.reserveCapacity(left.count + right.count)
        var next = 0
        for value in left {
            while next < right.count, right[next] < value {
                merged.append(right[next])
                next += 1
            }
            merged.append(value)
        }
        merged.append(contentsOf: right[next...])
        return merged
    }

    /// Adopts the knowledge of a task that had another index.
    mutating func copy(_ task: Task, to place: Int) { tasks[place] = task }

    /// Adopts the knowledge of all tasks together, but of no single task.
    mutating func keepWorld(of old: Estimates) { world = old.world }

    /// Adopts the knowledge of a snapshot.
    mutating func restore(_ tasks: [Task], _ world: World) {
        (self.tasks, self.world) = (tasks, world)
    }
}

extension Estimates.Task {
    /// Entries left by the last report; may be negative.
    var left: Int32 { total.subtractingReportingOverflow(done).partialValue }

    /// Applies a report's ticks; returns the number of entries ticked for the first time.
    fileprivate mutating func gain(_ report: Estimates.Report) -> Int {
        let gained = max(0, Int(Int32(clamping: report.done)) - Int(mostDone))
        mostDone = max(mostDone, Int32(clamping: report.done))
        return gained
    }

    fileprivate mutating func see(done: Int32, total: Int32) {
        isSeen = true
        self.done = done
        self.total = total
    }

    fileprivate mutating func countStagnation(
        _ report: Estimates.Report,
        _ gained: Int,
        _ idleWeight: Double,
        _ isFirst: Bool
    ) {
        if left < fewestLeft {
            fewestLeft = left
            secondsWithoutGain = 0
        } else {
            secondsWithoutGain += report.seconds
        }
        if gained > 0 {
            (idle, self.idleWeight) = (0, 0)
        } else if !isFirst || report.crashed {
            idle &+= 1
            self.idleWeight += Float(idleWeight)
        }
    }
}
