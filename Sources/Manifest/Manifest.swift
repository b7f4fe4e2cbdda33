package import Orchestration

/// A list of tasks as its user wrote it, validated and expanded.
package struct Manifest: Sendable {
    /// What stands behind a session.
    package enum Agent: Hashable, Sendable {
        /// The Codex CLI, looked up in `PATH`.
        case codex
        /// The simulator that comes with Quire.
        case simulated
        /// This program, with these words before Codex's arguments.
        case command([String])
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
        /// What the decisions need to know.
        package var plan: TaskPlan
        /// The task in words.
        package var prompt: String
        /// Where the agent works; absolute.
        package var directory: String
        /// What the agent may touch: `workspace-write` or `danger-full-access`.
        package var sandbox: String
        /// Added to the sessions' environment.
        package var environment: [String: String]
        /// Passed through to the agent.
        package var codexArguments: [String]
        /// The model; `nil` for the agent's own choice.
        package var model: String?
        /// What a session may use of memory, in bytes; `nil` where nobody said so.
        package var memory: Int64?
        /// The line on which the task stands.
        package var line: Int
    }

    /// The manifest's absolute path.
    package var path: String
    /// The run's name, for people.
    package var name: String
    /// Sessions at once; the most where that adapts.
    package var concurrency: Int
    /// The fewest sessions at once; `nil` where that does not adapt.
    package var leastConcurrency: Int?
    /// Tokens that sessions may use in a minute; `nil` for any number.
    package var tokensPerMinute: Int?
    /// What stands behind a session.
    package var agent: Agent
    /// The words that bring it to where it is to run, a program first; empty for this machine.
    package var launcher: [String]
    /// Who goes next; `nil` for PACE.
    package var scheduler: SchedulerName?
    /// Templates that replace Quire's own.
    package var prompts: Prompts
    /// The time between a polite termination and a kill.
    package var grace: Duration
    /// How long a drain may take; `nil` for what suits the signal.
    package var drainTimeout: Duration?
    /// What the run may spend; `nil` for no limit.
    package var budget: RunBudget?
    /// What tokens cost; `nil` where the manifest does not say.
    package var prices: Prices?
    /// What the machine must have left for a session to start.
    package var admission: AdmissionPlan
    /// The groups, by name.
    package var groups: [GroupPlan]
    /// The tasks, expanded, in the manifest's order.
    package var tasks: [Task]
    /// What is odd but allowed.
    package var warnings: [Diagnostic]

    /// What the decisions follow.
    package var plan: RunPlan {
        RunPlan(
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
    }
}

/// Something to say about a place in a manifest.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    /// The manifest's path as it was given.
    package var path: String
    /// From 1; 0 where it is about the whole file.
    package var line: Int
    /// From 1; 0 where it is about the whole file.
    package var column: Int
    /// What is wrong and what to do.
    package var message: String

    /// `PATH:LINE:COLUMN: message`.
    package var description: String {
        line > 0 ? "\(path):\(line):\(column): \(message)" : "\(path): \(message)"
    }
}

/// All that is wrong with a manifest.
package struct ManifestErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// At least one, in the order of their lines.
    package var diagnostics: [Diagnostic]

    /// One a line.
    package var description: String {
        diagnostics.map(\.description).joined(separator: "\n")
    }
}
