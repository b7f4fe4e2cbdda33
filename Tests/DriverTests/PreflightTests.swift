import Agent
import Autonomous
import EventLoop
import Orchestration
import Testing

@testable import Driver

@Suite struct `The preflight of a leg` {
    /// Returns what is asked of tasks, each as its place's words and its sandbox.
    private func cases(
        _ executable: String = "/bin/codex",
        tasks: [(Sandbox, states: Bool)] = [(.workspaceWrite, false)],
        launcher: [String]? = nil,
        concurrency: Int = 3
    ) -> [String] {
        let names = tasks.indices.map { "t\($0)" }
        var work: [String: TaskWork] = [:]
        for (name, task) in zip(names, tasks) {
            var own = TaskWork(description: "", directory: "/", sandbox: task.0)
            own.settings.states = task.states
            work[name] = own
        }
        let request = RunRequest(
            run: "run",
            name: "run",
            version: "0",
            plan: RunPlan(concurrency: concurrency, tasks: names.map { TaskPlan(name: $0) }),
            work: work,
            workspace: Workspace(root: "/"),
            agent: AgentCommand(executable: executable, kind: TinyAgent()),
            launcher: launcher.map { Launcher(executable: "on", words: $0) },
            prompts: .embedded,
            environment: .none
        )
        return Preflight(request, of: names).cases.map { one in
            "\(one.place?.name ?? "here") \(one.needs.sandbox.rawValue)"
                + (one.isWhole ? "" : ", abilities alone")
        }
    }

    @Test func `asks a Codex by its name, and no other agent but for its abilities`() {
        #expect(cases() == ["here workspace-write"])
        #expect(cases("/bin/codex-own") == ["here workspace-write"])
        #expect(cases("/bin/agent") == [])
        #expect(
            cases("/bin/agent", tasks: [(.workspaceWrite, true)])
                == ["here workspace-write, abilities alone"]
        )
    }

    @Test func `asks once for each sandbox and whatever else makes a difference`() {
        let tasks = [
            (Sandbox.workspaceWrite, states: false), (.dangerFullAccess, states: false),
            (.workspaceWrite, states: false), (.workspaceWrite, states: true),
        ]
        #expect(
            cases(tasks: tasks) == [
                "here workspace-write", "here danger-full-access", "here workspace-write",
            ]
        )
    }

    @Test func `asks on each machine that the slots lead to, sixteen times at most`() {
        let tasks = [(Sandbox.workspaceWrite, states: false), (.dangerFullAccess, states: false)]
        #expect(cases(launcher: ["{command}"], concurrency: 99) == ["on {command} workspace-write"])
        #expect(
            cases(tasks: tasks, launcher: ["n{slot}", "{task}"], concurrency: 2) == [
                "on n0 {task} workspace-write", "on n0 {task} danger-full-access",
                "on n1 {task} workspace-write", "on n1 {task} danger-full-access",
            ]
        )
        let many = Array(repeating: tasks[0], count: 99)
        let asked = cases(tasks: many, launcher: ["n{slot}"], concurrency: 50)
        #expect(asked.count == 16 && Set(asked).count == 16)
        // No slot is used by fewer tasks.
        #expect(cases(launcher: ["n{slot}"], concurrency: 50) == ["on n0 workspace-write"])
    }
}
