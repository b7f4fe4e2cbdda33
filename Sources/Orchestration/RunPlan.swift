/// What Orchestration needs to know of a manifest: who may run, how often, in which order.
///
/// Prompts, directories and arguments are no business of the decisions; they stay with whoever
/// carries a start out.
package struct RunPlan: Hashable, Sendable, Codable {
    /// The most sessions at once: a plan that says more, as a damaged one may, is taken to say this.
    static let slotsLimit = 100_000

    /// Sessions at once, at least 1; the most where that adapts.
    package var concurrency: Int
    /// The fewest sessions at once, where that adapts to what the service bears; `nil` where it
    /// does not.
    package var leastConcurrency: Int?
    /// Tokens that sessions may use in a minute; `nil` for any number.
    package var tokensPerMinute: Int?
    /// The groups that tasks name; a task without a group is in a group of its own kind, `""`,
    /// with weight 1 and no cap.
    package var groups: [GroupPlan]
    /// The tasks, in manifest order.
    ///
    /// Names are unique, and `needs` have no cycle. What a task needs and the leg leaves out is
    /// complete: see `Selection.checkNeeds`.
    package var tasks: [TaskPlan]
    /// The time between a polite termination and a kill.
    package var grace: Duration
    /// How long a drain may take after SIGINT, before sessions are terminated.
    package var drainAfterInterrupt: Duration
    /// How long a drain may take after SIGTERM, before sessions are terminated.
    package var drainAfterTerminate: Duration
    /// The least time between two sessions of one task.
    package var pause: Duration
    /// Whether caps start afresh although the last run was interrupted.
    package var freshCaps: Bool
    /// The scheduler; `nil` for PACE.
    package var scheduler: SchedulerName?
    /// What the run may spend; `nil` for no limit.
    package var budget: RunBudget?
    /// What tokens cost; `nil` where nobody said so, and cost is not counted.
    package var prices: Prices?
    /// Tasks that fail in a leg before nothing more starts in it, at least 1; `nil` for any number.
    package var maxFailures: Int?
    /// What the machine must have left for a session to start; `nil` for nobody looks, and in
    /// journals of earlier versions.
    package var admission: AdmissionPlan?

    /// Makes a plan with the manifest's defaults for everything not given.
    package init(
        concurrency: Int = 4,
        leastConcurrency: Int? = nil,
        tokensPerMinute: Int? = nil,
        groups: [GroupPlan] = [],
        tasks: [TaskPlan] = [],
        grace: Duration = .seconds(10),
        drainAfterInterrupt: Duration = .seconds(600),
        drainAfterTerminate: Duration = .seconds(20),
        pause: Duration = .zero,
        freshCaps: Bool = false,
        scheduler: SchedulerName? = nil,
        budget: RunBudget? = nil,
        prices: Prices? = nil,
        maxFailures: Int? = nil,
        admission: AdmissionPlan? = nil
    ) {
        self.concurrency = concurrency
        self.leastConcurrency = leastConcurrency
        self.tokensPerMinute = tokensPerMinute
        self.groups = groups
        self.tasks = tasks
        self.grace = grace
        self.drainAfterInterrupt = drainAfterInterrupt
        self.drainAfterTerminate = drainAfterTerminate
        self.pause = pause
        self.freshCaps = freshCaps
        self.scheduler = scheduler
        self.budget = budget
        self.prices = prices
        self.maxFailures = maxFailures
        self.admission = admission
    }

    /// The tasks that the leg carries out.
    package var selected: [TaskPlan] { tasks.filter { $0.isLeftOut != true } }

    /// The tasks that the leg leaves out.
    package var leftOut: [TaskPlan] { tasks.filter { $0.isLeftOut == true } }

    /// Leaves out all tasks but those of these names.
    package mutating func leaveOutAll(but names: Set<String>) {
        for place in tasks.indices where !names.contains(tasks[place].name) {
            tasks[place].isLeftOut = true
        }
    }

    /// Has equal terms of tasks in memory once.
    mutating func shareTerms() {
        var sharing = Sharing<TaskTerms>()
        for place in tasks.indices { tasks[place].shareTerms(&sharing) }
    }

    /// Whether anything of it has a budget.
    package var hasBudgets: Bool {
        budget != nil || groups.contains { $0.budget != nil }
            || tasks.contains { $0.budget != nil || $0.sessionBudget != nil }
    }
}

/// Tasks that share a weight and a cap.
package struct GroupPlan: Hashable, Sendable, Codable {
    /// Unique among the groups.
    package var name: String
    /// The group's share of session time relative to other groups'; above 0.
    package var weight: Double
    /// Sessions of the group at once; `nil` for no cap.
    package var maxConcurrent: Int?
    /// What its tasks may spend together; `nil` for no limit.
    package var budget: Budget?

    /// Makes a group; its weight is 1, and it has neither cap nor budget unless given.
    package init(
        name: String,
        weight: Double = 1,
        maxConcurrent: Int? = nil,
        budget: Budget? = nil
    ) {
        self.name = name
        self.weight = weight
        self.maxConcurrent = maxConcurrent
        self.budget = budget
    }
}
