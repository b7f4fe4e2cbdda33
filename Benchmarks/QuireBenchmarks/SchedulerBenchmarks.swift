import Benchmark
import Glibc
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

    /// Makes a batch whose first sessions run.
    init(tasks: Int, groups: Int) {
        let plan = Self.plan(tasks: tasks, groups: groups)
        scheduler = Scheduler(plan: plan, settings: Self.settings)
        done = Array(repeating: 0, count: tasks)
        entries = done
        running = []
        for task in 0..<tasks {
            entries[task] = Int32(Int.random(in: 1...24, using: &random))
            scheduler.enqueue(task)
        }
        for slot in 0..<Self.slots { start(on: slot) }
    }

    /// As in a run, but that tasks are not parked.
    static var settings: Scheduler.Settings {
        var settings = Scheduler.Settings()
        settings.parksAfter = nil
        return settings
    }

    static func plan(tasks: Int, groups: Int) -> RunPlan {
        RunPlan(
            concurrency: slots,
            groups: (0..<groups).map { GroupPlan(name: "g\($0)", weight: Double($0 % 3 + 1)) },
            tasks: (0..<tasks).map { TaskPlan(name: "", group: "g\($0 % groups)") }
        )
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
    loadBenchmark(tasks: 1_000_000)
    Benchmark(
        "orchestrator: a simulated batch of 1000000 tasks to its end",
        configuration: .init(
            metrics: [.wallClock, .peakMemoryResident],
            warmupIterations: 0,
            maxDuration: .seconds(60),
            maxIterations: 1
        )
    ) { benchmark in
        let workload = WorkloadName.adversary.draw(seed: 1, tasks: 1_000_000, slots: 64)
        var batch = Batch(workload)
        benchmark.startMeasurement()
        batch.run()
        benchmark.stopMeasurement()
        precondition(batch.completions.contains { $0 != nil })
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

/// What a decision costs: a session's end, the new rank, the queues and the next choice; the mean
/// over whole batches, from the first session to the last.
private func decisionBenchmark(tasks: Int, groups: Int) {
    Benchmark(
        "scheduler: decision cycles among \(tasks) tasks in \(groups) groups",
        configuration: .init(
            metrics: [.ratePerSecond],
            maxDuration: .seconds(10),
            maxIterations: 7
        )
    ) { benchmark in
        var batches = (0..<max(1, 50_000 / tasks)).map { _ in
            BareBatch(tasks: tasks, groups: groups)
        }
        let time = ContinuousClock().measure {
            for place in batches.indices { while batches[place].cycle() {} }
        }
        let sessions = batches.reduce(0) { $0 + $1.sessions }
        benchmark.measurement(.ratePerSecond, Int(Double(sessions) / (time / .seconds(1))))
    }
}

/// How fast tasks are taken in, and what each one takes in the scheduler.
private func loadBenchmark(tasks: Int) {
    Benchmark(
        "scheduler: taking \(tasks) tasks in",
        // Memory that is used again would not count.
        configuration: .init(
            metrics: [.ratePerSecond, .bytesPerTask],
            warmupIterations: 0,
            maxIterations: 1
        )
    ) { benchmark in
        let plan = BareBatch.plan(tasks: tasks, groups: 1)
        let before = residentBytes()
        var scheduler = Scheduler(plan: plan, settings: BareBatch.settings)
        measure(benchmark, .ratePerSecond, amount: Double(tasks)) {
            for task in 0..<tasks { scheduler.enqueue(task) }
        }
        benchmark.measurement(.bytesPerTask, (residentBytes() - before) / tasks)
        blackHole(scheduler)
    }
}

/// What is in memory now; 0 where the system does not tell.
private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let numbers = String(decoding: line.map(UInt8.init), as: UTF8.self).split(separator: " ")
    return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * Int(getpagesize()) : 0
}
