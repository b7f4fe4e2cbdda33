import Benchmark
import Orchestration
import Simulation

func schedulerBenchmarks() {
    for (tasks, groups) in [(100_000, 1), (100_000, 64)] {
        Benchmark(
            "scheduler: decisions among \(tasks) tasks in \(groups) groups",
            configuration: .init(metrics: [.wallClock, .ratePerSecond])
        ) { benchmark in
            let plan = RunPlan(
                groups: (0..<groups).map { GroupPlan(name: "g\($0)", weight: Double($0 % 3 + 1)) },
                tasks: (0..<tasks).map { TaskPlan(name: "t\($0)", group: "g\($0 % groups)") }
            )
            var scheduler = Scheduler(plan: plan)
            for task in 0..<tasks { scheduler.enqueue(task) }
            let decisions = 200_000
            measure(benchmark, .ratePerSecond, amount: Double(decisions)) {
                for _ in 0..<decisions {
                    guard let task = scheduler.next(slot: 0)?.task else { return }
                    scheduler.sessionStarted(task, slot: 0)
                    scheduler.sessionEnded(task, seconds: 60, report: nil)
                    scheduler.enqueue(task)
                }
            }
        }
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
