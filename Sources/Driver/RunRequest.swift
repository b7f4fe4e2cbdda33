package import Autonomous
package import CodexEvents
package import EventLoop
package import Orchestration

/// Everything a run needs, decided before it begins.
package struct RunRequest: Sendable {
    /// The run's id: the manifest's absolute path, and which shard it is.
    package var run: String
    /// The run's name, for people.
    package var name: String
    /// Quire's version.
    package var version: String
    /// What the decisions follow.
    package var plan: RunPlan
    /// How each task is carried out, by name; one for each task of the plan.
    package var work: [String: TaskWork]
    /// Where the task directories lie.
    package var workspace: Workspace
    /// What to start for a session.
    package var agent: AgentCommand
    /// What brings it to where it is to run; `nil` for this machine.
    package var launcher: Launcher?
    /// The words that begin each session.
    package var prompts: PromptTemplates
    /// What every session inherits.
    package var environment: InheritedEnvironment
    /// Whether failed, stalled and damaged tasks go on.
    package var retryFailed: Bool
    /// How long a descendant may hold a dead session's output open.
    package var leakLimit: Duration
    /// What other processes can tell this one by, as the owner of its tasks; `nil` for its number.
    package var owner: OwnerMark?
    /// Whether the run waits for tasks that other processes own; otherwise it does not begin.
    package var waitsForTasks: Bool
    /// What part of all tasks the plan is; `nil` where nobody asked for a part.
    package var part: RunPart?
    /// What a person should know of the whole run; told and kept as it begins.
    package var warnings: [String] = []
    /// Tasks that begin anew, their old work put away.
    package var redo: Set<String> = []
    /// What to do about lists that were written for other prompts.
    package var promptPolicy = DirectoryReview.Policy.refuse

    /// The tasks' directories held against their prompts and the journal.
    package func review(_ state: RunState) -> DirectoryReview {
        DirectoryReview(
            of: plan.selected,
            leavingOut: plan.leftOut,
            prompts: { [work] in work[$0]?.description },
            in: workspace,
            state: state,
            redo: redo,
            policy: promptPolicy
        )
    }

    /// Makes a request; see the properties.
    package init(
        run: String,
        name: String,
        version: String,
        plan: RunPlan,
        work: [String: TaskWork],
        workspace: Workspace,
        agent: AgentCommand,
        launcher: Launcher? = nil,
        prompts: PromptTemplates,
        environment: InheritedEnvironment,
        retryFailed: Bool = false,
        leakLimit: Duration = .seconds(2),
        waitsForTasks: Bool = false,
        part: RunPart? = nil
    ) {
        self.run = run
        self.name = name
        self.version = version
        self.plan = plan
        self.work = work
        self.workspace = workspace
        self.agent = agent
        self.launcher = launcher
        self.prompts = prompts
        self.environment = environment
        self.retryFailed = retryFailed
        self.leakLimit = leakLimit
        self.waitsForTasks = waitsForTasks
        self.part = part
    }
}

/// How a task is carried out.
package struct TaskWork: Sendable {
    /// The task in words; empty for one that was begun elsewhere and is only continued.
    package var description: String
    /// Where the agent works.
    package var directory: String
    /// What the agent may touch.
    package var sandbox: Sandbox
    /// Added to the inherited environment.
    package var environment: [String: String]
    /// Passed through to the agent.
    package var arguments: [String]
    /// The model; `nil` for the agent's own choice.
    package var model: String?
    /// What a session may use of memory, in bytes; `nil` where nobody said so.
    ///
    /// Only a launcher holds it to that.
    package var memory: Int64?
    /// What to start for a session; `nil` for what the run starts.
    package var agent: AgentCommand?

    /// Makes a task's work; see the properties.
    package init(
        description: String,
        directory: String,
        sandbox: Sandbox = .workspaceWrite,
        environment: [String: String] = [:],
        arguments: [String] = [],
        model: String? = nil,
        memory: Int64? = nil,
        agent: AgentCommand? = nil
    ) {
        self.description = description
        self.directory = directory
        self.sandbox = sandbox
        self.environment = environment
        self.arguments = arguments
        self.model = model
        self.memory = memory
        self.agent = agent
    }
}

/// The program that stands behind a session.
package struct AgentCommand: Sendable {
    /// Its path.
    package var executable: String
    /// Words that come before Codex's own arguments.
    package var arguments: [String]

    /// Names a program and the words before Codex's arguments.
    package init(executable: String, arguments: [String] = []) {
        self.executable = executable
        self.arguments = arguments
    }
}
