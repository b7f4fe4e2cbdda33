/// The state of a task, folded from the facts.
///
/// There may be a million tasks: numbers are small, and what few tasks have is stored apart.
@dynamicMemberLookup
package struct TaskState: Hashable, Sendable {
    /// The phase of a task.
    package enum Phase: Hashable, Sendable {
        /// The task has no session and has not ended.
        case waiting
        /// The session with this number runs.
        case running(Int)
        /// The task ended.
        case ended(Outcome)
    }

    /// The counts of a task, clamped to 32 bits.
    package struct Counts: Hashable, Sendable {
        /// Sessions started over all legs; the next one is numbered one more.
        package var sessions: Int32 = 0
        /// Sessions counted against `max_sessions` since caps were last fresh.
        package var charged: Int32 = 0
        /// Retries in a row.
        package var retries: Int32 = 0
        /// Failures in a row, of all classes that are not free of charge.
        package var failures: Int32 = 0
        /// Charged sessions in a row without a new tick.
        package var idle: Int32 = 0
        /// Sessions in a row with new ticks, but no new minimum of entries left.
        package var growing: Int32 = 0
        /// The most ticked entries seen since the directory was last inspected.
        package var bestTicked: Int32 = 0
        /// Ticked entries from which `hasRunAway` applies: since the last minimum of entries left,
        /// more were ticked than a list that only became longer would explain.
        var runawayTicks: Int32 = 0
        /// Failures in a row with the same signature as the last one.
        var sameFailures: Int32 = 0
        /// Needs that are not complete yet.
        var pendingNeeds: Int32 = 0
    }

    /// Properties that many tasks lack.
    package struct Rarities: Hashable, Sendable {
        /// Total usage of the newest thread.
        package var threadUsage: TokenUsage?
        /// The stamp of the list with which the task was found complete; `nil` if nobody took it,
        /// and while work is left.
        package var list: String?
        /// Awake time before which no session of the task starts; `nil` for none.
        package var notBefore: Duration?
        /// Charged sessions since the task last reopened that changed the list as they must not.
        var tampered = 0
        /// The forbidden changes of the list by the last session, for the next one; `nil` for none.
        package var incident: ListIncident?
        /// The entries of the list when it was first seen, where its growth is bounded.
        var firstTotal: Int?
        /// The work as the newest checkpoint found it; `nil` before the first.
        package var work: CheckpointedWork?
        /// The signature of the last failure that counts.
        var lastFailure: FailureSignature?
        /// The failures of the check since it last passed; `nil` for none.
        package var checkTrouble: CheckTrouble?
        /// The newest question of the task to a person, answered or not; `nil` if it never asked one.
        package var question: String?
        /// True while nobody has answered `question`.
        var isAsking = false
        /// The account that the newest session drew on, of the run's several; `nil` for that of the plan.
        package var account: String?
        /// The place on the ladder of models.
        package var rung = Rung()

        fileprivate static let none = Shared(Rarities())
    }

    /// The time and tokens of a task's sessions.
    package struct Effort: Hashable, Sendable, PackedInline {
        /// Tokens of all sessions since the last new tick.
        package var idleTokens: Int64 = 0
        /// Seconds of charged sessions since the last new tick.
        package var idleSeconds = 0.0
        /// Seconds of all sessions.
        package var seconds = 0.0
        /// Tokens of all sessions.
        package var usage = TokenUsage.zero
    }

    /// The task's plan in this leg.
    package internal(set) var plan = TaskPlan(name: "")
    /// The task's phase.
    package internal(set) var phase = Phase.waiting
    /// True once the directory was opened in this leg.
    package internal(set) var isInspected = false
    /// True if the next session resumes the newest thread.
    package internal(set) var resumesNext = false
    /// The standing of the work with the task's check.
    package internal(set) var check = CheckPhase.none
    /// Exit status of the newest session; `nil` if its process did not exit by itself.
    package internal(set) var lastExitStatus: Int32?
    var counts = Counts()
    /// The fewest entries left after a session since the task last reopened; `nil` before the first.
    package internal(set) var fewestLeft: Int?
    /// The reason why the task ended; `nil` while it has work left.
    package internal(set) var reason: String?
    /// The checklist as last seen.
    package internal(set) var checklist = ChecklistState.missing
    var effort = Effort()
    /// The ledger; one that holds nothing is the same for all tasks.
    private(set) var sharedLedger = Ledger.empty
    /// The newest thread.
    package internal(set) var thread: String?
    var rarities = Rarities.none

    /// The spending and reservations of the task, for its budget.
    package internal(set) var ledger: Ledger {
        get { sharedLedger.value }
        set {
            guard newValue != sharedLedger.value else { return }
            sharedLedger = newValue == Ledger.empty.value ? Ledger.empty : Shared(newValue)
        }
    }

    /// One of the counts.
    package internal(set) subscript(dynamicMember count: WritableKeyPath<Counts, Int32>) -> Int {
        @inline(__always) get { Int(counts[keyPath: count]) }
        @inline(__always) set { counts[keyPath: count] = Int32(clamping: newValue) }
    }

    /// One of the properties that few tasks have.
    package internal(set) subscript<Rarity: Equatable>(
        dynamicMember rarity: WritableKeyPath<Rarities, Rarity>
    ) -> Rarity {
        @inline(__always) get { rarities.value[keyPath: rarity] }
        @inline(__always) set { rarities.set(rarity, to: newValue) }
    }

    /// The time or tokens of the sessions.
    package internal(set) subscript<Sum>(dynamicMember sum: WritableKeyPath<Effort, Sum>) -> Sum {
        @inline(__always) get { effort[keyPath: sum] }
        @inline(__always) set { effort[keyPath: sum] = newValue }
    }

    init(plan: TaskPlan) {
        self.plan = plan
    }

    /// The task's outcome; `nil` while it has work left.
    package var outcome: Outcome? {
        if case .ended(let outcome) = phase { outcome } else { nil }
    }

    /// True if this leg has work to do on the task.
    package var isOpen: Bool { outcome == nil && plan.isLeftOut != true }

    /// True if at most a delay, the account or the group keeps the task from being started.
    var mayRun: Bool {
        isOpen && phase == .waiting && isInspected && self.pendingNeeds == 0 && !check.isOpen
    }

    /// The number of the running session; `nil` if none runs.
    package var runningSession: Int? {
        if case .running(let number) = phase { number } else { nil }
    }

    /// True if the task has come half of the way to a stall, idle sessions aside.
    var isRunningAway: Bool {
        plan.growAfter.map { self.growing >= ($0 + 1) / 2 } ?? false
            || checklist != .missing && (isHalfwayByTokens || isHalfwayByTime)
    }

    var isHalfwayByTokens: Bool {
        plan.stallTokens.map { effort.idleTokens >= ($0 + 1) / 2 } ?? false
    }

    var isHalfwayByTime: Bool {
        plan.stallTime.map { effort.idleSeconds >= $0.inSeconds / 2 } ?? false
    }

    /// True if the checklist has grown for so long that the task will probably never end.
    var hasRunAway: Bool {
        plan.growAfter.map { self.growing >= $0 && self.bestTicked >= self.runawayTicks } ?? false
    }

    /// The role of the next session.
    var nextRole: Role { checklist == .missing ? .initializer : .executor }

    /// The thread that the next session resumes; `nil` for a fresh context, which a better model always has.
    ///
    /// Checked, since a journal may hold something else than an id.
    var nextThread: String? {
        guard resumesNext || plan.resume, !movesUp else { return nil }
        return thread.flatMap(ThreadID.checked)
    }

    /// Adopts the plan of a new leg, and forgets what belonged to the old leg's clock.
    mutating func beginLeg(plan: TaskPlan, freshCaps: Bool) {
        // Another command has confirmed nothing.
        if check == .passed, plan.check?.hasCommand(of: self.plan.check) != true { check = .none }
        self.plan = plan
        isInspected = false
        self.notBefore = nil
        self.pendingNeeds = 0
        // A check that nobody saw end is run again.
        if check.isOpen { check = plan.check == nil ? .none : .due }
        if freshCaps { self.charged = 0 }
        ledger.beginLeg(freshCaps: freshCaps)
    }

    /// Reopens the task, and starts its counts afresh.
    mutating func reopen() {
        phase = .waiting
        (reason, self.list) = (nil, nil)
        if check == .passed { check = .none }
        countAfresh()
        // A task that was answered has its directory opened once more, which tells whether it asks still.
        isInspected = false
    }

    /// Starts the counts of failures and of sessions without progress afresh, and ends a delay.
    mutating func countAfresh() {
        self.retries = 0
        self.failures = 0
        (self.idle, effort.idleTokens, effort.idleSeconds) = (0, 0, 0)
        (self.growing, fewestLeft) = (0, nil)
        self.tampered = 0
        self.lastFailure = nil
        self.sameFailures = 0
        self.checkTrouble?.count = 0
        self.notBefore = nil
    }

    /// Gives the task all of its sessions and of its budget again.
    mutating func freshenCaps() {
        self.charged = 0
        ledger.beginLeg(freshCaps: true)
    }

    /// Forgets the work in the directory that the task had before.
    mutating func beginAnew() {
        checklist = .missing
        (self.bestTicked, self.runawayTicks, self.charged) = (0, 0, 0)
        (self.tampered, self.incident, self.firstTotal) = (0, nil, nil)
        (thread, self.threadUsage, resumesNext) = (nil, nil, false)
        (self.work, self.question, self.isAsking) = (nil, nil, false)
        (check, self.checkTrouble, self.rung) = (.none, nil, Rung())
        ledger.beginLeg(freshCaps: true)
    }

    mutating func apply(_ fact: TaskInspected) {
        isInspected = true
        let before = checklist.progress?.ticked ?? 0
        checklist = fact.checklist
        noteClaim(since: before)
        // A person may have unticked boxes between two legs; ticking them again is progress.
        if case .good(let progress) = checklist { self.bestTicked = progress.ticked }
        if thread != fact.thread {
            thread = fact.thread
            self.threadUsage = nil
            resumesNext = false
        }
        if plan.resumeFirst && thread != nil { resumesNext = true }
        note(fact.incident, isCharged: false)
        noteLength()
        // A look at a task that the leg leaves out says nothing of its question.
        guard outcome != .needsYou else { return }
        // A question that was not heard lies there, too.
        self.isAsking = fact.question != nil && (self.isAsking || fact.question != self.question)
        if let question = fact.question { self.question = question }
    }

    mutating func apply(_ fact: SessionStarted) {
        phase = .running(fact.session)
        self.sessions = fact.session
        self.notBefore = nil
        resumesNext = false
        if fact.resumes == nil { self.threadUsage = nil }
        self.account = fact.account
        note(fact.model, fact.move)
    }

    mutating func apply(_ fact: SessionEnded, at moment: Moment) {
        phase = .waiting
        effort.seconds += fact.seconds
        effort.usage = effort.usage + (fact.usage ?? .zero)
        if case .exited(let status)? = fact.termination {
            lastExitStatus = status
        } else {
            lastExitStatus = nil
        }
        if let thread = fact.thread { self.thread = thread }
        if let total = fact.threadUsage { self.threadUsage = total }
        let before = checklist.progress?.ticked ?? 0
        countProgress(fact)
        if fact.progress != nil { noteClaim(since: before) }
        note(fact.incident, isCharged: fact.charge == .session)
        noteLength()
        note(question: fact.question)
        countFailure(fact)
        // A session that was never begun leaves everything as it was.
        if fact.failure?.kind.has(.neverBegan) != true {
            resumesNext = fact.goesOn ?? fact.failure?.kind.has(.resumable) ?? false
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
            (self.idle, effort.idleTokens, effort.idleSeconds) = (0, 0, 0)
        } else {
            effort.idleTokens = min(TokenUsage.limit, effort.idleTokens + (fact.usage?.total ?? 0))
            if fact.charge == .session {
                self.idle += 1
                effort.idleSeconds += fact.seconds
            }
        }
        if let progress = fact.progress { countGrowth(progress, isNew: isNew) }
    }

    private mutating func countGrowth(_ progress: Progress, isNew: Bool) {
        let left = progress.left
        if left < fewestLeft ?? .max {
            (fewestLeft, self.growing) = (left, 0)
            // Ticked entries, and twice the total.
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
        guard failure.kind.treatment.charge != .free else { return }
        self.failures += 1
        guard failure.kind.has(.repeats) else { return }
        let signature = FailureSignature(failure)
        self.sameFailures = signature == self.lastFailure ? self.sameFailures + 1 : 1
        self.lastFailure = signature
    }
}

extension Ledger {
    fileprivate static let empty = Shared(Ledger())
}
