import Glibc

/// Estimates of the remaining work, from nothing but checklists and session times.
///
/// A task's own figures and everybody's are weighed by how much tasks differ, which is learned from
/// them. Source of the formulas and constants: the PACE policy, found by simulation on synthetic
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
        /// Seconds of the task's sessions that were work on its entries.
        var workedSeconds = 0.0
        /// Seconds since the number of entries left last reached a new minimum.
        var secondsWithoutGain = 0.0
        /// Seconds of all sessions.
        var attained = 0.0
        /// Expected remaining work when the checklist was last seen, in seconds: R̂.
        var remaining = 0.0
        /// The part of `secondsWithoutGain` in sessions that ticked something.
        var circlingSeconds: Float = 0
        /// Idle sessions in a row, of which short ones count in part.
        var idleWeight: Float = 0
        var sessions: Int32 = 0
        /// Entries ticked in the task's sessions.
        var ticked: Int32 = 0
        /// The most ticked entries seen since the checklist was last inspected.
        var mostDone: Int32 = 0
        /// The fewest entries left since boxes were last unticked.
        var fewestLeft = Int32.max
        /// Ticked and all entries of the checklist as last seen.
        var done: Int32 = 0
        var total: Int32 = 0
        /// Sessions in a row without a new tick.
        var idle: Int32 = 0
        /// True once the checklist was seen.
        var isSeen = false
        /// True if the checklist was first seen after a session, so that the size is one of `sizes`.
        var isSized = false
    }

    /// Weight of the mean session against a task's own, in sessions.
    private static let sessionWeight = 4.0
    /// Part of a session that is not needed at the end: none is cut short.
    private static let lastSessionShare = 0.5
    /// Weight of time without a gain against the entries left: β.
    private static let stagnation = 2.0
    /// Share of idle sessions among those of a task that goes on: z.
    private static let idleShare = 0.3
    /// Idle sessions in a row from which on a task counts as stuck for good.
    private static let stuckAfter = 4
    /// Sessions that are lost for each unit of the odds that a task is stuck.
    private static let lostSessions = 2.0
    /// Share of the mean session from which on an idle session counts in full: a shorter one hardly
    /// had the chance to tick anything.
    private static let fullIdleShare = 1.0 / 8
    /// Share of a first session that is work on the checklist's entries.
    private static let firstSessionShare = 0.4

    /// The knowledge of all tasks together.
    struct World: Hashable, Sendable, Codable {
        fileprivate var entrySeconds = 4.0 * 132
        fileprivate var entries = 4.0
        fileprivate var sessionSeconds = 3.0 * 540
        fileprivate var sessionCount = 3.0
        /// Number of tasks that seem stuck for good, and of sessions of the others; both begin with a
        /// guess, and h is their ratio.
        fileprivate var stuckTasks = 2.0
        fileprivate var liveSessions = 100.0
        var speeds = PooledSpeed()
        var sizes = TaskSizes()
    }

    private(set) var tasks: [Task]
    private(set) var world = World()
    private(set) var earlier = EarlierWork()
    private let weighsIdleSessions: Bool

    init(count: Int, weighsIdleSessions: Bool = true) {
        self.weighsIdleSessions = weighsIdleSessions
        tasks = Array(repeating: Task(), count: count)
    }

    /// Duration of the mean session, in seconds: s̄.
    package var meanSession: Double { world.sessionSeconds / world.sessionCount }

    /// The general speed, in seconds per entry: τ₀.
    var secondsPerEntry: Double { world.entrySeconds / world.entries }

    /// Rank of a task without any known work.
    package var unseenRank: Double { world.sizes.unseenRank ?? 4 * meanSession }

    /// Expected work of a task that nothing is known of, in seconds.
    var unseenMean: Double { world.sizes.mean ?? 4 * meanSession }

    /// Share of the waiting that the best order would save, as far as tasks were seen; `nil` while
    /// few were.
    package var savedByOrder: Double? { world.sizes.savedByOrder }

    /// Forgets all that is known of the task, which begins anew, but what it took if it was complete.
    mutating func forget(_ place: Int, wasComplete: Bool) {
        let task = tasks[place]
        if wasComplete {
            earlier.remember(
                place,
                EarlierWork.Task(seconds: task.attained, sessions: Double(task.sessions))
            )
        }
        tasks[place] = Task()
    }

    /// Adds tasks that nothing is known of.
    mutating func grow(to count: Int) {
        tasks += Array(repeating: Task(), count: max(0, count - tasks.count))
    }

    /// Forgets that the sessions of a task ticked nothing.
    mutating func forgetIdleness(_ place: Int) {
        if tasks[place].idle >= Self.stuckAfter { world.stuckTasks -= 1 }
        (tasks[place].idle, tasks[place].idleWeight) = (0, 0)
        (tasks[place].secondsWithoutGain, tasks[place].circlingSeconds) = (0, 0)
    }

    /// True if anything is known of the task.
    func isSeen(_ place: Int) -> Bool { tasks[place].isSeen }

    /// Sessions in a row without a new tick.
    func idle(_ place: Int) -> Int { Int(tasks[place].idle) }

    /// True if the task seems stuck for good, so that its length says little.
    func isStuck(_ place: Int) -> Bool { tasks[place].idle >= Self.stuckAfter }

    /// Returns the seconds of all sessions of the task.
    func attained(_ place: Int) -> Double { tasks[place].attained }

    /// Returns the number of sessions of the task.
    func sessions(_ place: Int) -> Int { Int(tasks[place].sessions) }

    /// Returns the expected remaining work of a task whose checklist was seen, in seconds: R̂.
    func remaining(_ place: Int) -> Double { tasks[place].remaining }

    /// Returns the rank that orders tasks: the work left, or more if a task makes no progress.
    ///
    /// A task that ticks entries but comes no nearer may go on so: its work left doubles each time that
    /// it would have been done. One that ticks nothing may be stuck for good: each session brings the
    /// chance of getting stuck anew, and the odds grow as idle sessions are rare while it is not.
    func rank(_ place: Int) -> Double {
        let task = tasks[place]
        var rank = task.remaining
        if task.circlingSeconds > 0 {
            rank *= exp2(min(40, Double(task.circlingSeconds) / max(1, rank)))
        }
        if task.idle > 0 {
            let (idle, chance) = (Self.idleShare, world.stuckTasks / world.liveSessions)
            let odds = chance * (pow(idle, -Double(task.idleWeight)) - 1) / (1 - idle)
            rank += Self.lostSessions * meanSession * odds
        }
        return max(rank, Self.stagnation * task.secondsWithoutGain)
    }

    /// Returns the work left at the mean speed of the task's life, as a naive rule would.
    func naiveRemaining(_ place: Int) -> Double {
        let task = tasks[place]
        let left = Double(max(1, Int(task.total) - Int(task.done)))
        return task.done > 0 ? left * task.attained / Double(task.done) : left * secondsPerEntry
    }

    private func expectedRemaining(_ task: Task, _ place: Int) -> Double {
        let meanSession = meanSession
        let length = length(task.attained, of: Double(task.sessions))
        let usual =
            usualAsBefore(task, place) ?? world.speeds.expected(task, orElse: secondsPerEntry)
        let entry =
            (usual.weight * usual.seconds * length + task.workedSeconds)
            / (usual.weight + Double(task.ticked))
        let left = Double(max(1, Int(task.total) - Int(task.done)))
        return left * entry + Self.lastSessionShare * meanSession * length
    }

    /// Returns the length of a task's sessions, as a multiple of the mean session.
    private func length(_ seconds: Double, of sessions: Double) -> Double {
        (Self.sessionWeight + seconds / meanSession) / (Self.sessionWeight + sessions)
    }

    /// Returns the seconds per entry in sessions of mean length, and their weight in entries, as the
    /// task took them before it began anew; `nil` if it took none.
    private func usualAsBefore(
        _ task: Task,
        _ place: Int
    ) -> (seconds: Double, weight: Double)? {
        guard let seconds = earlier.listSeconds(place), let before = earlier.tasks[place] else {
            return nil
        }
        let length = length(before.seconds, of: before.sessions)
        return (
            seconds / length / Double(max(1, task.total)),
            PooledSpeed.weight(ofVariance: earlier.noise)
        )
    }

    /// Applies the checklist of a task that was begun before this run.
    mutating func inspect(_ place: Int, done: Int, total: Int) {
        let before = tasks[place]
        var task = before
        task.see(done: Int32(clamping: done), total: Int32(clamping: total))
        // A person may have unticked boxes; ticking them again is a gain.
        let isUnticked = task.done < task.mostDone
        task.mostDone = task.done
        task.fewestLeft = isUnticked ? task.left : min(task.fewestLeft, task.left)
        world.speeds.replace(before, by: task)
        task.remaining = expectedRemaining(task, place)
        if task.isSized {
            world.sizes.replace(before.size, by: task.size, meanSession: meanSession)
        }
        tasks[place] = task
    }

    /// Applies a session's report; returns true if the task had not been seen before.
    @discardableResult
    mutating func observe(_ place: Int, _ report: Report) -> Bool {
        // Copies, so that the array's uniqueness is checked once.
        let before = tasks[place]
        var task = before
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
        learn(&task, report.seconds, gained, isFirst)
        task.see(done: Int32(clamping: report.done), total: Int32(clamping: report.total))
        task.countStagnation(report, gained, idleWeight, isFirst)
        countStuck(before, task, isFirst)
        world.speeds.replace(before, by: task)
        task.remaining = report.completes ? 0 : expectedRemaining(task, place)
        if report.completes { earlier.learn(place, seconds: task.attained) }
        if isFirst { task.isSized = true }
        if task.isSized {
            let size = isFirst ? nil : before.size
            world.sizes.replace(size, by: task.size, meanSession: meanSession)
        }
        tasks[place] = task
        return isFirst
    }

    private mutating func learn(
        _ task: inout Task,
        _ seconds: Double,
        _ gained: Int,
        _ isFirst: Bool
    ) {
        if isFirst && gained == 0 { return }
        let worked = seconds * (isFirst ? Self.firstSessionShare : 1)
        task.workedSeconds += worked
        task.ticked = Int32(clamping: Int(task.ticked) + gained)
        world.entrySeconds += worked
        world.entries += Double(gained)
    }

    private mutating func countStuck(_ before: Task, _ task: Task, _ isFirst: Bool) {
        let isStuck = task.idle >= Self.stuckAfter
        if before.idle >= Self.stuckAfter { world.stuckTasks -= 1 }
        if isStuck { world.stuckTasks += 1 }
        if !isStuck && !isFirst { world.liveSessions += 1 }
    }

    /// Adopts the knowledge of a task that had another index.
    mutating func keep(_ before: Int, of old: Estimates, at place: Int) {
        tasks[place] = old.tasks[before]
        if let task = old.earlier.tasks[before] { earlier.keep(task, at: place) }
    }

    /// Adopts the knowledge of all tasks together, but of no single task.
    mutating func keepWorld(of old: Estimates) {
        world = old.world
        earlier = EarlierWork(lessons: old.earlier.lessons)
    }

    /// Adopts the knowledge of a snapshot.
    mutating func restore(_ tasks: [Task], _ world: World, _ earlier: EarlierWork) {
        (self.tasks, self.world, self.earlier) = (tasks, world, earlier)
    }
}

extension Estimates.Task {
    /// Entries left by the last report; may be negative.
    var left: Int32 { total.subtractingReportingOverflow(done).partialValue }

    /// Seconds of all sessions, those to come included.
    fileprivate var size: Double { attained + remaining }

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
            (secondsWithoutGain, circlingSeconds) = (0, 0)
        } else {
            secondsWithoutGain += report.seconds
            if gained > 0 { circlingSeconds += Float(report.seconds) }
        }
        if gained > 0 {
            (idle, self.idleWeight) = (0, 0)
        } else if !isFirst || report.crashed {
            idle &+= 1
            self.idleWeight += Float(idleWeight)
        }
    }
}
