package import Orchestration

/// A list of tasks as its user wrote it, validated and expanded.
package struct Manifest: Sendable {
    /// The program that runs sessions.
    package enum Agent: Hashable, Sendable {
        /// The Codex CLI, looked up in `PATH`.
        case codex
        /// The simulator that comes with Quire.
        case simulated
        /// A program and its first arguments, which precede Codex's.
        case command([String])

        /// The agents that a manifest names by a word; Codex comes first.
        package static let named: KeyValuePairs<String, Agent> = [
            "codex": .codex, "simulated": .simulated,
        ]
    }

    /// Files with a manifest's own prompt templates; absolute paths.
    package struct Prompts: Hashable, Sendable {
        /// The initializer's; `nil` for the one that comes with Quire.
        package var initializer: String?
        /// The executor's; `nil` for the one that comes with Quire.
        package var executor: String?
    }

    /// A task and how it is carried out.
    package struct Task: Hashable, Sendable {
        /// The part of the task that the orchestrator knows.
        package var plan: TaskPlan
        /// The prompt that describes the task.
        package var prompt: String
        /// The agent's working directory; absolute.
        package var directory: String
        /// The agent's sandbox.
        package var sandbox: Sandbox
        /// Variables added to the sessions' environment.
        package var environment: [String: String]
        /// Arguments passed through to the agent.
        package var codexArguments: [String]
        /// The agent's features that are on, and whether the user's surroundings are kept out.
        package var settings = AgentSettings.usual
        /// The model; `nil` for the agent's own choice.
        package var model: String?
        /// Memory that a session may use, in bytes; `nil` if not stated.
        package var memory: Int64?
        /// The patterns of the files that are kept once the task is complete.
        package var artifacts: [String]
        /// The tree of its own; `nil` if it works in the workspace.
        package var tree: TreeSettings?
        /// The commits in the person's own tree; `nil` for none, and with a tree of the task's own.
        package var commits: CommitSettings?
        /// The command that checks the work; `nil` for none.
        package var check: CheckCommand?
        /// The hooks of the task and its sessions.
        package var hooks: [Hook: HookCommand] = [:]
        /// Line of the task in the manifest.
        package var line: Int
    }

    /// The manifest's absolute path.
    package var path: String
    /// The run's name, for people.
    package var name: String
    /// Most sessions at once.
    package var concurrency: Int
    /// Fewest sessions at once; `nil` if concurrency does not adapt.
    package var leastConcurrency: Int?
    /// Tokens per minute of all sessions; `nil` for no limit.
    package var tokensPerMinute: Int?
    /// The program that runs sessions.
    package var agent: Agent
    /// Command that starts the agent elsewhere, program first; empty for this machine.
    package var launcher: [String]
    /// The scheduler; `nil` for PACE.
    package var scheduler: SchedulerName?
    /// Templates that replace Quire's own.
    package var prompts: Prompts
    /// The time between a polite termination and a kill.
    package var grace: Duration
    /// Longest drain; `nil` for the default of the signal.
    package var drainTimeout: Duration?
    /// The run's budget; `nil` for no limit.
    package var budget: RunBudget?
    /// Prices of tokens; `nil` if not stated.
    package var prices: Prices?
    /// Free memory, load and disk space that starts require.
    package var admission: AdmissionPlan
    /// The directory that trees are made in, from the workspace or from `~`; `nil` for the usual one.
    package var worktrees: String?
    /// The files that prompts were read from; absolute paths, in order.
    package var promptFiles: [String]
    /// The words that are redacted in all that is recorded and shown, besides secrets.
    package var redact: [String]
    /// Number of checks at once; `nil` for 1.
    package var checkSlots: Int?
    /// The run's own hooks.
    package var hooks: [Hook: HookCommand] = [:]
    /// The command that takes messages to a person; `nil` for none.
    package var notify: NotifyCommand?
    /// The treatment of usage limits; `nil` for the usual one.
    package var limits: LimitPlan?
    /// The hours in which sessions may start; `nil` for all.
    package var hours: DailyHours?
    /// The directories of the accounts that sessions share, as they are written; empty for the run's own.
    package var accounts: [String] = []
    /// The groups, by name.
    package var groups: [GroupPlan]
    /// The tasks, expanded, in the manifest's order.
    package var tasks: [Task]
    /// Warnings: odd but allowed.
    package var warnings: [Diagnostic]

    /// The variables of all tasks and of their checks, which may be secrets.
    package var environments: [[String: String]] {
        tasks.flatMap { [$0.environment, $0.check?.environment ?? [:]] }
    }

    /// The plan that the orchestrator follows.
    package var plan: RunPlan {
        var plan = RunPlan(
            concurrency: concurrency,
            leastConcurrency: leastConcurrency,
            tokensPerMinute: tokensPerMinute,
            groups: groups,
            tasks: tasks.map(\.plan),
            grace: grace,
            drainAfterInterrupt: drainTimeout ?? .seconds(600),
            drainAfterTerminate: drainTimeout ?? .seconds(20),
            scheduler: scheduler,
            budget: budget,
            prices: prices,
            admission: admission
        )
        (plan.checkSlots, plan.limits) = (checkSlots, limits)
        for place in plan.tasks.indices where tasks[place].model != nil {
            plan.tasks[place].model = tasks[place].model
        }
        plan.hooks = RunHookPlan(hooks.keys, notify: notify?.topics)
        return plan
    }
}

/// A message about a position in a manifest.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// The manifest's path as given.
    package var path: String
    /// Line from 1; 0 for the whole file.
    package var line: Int
    /// Column from 1; 0 for the whole file.
    package var column: Int
    /// The mistake, and how to correct it.
    package var message: String

    /// `PATH:LINE:COLUMN: message`.
    package var description: String {
        line > 0 ? "\(path):\(line):\(column): \(message)" : "\(path): \(message)"
    }
}

/// All mistakes in a manifest.
package struct ManifestErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one, ordered by line.
    package var diagnostics: [Diagnostic]

    /// All diagnostics, one per line.
    package var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
