package import Agent
package import Autonomous
package import EventLoop
package import Orchestration
package import Trees

/// Everything a run needs, decided before it begins.
package struct RunRequest: Sendable {
    /// The run's id: the manifest's absolute path, with the shard if there is one.
    package var run: String
    /// The run's name, for people.
    package var name: String
    /// Quire's version.
    package var version: String
    /// The plan that the decisions follow.
    package var plan: RunPlan
    /// The work of each task of the plan, by name.
    package let work: WorkTable
    /// The workspace with the task directories.
    package var workspace: Workspace
    /// The agent of tasks without one of their own.
    package var agent: AgentCommand
    /// The launcher of the agent; `nil` for this machine.
    package var launcher: Launcher?
    /// The templates of the sessions' prompts.
    package var prompts: PromptTemplates
    /// The environment that every session inherits.
    package var environment: InheritedEnvironment
    /// True if failed, stalled and damaged tasks are tried again.
    package var retryFailed: Bool
    /// The time that a descendant may hold a dead session's output open.
    package var leakLimit: Duration
    /// The mark of this process as the owner of its tasks; `nil` for its pid only.
    package var owner: OwnerMark?
    /// True if the run waits for tasks that other processes own; if false, it does not begin.
    package var waitsForTasks: Bool
    /// The shard that the plan is; `nil` if the run is not sharded.
    package var part: RunPart?
    /// Warnings about the whole run, reported and recorded as it begins.
    package var warnings: [String] = []
    /// The tasks that begin anew; their old work is archived.
    package var redo: Set<String> = []
    /// The treatment of checklists that were written for other prompts.
    package var promptPolicy = DirectoryReview.Policy.refuse
    /// The directory that trees are made in; `nil` for the workspace's own.
    package var worktrees: TreePlace?
    /// The absolute path of the directory that artifacts are kept in; `nil` to keep none.
    package var artifacts: String?
    /// The redactor of what sessions and programs say.
    package var redactor = Redactor()
    /// The program that answers for checks within sessions; `nil` for none.
    package var turnHook: TurnHookProgram?
    /// The git that makes trees and commits; `nil` if no task has a tree of its own.
    package var git: Git?
    /// The run's own hooks, and the directory that they run in: the manifest's.
    package var hooks: [Hook: HookCommand] = [:]
    package var manifestDirectory = "/"
    /// The command that takes messages to a person; `nil` for none.
    package var notify: NotifyCommand?
    /// The manifest, which may grow while the run runs; `nil` for a run without one.
    package var manifest: GrowingManifest?
    /// The state directory, in which the run can be steered while it runs; `nil` for a run that can't.
    package var control: ControlSettings?
    /// The directories of the accounts, each with the name that facts call it by.
    package var accounts: [(path: String, name: String?)] = []

    /// Compares the tasks' directories with their prompts and the journal.
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
        self.work = WorkTable(work)
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

/// The work of a task: its prompt and the settings of its sessions.
package struct TaskWork: Sendable {
    /// The task's prompt; empty for a task that was begun elsewhere and is only continued.
    package var description: String
    /// The agent's working directory.
    package var directory: String
    /// The agent's sandbox.
    package var sandbox: Sandbox
    /// The variables added to the inherited environment.
    package var environment: [String: String]
    /// The arguments passed to the agent.
    package var arguments: [String]
    /// The model; `nil` for the agent's own choice.
    package var model: String?
    /// The account that the task's sessions draw on; `nil` for the run's.
    package var account: String?
    /// The memory limit of a session, in bytes; `nil` for none.
    ///
    /// Only a launcher enforces the limit.
    package var memory: Int64?
    /// The agent of this task; `nil` for the run's.
    package var agent: AgentCommand?
    /// The tree of the task's own; `nil` if it works in the workspace.
    package var tree: TreeWork?
    /// The commits in the person's own tree; `nil` for none.
    package var commits: CommitSettings?
    /// The patterns of the files that are kept once the task is complete.
    package var artifacts: [String] = []
    /// The command that checks the task's work; `nil` for none.
    package var check: CheckCommand?
    /// The hooks of the task and its sessions.
    package var hooks: [Hook: HookCommand] = [:]
    /// The agent's features that are on, and whether the user's surroundings are kept out.
    package var settings = AgentSettings.usual
    /// The company in which the task's agents work.
    package var company = Company.none
    /// The tasks whose work its tree begins with, of a task that was added to a run under way.
    var needs: [String] = []

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

/// The settings of a run's control socket.
package struct ControlSettings: Sendable {
    /// The state directory.
    package var directory: String
    /// The name of the user whose run it is; `nil` if it is unknown.
    package var user: String?
    /// The name of the machine.
    package var host: String
    /// The most sessions at once that there are descriptors for; `nil` for any number.
    package var mostSessions: Int?

    /// Makes settings; see the properties.
    package init(directory: String, user: String?, host: String, mostSessions: Int?) {
        (self.directory, self.user, self.host) = (directory, user, host)
        self.mostSessions = mostSessions
    }
}

/// The tree of a task's own.
package struct TreeWork: Sendable {
    /// The reference or commit that a new tree begins from; `HEAD` is the one as the run begins.
    package var base: String
    /// The branch, without `refs/heads/`.
    package var branch: String
    /// The patterns of ignored files that a new tree gets.
    package var include: [String]
    /// The commits; `nil` if none are made.
    package var commits: CommitSettings?
    /// The command that sets a new tree up, before its first session; `nil` for none.
    package var setup: UserCommand?

    /// Makes a tree's settings; see the properties.
    package init(
        base: String,
        branch: String,
        include: [String],
        commits: CommitSettings?,
        setup: UserCommand? = nil
    ) {
        (self.base, self.branch, self.include) = (base, branch, include)
        (self.commits, self.setup) = (commits, setup)
    }
}

/// The program that runs as a session.
package struct AgentCommand: Sendable {
    /// The path of the program.
    package var executable: String
    /// The words before the agent's own arguments.
    package var arguments: [String]
    /// The agent that the program is.
    package var kind: any Agent

    /// Makes a command of a program, the words before the agent's arguments, and the agent.
    package init(executable: String, arguments: [String] = [], kind: any Agent) {
        self.executable = executable
        self.arguments = arguments
        self.kind = kind
    }
}

/// Quire's own program as the hook of agents.
package struct TurnHookProgram: Hashable, Sendable {
    /// The path of the program, for the agents.
    package var path: String
    /// The words that it never tells.
    package var secrets: [String]

    /// Makes a program; see the properties.
    package init(path: String, secrets: [String]) { (self.path, self.secrets) = (path, secrets) }
}
