/// The part of a manifest that Orchestration needs: which tasks may run, how often, in which order.
///
/// Prompts, directories and arguments have no part in the decisions; the driver, which carries starts out,
/// has them.
package struct RunPlan: Hashable, Sendable, Codable {
    /// The most sessions at once; a larger number, as in a damaged plan, counts as this one.
    static let slotsLimit = 100_000

    /// Number of sessions at once, at least 1; the maximum if concurrency adapts.
    package var concurrency: Int
    /// The fewest sessions at once, if concurrency adapts to what the service bears; `nil` if not.
    package var leastConcurrency: Int?
    /// Tokens that all sessions together may use in a minute; `nil` for no limit.
    package var tokensPerMinute: Int?
    /// The groups that tasks name; tasks without a group are in a group `""` with weight 1 and no cap.
    package var groups: [GroupPlan]
    /// The tasks, in manifest order.
    ///
    /// Names are unique, and `needs` have no cycle. A need that the leg leaves out is complete: see
    /// `Selection.checkNeeds`.
    package var tasks: [TaskPlan]
    /// The time between a polite termination and a kill.
    package var grace: Duration
    /// Maximum duration of a drain after SIGINT, before sessions are terminated.
    package var drainAfterInterrupt: Duration
    /// Maximum duration of a drain after SIGTERM, before sessions are terminated.
    package var drainAfterTerminate: Duration
    /// The least time between two sessions of one task.
    package var pause: Duration
    /// True if caps start afresh although the last run was interrupted.
    package var freshCaps: Bool
    /// The scheduler; `nil` for PACE.
    package var scheduler: SchedulerName?
    /// The run's budget; `nil` for no limit.
    package var budget: RunBudget?
    /// The prices of tokens; `nil` if unknown, in which case cost is not counted.
    package var prices: Prices?
    /// Number of failed tasks in a leg after which nothing more starts, at least 1; `nil` for no limit.
    package var maxFailures: Int?
    /// The resources that the machine must have left for a session to start; `nil` for no check,
    /// and in journals of earlier versions.
    package var admission: AdmissionPlan?
    /// Number of checks at once, at least 1; `nil` for 1.
    package var checkSlots: Int?
    /// The run's own hooks; `nil` for none.
    package var hooks: RunHookPlan?
    /// The treatment of usage limits; `nil` for the usual one.
    package var limits: LimitPlan?
    /// The hours in which sessions may start; `nil` for all.
    package var hours: HourPlan?
    /// The accounts that tasks without one of their own share, each once; `nil` for the run's own alone.
    package var accounts: [String]?

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

    /// Returns the plan with all tasks left out but those with these names.
    package func leavingOutAll(but names: Set<String>) -> RunPlan {
        var plan = self
        for place in tasks.indices where !names.contains(tasks[place].name) {
            plan.tasks[place].isLeftOut = true
        }
        return plan
    }

    /// Returns the plan with equal terms of tasks stored in memory once.
    func sharingTerms() -> RunPlan {
        var sharing = Sharing<TaskTerms>()
        // The array stays shared with other plans if it has nothing to change.
        let first = tasks.firstIndex { $0.sharingTerms(&sharing) != nil }
        guard let first else { return self }
        var plan = self
        for index in tasks.indices[first...] {
            plan.tasks[index] = tasks[index].sharingTerms(&sharing) ?? tasks[index]
        }
        return plan
    }

    /// True if the run, a group, a task or its sessions have a budget.
    package var hasBudgets: Bool {
        budget != nil || groups.contains { $0.budget != nil }
            || tasks.contains { $0.budget != nil || $0.sessionBudget != nil }
    }
}

/// Tasks that share a weight and a cap.
package struct GroupPlan: Hashable, Sendable, Codable {
    /// The name, unique among the groups.
    package var name: String
    /// The group's share of session time relative to other groups'; above 0.
    package var weight: Double
    /// Maximum number of the group's sessions at once; `nil` for no cap.
    package var maxConcurrent: Int?
    /// The budget of the group's tasks together; `nil` for no limit.
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
