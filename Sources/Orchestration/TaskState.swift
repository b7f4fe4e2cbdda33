/// All that is known of a task, folded from the facts.
package struct TaskState: Hashable, Sendable, Codable {
    /// Where a task stands.
    package enum Phase: Hashable, Sendable, Codable {
        /// It has work left and no session.
        case waiting
        /// This session of it runs.
        case running(Int)
        /// It ended.
        case ended(Outcome)
    }

    /// Its plan is kept by itself: most tasks share most of theirs.
    private enum CodingKeys: CodingKey {
        case phase, reason, isInspected, checklist, sessions, charged, retries, failures, idle
        case idleTokens, idleSeconds, fewestLeft, growing, runawayTicks, bestTicked, seconds, usage
        case ledger, lastExitStatus, thread, threadUsage, resumesNext, notBefore, lastFailure
        case sameFailures, pendingNeeds, list
    }

    /// The plan it follows in this leg.
    package internal(set) var plan = TaskPlan(name: "")
    /// Where it stands.
    package internal(set) var phase = Phase.waiting
    /// Why it ended; `nil` while it has work left.
    package internal(set) var reason: String?
    /// Whether its directory was opened in this leg.
    package internal(set) var isInspected = false
    /// The checklist as last seen.
    package internal(set) var checklist = ChecklistState.missing
    /// Sessions started over all legs; the next one is numbered one more.
    package internal(set) var sessions = 0
    /// Sessions counted against `max_sessions` since caps were last fresh.
    package internal(set) var charged = 0
    /// Retries in a row.
    package internal(set) var retries = 0
    /// Failures in a row, of whatever class.
    package internal(set) var failures = 0
    /// Charged sessions in a row without a new tick.
    package internal(set) var idle = 0
    /// Tokens of all sessions since the last new tick.
    package internal(set) var idleTokens: Int64 = 0
    /// Seconds of charged sessions since the last new tick.
    package internal(set) var idleSeconds = 0.0
    /// The fewest entries that were ever left; `nil` before the first checklist.
    package internal(set) var fewestLeft: Int?
    /// Charged sessions in a row with new ticks, but without fewer entries left than ever before.
    package internal(set) var growing = 0
    /// The ticks after which so much was ticked since the fewest entries were left that no list
    /// that only became longer would explain it.
    private var runawayTicks = 0
    /// The most ticked entries ever seen.
    package internal(set) var bestTicked = 0
    /// Seconds of all its sessions.
    package internal(set) var seconds = 0.0
    /// Tokens of all its sessions.
    package internal(set) var usage = TokenUsage.zero
    /// What it spent and has reserved, for its budget.
    package internal(set) var ledger = Ledger()
    /// The exit status of its newest session; `nil` for one that did not exit by itself.
    package internal(set) var lastExitStatus: Int32?
    /// The newest thread.
    package internal(set) var thread: String?
    /// What that thread has used in all.
    package internal(set) var threadUsage: TokenUsage?
    /// The stamp of the list with which it was found complete; `nil` where nobody took it, and
    /// while work is left.
    package internal(set) var list: String?
    /// Whether the next session goes on in that thread.
    package internal(set) var resumesNext = false
    /// The awake time before which no session of it starts; `nil` for none.
    package internal(set) var notBefore: Duration?
    var lastFailure: FailureSignature?
    var sameFailures = 0
    /// Needs that are not complete yet.
    var pendingNeeds = 0

    init(plan: TaskPlan) {
        self.plan = plan
    }

    /// How it ended; `nil` while it has work left.
    package var outcome: Outcome? {
        if case .ended(let outcome) = phase { outcome } else { nil }
    }

    /// Whether this leg has work to do on it.
    package var isOpen: Bool { outcome == nil && plan.isLeftOut != true }

    /// The number of its running session.
    package var runningSession: Int? {
        if case .running(let number) = phase { number } else { nil }
    }

    /// Whether it has come half of the way to what ends it as stalled, idle sessions aside.
    var isRunningAway: Bool {
        plan.growAfter.map { growing >= ($0 + 1) / 2 } ?? false
            || checklist != .missing && (isHalfwayByTokens || isHalfwayByTime)
    }

    var isHalfwayByTokens: Bool { plan.stallTokens.map { idleTokens >= ($0 + 1) / 2 } ?? false }

    var isHalfwayByTime: Bool { plan.stallTime.map { idleSeconds >= $0.inSeconds / 2 } ?? false }

    /// Whether it has for so long that it will not come to an end.
    var hasRunAway: Bool {
        plan.growAfter.map { growing >= $0 && bestTicked >= runawayTicks } ?? false
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
        notBefore = nil
        pendingNeeds = 0
        if freshCaps { charged = 0 }
        ledger.beginLeg(freshCaps: freshCaps)
    }

    /// Starts its counts afresh.
    mutating func reopen() {
        phase = .waiting
        (reason, list) = (nil, nil)
        retries = 0
        failures = 0
        (idle, idleTokens, idleSeconds) = (0, 0, 0)
        (growing, fewestLeft) = (0, nil)
        lastFailure = nil
        sameFailures = 0
    }

    /// Forgets the work of the directory that it had before.
    mutating func beginAnew() {
        checklist = .missing
        (bestTicked, runawayTicks, charged) = (0, 0, 0)
        (thread, threadUsage, resumesNext) = (nil, nil, false)
        ledger.beginLeg(freshCaps: true)
    }

    mutating func apply(_ fact: TaskInspected) {
        isInspected = true
        checklist = fact.checklist
        // A person may have unticked boxes between two legs; ticking them again is progress.
        if case .good(let progress) = checklist { bestTicked = progress.ticked }
        if thread != fact.thread {
            thread = fact.thread
            threadUsage = nil
            resumesNext = false
        }
        if plan.resumeFirst && thread != nil { resumesNext = true }
    }

    mutating func apply(_ fact: SessionStarted) {
        phase = .running(fact.session)
        sessions = fact.session
        notBefore = nil
        resumesNext = false
        if fact.resumes == nil { threadUsage = nil }
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
        if let total = fact.threadUsage { threadUsage = total }
        countProgress(fact)
        countFailure(fact)
        // One that was never begun leaves everything as it was.
        if fact.failure?.kind != .notRecorded {
            resumesNext = fact.failure?.kind.leavesThreadResumable ?? false
        }
        if fact.forgetsThread { (thread, threadUsage) = (nil, nil) }
        if let delay = fact.retryIn { notBefore = moment.awake + Duration(inSeconds: delay) }
    }

    private mutating func countProgress(_ fact: SessionEnded) {
        if let progress = fact.progress { checklist = .good(progress) }
        let ticked = fact.progress?.ticked ?? 0
        let isNew = ticked > bestTicked
        bestTicked = max(bestTicked, ticked)
        if fact.charge == .session { charged += 1 }
        if isNew || fact.verdict == .initialized {
            (idle, idleTokens, idleSeconds) = (0, 0, 0)
        } else {
            idleTokens = min(TokenUsage.limit, idleTokens + (fact.usage?.total ?? 0))
            if fact.charge == .session {
                idle += 1
                idleSeconds += fact.seconds
            }
        }
        if let progress = fact.progress { countGrowth(progress, isNew: isNew) }
    }

    private mutating func countGrowth(_ progress: Progress, isNew: Bool) {
        let left = progress.left
        if left < fewestLeft ?? .max {
            (fewestLeft, growing) = (left, 0)
            // Ticked and twice the total.
            runawayTicks = 3 * Int(Int32(clamping: progress.total)) - left
        } else if isNew {
            growing += 1
        }
    }

    private mutating func countFailure(_ fact: SessionEnded) {
        if fact.charge == .retry {
            retries += 1
        } else if fact.charge == .session {
            retries = 0
        }
        guard let failure = fact.failure else {
            if fact.charge == .session { (failures, sameFailures, lastFailure) = (0, 0, nil) }
            return
        }
        guard failure.kind.charge != .free else { return }
        failures += 1
        guard failure.kind.repeatsForAReason else { return }
        let signature = FailureSignature(failure)
        sameFailures = signature == lastFailure ? sameFailures + 1 : 1
        lastFailure = signature
    }
}
