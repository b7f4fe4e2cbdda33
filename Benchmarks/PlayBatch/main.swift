import Glibc
import Orchestration
import Simulation

// play-batch seconds|bytes TASKS: the seconds that a simulated batch of so many tasks takes through
// all decisions of a run, or the bytes that these hold for each task once all tasks wait.

/// What is in memory now, in bytes; 0 where the system does not tell.
private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let numbers = String(decoding: line.map(UInt8.init), as: UTF8.self).split(separator: " ")
    return numbers.count > 1 ? (Int(numbers[1]) ?? 0) * Int(getpagesize()) : 0
}

/// The seconds that a batch takes, from its first decision to its last.
private func seconds(_ workload: Workload) -> Double {
    var batch = Batch(workload)
    let duration = ContinuousClock().measure { batch.run() }
    precondition(batch.completions.contains { $0 != nil })
    return duration / .seconds(1)
}

/// The bytes that the decisions hold for each task, the plan included.
private func bytes(_ workload: Workload) -> Double {
    let before = residentBytes()
    let plan = workload.plan()
    var orchestrator = Orchestrator(seed: 1)
    let began = RunBegan(run: "run", name: "run", pid: 1, quireVersion: "0", plan: plan)
    let start = WallTime(millisecondsSinceEpoch: 0)
    _ = orchestrator.handle([.runBegan(began)], at: Moment(awake: .zero, wall: start))
    // In pieces, so that what is told of them is not held at once.
    for first in stride(from: 0, to: plan.tasks.count, by: 1000) {
        let tasks = plan.tasks[first..<min(first + 1000, plan.tasks.count)]
        _ = orchestrator.handle(
            tasks.map { .taskInspected(TaskInspected(task: $0.name, checklist: .missing)) },
            at: Moment(awake: .zero, wall: start)
        )
    }
    let held = residentBytes() - before
    precondition(orchestrator.state.unfinished == plan.tasks.count)
    return Double(held) / Double(plan.tasks.count)
}

guard CommandLine.arguments.count == 3, let tasks = Int(CommandLine.arguments[2]), tasks > 0 else {
    print("usage: play-batch seconds|bytes TASKS")
    exit(64)
}
let workload = WorkloadName.adversary.draw(seed: 1, tasks: tasks, slots: 64)
print(CommandLine.arguments[1] == "bytes" ? bytes(workload) : seconds(workload))
