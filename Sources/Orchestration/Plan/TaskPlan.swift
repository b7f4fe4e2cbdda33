/// A task as the decisions see it.
///
/// The defaults are the manifest's. All but a few properties are the task's `TaskTerms`, which
/// tasks with equal terms share in memory: there may be a million tasks.
@dynamicMemberLookup
package struct TaskPlan: Hashable, Sendable, Codable {
    /// The name, unique in the plan; also that of the task directory.
    package var name: String
    /// Expected number of sessions; `nil` if unknown.
    package var size: Double?
    /// Names of the tasks that must be complete before this one starts.
    package var needs: [String]
    private var terms: Shared<TaskTerms>

    private enum CodingKeys: CodingKey {
        case name, size, needs
    }

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
        growth: Int? = nil,
        tamperLimit: Int? = 2,
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
        self.size = size
        self.needs = needs
        terms = Shared(
            TaskTerms(
                priority: priority,
                group: group,
                weight: weight,
                maxSessions: maxSessions,
                sessionTimeout: sessionTimeout,
                idleTimeout: idleTimeout,
                stallAfter: stallAfter,
                stallTokens: stallTokens,
                stallTime: stallTime,
                growAfter: growAfter,
                growth: growth,
                tamperLimit: tamperLimit,
                initializerAttempts: initializerAttempts,
                sameFailure: sameFailure,
                retries: retries,
                resume: resume,
                resumeFirst: resumeFirst,
                account: account,
                budget: budget,
                sessionBudget: sessionBudget
            )
        )
    }

    /// Reads what `encode(to:)` writes.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        size = try container.decodeIfPresent(Double.self, forKey: .size)
        needs = try container.decode([String].self, forKey: .needs)
        terms = Shared(try TaskTerms(from: decoder))
    }

    /// Writes the plan and its terms into one object.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(size, forKey: .size)
        try container.encode(needs, forKey: .needs)
        try terms.value.encode(to: encoder)
    }

    /// One of the terms.
    package subscript<Term: Equatable>(
        dynamicMember term: WritableKeyPath<TaskTerms, Term>
    ) -> Term {
        @inline(__always) get { terms.value[keyPath: term] }
        @inline(__always) set { terms.set(term, to: newValue) }
    }

    /// Returns the plan with the terms of an earlier plan whose terms are equal; `nil` if it has those
    /// already, or is the first one with such terms.
    package func sharingTerms(_ sharing: inout Sharing<TaskTerms>) -> TaskPlan? {
        let first = sharing.first(of: terms)
        guard !first.isSame(as: terms) else { return nil }
        var plan = self
        plan.terms = first
        return plan
    }
}

/// The part of a task's plan that many tasks have in common.
package struct TaskTerms: Hashable, Sendable, Codable {
    /// The priority; larger goes first.
    package var priority: Int
    /// The group's name; `nil` for none.
    package var group: String?
    /// The task's share within its group; above 0.
    package var weight: Double
    /// Maximum number of charged sessions; 0 for no limit.
    package var maxSessions: Int
    /// Time that a session may take.
    package var sessionTimeout: Duration
    /// Time that a session may go without an event; network waiting does not count as one.
    package var idleTimeout: Duration
    /// Charged executor sessions in a row without a new tick that end the task as stalled.
    package var stallAfter: Int
    /// Tokens since the last new tick that end the task as stalled; `nil` for no limit.
    package var stallTokens: Int64?
    /// Time of charged sessions since the last new tick that ends the task as stalled; `nil` for no limit.
    package var stallTime: Duration?
    /// Sessions in a row with new ticks, but no new minimum of entries left, that end the task as
    /// stalled; `nil` for no limit.
    ///
    /// Since that minimum, twice as many entries must have been ticked as the checklist had then.
    package var growAfter: Int?
    /// The entries that sessions may append, in percent of those that the list first had; `nil` for any
    /// number.
    package var growth: Int?
    /// Charged sessions that change what they must not in the list, and that end the task as damaged; `nil` for
    /// 2, in journals of earlier versions.
    package var tamperLimit: Int?
    /// Charged initializer sessions in a row without a checklist that end the task as failed.
    package var initializerAttempts: Int
    /// Identical failures in a row that end the task as failed.
    package var sameFailure: Int
    /// The retries of failures that something outside caused.
    package var retries: RetryPlan
    /// True if the next session resumes the thread instead of beginning with a fresh context.
    package var resume: Bool
    /// True if the first session of the leg resumes the thread that the task directory names.
    package var resumeFirst: Bool
    /// Codex's home directory of the account whose usage the sessions draw on; `nil` for the run's
    /// own account.
    package var account: String?
    /// The model that the task names, which may have a limit of its own; `nil` for none.
    package var model: String?
    /// The budget of the task's sessions together; `nil` for no limit.
    package var budget: Budget?
    /// The budget of each session; `nil` for no limit but the timeouts.
    package var sessionBudget: Budget?
    /// The check of the work; `nil` for none.
    package var check: CheckPlan?
    /// The hooks of the task's end; `nil` for none.
    package var hooks: TaskHookPlan?
    /// The models of the sessions, the first one first, of which each follows on evidence that the one before is not
    /// enough; `nil` for the model that the driver names.
    package var models: [String]?
    /// True if the leg leaves the task alone, since it was not selected; `nil` for no.
    ///
    /// Such a task is part of the run: its known state stays as it is.
    package var isLeftOut: Bool?
}

/// The number and the delays of the retries after failures that something outside caused.
package struct RetryPlan: Hashable, Sendable, Codable {
    /// Retries in a row; one more such failure ends the task as failed.
    package var limit: Int
    /// The delay before the first retry; each further one doubles it.
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
