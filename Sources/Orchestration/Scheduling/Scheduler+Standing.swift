/// The standing of a waiting task, for people.
package struct Standing: Hashable, Sendable {
    /// The group's name; empty for tasks without a group.
    package var group: String
    /// True if the group runs as many sessions as its cap allows.
    package var isGroupFull: Bool
    /// True if the group starts nothing, since its budget is used up or reserved.
    package var isGroupHeld: Bool
    /// True if tasks of a larger priority wait that may start.
    package var isOutranked: Bool
    /// True if the group has tasks of other priorities, which `latest` does not count.
    package var hasOtherPriorities: Bool
    /// Number of groups of the same priority with a task that may start and with less session time
    /// for their weight; 0 if groups have no shares.
    package var groupsAhead: Int
    /// Tasks of the same priority that go first by rank, the next one first; only tasks of the same
    /// group if groups have shares.
    package var ahead: [Int]
    /// Number of waiting tasks of the same group and priority, this one included.
    package var waiting: Int
    /// Expected remaining work, in seconds; `nil` if nothing is known of the task.
    package var remaining: Double?
    /// Remaining work at the mean speed of the task's life, in seconds; `nil` if nothing is known
    /// of the task.
    package var remainingAtItsSpeed: Double?
    /// The rank in PACE, in seconds; `nil` for other rules.
    ///
    /// The expected remaining work, or more if the task makes no progress; if nothing is known of
    /// the task, the rank of its size hint, else that of all such tasks.
    package var rank: Double?
    /// Seconds of the sessions that the task took before it began anew; `nil` if it was not complete
    /// before.
    package var earlier: Double?
    /// Seconds of all sessions.
    package var attained: Double
    /// Sessions in a row without a new tick.
    package var idle: Int
    /// True if the task runs only by its age, or when nothing else waits.
    package var isParked: Bool
    /// Number of starts of the same group and priority after which the task's turn comes at the
    /// latest, whatever the ranks; `nil` if unbounded.
    package var latest: Int?
}

extension Scheduler {
    /// Returns a task's standing; `nil` for a task that does not wait.
    package func standing(of task: Int) -> Standing? {
        guard entries.indices.contains(task), entries[task].isWaiting else { return nil }
        let lane = lanes[entries[task].lane]
        let known = estimates.isSeen(task)
        return Standing(
            group: groups[lane.group].name,
            isGroupFull: isFull(lane.group),
            isGroupHeld: groups[lane.group].isHeld,
            isOutranked: lanes.contains {
                $0.tier < lane.tier && $0.queues.waiting > 0 && hasRoom($0.group)
            },
            hasOtherPriorities: groups[lane.group].lanes.count > 1,
            groupsAhead: groupsAhead(of: lane),
            ahead: tasksAhead(of: task),
            waiting: lane.queues.waiting,
            remaining: known ? estimates.remaining(task) : nil,
            remainingAtItsSpeed: known ? estimates.naiveRemaining(task) : nil,
            rank: isFair ? rank(of: task) ?? estimates.unseenRank : nil,
            earlier: estimates.earlier.tasks[task]?.seconds,
            attained: estimates.attained(task),
            idle: estimates.idle(task),
            isParked: isParked(task),
            latest: latestStart(of: task)
        )
    }

    private func groupsAhead(of lane: Lane) -> Int {
        guard isFair else { return 0 }
        return lanes.count {
            $0.tier == lane.tier && $0.queues.waiting > 0 && hasRoom($0.group)
                && $0.virtualTime < lane.virtualTime
        }
    }

    /// Returns the waiting tasks with a smaller key: those of the same lane or, if lanes have no
    /// shares, of the same priority.
    private func tasksAhead(of task: Int) -> [Int] {
        let lane = entries[task].lane
        let tier = lanes[lane].tier
        let own = currentKey(of: task)
        let others = entries.indices.filter {
            entries[$0].isWaiting
                && (isFair
                    ? entries[$0].lane == lane
                    : lanes[entries[$0].lane].tier == tier && hasRoom(for: $0))
        }
        return others.map { ($0, currentKey(of: $0)) }.filter { $0.1 < own }
            .sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// Returns the current key of a task; parked tasks come last.
    private func currentKey(of task: Int) -> KeyEntry {
        let entry = entries[task]
        var key = rank(of: task) ?? estimates.unseenRank
        if isParked(task) {
            key = .infinity
        } else if isFair {
            key = entry.arrivalClock + key / Double(entry.conditions.weight)
        }
        return KeyEntry(key: key, sequence: entry.link.sequence, task: Int32(task))
    }

    /// Returns the number of starts of the task's lane after which the ageing share reaches it:
    /// with each 1/λ starts, one task that has waited longer goes.
    private func latestStart(of task: Int) -> Int? {
        guard isFair, settings.ageingShare > 0 else { return nil }
        let lane = lanes[entries[task].lane]
        let sequence = entries[task].link.sequence
        let older = entries.count {
            $0.isWaiting && $0.lane == entries[task].lane && $0.link.sequence < sequence
        }
        // A share that has been due for long is served with each start, and one start serves one task.
        let due = (Double(older + 1) - lane.credit) / settings.ageingShare
        return max(older + 1, Int(clamping: due.rounded(.up)))
    }
}
