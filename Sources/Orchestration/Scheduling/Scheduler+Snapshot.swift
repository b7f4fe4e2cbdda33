// The scheduler's part of a snapshot.
extension Scheduler {
    /// The changing state of a scheduler, except what it knows of each task.
    struct Memory: Sendable, Codable {
        fileprivate struct Kept<Value: Sendable & Codable>: Sendable, Codable {
            var task: Int
            var value: Value
        }

        fileprivate var world: Estimates.World
        fileprivate var earlier: [Kept<EarlierWork.Task>]
        fileprivate var earlierLessons: EarlierWork.Lessons
        fileprivate var lessons: SizeHints.Lessons
        fileprivate var lanes: [Lane]
        fileprivate var groups: [Group]
        fileprivate var tiers: [Tier]
        fileprivate var starts: UInt32
        fileprivate var sequence: UInt32
        fileprivate var arrivals: Int32
        fileprivate var lower: LowerPriorities
        fileprivate var warm: [Int32]
        fileprivate var decided: Decision?
        fileprivate var stale: Int
        fileprivate var keptClocks: [Kept<Double>]
        fileprivate var keptAges: [Kept<UInt32>]
    }

    /// The changing state of this scheduler, except `entries` and the estimates of each task.
    var memory: Memory {
        Memory(
            world: estimates.world,
            earlier: Self.sorted(estimates.earlier.tasks),
            earlierLessons: estimates.earlier.lessons,
            lessons: hints.lessons,
            lanes: lanes,
            groups: groups,
            tiers: tiers,
            starts: starts,
            sequence: seniority.sequence,
            arrivals: seniority.arrivals,
            lower: lower,
            warm: warm,
            decided: decided,
            stale: stale,
            keptClocks: Self.sorted(seniority.keptClocks),
            keptAges: Self.sorted(seniority.keptAges)
        )
    }

    private static func sorted<Value: Sendable & Codable>(
        _ kept: [Int: Value]
    ) -> [Memory.Kept<Value>] {
        kept.sorted { $0.key < $1.key }.map { Memory.Kept(task: $0, value: $1) }
    }

    /// Makes the scheduler of a plan with the state of another one of the same plan.
    ///
    /// - Returns: `nil` if the state is that of another plan.
    init?(plan: RunPlan, entries: [Entry], tasks: [Estimates.Task], memory: Memory) {
        self.init(plan: plan)
        // Priorities that were changed may have left lanes and tiers that the plan does not need.
        guard entries.count == self.entries.count, tasks.count == entries.count,
            memory.groups.count == groups.count, memory.warm.count == warm.count,
            entries.allSatisfy({ memory.lanes.indices.contains($0.lane) }),
            memory.lanes.allSatisfy({ lane in
                memory.tiers.indices.contains(lane.tier) && groups.indices.contains(lane.group)
            })
        else { return nil }
        self.entries = entries
        var earlier = EarlierWork(lessons: memory.earlierLessons)
        for kept in memory.earlier { earlier.keep(kept.value, at: kept.task) }
        estimates.restore(tasks, memory.world, earlier)
        hints.lessons = memory.lessons
        (lanes, groups, tiers, lower) = (memory.lanes, memory.groups, memory.tiers, memory.lower)
        starts = memory.starts
        (seniority.sequence, seniority.arrivals) = (memory.sequence, memory.arrivals)
        (warm, decided, stale) = (memory.warm, memory.decided, memory.stale)
        for kept in memory.keptClocks { seniority.keptClocks[kept.task] = kept.value }
        for kept in memory.keptAges { seniority.keptAges[kept.task] = kept.value }
    }
}
