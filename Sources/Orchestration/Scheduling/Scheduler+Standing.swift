/// Where a waiting task stands, for people.
package struct Standing: Hashable, Sendable {
    /// Its group; empty for tasks without one.
    package var group: String
    /// Whether its group runs as many sessions as it may.
    package var isGroupFull: Bool
    /// Whether its group starts nothing since its budget is used up, or set aside.
    package var isGroupHeld: Bool
    /// Whether tasks of a larger priority wait that may start.
    package var isOutranked: Bool
    /// Whether its group has tasks of other priorities, which the bound does not count.
    package var hasOtherPriorities: Bool
    /// Groups of its priority with a task that may start and with less session time for their
    /// weight; 0 where groups have no shares.
    package var groupsAhead: Int
    /// Tasks of its priority that would go first by rank, first the next one; those of its group
    /// alone where groups have shares.
    package var ahead: [Int]
    /// Tasks of its group and priority that wait, itself included.
    package var waiting: Int
    /// The work that is thought to be left, in seconds; `nil` where nothing is known of the task.
    package var remaining: Double?
    /// The work that is left by the speed of its whole life, in seconds; `nil` where nothing is
    /// known of the task.
    package var remainingAtItsSpeed: Double?
    /// What PACE ranks it by, in seconds; `nil` for other rules.
    ///
    /// The work that is thought to be left, or more where the task does not come on; the group's
    /// expectation of a task where nothing is known.
    package var rank: Double?
    /// Seconds of all its sessions.
    package var attained: Double
    /// Sessions in a row without a new tick.
    package var idle: Int
    /// Whether it only runs by its age, or when nothing else waits.
    package var isParked: Bool
    /// The starts of tasks of its group and priority after which its turn comes at the latest,
    /// whatever the ranks; `nil` where nothing bounds it.
    package var latest: Int?
}

extension Scheduler {
    /// Where a task stands; `nil` for one that does not wait.
    package func standing(of task: Int) -> Standing? {
        guard entries.indices.contains(task), entries[task].isWaiting else { return nil }
        let lane = lanes[Int(entries[task].lane)]
        let known = estimates.isSeen(task)
        return Standing(
            group: groupNames[lane.group],
            isGroupFull: isFull(lane.group),
            isGroupHeld: heldGroups.contains(lane.group),
            isOutranked: lanes.contains {
                $0.tier < lane.tier && $0.waiting > 0 && hasRoom($0.group)
            },
            hasOtherPriorities: lanesOfGroup[lane.group].count > 1,
            groupsAhead: groupsAhead(of: lane),
            ahead: tasksAhead(of: task),
            waiting: lane.waiting,
            remaining: known ? estimates.remaining(task) : nil,
            remainingAtItsSpeed: known ? estimates.naiveRemaining(task) : nil,
            rank: isFair ? rank(of: task) ?? estimates.unseenRank : nil,
            attained: estimates.attained(task),
            idle: estimates.idle(task),
            isParked: isParked(task),
            latest: latestStart(of: task)
        )
    }

    private func groupsAhead(of lane: Lane) -> Int {
        guard isFair else { return 0 }
        return lanes.count {
            $0.tier == lane.tier && $0.waiting > 0 && hasRoom($0.group)
                && $0.virtualTime < lane.virtualTime
        }
    }

    /// The waiting tasks that come before it by key: those of its lane, or where lanes have no
    /// shares, those of its priority.
    private func tasksAhead(of task: Int) -> [Int] {
        let lane = entries[task].lane
        let tier = lanes[Int(lane)].tier
        let own = currentKey(of: task)
        let others = entries.indices.filter {
            entries[$0].isWaiting
                && (isFair
                    ? entries[$0].lane == lane
                    : lanes[Int(entries[$0].lane)].tier == tier && hasRoom(for: $0))
        }
        return others.map { ($0, currentKey(of: $0)) }.filter { $0.1 < own }
            .sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// The key as of now; parked tasks come last.
    private func currentKey(of task: Int) -> KeyEntry {
        let entry = entries[task]
        var key = rank(of: task) ?? estimates.unseenRank
        if isParked(task) {
            key = .infinity
        } else if isFair {
            key = entry.arrivalClock + key / Double(entry.weight)
        }
        return KeyEntry(key: key, sequence: entry.sequence, task: Int32(task))
    }

    /// After how many starts of its lane the ageing share reaches the task: it loses one of those
    /// that have waited longer with each 1/λ starts.
    private func latestStart(of task: Int) -> Int? {
        guard isFair, settings.ageingShare > 0 else { return nil }
        let lane = lanes[Int(entries[task].lane)]
        let sequence = entries[task].sequence
        let older = entries.count {
            $0.isWaiting && $0.lane == entries[task].lane && $0.sequence < sequence
        }
        return Int(
            clamping: ((Double(older + 1) - lane.credit) / settings.ageingShare).rounded(.up)
        )
    }
}
