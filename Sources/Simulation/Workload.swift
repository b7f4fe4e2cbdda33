package import Orchestration

/// Work for a simulated run: every session of every task is drawn beforehand, so that all
/// schedulers meet the same work.
package struct Workload: Hashable, Sendable, Codable {
    /// A group's share.
    package struct Group: Hashable, Sendable, Codable {
        /// Above 0.
        package var weight: Double
        /// What it is called; `nil` for its number.
        package var name: String?

        /// Makes a group; see the properties.
        package init(weight: Double, name: String? = nil) {
            self.weight = weight
            self.name = name
        }
    }

    /// What a session does, whenever it runs.
    package struct Session: Hashable, Sendable, Codable {
        /// How long it takes.
        package var seconds: Double
        /// What it uses.
        package var tokens: Double
        /// Ticked entries that the checklist shows afterwards.
        package var done: Int
        /// All entries that it shows.
        package var total: Int
        /// Whether it comes to nothing.
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

    /// The classes that tokens are of.
    package struct TokenMix: Hashable, Sendable, Codable {
        /// The part of all tokens that is input, cached or not; from 0 to 1.
        package var input: Double
        /// The part of all tokens that is input from the prompt cache; at most `input`.
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

    /// A task: all the sessions it may take.
    package struct Task: Hashable, Sendable, Codable {
        /// Its place among the tasks.
        package var id: Int
        /// When it comes, in seconds.
        package var arrival: Double
        /// Its group's place among the groups.
        package var group: Int
        /// Its share within the group.
        package var weight: Double
        /// Sessions it may take.
        package var maxSessions: Int
        /// The tasks that must be complete before it starts.
        package var needs: [Int]
        /// Its sessions, in order.
        package var sessions: [Session]
        /// The sessions after which it is complete; `nil` for a task that never is.
        package var completesAfter: Int?
        /// The sessions it was meant to take, for hints; `nil` where nobody meant anything.
        package var size: Double?
        /// What it is called; `nil` for its number.
        package var name: String?
        /// What its tokens are; `nil` where that makes no difference.
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

        /// So many tokens of its sessions, by class.
        package func usage(of tokens: Double) -> TokenUsage {
            mix?.usage(of: tokens) ?? TokenUsage(output: Int64(tokens))
        }

        /// The seconds of all sessions it takes; infinity for a task that is never complete.
        package var work: Double {
            guard let completesAfter else { return .infinity }
            return sessions.prefix(completesAfter).reduce(0) { $0 + $1.seconds }
        }

        /// The name it goes by in a plan.
        package var planName: String { name ?? "task-\(id)" }
    }

    /// What it is called.
    package var name: String
    /// What it was drawn from.
    package var seed: Int
    /// Sessions at once.
    package var slots: Int
    /// The groups.
    package var groups: [Group]
    /// The tasks; each one's id is its place.
    package var tasks: [Task]

    /// Makes a workload; see the properties.
    package init(name: String, seed: Int, slots: Int, groups: [Group], tasks: [Task]) {
        self.name = name
        self.seed = seed
        self.slots = slots
        self.groups = groups
        self.tasks = tasks
    }

    /// The tasks that need each one, directly; only for a workload without a fault.
    var dependents: [[Int]] {
        var dependents = Array(repeating: [Int](), count: tasks.count)
        for task in tasks {
            for need in task.needs { dependents[need].append(task.id) }
        }
        return dependents
    }

    /// Makes each task's size a hint that is off by e to a normal number with this spread; without
    /// one, takes the hints away.
    package mutating func setHints(spread: Double?, seed: Int) {
        var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) ^ 0x4849_4E54)
        for task in tasks.indices {
            let noise = spread.map { random.lognormal(0, $0) }
            tasks[task].size = noise.flatMap { noise in tasks[task].size.map { $0 * noise } }
        }
    }

    /// The plan that a run of it follows: nothing ends a task but its own work.
    package func plan(scheduler: SchedulerName? = nil, stopsAfter: Int = 0) -> RunPlan {
        RunPlan(
            concurrency: slots,
            groups: groups.enumerated().map { GroupPlan(name: "group-\($0)", weight: $1.weight) },
            tasks: tasks.map { task in
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
            },
            scheduler: scheduler
        )
    }
}
