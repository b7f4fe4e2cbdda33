/// A task as the decisions see it.
///
/// The defaults are the manifest's. All but a few properties are its `TaskTerms`, which a task shares
/// in memory with those that have the same: there may be a million tasks.
@dynamicMemberLookup
package struct TaskPlan: Hashable, Sendable, Codable {
    /// Unique in the plan; also the name of the task directory.
    package var name: String
    /// How many sessions the task is thought to take; `nil` for nobody knows.
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

    /// Shares the terms with an earlier task that has the same.
    mutating func shareTerms(_ sharing: inout Sharing<TaskTerms>) {
        terms = sharing.first(of: terms)
    }
}

/// The part of a task's plan that many tasks have in common.
package struct TaskTerms: Hashable, Sendable, Codable {
    /// Larger goes first.
    package var priority: Int
    /// The group's name; `nil` for none.
    package var group: String?
    /// The task's share within its group; above 0.
    package var weight: Double
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
