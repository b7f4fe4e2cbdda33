/// The scheduler: decides which task goes next.
///
/// Tasks are named by their index in the plan. The same calls give the same decisions. A decision
/// takes logarithmic time, and a task's key changes only with the task's own events.
///
/// Source: PACE. Groups of a priority share session time by weight (start-time fair queueing whose
/// charge is settled at the end). Within a group the least `v / 2 + rank / weight` goes first, where
/// v is the group's share clock when the task came. Every 32nd start is the longest-waiting task's,
/// and the longest tasks begin in time for the batch's end.
package struct Scheduler: Sendable {
    /// The parts that can be turned off, for comparisons and tests.
    package struct Settings: Hashable, Sendable {
        /// The share of a group's starts that goes to the longest-waiting task: λ.
        package var ageingShare = 1.0 / 32
        /// The share of a group's slots that its longest tasks may hold.
        package var longestShare = 0.5
        /// Idle sessions in a row that park a task whose `stallAfter` is 0; `nil` parks no task.
        ///
        /// Other tasks are parked at half of their `stallAfter`. A parked task only runs by its age,
        /// or when nothing else does.
        package var parksAfter: Int? = 4
        /// True if, among equals, the task goes first whose session ended last on the slot.
        package var prefersWarm = true
        /// True if tasks that many others need go earlier.
        package var countsDescendants = true
        /// True if short sessions without a new tick count in part.
        package var weighsIdleSessions = true

        /// Makes the settings of a run.
        package init() {}

        /// The settings of the published reference.
        package static var reference: Settings {
            var settings = Settings()
            (settings.parksAfter, settings.prefersWarm) = (nil, false)
            (settings.countsDescendants, settings.weighsIdleSessions) = (false, false)
            return settings
        }
    }

    /// The reason why a task was chosen.
    package enum Stream: String, Hashable, Sendable, Word {
        /// The task had waited longest, and the ageing share was due.
        case age
        /// The task had waited longest of the parked tasks, and nothing else waited.
        case parked
        /// The task is among the longest, and must begin in time.
        case length
        /// The task's key was the least.
        case rank
    }

    /// A choice and the reason for it.
    package struct Decision: Hashable, Sendable, Codable {
        /// The task.
        package var task: Int
        /// The reason.
        package var stream: Stream
        var lane: Int
        /// True if the task's priority is lower than the highest that waits.
        var isLower = false
    }

    /// Weight of the time that a task has been there against its rank: with all of it, tasks that were
    /// found to be large would soon go before those that come later and are small.
    private static let clockShare = 0.5

    /// Remaining work from which a task must begin in time, as a multiple of what the group's whole
    /// work takes on all of its slots: with less, small tasks would wait for ends that are no earlier.
    static let criticalLength = 1.5

    let method: Method
    var entries: [Entry] = []
    var lanes: [Lane] = []
    var groups: [Group]
    var tiers: [Tier] = []
    /// The estimates of the tasks' work.
    package internal(set) var estimates: Estimates
    var hints: SizeHints
    var lower = LowerPriorities()
    var seniority = Seniority()
    var starts: UInt32 = 0
    /// The task whose session ended last on each slot.
    var warm: [Int32]
    var decided: Decision?
    /// The lane whose position among those of its priority must be updated; -1 for none.
    ///
    /// Most events concern the same lane as the one before, so one update does for several.
    var stale = -1

    var settings: Settings { method.settings }
    var isFair: Bool { method.isFair }
    var slots: Int { warm.count }

    /// Makes a scheduler for a plan's groups and tasks; nothing waits yet.
    ///
    /// The scheduler keeps what `old` knows: the estimates of tasks and the standing of groups that
    /// have the same name.
    package init(
        plan: RunPlan,
        rule: (any SchedulingRule)? = nil,
        settings: Settings = Settings(),
        keeping old: (scheduler: Scheduler, plan: RunPlan)? = nil
    ) {
        method = Method(rule ?? (plan.scheduler ?? .pace).rule, settings)
        warm = Array(repeating: -1, count: min(RunPlan.slotsLimit, max(1, plan.concurrency)))
        estimates = Estimates(
            count: plan.tasks.count,
            weighsIdleSessions: settings.weighsIdleSessions
        )
        hints = SizeHints(plan: plan)
        groups = plan.groups.map { Group(name: $0.name, cap: $0.maxConcurrent) }
        groups.append(Group(name: "", cap: nil))
        makeLanes(plan)
        if settings.countsDescendants { countDescendants(plan) }
        if let old { keep(old.scheduler, old.plan, plan) }
    }

    /// True if the task waits.
    package func isWaiting(_ task: Int) -> Bool { entries[task].isWaiting }

    /// Notes that a task has come, although it may still have to wait for its needs.
    package mutating func comes(_ task: Int) {
        guard entries[task].arrival < 0 else { return }
        entries[task].arrival = seniority.arrivals
        seniority.arrivals &+= 1
    }

    /// Applies a task's checklist before the task's first session here.
    package mutating func inspect(_ task: Int, done: Int, total: Int) {
        decided = nil
        let wasSeen = estimates.isSeen(task)
        estimates.inspect(task, done: done, total: total)
        guard entries[task].isActive else { return }
        if !wasSeen { lanes[entries[task].lane].work.unseen -= 1 }
        setOpenWork(task, estimates.remaining(task))
    }

    /// Forgets what is known of a task that begins anew, but what it took if it was complete; to be
    /// called before it comes.
    mutating func forget(_ task: Int, wasComplete: Bool) {
        decided = nil
        estimates.forget(task, wasComplete: wasComplete)
    }

    /// Adds a task that may run now; does nothing if the task waits or runs already.
    package mutating func enqueue(_ task: Int) {
        guard !entries[task].isWaiting, !entries[task].isRunning else { return }
        decided = nil
        let lane = entries[task].lane
        if lanes[lane].queues.waiting == 0 { catchUp(lane) }
        if !entries[task].isActive { activate(task, lane) }
        entries[task].isWaiting = true
        lanes[lane].queues.waiting += 1
        addByAge(task, lane)
        addToHeaps(task, lane)
        refresh(lane)
    }

    /// Notes whether a task has come half of the way to a stall, idle sessions aside; counts from
    /// when the task is enqueued next.
    package mutating func setRunningAway(_ task: Int, _ isRunningAway: Bool) {
        entries[task].isRunningAway = isRunningAway
    }

    /// Removes a waiting task until it is enqueued again; does nothing to a task that does not wait.
    package mutating func withdraw(_ task: Int) {
        guard entries[task].isWaiting else { return }
        decided = nil
        unlink(task)
        let lane = entries[task].lane
        if lanes[lane].queues.waiting == 0 { noteIdleness(lanes[lane].group) }
        refresh(lane)
    }

    /// Notes the number of starts so far, if a group runs nothing.
    private mutating func noteIdleness(_ group: Int) {
        if groups[group].running == 0 { groups[group].idleSince = starts }
    }

    /// True if the first of two tasks began to wait before the second.
    package func waitedLonger(_ task: Int, _ other: Int) -> Bool {
        (entries[task].link.sequence, task) < (entries[other].link.sequence, other)
    }

    /// Holds a group's starts, or lets them go on.
    mutating func hold(_ name: String, _ isHeld: Bool, in plan: RunPlan) {
        guard let group = plan.groups.firstIndex(where: { $0.name == name }),
            groups[group].isHeld != isHeld
        else { return }
        groups[group].isHeld = isHeld
        decided = nil
        for lane in groups[group].lanes {
            if !isHeld { levelUp(lane) }
            refresh(lane)
        }
    }

    /// True if a task's group may run one session more.
    package func hasRoom(for task: Int) -> Bool { hasRoom(lanes[entries[task].lane].group) }

    /// Returns the task that goes next on a free slot; `nil` if none waits in a group with room.
    ///
    /// The task goes on waiting until its session starts.
    package mutating func next(slot: Int) -> Decision? {
        if decided == nil { decided = decide(slot: slot) }
        return decided
    }

    /// Counts a session's start; the session's task waits no longer.
    ///
    /// A start that this scheduler would have decided otherwise (an older version did) counts as
    /// one by rank.
    package mutating func sessionStarted(_ task: Int, slot: Int) {
        guard !entries[task].isRunning else { return }
        let lane = entries[task].lane
        var decision = Decision(task: task, stream: .rank, lane: lane)
        if let choice = next(slot: slot), choice.task == task {
            decision = choice
            tiers[lanes[lane].tier].clock = lanes[lane].virtualTime
        }
        decided = nil
        settle(decision)
        unlink(task)
        let charge = estimates.meanSession
        entries[task].occupancy.begin(on: slot, charge: charge)
        groups[lanes[lane].group].running += 1
        starts &+= 1
        lanes[lane].virtualTime += charge / lanes[lane].weight
        refreshAfterRoomChanged(lane)
    }

    /// Counts a session's end.
    ///
    /// Without a report the session's time counts, but nothing is learned: the end was nobody's fault.
    package mutating func sessionEnded(_ task: Int, seconds: Double, report: Estimates.Report?) {
        guard entries[task].isRunning else { return }
        decided = nil
        let lane = entries[task].lane
        var isFirst = false
        if let report {
            isFirst = estimates.observe(task, report)
            if report.completes { hints.learn(task, attained: estimates.attained(task), estimates) }
        }
        let occupancy = entries[task].occupancy
        let wasFull = isFull(lanes[lane].group)
        groups[lanes[lane].group].running -= 1
        noteIdleness(lanes[lane].group)
        lanes[lane].settle(occupancy, seconds: seconds, isFirst: isFirst)
        if wasFull { for lane in groups[lanes[lane].group].lanes { levelUp(lane) } }
        entries[task].occupancy.end()
        let slot = Int(occupancy.slot)
        if warm.indices.contains(slot) { warm[slot] = Int32(task) }
        if estimates.isSeen(task) {
            setOpenWork(task, estimates.isStuck(task) ? 0 : estimates.remaining(task))
        }
        refreshAfterRoomChanged(lane)
    }

    /// Counts a task's end: the task has no part in anything until it is enqueued again.
    package mutating func taskEnded(_ task: Int) {
        decided = nil
        let lane = entries[task].lane
        if entries[task].isWaiting { unlink(task) }
        if entries[task].isActive { deactivate(task) }
        entries[task].arrival = -1
        refresh(lane)
    }

    mutating func deactivate(_ task: Int) {
        let lane = entries[task].lane
        lanes[lane].work.active -= 1
        if !estimates.isSeen(task) { lanes[lane].work.unseen -= 1 }
        setOpenWork(task, 0)
        if lanes[lane].work.active == 0 { becomeIdle(lane) }
        entries[task].isActive = false
    }

    mutating func activate(_ task: Int, _ lane: Int) {
        comes(task)
        let tier = lanes[lane].tier
        if lanes[lane].work.active == 0 {
            tiers[tier].busyCount += 1
            tiers[tier].busyWeight += lanes[lane].weight
        }
        lanes[lane].work.active += 1
        entries[task].isActive = true
        entries[task].arrivalClock =
            seniority.keptClocks.removeValue(forKey: task) ?? Self.clockShare
            * lanes[lane].shareClock
        if estimates.isSeen(task) {
            setOpenWork(task, estimates.remaining(task))
        } else {
            lanes[lane].work.unseen += 1
        }
    }

    private mutating func becomeIdle(_ lane: Int) {
        let tier = lanes[lane].tier
        tiers[tier].busyCount -= 1
        tiers[tier].busyWeight =
            tiers[tier].busyCount == 0 ? 0 : tiers[tier].busyWeight - lanes[lane].weight
    }

    /// Levels a lane that had no task, or whose group ran nothing while others started.
    mutating func catchUp(_ lane: Int) {
        if lanes[lane].keepsStanding {
            lanes[lane].keepsStanding = false
            return
        }
        let group = lanes[lane].group
        let wasIdle = groups[group].running == 0 && starts != groups[group].idleSince
        if lanes[lane].work.active == 0 || wasIdle { levelUp(lane) }
    }

    /// Raises a lane's virtual time to that of the lane that started last.
    ///
    /// A lane that could start nothing has saved nothing up. Source: Goyal, Vin and Cheng,
    /// "Start-time fair queueing", 1996.
    private mutating func levelUp(_ lane: Int) {
        lanes[lane].virtualTime = max(lanes[lane].virtualTime, tiers[lanes[lane].tier].clock)
    }

    private mutating func setOpenWork(_ task: Int, _ seconds: Double) {
        lanes[entries[task].lane].work.seconds += seconds - entries[task].openWork
        entries[task].openWork = seconds
    }

    private mutating func addToHeaps(_ task: Int, _ lane: Int) {
        let entry = entries[task]
        guard let rank = rank(of: task) else {
            let queue = lanes[lane].queues.unseenQueue(for: Double(entry.conditions.weight))
            lanes[lane].queues.unseen[queue].entries.append(
                KeyEntry(key: entry.arrivalClock, sequence: entry.link.sequence, task: Int32(task))
            )
            return
        }
        if isParked(task) { return }
        let key = isFair ? entry.arrivalClock + rank / Double(entry.conditions.weight) : rank
        entries[task].key = key
        Self.add(
            KeyEntry(key: key, sequence: entry.link.sequence, task: Int32(task)),
            to: &lanes[lane].queues.keys,
            waiting: lanes[lane].queues.waiting,
            entries
        )
        guard isFair, settings.longestShare > 0, estimates.isSeen(task), !estimates.isStuck(task)
        else { return }
        let length = estimates.remaining(task)
        Self.add(
            KeyEntry(key: -length, sequence: entry.link.sequence, task: Int32(task)),
            to: &lanes[lane].queues.longest,
            waiting: lanes[lane].queues.waiting,
            entries
        )
    }

    /// Returns a task's rank within its group, before its weight; `nil` if nothing is known.
    func rank(of task: Int) -> Double? {
        guard let rank = method.rule.rank(task, arrival: Int(entries[task].arrival), estimates)
        else {
            guard isFair else { return hints.rank(task, estimates) }
            return estimates.earlier.expected(task) ?? hints.rank(task, estimates)
        }
        let descendants = Double(entries[task].conditions.descendants)
        let inspection = estimates.unseenRank
        guard isFair, descendants > 0, inspection < rank else { return rank }
        return (rank + descendants * inspection) / (1 + descendants)
    }

    func isParked(_ task: Int) -> Bool {
        guard isFair else { return false }
        if entries[task].isRunningAway { return true }
        guard let usual = settings.parksAfter else { return false }
        let own = Int(entries[task].conditions.parksAfter)
        return estimates.idle(task) >= (own > 0 ? own : usual)
    }

    /// Adds a task that begins to wait, and drops entries of tasks that wait no longer: the first entry
    /// at once, as it is most often the task that started last, the others once they are the larger part.
    private static func add(
        _ entry: KeyEntry,
        to heap: inout KeyHeap,
        waiting: Int,
        _ entries: [Entry]
    ) {
        if let first = heap.first, !isCurrent(first, entries) { return heap.replaceFirst(entry) }
        heap.push(entry)
        if heap.entries.count > 2 * waiting + 64 { heap.keep { isCurrent($0, entries) } }
    }

    static func isCurrent(_ entry: KeyEntry, _ entries: [Entry]) -> Bool {
        let task = entries[Int(entry.task)]
        return task.isWaiting && task.link.sequence == entry.sequence
    }
}
