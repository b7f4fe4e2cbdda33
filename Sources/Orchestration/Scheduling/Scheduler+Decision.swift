// The making of a decision, and its effects.
extension Scheduler {
    /// Returns the next start; drops outdated entries, but changes nothing else.
    mutating func decide(slot: Int) -> Decision? {
        refreshStale()
        guard let top = runnable.firstIndex(where: { !$0.isEmpty }) else { return nil }
        if isFair, lowerCredit + settings.ageingShare >= 1, let lower = nextLower(than: top) {
            return decide(tier: lower, slot: slot, isLower: true)
        }
        return decide(tier: top, slot: slot, isLower: false)
    }

    /// Applies the effects of a decision on whose turn is next.
    mutating func settle(_ decision: Decision) {
        guard isFair else { return }
        let lane = decision.lane
        if decision.isLower {
            lowerCredit -= 1
            lastLower = lanes[lane].tier
        }
        if let top = runnable.firstIndex(where: { !$0.isEmpty }), nextLower(than: top) != nil {
            lowerCredit = min(2, lowerCredit + settings.ageingShare)
        }
        lanes[lane].credit += settings.ageingShare
        // A start that was not decided here, such as a probe's, leaves the share due.
        if decision.stream == .age { lanes[lane].credit -= 1 }
        if decision.stream == .length {
            lanes[lane].criticalRunning += 1
            entries[decision.task].isCritical = true
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
        if lanes[lane].waiting > 0, hasRoom(group) {
            if isFair {
                let key = LaneHeap.Key(value: lanes[lane].virtualTime, tie: UInt32(lane))
                runnable[tier].set(lane, key)
            } else if let first = firstByKey(lane) {
                runnable[tier].set(lane, LaneHeap.Key(value: first.key, tie: first.sequence))
            }
        } else {
            runnable[tier].remove(lane)
        }
    }

    func hasRoom(_ group: Int) -> Bool {
        if !heldGroups.isEmpty, heldGroups.contains(group) { return false }
        return !isFull(group)
    }

    /// True if a group runs as many sessions as its cap allows.
    func isFull(_ group: Int) -> Bool {
        guard let cap = groupCaps[group] else { return false }
        return groupRunning[group] >= cap
    }

    /// Marks all lanes that a change of a group's running sessions concerns.
    mutating func refreshAfterRoomChanged(_ lane: Int) {
        let group = lanes[lane].group
        guard groupCaps[group] != nil, lanesOfGroup[group].count > 1 else { return refresh(lane) }
        for lane in lanesOfGroup[group] { refresh(lane) }
    }

    /// Returns the lower priority whose turn is next, of those with a task that may start.
    private func nextLower(than top: Int) -> Int? {
        guard runnable.count > 1 else { return nil }
        let lower = runnable.indices.filter { $0 > top && !runnable[$0].isEmpty }
        return lower.first { $0 > lastLower } ?? lower.first
    }

    private mutating func decide(tier: Int, slot: Int, isLower: Bool) -> Decision? {
        guard let lane = runnable[tier].first else { return nil }
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
        let share = Double(slots) * lanes[lane].weight / busyWeight[lanes[lane].tier]
        let places = settings.longestShare * share + 1e-9
        guard Double(lanes[lane].criticalRunning + 1) <= places else { return nil }
        guard let first = Self.first(of: &lanes[lane].longest, entries) else { return nil }
        let unseen = Double(lanes[lane].unseenCount) * estimates.unseenMean
        return -first.key >= (lanes[lane].openWork + unseen) / share ? Int(first.task) : nil
    }

    private mutating func firstByRank(_ lane: Int, slot: Int) -> Int? {
        let seen = firstByKey(lane)
        if isFair, let unseen = firstUnseen(lane), unseen.key <= seen?.key ?? .infinity {
            return Int(unseen.task)
        }
        guard let seen else { return nil }
        if isFair, settings.prefersWarm, warm.indices.contains(slot), warm[slot] >= 0 {
            let task = entries[Int(warm[slot])]
            let isEqual = task.isWaiting && Int(task.lane) == lane && task.key == seen.key
            if isEqual { return Int(warm[slot]) }
        }
        return Int(seen.task)
    }

    /// Returns the task that has waited longest; one must wait.
    private mutating func oldest(_ lane: Int) -> Int {
        Int(Self.first(of: &lanes[lane].kept, entries)?.task ?? lanes[lane].oldest)
    }

    private mutating func firstByKey(_ lane: Int) -> KeyEntry? {
        Self.first(of: &lanes[lane].keys, entries)
    }

    /// Returns the first of the tasks that nothing is known of, with its current key.
    private mutating func firstUnseen(_ lane: Int) -> KeyEntry? {
        var best: KeyEntry?
        for queue in lanes[lane].unseen.indices {
            while let first = lanes[lane].unseen[queue].first {
                if Self.isCurrent(first, entries) {
                    var first = first
                    first.key += estimates.unseenRank / lanes[lane].unseen[queue].weight
                    best = min(best ?? first, first)
                    break
                }
                lanes[lane].unseen[queue].popFirst()
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
