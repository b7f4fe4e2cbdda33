import Benchmark
import Orchestration
import Simulation

/// A batch on virtual time with nothing around the scheduler: 64 slots, sessions and checklists
/// drawn as they come.
private struct BareBatch {
    private static let slots = 64

    private var scheduler: Scheduler
    private var random = SplitMix64(seed: 1)
    private var entries: [Int32]
    private var done: [Int32]
    private var running: [(task: Int, seconds: Double)]
    private(set) var sessions = 0

    init(tasks: Int, groups: Int) {
        let plan = RunPlan(
            concurrency: Self.slots,
            groups: (0..<groups).map { GroupPlan(name: "g\($0)", weight: Double($0 % 3 + 1)) },
            tasks: (0..<tasks).map { TaskPlan(name: "", group: "g\($0 % groups)") }
        )
        scheduler = Scheduler(plan: plan, settings: .reference)
        entries = (0..<tasks).map { _ in Int32(1) }
        done = Array(repeating: 0, count: tasks)
        running = []
        for task in 0..<tasks {
            entries[task] = Int32(Int.random(in: 1...24, using: &random))
            scheduler.enqueue(task)
        }
        for slot in 0..<Self.slots { start(on: slot) }
    }

    /// One session ends, its task is ranked anew, and the next one starts; false when none is left.
    mutating func cycle() -> Bool {
        guard !running.isEmpty else { return false }
        let slot = sessions % running.count
        let (task, seconds) = running[slot]
        guard task >= 0 else {
            sessions += 1
            return sessions % running.count != 0 || running.contains { $0.task >= 0 }
        }
        done[task] = min(entries[task], done[task] + Int32(random.next() & 7) + 1)
        let report = Estimates.Report(
            seconds: seconds,
            done: Int(done[task]),
            total: Int(entries[task]),
            completes: done[task] == entries[task]
        )
        scheduler.sessionEnded(task, seconds: seconds, report: report)
        if done[task] < entries[task] { scheduler.enqueue(task) } else { scheduler.taskEnded(task) }
        start(on: slot)
        sessions += 1
        return true
    }

    private mutating func start(on slot: Int) {
        var next = (task: -1, seconds: 0.0)
        if let choice = scheduler.next(slot: slot) {
            scheduler.sessionStarted(choice.task, slot: slot)
            next = (choice.task, 60 + Double(random.next() & 1023))
        }
        if slot < running.count { running[slot] = next } else { running.append(next) }
    }
}

func schedulerBenchmarks() {
    for tasks in [100, 1_000, 10_000, 100_000, 1_000_000] {
        for groups in [1, 16, 1024] where groups <= tasks {
            decisionBenchmark(tasks: tasks, groups: groups)
        }
    }
    Benchmark(
        "scheduler: a batch of 1000000 tasks to its end",
        configuration: .init(
            metrics: [.wallClock, .peakMemoryResident],
            maxDuration: .seconds(20),
            maxIterations: 3
        )
    ) { benchmark in
        var batch = BareBatch(tasks: 1_000_000, groups: 1)
        while batch.cycle() {}
        blackHole(batch.sessions)
    }
    Benchmark(
        "orchestrator: sessions of a simulated run of 2000 tasks",
        configuration: .init(metrics: [.wallClock, .ratePerSecond])
    ) { benchmark in
        let plan = RunPlan(concurrency: 64, tasks: (0..<2000).map { TaskPlan(name: "t\($0)") })
        var world = World(plan: plan, faults: Faults(), seed: 1, entries: 4...4)
        measure(benchmark, .ratePerSecond, amount: 2000 * 5) {
            world.run(turns: 1_000_000)
        }
        precondition(world.ending != nil && world.violations.isEmpty)
    }
}

/// What a decision costs: a session's end, the new rank, the queues and the next choice.
private func decisionBenchmark(tasks: Int, groups: Int) {
    Benchmark(
        "scheduler: decision cycles among \(tasks) tasks in \(groups) groups",
        configuration: .init(
            metrics: [.ratePerSecond],
            maxDuration: .seconds(5),
            maxIterations: 7
        )
    ) { benchmark in
        var batch = BareBatch(tasks: tasks, groups: groups)
        let cycles = min(200_000, tasks * 2)
        measure(benchmark, .ratePerSecond, amount: Double(cycles)) {
            for _ in 0..<cycles { _ = batch.cycle() }
        }
    }
}
