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

    /// Leaves out all tasks but those of these names.
    package mutating func leaveOutAll(but names: Set<String>) {
        for place in tasks.indices where !names.contains(tasks[place].name) {
            tasks[place].isLeftOut = true
        }
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

/// A task as the decisions see it.
///
/// The defaults are the manifest's.
package struct TaskPlan: Hashable, Sendable, Codable {
    /// Unique in the plan; also the name of the task directory.
    package var name: String
    /// Larger goes first.
    package var priority: Int
    /// The group's name; `nil` for none.
    package var group: String?
    /// The task's share within its group; above 0.
    package var weight: Double
    /// How many sessions the task is thought to take; `nil` for nobody knows.
    package var size: Double?
    /// Names of the tasks that must be complete before this one starts.
    package var needs: [String]
    /// Charged sessions the task may take; 0 for no limit.
    package var maxSessions: Int
    /// The time a session may take.
    package var sessionTimeout: Duration
    /// The time a session may go without an event, network waiting not counted as one.
    package var idleTimeout: Duration
    /// Charged executor sessions in a row without a new tick that end the task as stalled.
    package var stallAfter: Int
    /// Tokens since the last new tick that end the task as stalled; `nil` for any number.
    package var stallTokens: Int64?
    /// Session time since the last new tick that ends the task as stalled; `nil` for any.
    package var stallTime: Duration?
    /// Charged executor sessions in a row with new ticks, but without fewer entries left than ever
    /// before, that end the task as stalled, if as many entries were ticked meanwhile as twice the
    /// checklist then had; `nil` for any number.
    package var growAfter: Int?
    /// Charged initializer sessions in a row without a checklist that end the task as failed.
    package var initializerAttempts: Int
    /// Identical failures in a row that end the task as failed.
    package var sameFailure: Int
    /// How failures that are nobody's fault are retried.
    package var retries: RetryPlan
    /// Whether the next session goes on in the same thread instead of a fresh context.
    package var resume: Bool
    /// Whether the first session of the leg goes on in the thread that the task directory names.
    package var resumeFirst: Bool
    /// Whose usage its sessions draw on, for tasks with another account than the run's own: Codex's
    /// home directory; `nil` for the run's own.
    package var account: String?
    /// What its sessions may spend together; `nil` for no limit.
    package var budget: Budget?
    /// What each of its sessions may spend; `nil` for no limit but the timeouts.
    package var sessionBudget: Budget?
    /// Whether the leg leaves the task alone, since it was not selected; `nil` for no.
    ///
    /// Such a task is part of the run: what is known of it stays known, and nothing of it changes.
    package var isLeftOut: Bool?

    /// Makes a task; everything but the name has the manifest's default.
    package init(
        name: String,
        priority: Int = 0,
        group: String? = nil,
        weight: Double = 1,
        size: Double? = nil,
        needs: [String] = [],
        maxSessions: Int = 100,
        sessionTimeout: Duration = .seconds(45 * 60),
        idleTimeout: Duration = .seconds(600),
        stallAfter: Int = 8,
        stallTokens: Int64? = nil,
        stallTime: Duration? = nil,
        growAfter: Int? = 24,
        initializerAttempts: Int = 3,
        sameFailure: Int = 3,
        retries: RetryPlan = RetryPlan(),
        resume: Bool = false,
        resumeFirst: Bool = false,
        account: String? = nil,
        budget: Budget? = nil,
        sessionBudget: Budget? = nil
    ) {
        self.name = name
        self.priority = priority
        self.group = group
        self.weight = weight
        self.size = size
        self.needs = needs
        self.maxSessions = maxSessions
        self.sessionTimeout = sessionTimeout
        self.idleTimeout = idleTimeout
        self.stallAfter = stallAfter
        self.stallTokens = stallTokens
        self.stallTime = stallTime
        self.growAfter = growAfter
        self.initializerAttempts = initializerAttempts
        self.sameFailure = sameFailure
        self.retries = retries
        self.resume = resume
        self.resumeFirst = resumeFirst
        self.account = account
        self.budget = budget
        self.sessionBudget = sessionBudget
    }
}

/// How often and how soon a session that the world cut down is repeated.
package struct RetryPlan: Hashable, Sendable, Codable {
    /// Retries in a row; the next failure of the world ends the task as failed.
    package var limit: Int
    /// The delay before the first retry; doubled for each further one.
    package var delay: Duration
    /// The longest delay.
    package var maxDelay: Duration

    /// Makes a policy; 5 retries, from 10 s to 5 min, unless given.
    package init(
        limit: Int = 5,
        delay: Duration = .seconds(10),
        maxDelay: Duration = .seconds(300)
    ) {
        self.limit = limit
        self.delay = delay
        self.maxDelay = maxDelay
    }
}
