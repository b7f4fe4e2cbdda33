import Benchmark
import Dispatch
import Foundation
import Orchestration
import RunStore
import Simulation

/// A directory of its own for a piece of work, removed afterwards.
func withDirectory(_ body: (String) throws -> Void) rethrows {
    let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
}

func journalBenchmarks() {
    Benchmark(
        "journal: records of a run of 500 tasks, as the loop's turns bring them",
        configuration: .init(metrics: [.wallClock, .ratePerSecond])
    ) { benchmark in
        let plan = RunPlan(concurrency: 32, tasks: (0..<500).map { TaskPlan(name: "t\($0)") })
        var world = World(plan: plan, faults: Faults(), seed: 1, entries: 4...4)
        world.run(turns: 1_000_000)
        let records = world.journal.reduce(0) { $0 + $1.events.count }
        try withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let written = DispatchGroup()
            measure(benchmark, .ratePerSecond, amount: Double(records)) {
                for batch in world.journal {
                    written.enter()
                    store.append(
                        JournalBatch(run: "r", at: batch.at, events: batch.events)
                    ) { _ in written.leave() }
                }
                written.wait()
            }
            try store.close()
        }
    }
}
