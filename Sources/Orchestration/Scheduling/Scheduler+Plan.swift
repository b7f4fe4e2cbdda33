// The making of a scheduler from a plan and an earlier scheduler.
extension Scheduler {
    mutating func makeLanes(_ plan: RunPlan) {
        let priorities = Set(plan.tasks.map(\.priority)).sorted(by: >)
        let tierOf = Dictionary(uniqueKeysWithValues: priorities.enumerated().map { ($1, $0) })
        let groupOf = Dictionary(plan.groups.enumerated().map { ($1.name, $0) }) { first, _ in first
        }
        let ungrouped = plan.groups.count
        var laneOf: [[Int]: Int] = [:]
        entries.reserveCapacity(plan.tasks.count)
        for task in plan.tasks {
            let group = task.group.flatMap { groupOf[$0] } ?? ungrouped
            let tier = tierOf[task.priority] ?? 0
            let lane = laneOf[[group, tier]] ?? lanes.count
            if lane == lanes.count {
                let weight = group < ungrouped ? plan.groups[group].weight : 1
                lanes.append(Lane(group: group, tier: tier, weight: Self.usable(weight)))
                groups[group].lanes.append(lane)
                laneOf[[group, tier]] = lane
            }
            entries.append(Entry(Entry.Conditions(task, lane: lane)))
        }
        tiers = priorities.map { Tier(priority: $0, lanes: lanes.count) }
    }

    /// Counts the tasks that wait for each one, D, where a task with several needs counts for each
    /// in part.
    mutating func countDescendants(_ plan: RunPlan) {
        guard plan.tasks.contains(where: { !$0.needs.isEmpty }) else { return }
        let places = Dictionary(plan.tasks.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let needs = plan.tasks.map { $0.needs.compactMap { places[$0] } }
        var dependents = Array(repeating: 0, count: needs.count)
        for need in needs.joined() { dependents[need] += 1 }
        var counts = Array(repeating: 0.0, count: needs.count)
        var ready = dependents.indices.filter { dependents[$0] == 0 }
        while let task = ready.popLast() {
            entries[task].conditions.descendants = Float(counts[task])
            for need in needs[task] {
                counts[need] += (1 + counts[task]) / Double(needs[task].count)
                dependents[need] -= 1
                if dependents[need] == 0 { ready.append(need) }
            }
        }
    }

    /// Adopts an earlier scheduler's knowledge of tasks and groups with the same names.
    mutating func keep(_ old: Scheduler, _ oldPlan: RunPlan, _ plan: RunPlan) {
        estimates.keepWorld(of: old.estimates)
        hints.lessons = old.hints.lessons
        lower.credit = old.lower.credit
        seniority.sequence = old.seniority.sequence
        let places = Dictionary(oldPlan.tasks.enumerated().map { ($1.name, $0) }) { first, _ in
            first
        }
        for (task, taskPlan) in plan.tasks.enumerated() {
            guard let before = places[taskPlan.name] else { continue }
            estimates.keep(before, of: old.estimates, at: task)
            keepStanding(of: task, old, before)
        }
        for lane in lanes where lane.keepsStanding {
            let clock = tiers[lane.tier].clock
            tiers[lane.tier].clock = clock == 0 ? lane.virtualTime : min(clock, lane.virtualTime)
        }
    }

    /// Keeps a task's position within its group, and the group's standing; a lost session is not charged.
    private mutating func keepStanding(of task: Int, _ old: Scheduler, _ before: Int) {
        let (lane, oldLane) = (entries[task].lane, old.entries[before].lane)
        let oldGroup = old.lanes[oldLane]
        guard groups[lanes[lane].group].name == old.groups[oldGroup.group].name else { return }
        if lanes[lane].virtualTime == 0 {
            lanes[lane].virtualTime = oldGroup.virtualTime
            lanes[lane].shareClock = oldGroup.shareClock
            lanes[lane].credit = oldGroup.credit
        }
        if oldGroup.work.active > 0 { lanes[lane].keepsStanding = true }
        if old.entries[before].isRunning {
            lanes[lane].virtualTime -= old.entries[before].occupancy.charge / lanes[lane].weight
        }
        if old.entries[before].isActive {
            seniority.keptClocks[task] = old.entries[before].arrivalClock
        }
        if old.entries[before].isWaiting {
            seniority.keptAges[task] = old.entries[before].link.sequence
        }
    }

    /// Clamps a weight to a range in which all arithmetic works.
    static func usable(_ weight: Double) -> Double {
        weight.isFinite ? min(max(weight, 1e-6), 1e9) : 1
    }
}

// The waiting tasks of a lane by age, as a list within the entries.
extension Scheduler {
    /// Gives a task that begins to wait its age: its age of an earlier leg, or the youngest.
    mutating func addByAge(_ task: Int, _ lane: Int) {
        if !seniority.keptAges.isEmpty, let age = seniority.keptAges.removeValue(forKey: task) {
            entries[task].link.sequence = age
            lanes[lane].queues.kept.push(KeyEntry(key: 0, sequence: age, task: Int32(task)))
        } else {
            seniority.sequence &+= 1
            entries[task].link.sequence = seniority.sequence
            linkNewest(task, lane)
        }
    }

    private mutating func linkNewest(_ task: Int, _ lane: Int) {
        let newest = lanes[lane].queues.newest
        entries[task].link.older = newest
        entries[task].link.newer = -1
        if newest >= 0 {
            entries[Int(newest)].link.newer = Int32(task)
        } else {
            lanes[lane].queues.oldest = Int32(task)
        }
        lanes[lane].queues.newest = Int32(task)
    }

    /// Removes a waiting task from its lane; the task's entries in the heaps become outdated.
    ///
    /// A task with an age of an earlier leg is in no list.
    mutating func unlink(_ task: Int) {
        guard entries[task].isWaiting else { return }
        let lane = entries[task].lane
        let (older, newer) = (entries[task].link.older, entries[task].link.newer)
        let isListed = older >= 0 || newer >= 0 || lanes[lane].queues.oldest == task
        entries[task].isWaiting = false
        lanes[lane].queues.waiting -= 1
        guard isListed else { return }
        if older >= 0 {
            entries[Int(older)].link.newer = newer
        } else {
            lanes[lane].queues.oldest = newer
        }
        if newer >= 0 {
            entries[Int(newer)].link.older = older
        } else {
            lanes[lane].queues.newest = older
        }
    }
}
