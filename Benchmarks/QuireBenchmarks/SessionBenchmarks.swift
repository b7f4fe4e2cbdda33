import Autonomous
import Benchmark
import CodexAgent
import Driver
import EventLoop
import Foundation
import Orchestration
import Reporting
import RunStore

func sessionBenchmarks() {
    Benchmark(
        "sessions: 500 of a no-op agent through the whole of Quire, 64 at once",
        configuration: .init(metrics: [.wallClock, .ratePerSecond])
    ) { benchmark in
        try withDirectory { directory in
            try measure(benchmark, .ratePerSecond, amount: 500) {
                try runNoOps(500, concurrency: 64, in: directory)
            }
        }
    }
    Benchmark(
        "child processes: 1000 of a no-op, 64 at once",
        configuration: .init(metrics: [.wallClock, .ratePerSecond])
    ) { benchmark in
        try measure(benchmark, .ratePerSecond, amount: 1000) {
            try startChildren(1000, concurrency: 64)
        }
    }
}

/// Runs tasks whose agent does nothing: one session each, which fails.
private func runNoOps(_ count: Int, concurrency: Int, in directory: String) throws {
    let names = (0..<count).map { "t\($0)" }
    let tasks = names.map {
        TaskPlan(name: $0, sameFailure: 1, retries: RetryPlan(limit: 0))
    }
    let work = TaskWork(description: "Nothing.", directory: directory)
    let store = try RunStore.open(directory: directory + "/state")
    let loop = try Loop()
    let request = RunRequest(
        run: "benchmark",
        name: "benchmark",
        version: "0",
        plan: RunPlan(concurrency: concurrency, tasks: tasks),
        work: Dictionary(uniqueKeysWithValues: names.map { ($0, work) }),
        workspace: Workspace(root: directory),
        agent: AgentCommand(executable: "/bin/true", kind: Codex.cli),
        prompts: .embedded,
        environment: .none
    )
    let driver = try RunDriver(
        request,
        recovered: RunState(),
        review: request.review(RunState()),
        seed: 1,
        loop: loop,
        store: store,
        reports: []
    )
    try driver.run()
    loop.close()
    try store.close()
    precondition(driver.view.tasks.allSatisfy { $0.sessions == 1 }, "each task has its session")
}

private func startChildren(_ count: Int, concurrency: Int) throws {
    let loop = try Loop()
    var started = 0
    var ended = 0
    func start() {
        started += 1
        let callbacks = ChildProcess.Callbacks(
            started: { _ in },
            output: { _ in },
            ended: { _ in
                ended += 1
                if started < count { start() } else if ended == count { loop.stop() }
            }
        )
        _ = ChildProcess(loop: loop, leakLimit: .seconds(2), callbacks: callbacks) {
            ChildProcess.Launch(
                executable: "/bin/true",
                arguments: ["true"],
                environment: [],
                directory: "/",
                input: []
            )
        }
    }
    for _ in 0..<concurrency { start() }
    loop.run()
    loop.close()
}
