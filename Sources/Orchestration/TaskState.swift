/// All that is known of a task, folded from the facts.
///
/// There may be a million tasks: numbers are kept small, and what few tasks have by itself.
@dynamicMemberLookup
package struct TaskState: Hashable, Sendable {
    /// Where a task stands.
    package enum Phase: Hashable, Sendable {
        /// It has work left and no session.
        case waiting
        /// This session of it runs.
        case running(Int)
        /// It ended.
        case ended(Outcome)
    }

    /// What is counted of a task; a number that does not fit is cut.
    package struct Counts: Hashable, Sendable {
        /// Sessions started over all legs; the next one is numbered one more.
        package var sessions: Int32 = 0
        /// Sessions counted against `max_sessions` since caps were last fresh.
        package var charged: Int32 = 0
        /// Retries in a row.
        package var retries: Int32 = 0
        /// Failures in a row, of whatever class.
        package var failures: Int32 = 0
        /// Charged sessions in a row without a new tick.
        package var idle: Int32 = 0
        /// Charged sessions in a row with new ticks, but without fewer entries left than ever before.
        package var growing: Int32 = 0
        /// The most ticked entries ever seen.
        package var bestTicked: Int32 = 0
        /// The ticks after which so much was ticked since the fewest entries were left that no list
        /// that only became longer would explain it.
        var runawayTicks: Int32 = 0
        /// Failures in a row that are like the last one.
        var sameFailures: Int32 = 0
        /// Needs that are not complete yet.
        var pendingNeeds: Int32 = 0
    }

    /// What many tasks have nothing of.
    package struct Rarities: Hashable, Sendable {
        /// What the newest thread has used in all.
        package var threadUsage: TokenUsage?
        /// The stamp of the list with which it was found complete; `nil` where nobody took it, and
        /// while work is left.
        package var list: String?
        /// The awake time before which no session of it starts; `nil` for none.
        package var notBefore: Duration?
        /// What the last failure that counts was like.
        var lastFailure: FailureSignature?

        fileprivate static let none = Shared(Rarities())
    }

    /// The plan it follows in this leg.
    package internal(set) var plan = TaskPlan(name: "")
    /// Where it stands.
    package internal(set) var phase = Phase.waiting
    /// Whether its directory was opened in this leg.
    package internal(set) var isInspected = false
    /// Whether the next session goes on in the newest thread.
    package internal(set) var resumesNext = false
    /// The exit status of its newest session; `nil` for one that did not exit by itself.
    package internal(set) var lastExitStatus: Int32?
    var counts = Counts()
    /// The fewest entries that were ever left; `nil` before the first checklist.
    package internal(set) var fewestLeft: Int?
    /// Why it ended; `nil` while it has work left.
    package internal(set) var reason: String?
    /// The checklist as last seen.
    package internal(set) var checklist = ChecklistState.missing
    /// Tokens of all sessions since the last new tick.
    package internal(set) var idleTokens: Int64 = 0
    /// Seconds of charged sessions since the last new tick.
    package internal(set) var idleSeconds = 0.0
    /// Seconds of all its sessions.
    package internal(set) var seconds = 0.0
    /// Tokens of all its sessions.
    package internal(set) var usage = TokenUsage.zero
    /// What it spent and has reserved, for its budget.
    package internal(set) var ledger = Ledger()
    /// The newest thread.
    package internal(set) var thread: String?
    var rarities = Rarities.none

    /// One of its counts.
    package internal(set) subscript(dynamicMember count: WritableKeyPath<Counts, Int32>) -> Int {
        @inline(__always) get { Int(counts[keyPath: count]) }
        @inline(__always) set { counts[keyPath: count] = Int32(clamping: newValue) }
    }

    /// Something that few tasks have.
    package internal(set) subscript<Rarity: Equatable>(
        dynamicMember rarity: WritableKeyPath<Rarities, Rarity>
    ) -> Rarity {
        @inline(__always) get { rarities.value[keyPath: rarity] }
        @inline(__always) set { rarities.set(rarity, to: newValue) }
    }

    init(plan: TaskPlan) {
        self.plan = plan
    }

    /// How it ended; `nil` while it has work left.
    package var outcome: Outcome? {
        if case .ended(let outcome) = phase { outcome } else { nil }
    }

    /// Whether this leg has work to do on it.
    package var isOpen: Bool { outcome == nil && plan.isLeftOut != true }

    /// True where nothing but a delay, its account or its group keeps it from being started.
    var mayRun: Bool { isOpen && phase == .waiting && isInspected && self.pendingNeeds == 0 }

    /// The number of its running session.
    package var runningSession: Int? {
        if case .running(let number) = phase { number } else { nil }
    }

    /// Whether it has come half of the way to what ends it as stalled, idle sessions aside.
    var isRunningAway: Bool {
        plan.growAfter.map { self.growing >= ($0 + 1) / 2 } ?? false
            || checklist != .missing && (isHalfwayByTokens || isHalfwayByTime)
    }

    var isHalfwayByTokens: Bool { plan.stallTokens.map { idleTokens >= ($0 + 1) / 2 } ?? false }

    var isHalfwayByTime: Bool { plan.stallTime.map { idleSeconds >= $0.inSeconds / 2 } ?? false }

    /// Whether it has for so long that it will not come to an end.
    var hasRunAway: Bool {
        plan.growAfter.map { self.growing >= $0 && self.bestTicked >= self.runawayTicks } ?? false
    }

    /// What its next session does.
    var nextRole: Role { checklist == .missing ? .initializer : .executor }

    /// The thread the next session resumes; `nil` for a fresh context.
    ///
    /// A journal may hold what is no id.
    var nextThread: String? {
        resumesNext || plan.resume ? thread.flatMap(ThreadID.checked) : nil
    }

    /// Takes the plan of a new leg over and forgets what belonged to the old leg's clock.
    mutating func beginLeg(plan: TaskPlan, freshCaps: Bool) {
        self.plan = plan
        isInspected = false
        self.notBefore = nil
        self.pendingNeeds = 0
        if freshCaps { self.charged = 0 }
        ledger.beginLeg(freshCaps: freshCaps)
    }

    /// Starts its counts afresh.
    mutating func reopen() {
        phase = .waiting
        (reason, self.list) = (nil, nil)
        self.retries = 0
        self.failures = 0
        (self.idle, idleTokens, idleSeconds) = (0, 0, 0)
        (self.growing, fewestLeft) = (0, nil)
        self.lastFailure = nil
        self.sameFailures = 0
    }

    /// Forgets the work of the directory that it had before.
    mutating func beginAnew() {
        checklist = .missing
        (self.bestTicked, self.runawayTicks, self.charged) = (0, 0, 0)
        (thread, self.threadUsage, resumesNext) = (nil, nil, false)
        ledger.beginLeg(freshCaps: true)
    }

    mutating func apply(_ fact: TaskInspected) {
        isInspected = true
        checklist = fact.checklist
        // A person may have unticked boxes between two legs; ticking them again is progress.
        if case .good(let progress) = checklist { self.bestTicked = progress.ticked }
        if thread != fact.thread {
            thread = fact.thread
            self.threadUsage = nil
            resumesNext = false
        }
        if plan.resumeFirst && thread != nil { resumesNext = true }
    }

    mutating func apply(_ fact: SessionStarted) {
        phase = .running(fact.session)
        self.sessions = fact.session
        self.notBefore = nil
        resumesNext = false
        if fact.resumes == nil { self.threadUsage = nil }
    }

    mutating func apply(_ fact: SessionEnded, at moment: Moment) {
        phase = .waiting
        seconds += fact.seconds
        usage = usage + (fact.usage ?? .zero)
        if case .exited(let status)? = fact.termination {
            lastExitStatus = status
        } else {
            lastExitStatus = nil
        }
        if let thread = fact.thread { self.thread = thread }
        if let total = fact.threadUsage { self.threadUsage = total }
        countProgress(fact)
        countFailure(fact)
        // One that was never begun leaves everything as it was.
        if fact.failure?.kind != .notRecorded {
            resumesNext = fact.failure?.kind.leavesThreadResumable ?? false
        }
        if fact.forgetsThread { (thread, self.threadUsage) = (nil, nil) }
        if let delay = fact.retryIn { self.notBefore = moment.awake + Duration(inSeconds: delay) }
    }

    private mutating func countProgress(_ fact: SessionEnded) {
        if let progress = fact.progress { checklist = .good(progress) }
        let ticked = fact.progress?.ticked ?? 0
        let isNew = ticked > self.bestTicked
        self.bestTicked = max(self.bestTicked, ticked)
        if fact.charge == .session { self.charged += 1 }
        if isNew || fact.verdict == .initialized {
            (self.idle, idleTokens, idleSeconds) = (0, 0, 0)
        } else {
            idleTokens = min(TokenUsage.limit, idleTokens + (fact.usage?.total ?? 0))
            if fact.charge == .session {
                self.idle += 1
                idleSeconds += fact.seconds
            }
        }
        if let progress = fact.progress { countGrowth(progress, isNew: isNew) }
    }

    private mutating func countGrowth(_ progress: Progress, isNew: Bool) {
        let left = progress.left
        if left < fewestLeft ?? .max {
            (fewestLeft, self.growing) = (left, 0)
            // Ticked and twice the total.
            self.runawayTicks = 3 * Int(Int32(clamping: progress.total)) - left
        } else if isNew {
            self.growing += 1
        }
    }

    private mutating func countFailure(_ fact: SessionEnded) {
        if fact.charge == .retry {
            self.retries += 1
        } else if fact.charge == .session {
            self.retries = 0
        }
        guard let failure = fact.failure else {
            if fact.charge == .session {
                (self.failures, self.sameFailures, self.lastFailure) = (0, 0, nil)
            }
            return
        }
        guard failure.kind.charge != .free else { return }
        self.failures += 1
        guard failure.kind.repeatsForAReason else { return }
        let signature = FailureSignature(failure)
        self.sameFailures = signature == self.lastFailure ? self.sameFailures + 1 : 1
        self.lastFailure = signature
    }
}
