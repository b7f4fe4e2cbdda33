// The scheduler's part of a snapshot.
extension Scheduler {
    /// The changing state of a scheduler, except what it knows of each task.
    struct Memory: Sendable, Codable {
        fileprivate struct Kept<Value: Sendable & Codable>: Sendable, Codable {
            var task: Int
            var value: Value
        }

        fileprivate var world: Estimates.World
        fileprivate var lessons: SizeHints.Lessons
        fileprivate var lanes: [Lane]
        fileprivate var runnable: [LaneHeap]
        fileprivate var clocks: [Double]
        fileprivate var busyCount: [Int]
        fileprivate var busyWeight: [Double]
        fileprivate var groupRunning: [Int]
        fileprivate var idleSince: [UInt32]
        fileprivate var heldGroups: [Int]
        fileprivate var starts: UInt32
        fileprivate var sequence: UInt32
        fileprivate var arrivals: Int32
        fileprivate var lowerCredit: Double
        fileprivate var lastLower: Int
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
            lessons: hints.lessons,
            lanes: lanes,
            runnable: runnable,
            clocks: clocks,
            busyCount: busyCount,
            busyWeight: busyWeight,
            groupRunning: groupRunning,
            idleSince: idleSince,
            heldGroups: heldGroups.sorted(),
            starts: starts,
            sequence: sequence,
            arrivals: arrivals,
            lowerCredit: lowerCredit,
            lastLower: lastLower,
            warm: warm,
            decided: decided,
            stale: stale,
            keptClocks: keptClocks.sorted { $0.key < $1.key }.map { .init(task: $0, value: $1) },
            keptAges: keptAges.sorted { $0.key < $1.key }.map { .init(task: $0, value: $1) }
        )
    }

    /// Makes the scheduler of a plan with the state of another one of the same plan.
    ///
    /// - Returns: `nil` if the state is that of another plan.
    init?(plan: RunPlan, entries: [Entry], tasks: [Estimates.Task], memory: Memory) {
        self.init(plan: plan)
        guard entries.count == self.entries.count, tasks.count == entries.count,
            memory.lanes.count == lanes.count, memory.runnable.count == runnable.count,
            memory.groupRunning.count == groupRunning.count, memory.warm.count == warm.count
        else { return nil }
        self.entries = entries
        estimates.restore(tasks, memory.world)
        hints.lessons = memory.lessons
        lanes = memory.lanes
        runnable = memory.runnable
        (clocks, busyCount, busyWeight) = (memory.clocks, memory.busyCount, memory.busyWeight)
        (groupRunning, idleSince) = (memory.groupRunning, memory.idleSince)
        heldGroups = Set(memory.heldGroups)
        (starts, sequence, arrivals) = (memory.starts, memory.sequence, memory.arrivals)
        (lowerCredit, lastLower) = (memory.lowerCredit, memory.lastLower)
        (warm, decided, stale) = (memory.warm, memory.decided, memory.stale)
        for kept in memory.keptClocks { keptClocks[kept.task] = kept.value }
        for kept in memory.keptAges { keptAges[kept.task] = kept.value }
    }
}
