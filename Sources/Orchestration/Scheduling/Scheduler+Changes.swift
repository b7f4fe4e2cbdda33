// Changes of the plan while its leg runs.
extension Scheduler {
    /// The most priorities that tasks may have after a change; each costs time and memory.
    static let mostPriorities = 256

    /// Returns true if a task may get this priority.
    func hasRoom(forPriority priority: Int) -> Bool {
        tiers.count < Self.mostPriorities || tiers.contains { $0.priority == priority }
    }

    /// Moves a task to the lane of another priority, where its wait begins anew.
    mutating func move(_ task: Int, to priority: Int) {
        let old = entries[task].lane
        guard tiers[lanes[old].tier].priority != priority else { return }
        decided = nil
        let (wasWaiting, wasActive) = (entries[task].isWaiting, entries[task].isActive)
        unlink(task)
        if wasActive { deactivate(task) }
        let new = lane(of: lanes[old].group, priority: priority)
        entries[task].conditions.lane = Int32(new)
        let occupancy = entries[task].occupancy
        if occupancy.isRunning {
            lanes[old].virtualTime -= occupancy.charge / lanes[old].weight
            lanes[new].virtualTime += occupancy.charge / lanes[new].weight
            lanes[old].criticalRunning -= occupancy.isCritical ? 1 : 0
            lanes[new].criticalRunning += occupancy.isCritical ? 1 : 0
        }
        if wasActive {
            catchUp(new)
            activate(task, new)
        }
        if wasWaiting { enqueue(task) }
        refresh(old)
        refresh(new)
    }

    /// Adds the tasks of a plan from an index on, and the groups that the plan has more than before.
    mutating func grow(_ plan: RunPlan, from first: Int) {
        decided = nil
        // The group of tasks without one stays the last.
        while groups.count <= plan.groups.count {
            let group = plan.groups[groups.count - 1]
            groups.insert(Group(name: group.name, cap: group.maxConcurrent), at: groups.count - 1)
            for lane in lanes.indices where lanes[lane].group == groups.count - 2 {
                lanes[lane].group += 1
            }
        }
        for task in plan.tasks[first...] {
            let group = plan.groups.firstIndex { $0.name == task.group } ?? plan.groups.count
            let weight = group < plan.groups.count ? plan.groups[group].weight : 1
            let lane = lane(of: group, priority: task.priority, weight: weight)
            entries.append(Entry(Entry.Conditions(task, lane: lane)))
        }
        estimates.grow(to: plan.tasks.count)
        let lessons = hints.lessons
        hints = SizeHints(plan: plan)
        hints.lessons = lessons
        if settings.countsDescendants { countDescendants(plan) }
    }

    /// Changes the number of slots.
    mutating func resize(to slots: Int) {
        decided = nil
        let count = min(RunPlan.slotsLimit, max(1, slots))
        warm = warm.prefix(count) + Array(repeating: -1, count: max(0, count - warm.count))
    }

    /// Forgets that a task made no progress, for which it may have been parked.
    mutating func takeUp(_ task: Int) {
        estimates.forgetIdleness(task)
        setRunningAway(task, false)
    }

    /// Returns the lane of a group and a priority, which is made if there is none.
    private mutating func lane(of group: Int, priority: Int, weight: Double? = nil) -> Int {
        let tier = tier(of: priority)
        if let lane = groups[group].lanes.first(where: { lanes[$0].tier == tier }) { return lane }
        let weight = groups[group].lanes.first.map { lanes[$0].weight } ?? weight ?? 1
        lanes.append(Lane(group: group, tier: tier, weight: Self.usable(weight)))
        groups[group].lanes.append(lanes.count - 1)
        for tier in tiers.indices { tiers[tier].runnable.addLane() }
        return lanes.count - 1
    }

    private mutating func tier(of priority: Int) -> Int {
        let place = tiers.firstIndex { $0.priority <= priority } ?? tiers.count
        if place < tiers.count, tiers[place].priority == priority { return place }
        tiers.insert(Tier(priority: priority, lanes: lanes.count), at: place)
        for lane in lanes.indices where lanes[lane].tier >= place { lanes[lane].tier += 1 }
        if lower.last >= place { lower.last += 1 }
        return place
    }
}

extension Scheduler.Entry.Conditions {
    /// Makes the conditions of a task in a lane.
    init(_ task: TaskPlan, lane: Int) {
        self.init(
            lane: Int32(lane),
            parksAfter: Int32(clamping: (max(0, task.stallAfter) + 1) / 2),
            weight: Float(Scheduler.usable(task.weight))
        )
    }
}
