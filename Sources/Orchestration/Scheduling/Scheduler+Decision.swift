// The making of a decision, and its effects.
extension Scheduler {
    /// Returns the next start; drops outdated entries, but changes nothing else.
    mutating func decide(slot: Int) -> Decision? {
        refreshStale()
        guard let top = tiers.firstIndex(where: { !$0.runnable.isEmpty }) else { return nil }
        if isFair, lower.credit + settings.ageingShare >= 1, let next = nextLower(than: top) {
            return decide(tier: next, slot: slot, isLower: true)
        }
        return decide(tier: top, slot: slot, isLower: false)
    }

    /// Applies the effects of a decision on whose turn is next.
    mutating func settle(_ decision: Decision) {
        guard isFair else { return }
        let lane = decision.lane
        if decision.isLower {
            lower.credit -= 1
            lower.last = lanes[lane].tier
        }
        if let top = tiers.firstIndex(where: { !$0.runnable.isEmpty }), nextLower(than: top) != nil
        {
            lower.credit = min(2, lower.credit + settings.ageingShare)
        }
        lanes[lane].credit += settings.ageingShare
        // A start that was not decided here, such as a probe's, leaves the share due.
        if decision.stream == .age { lanes[lane].credit -= 1 }
        if decision.stream == .length {
            lanes[lane].criticalRunning += 1
            entries[decision.task].occupancy.isCritical = true
        }
    }

    /// Marks a lane whose position among the lanes of its priority may be outdated.
    mutating func refresh(_ lane: Int) {
        guard lane != stale else { return }
        refreshStale()
        stale = lane
    }

    /// Puts the marked lane where its next task belongs.
    mutating func refreshStale() {
        guard stale >= 0 else { return }
        let lane = stale
        stale = -1
        let (tier, group) = (lanes[lane].tier, lanes[lane].group)
        if lanes[lane].queues.waiting > 0, hasRoom(group) {
            if isFair {
                let key = LaneHeap.Key(value: lanes[lane].virtualTime, tie: UInt32(lane))
                tiers[tier].runnable.set(lane, key)
            } else if let first = firstByKey(lane) {
                tiers[tier].runnable.set(lane, LaneHeap.Key(value: first.key, tie: first.sequence))
            }
        } else {
            tiers[tier].runnable.remove(lane)
        }
    }

    func hasRoom(_ group: Int) -> Bool {
        !groups[group].isHeld && !isFull(group)
    }

    /// True if a group runs as many sessions as its cap allows.
    func isFull(_ group: Int) -> Bool {
        guard let cap = groups[group].cap else { return false }
        return groups[group].running >= cap
    }

    /// Marks all lanes that a change of a group's running sessions concerns.
    mutating func refreshAfterRoomChanged(_ lane: Int) {
        let group = lanes[lane].group
        guard groups[group].cap != nil, groups[group].lanes.count > 1 else { return refresh(lane) }
        for lane in groups[group].lanes { refresh(lane) }
    }

    /// Returns the lower priority whose turn is next, of those with a task that may start.
    private func nextLower(than top: Int) -> Int? {
        guard tiers.count > 1 else { return nil }
        let others = tiers.indices.filter { $0 > top && !tiers[$0].runnable.isEmpty }
        return others.first { $0 > lower.last } ?? others.first
    }

    private mutating func decide(tier: Int, slot: Int, isLower: Bool) -> Decision? {
        guard let lane = tiers[tier].runnable.first else { return nil }
        var decision = Decision(task: -1, stream: .rank, lane: lane, isLower: isLower)
        if isFair, lanes[lane].credit + settings.ageingShare >= 1 {
            (decision.task, decision.stream) = (oldest(lane), .age)
        } else if isFair, let longest = firstCritical(lane) {
            (decision.task, decision.stream) = (longest, .length)
        } else if let first = firstByRank(lane, slot: slot) {
            decision.task = first
        } else {
            (decision.task, decision.stream) = (oldest(lane), .parked)
        }
        return decision
    }

    /// Returns the longest task, if the batch would end later unless that task begins now.
    private mutating func firstCritical(_ lane: Int) -> Int? {
        guard settings.longestShare > 0 else { return nil }
        let share = Double(slots) * lanes[lane].weight / tiers[lanes[lane].tier].busyWeight
        let places = settings.longestShare * share + 1e-9
        guard Double(lanes[lane].criticalRunning + 1) <= places else { return nil }
        guard let first = Self.first(of: &lanes[lane].queues.longest, entries) else { return nil }
        let unseen = Double(lanes[lane].work.unseen) * estimates.unseenMean
        let whole = (lanes[lane].work.seconds + unseen) / share
        return -first.key >= Self.criticalLength * whole ? Int(first.task) : nil
    }

    private mutating func firstByRank(_ lane: Int, slot: Int) -> Int? {
        let seen = firstByKey(lane)
        if isFair, let unseen = firstUnseen(lane), unseen.key <= seen?.key ?? .infinity {
            return Int(unseen.task)
        }
        guard let seen else { return nil }
        if isFair, settings.prefersWarm, warm.indices.contains(slot), warm[slot] >= 0 {
            let task = entries[Int(warm[slot])]
            let isEqual = task.isWaiting && task.lane == lane && task.key == seen.key
            if isEqual { return Int(warm[slot]) }
        }
        return Int(seen.task)
    }

    /// Returns the task that has waited longest; one must wait.
    private mutating func oldest(_ lane: Int) -> Int {
        Int(Self.first(of: &lanes[lane].queues.kept, entries)?.task ?? lanes[lane].queues.oldest)
    }

    private mutating func firstByKey(_ lane: Int) -> KeyEntry? {
        Self.first(of: &lanes[lane].queues.keys, entries)
    }

    /// Returns the first of the tasks that nothing is known of, with its current key.
    private mutating func firstUnseen(_ lane: Int) -> KeyEntry? {
        var best: KeyEntry?
        for queue in lanes[lane].queues.unseen.indices {
            while let first = lanes[lane].queues.unseen[queue].first {
                if Self.isCurrent(first, entries) {
                    var first = first
                    first.key += estimates.unseenRank / lanes[lane].queues.unseen[queue].weight
                    best = min(best ?? first, first)
                    break
                }
                lanes[lane].queues.unseen[queue].popFirst()
            }
        }
        return best
    }

    private static func first(of heap: inout KeyHeap, _ entries: [Entry]) -> KeyEntry? {
        while let first = heap.first {
            if isCurrent(first, entries) { return first }
            heap.popFirst()
        }
        return nil
    }
}
