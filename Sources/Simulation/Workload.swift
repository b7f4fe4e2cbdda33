package import Orchestration

/// The work of a simulated run: every session of every task, drawn beforehand so that all
/// schedulers meet the same work.
package struct Workload: Hashable, Sendable, Codable {
    /// A group of tasks and its share.
    package struct Group: Hashable, Sendable, Codable {
        /// Above 0.
        package var weight: Double
        /// The group's name; `nil` for its number.
        package var name: String?

        /// Makes a group; see the properties.
        package init(weight: Double, name: String? = nil) {
            self.weight = weight
            self.name = name
        }
    }

    /// A session's effect, the same whenever it runs.
    package struct Session: Hashable, Sendable, Codable {
        /// Duration, in seconds.
        package var seconds: Double
        /// Tokens used.
        package var tokens: Double
        /// Ticked entries in the checklist afterwards.
        package var done: Int
        /// All entries in the checklist afterwards.
        package var total: Int
        /// True if the session dies without a result.
        package var crashed: Bool

        /// Makes a session; see the properties.
        package init(seconds: Double, tokens: Double, done: Int, total: Int, crashed: Bool) {
            self.seconds = seconds
            self.tokens = tokens
            self.done = done
            self.total = total
            self.crashed = crashed
        }
    }

    /// The split of tokens into classes.
    package struct TokenMix: Hashable, Sendable, Codable {
        /// Share of input, cached or not, in all tokens; from 0 to 1.
        package var input: Double
        /// Share of input from the prompt cache in all tokens; at most `input`.
        package var cachedInput: Double

        package enum CodingKeys: String, CodingKey {
            case input
            case cachedInput = "cached_input"
        }

        /// Makes a mix.
        package init(input: Double, cachedInput: Double) {
            self.input = input
            self.cachedInput = cachedInput
        }

        func usage(of tokens: Double) -> TokenUsage {
            let all = Int64(tokens)
            let input = Int64(tokens * self.input)
            return TokenUsage(
                input: input,
                cachedInput: Int64(tokens * cachedInput),
                output: all - input
            )
        }
    }

    /// A task with all its sessions.
    package struct Task: Hashable, Sendable, Codable {
        /// Index among the tasks.
        package var id: Int
        /// Arrival time, in seconds.
        package var arrival: Double
        /// Index of the group.
        package var group: Int
        /// Weight within the group.
        package var weight: Double
        /// Most sessions that the task may take.
        package var maxSessions: Int
        /// Indices of the tasks that must be complete before this one starts.
        package var needs: [Int]
        /// Sessions, in order.
        package var sessions: [Session]
        /// Number of sessions after which the task is complete; `nil` for never.
        package var completesAfter: Int?
        /// Size hint, in sessions; `nil` for none.
        package var size: Double?
        /// The task's name; `nil` for its number.
        package var name: String?
        /// Classes of the task's tokens; `nil` where they make no difference.
        package var mix: TokenMix?

        package enum CodingKeys: String, CodingKey {
            case id, arrival, group, weight, needs, sessions, size, name, mix
            case maxSessions = "max_sessions"
            case completesAfter = "completes_after"
        }

        /// Makes a task; see the properties.
        package init(
            id: Int,
            arrival: Double = 0,
            group: Int = 0,
            weight: Double = 1,
            maxSessions: Int,
            needs: [Int] = [],
            sessions: [Session],
            completesAfter: Int?,
            size: Double? = nil,
            name: String? = nil,
            mix: TokenMix? = nil
        ) {
            self.id = id
            self.arrival = arrival
            self.group = group
            self.weight = weight
            self.maxSessions = maxSessions
            self.needs = needs
            self.sessions = sessions
            self.completesAfter = completesAfter
            self.size = size
            self.name = name
            self.mix = mix
        }

        /// Splits tokens of the task's sessions into classes.
        package func usage(of tokens: Double) -> TokenUsage {
            mix?.usage(of: tokens) ?? TokenUsage(output: Int64(tokens))
        }

        /// Seconds of the sessions until completion; infinity for a task that is never complete.
        package var work: Double {
            guard let completesAfter else { return .infinity }
            return sessions.prefix(completesAfter).reduce(0) { $0 + $1.seconds }
        }

        /// The task's name in a plan.
        package var planName: String { name ?? "task-\(id)" }
    }

    /// The workload's name.
    package var name: String
    /// Seed that the workload was drawn from.
    package var seed: Int
    /// Number of slots: sessions at once.
    package var slots: Int
    /// The groups.
    package var groups: [Group]
    /// The tasks; a task's id is its index.
    package var tasks: [Task]

    /// Makes a workload; see the properties.
    package init(name: String, seed: Int, slots: Int, groups: [Group], tasks: [Task]) {
        self.name = name
        self.seed = seed
        self.slots = slots
        self.groups = groups
        self.tasks = tasks
    }

    /// For each task, the tasks that need it directly; only for a workload without a fault.
    var dependents: [[Int]] {
        var dependents = Array(repeating: [Int](), count: tasks.count)
        for task in tasks {
            for need in task.needs { dependents[need].append(task.id) }
        }
        return dependents
    }

    /// Multiplies every size hint by a lognormal error with this spread; `nil` removes the hints.
    package mutating func setHints(spread: Double?, seed: Int) {
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) ^ 0x4849_4E54)
        for task in tasks.indices {
            let noise = spread.map { random.lognormal(0, $0) }
            tasks[task].size = noise.flatMap { noise in tasks[task].size.map { $0 * noise } }
        }
    }

    /// Returns the plan of a run in which no timeout, failure or retry limit ends a task.
    package func plan(scheduler: SchedulerName? = nil, stopsAfter: Int = 0) -> RunPlan {
        var sharing = Sharing<TaskTerms>()
        return RunPlan(
            concurrency: slots,
            groups: groups.enumerated().map { GroupPlan(name: "group-\($0)", weight: $1.weight) },
            tasks: tasks.map { task in
                let plan = plan(of: task, stopsAfter: stopsAfter)
                // At once: a million terms would leave holes in memory when they go.
                return plan.sharingTerms(&sharing) ?? plan
            },
            scheduler: scheduler
        )
    }

    private func plan(of task: Task, stopsAfter: Int) -> TaskPlan {
        TaskPlan(
            name: task.planName,
            group: "group-\(task.group)",
            weight: task.weight,
            size: task.size,
            needs: task.needs.map { tasks[$0].planName },
            maxSessions: task.maxSessions,
            sessionTimeout: .seconds(1_000_000_000_000),
            idleTimeout: .seconds(1_000_000_000_000),
            stallAfter: stopsAfter,
            growAfter: nil,
            initializerAttempts: .max,
            sameFailure: 0,
            retries: RetryPlan(limit: .max, delay: .zero, maxDelay: .zero)
        )
    }
}
