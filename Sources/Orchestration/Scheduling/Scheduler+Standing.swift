/// Where a waiting task stands, for people.
package struct Standing: Hashable, Sendable {
    /// Its group; empty for tasks without one.
    package var group: String
    /// Whether its group runs as many sessions as it may.
    package var isGroupFull: Bool
    /// Whether tasks of a larger priority wait.
    package var isOutranked: Bool
    /// Groups of its priority with a task that may start and with less session time for their
    /// weight.
    package var groupsAhead: Int
    /// Tasks of its group that would go first by rank, first the next one.
    package var ahead: [Int]
    /// Tasks of its group and priority that wait, itself included.
    package var waiting: Int
    /// The work that is thought to be left, in seconds; `nil` where nothing is known of the task.
    package var remaining: Double?
    /// What it is ranked by, in seconds: the work that is thought to be left, or more where the
    /// task does not come on; the group's expectation of a task where nothing is known.
    package var rank: Double
    /// Sessions in a row without a new tick.
    package var idle: Int
    /// Whether it only runs by its age, or when nothing else waits.
    package var isParked: Bool
    /// The starts of its group after which its turn comes at the latest, whatever the ranks.
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
            isGroupFull: !hasRoom(lane.group),
            isOutranked: lanes.contains {
                $0.tier < lane.tier && $0.waiting > 0 && hasRoom($0.group)
            },
            groupsAhead: lanes.count {
                $0.tier == lane.tier && $0.waiting > 0 && $0.virtualTime < lane.virtualTime
            },
            ahead: tasksAhead(of: task),
            waiting: lane.waiting,
            remaining: known ? estimates.remaining(task) : nil,
            rank: rank(of: task) ?? estimates.unseenRank,
            idle: estimates.idle(task),
            isParked: isParked(task),
            latest: latestStart(of: task)
        )
    }

    /// The waiting tasks of its lane that come before it by key.
    private func tasksAhead(of task: Int) -> [Int] {
        let lane = entries[task].lane
        let own = currentKey(of: task)
        let others = entries.indices.filter { entries[$0].isWaiting && entries[$0].lane == lane }
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
        var older = 0
        var next = entries[task].older
        while next >= 0 {
            older += 1
            next = entries[Int(next)].older
        }
        return Int(((Double(older + 1) - lane.credit) / settings.ageingShare).rounded(.up))
    }
}
