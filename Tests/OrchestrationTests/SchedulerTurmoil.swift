import Orchestration

/// A scheduler under random arrivals, caps, weights, priorities, pauses, failures, starts that it
/// did not decide, and lists that grow, shrink and lie.
struct Turmoil {
    /// Tasks that are served in turns.
    struct Lane: Hashable {
        var group: String
        var priority: Int
    }

    /// What came of a turn, in order.
    enum Happening {
        /// A task begins to wait, and starts after at most so many starts of its lane.
        case waits(Int, latest: Int)
        case starts(Int)
        /// A start that was not decided.
        case isForced(Int)
        case ends(Int, Estimates.Report?)
    }

    private(set) var bench: SchedulerBench
    private var random: SplitMix64
    private var paused: [Int]

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let groups = (0..<Int.random(in: 1...4, using: &random)).map { number in
            GroupPlan(
                name: "g\(number)",
                weight: [0.01, 1, 3, 1e6].randomElement(using: &random) ?? 1,
                maxConcurrent: Bool.random(using: &random)
                    ? Int.random(in: 1...3, using: &random) : nil
            )
        }
        let plan = RunPlan(
            concurrency: Int.random(in: 1...6, using: &random),
            groups: groups,
            tasks: SchedulerBench.tasks(40) { task, _ in
                task.group = groups.randomElement(using: &random)?.name
                task.priority = seed % 2 == 0 ? 0 : Int.random(in: 0...2, using: &random)
                task.weight = [0.001, 1, 2, 1e6].randomElement(using: &random) ?? 1
                task.size =
                    Bool.random(using: &random)
                    ? Double.random(in: 0.01...1e4, using: &random) : nil
            }
        )
        bench = SchedulerBench(plan)
        paused = Array(plan.tasks.indices)
        self.random = random
    }

    /// The tasks that a task is served in turns with.
    func lane(_ task: Int) -> Lane {
        Lane(group: bench.plan.tasks[task].group ?? "", priority: bench.plan.tasks[task].priority)
    }

    /// How many tasks a lane has.
    func members(_ lane: Lane) -> Int {
        bench.plan.tasks.indices.count { self.lane($0) == lane }
    }

    /// A session ends, some tasks come, and what may starts.
    mutating func turn() -> [Happening] {
        var happenings: [Happening] = []
        if let task = bench.running.keys.sorted().randomElement(using: &random) {
            happenings.append(.ends(task, end(task)))
            if Bool.random(using: &random) {
                wait(task, &happenings)
            } else {
                paused.append(task)
            }
        }
        for task in paused where Int.random(in: 0..<4, using: &random) == 0 {
            paused.removeAll { $0 == task }
            wait(task, &happenings)
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
            let task = Int.random(in: 0..<40, using: &random)
            if bench.force(task) { happenings.append(.isForced(task)) }
        }
        return happenings + bench.fill().map { .starts($0) }
    }

    private mutating func wait(_ task: Int, _ happenings: inout [Happening]) {
        bench.scheduler.enqueue(task)
        guard let latest = bench.scheduler.standing(of: task)?.latest else { return }
        happenings.append(.waits(task, latest: latest))
    }

    private mutating func end(_ task: Int) -> Estimates.Report? {
        let seconds: Double = [0, 1, 600, 36_000].randomElement(using: &random) ?? 1
        guard Int.random(in: 0..<5, using: &random) > 0 else {
            bench.lose(task, seconds: seconds)
            return nil
        }
        let (done, total) = (
            Int.random(in: -3...40, using: &random), Int.random(in: -3...30, using: &random)
        )
        let crashed = Bool.random(using: &random)
        bench.end(task, seconds: seconds, done: done, total: total, crashed: crashed)
        return Estimates.Report(seconds: seconds, done: done, total: total, crashed: crashed)
    }
}

/// Four groups of random weights under random durations, pauses and failures: two that always have
/// a task waiting, one with a cap, and one that comes late, and is taken out and back as a whole.
struct ContestedShares {
    private static let longest = 600.0
    private static let (capped, late) = (2, 3)

    private var bench: SchedulerBench
    private var random: SplitMix64
    private let weights: [Double]
    private var now = 0.0
    private var begun: [Int: Double] = [:]
    private var ends: [Int: Double] = [:]
    private var served = [0.0, 0, 0, 0]
    /// What a group is thought to have had before it came, for its weight.
    private var levels = [0.0, 0, 0, 0]
    private var isThere = [true, true, true, false]
    private var paused: [Int] = []
    /// The most sessions of each group that ran at once while groups were compared.
    private var mostRunning = [0, 0, 0, 0]
    private(set) var comparisons = 0

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let weights = (0..<4).map { _ in Double.random(in: 0.2...5, using: &random) }
        self.weights = weights
        let plan = RunPlan(
            concurrency: 6,
            groups: weights.enumerated().map { place, weight in
                GroupPlan(
                    name: "g\(place)",
                    weight: weight,
                    maxConcurrent: place == Self.capped ? 1 : nil
                )
            },
            tasks: SchedulerBench.tasks(80) { $0.group = "g\($1 % 4)" }
        )
        bench = SchedulerBench(plan)
        self.random = random
        for task in 0..<80 where task % 4 != Self.late { bench.scheduler.enqueue(task) }
    }

    /// A session ends, and what may starts.
    mutating func turn() {
        if Int.random(in: 0..<200, using: &random) == 0 { comeOrGo() }
        for task in paused where Int.random(in: 0..<6, using: &random) == 0 {
            paused.removeAll { $0 == task }
            if isThere[task % 4] { bench.scheduler.enqueue(task) }
        }
        if let next = ends.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            end(next.key, at: next.value)
        }
        for task in bench.fill() {
            begun[task] = now
            ends[task] = now + Double.random(in: 1...Self.longest, using: &random)
        }
        for group in 0..<4 { mostRunning[group] = max(mostRunning[group], running(group)) }
    }

    private mutating func end(_ task: Int, at time: Double) {
        now = time
        ends[task] = nil
        let seconds = now - (begun.removeValue(forKey: task) ?? now)
        served[task % 4] += seconds
        if Int.random(in: 0..<4, using: &random) == 0 {
            bench.lose(task, seconds: seconds)
        } else {
            let crashed = Bool.random(using: &random)
            bench.end(task, seconds: seconds, done: 0, total: 5, crashed: crashed)
        }
        guard isThere[task % 4] else { return }
        let pausing = paused.count { $0 % 4 == task % 4 }
        if pausing < 5, Bool.random(using: &random) {
            paused.append(task)
        } else {
            bench.scheduler.enqueue(task)
        }
    }

    /// The late group comes, or is taken out; it is then level with the one that has had least.
    private mutating func comeOrGo() {
        let members = (0..<80).filter { $0 % 4 == Self.late }
        guard !isThere[Self.late] else {
            isThere[Self.late] = false
            for task in members { bench.scheduler.withdraw(task) }
            return
        }
        // Only once nothing of it runs any more: until then it has a part in what is going on.
        guard running(Self.late) == 0 else { return }
        isThere[Self.late] = true
        for task in members { bench.scheduler.enqueue(task) }
        let least = [0, 1].map(share).min() ?? 0
        levels[Self.late] += max(0, least - share(Self.late))
    }

    private func running(_ group: Int) -> Int { bench.running.keys.count { $0 % 4 == group } }

    private func share(_ group: Int) -> Double {
        let flying = begun.filter { $0.key % 4 == group }.reduce(0) { $0 + now - $1.value }
        return levels[group] + (served[group] + flying) / weights[group]
    }

    /// The differences between the groups that have a task waiting which may start, and how large
    /// they may be.
    mutating func gaps() -> [(gap: Double, bound: Double)] {
        let groups = [0, 1, Self.late].filter { isThere[$0] }
        var gaps: [(Double, Double)] = []
        for first in groups {
            for second in groups where first < second {
                let sessions = [first, second].reduce(0) {
                    $0 + Double(mostRunning[$1]) / weights[$1]
                }
                gaps.append((abs(share(first) - share(second)), 2 * Self.longest * sessions))
            }
        }
        comparisons += gaps.count
        return gaps
    }
}
