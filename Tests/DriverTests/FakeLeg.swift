import Autonomous
import EventLoop
import Orchestration

@testable import Driver

/// A leg of fakes around the real driver and the real decisions.
final class FakeLeg {
    let log = Log()
    let loop = FakeLoop()
    let store: FakeStore
    let sessions: FakeSessions
    let trees: FakeTrees
    let checks: FakeChecks
    let hooks: FakeHooks
    let directories: FakeDirectories
    let report: FakeReport
    let door = FakeDoor()
    let driver: RunDriver

    /// Makes a leg of tasks that end with their first failure, with two sessions at once.
    init(
        _ tasks: [String],
        timeout: Duration = .seconds(600),
        waitsForTasks: Bool = false,
        check: CheckPlan? = nil,
        hooks: [Hook] = []
    ) throws {
        (store, sessions) = (FakeStore(loop, log), FakeSessions(log))
        (directories, report) = (FakeDirectories(log), FakeReport(log))
        (trees, checks, self.hooks) = (FakeTrees(log), FakeChecks(log), FakeHooks(log))
        let plans = tasks.map { name in
            var plan = TaskPlan(name: name, sessionTimeout: timeout, sameFailure: 1)
            plan.check = check
            plan.hooks = TaskHookPlan(hooks)
            return plan
        }
        var work = TaskWork(description: "Nothing.", directory: "/")
        for hook in hooks {
            work.hooks[hook] = HookCommand(UserCommand("true", timeout: .seconds(1)))
        }
        var request = RunRequest(
            run: "run",
            name: "run",
            version: "0",
            plan: RunPlan(concurrency: 2, tasks: plans),
            work: Dictionary(uniqueKeysWithValues: tasks.map { ($0, work) }),
            workspace: Workspace(root: "/"),
            agent: AgentCommand(executable: "/bin/true", kind: TinyAgent()),
            prompts: .embedded,
            environment: .none,
            waitsForTasks: waitsForTasks
        )
        request.plan.hooks = RunHookPlan(hooks, notify: hooks.contains(.notify) ? [.end] : nil)
        let review = DirectoryReview(
            of: [],
            prompts: { _ in nil },
            in: request.workspace,
            state: RunState()
        )
        let outside = Outside(
            loop: loop,
            store: store,
            directories: directories,
            starter: sessions,
            leftovers: sessions,
            trees: trees.hooked(request, self.hooks),
            checks: checks,
            hooks: self.hooks,
            reports: [report],
            usageReader: UsageReader(of: TinyAgent(), environment: .none, work: [:]),
            machine: MachineReader(places: [], proc: "/none", groups: "/none"),
            control: door,
            examine: { LegBeginning.Findings() }
        )
        driver = try RunDriver(
            LegBeginning(request, review, after: RunState()),
            recovered: RunState(),
            seed: 1,
            outside: outside
        )
    }

    /// Carries the leg out; `script` is called in place of the loop's run, before anything is open.
    func run(_ script: @escaping () throws -> Void) throws {
        var result = Result<Void, any Error>.success(())
        loop.script = { result = Result(catching: script) }
        try driver.run()
        try result.get()
    }

    /// Begins the leg, and forgets how.
    func begin() {
        loop.settle()
        _ = log.takeAll()
    }

    /// Settles, and returns the calls that the fakes got since they were asked last.
    func calls() -> [String] {
        loop.settle()
        return log.takeAll()
    }

    /// The failures of sessions that were reported.
    var failures: [Failure] {
        report.facts.compactMap {
            if case .sessionEnded(let fact) = $0.event { fact.failure } else { nil }
        }
    }
}
