/// The decisions of a run: events go in, commands come out.
///
/// A pure value: no clock, no I/O; chance comes from a seed. The same events at the same moments
/// give the same commands.
package struct Orchestrator: Sendable {
    /// The run's state, folded from its facts.
    package internal(set) var state: RunState
    var now = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
    /// The moment of the last turn.
    private var lastMoment: Moment?
    var commands: [Command] = []
    var watch = SessionWatch()
    var causes: [SessionKey: EndCause] = [:]
    var rateLimitsInARow: [String?: Int] = [:]
    /// Awake time of the service's last answer to any session.
    var lastAnswer: Duration?
    var lastStart: Duration?
    /// Awake time until which starts are spaced.
    var spacedUntil: Duration?
    /// Awake time of the last trouble or raise; the next raise of concurrency counts from it.
    var lastTrouble: Duration?
    var lastSlowdown: Duration?
    /// True if all of the concurrency limit was in use after the last turn.
    var isFull = false
    var bucket: TokenBucket?
    /// Awake time at which there are tokens for the next start; `nil` if none waits for tokens.
    var tokensCome: Duration?
    /// The last reading of the machine.
    var machine = MachineWatch()
    /// Awake time of the first shortage since a process last started, and the number of shortages
    /// since; `nil` for none.
    var shortage: (since: Duration, times: Int)?
    var shutdownDeadline: Duration?
    var shutdownWishes = ShutdownWishes()
    /// Awake time at which the run gives up on a journal that can't be written.
    var storeDeadline: Duration?
    var generator: SplitMix64
    /// The reason why the run's budget is used up; `nil` while it is not.
    var spentRun: String?
    /// Tokens assumed for sessions that reported no usage.
    var estimates = EstimatedUse()
    /// Groups whose budget is used up.
    var spentGroups: Set<String> = []
    /// Tasks whose directories can't be opened yet.
    var held: Set<String> = []
    /// Number of tasks that failed in this leg.
    var failures = 0
    private var hasEnded = false

    /// Makes the decisions of a recovered state, or of a new run.
    ///
    /// The state is the fold of the run's journal; all chance comes from the seed.
    package init(recovering state: RunState = RunState(), seed: UInt64) {
        self.state = state
        generator = SplitMix64(seed: seed)
    }

    /// Decides on the events since the last call.
    ///
    /// To be called with all events of one turn together, and without any at `nextDeadline`.
    /// Moments never go backwards in awake time. Nothing is decided after the leg's end, which may
    /// take its time to become durable.
    package mutating func handle(_ events: [Event], at moment: Moment) -> [Command] {
        guard !hasEnded else { return [] }
        let stepBack = lastMoment.map { moment.stepBack(since: $0) } ?? .zero
        lastMoment = moment
        now = moment
        commands = []
        if stepBack > .zero { clockWasSetBack(by: stepBack) }
        state.wake(at: moment)
        for event in events { take(event) }
        expireDeadlines()
        checkBudgets()
        speedUp()
        startSessions()
        endRunIfDone()
        if commands.contains(where: \.isRecord) { state.noteTurn(at: now) }
        return commands
    }

    /// The awake time at which `handle` must be called even if nothing happens; `nil` for never.
    package var nextDeadline: Duration? {
        if hasEnded { return nil }
        // Computed in each turn, so without an array.
        var next = state.nextWake
        next.lower(to: nextGate)
        next.lower(to: spacedStart)
        next.lower(to: tokensCome)
        next.lower(to: machine.next)
        next.lower(to: nextSpeedUp)
        next.lower(to: watch.next)
        next.lower(to: shutdownDeadline)
        next.lower(to: storeIsLost ? nil : storeDeadline)
        next.lower(to: budgetDeadline)
        return next
    }

    mutating func record(_ fact: RunEvent) {
        commands.append(.record(fact))
        state.apply(fact, at: now)
    }

    mutating func warn(_ message: String, task: String? = nil) {
        record(.warned(Warned(task: task, message: message)))
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .runBegan(let fact): beginLeg(fact)
        case .taskInspected(let fact): inspected(fact)
        case .taskHeld(let task, let reason): taskHeld(task, reason)
        case .taskUnavailable(let task, let reason): endTask(task, .failed, reason)
        case .sessionSpawned(let fact): spawned(fact)
        case .sessionUsed(let fact): sessionUsed(fact)
        case .threadStarted(let fact): threadStarted(fact)
        case .sessionActive(let key): sessionActive(key)
        case .sessionAnswered(let key): sessionAnswered(key)
        case .sessionWaitsForNetwork(let key): sessionWaitsForNetwork(key)
        case .sessionEnded(let key, let result, let checklist):
            sessionEnded(key, result, checklist)
        case .shutdownRequested(let signal): shutdownRequested(signal)
        case .storeFailed(let reason): storeFailed(reason)
        case .storeLost(let reason): storeLost(reason)
        case .storeRecovered: storeRecovered()
        case .machineRead(let reading): machineRead(reading)
        case .warned(let fact): record(.warned(fact))
        }
    }

    private mutating func beginLeg(_ fact: RunBegan) {
        let lost = state.running.sorted { $0.key < $1.key }.map(\.value)
        let anew = Set(fact.anew ?? [])
        let reopening = anew.union(fact.changed ?? [])
        let leftOut = fact.plan.leftOut.filter { reopening.contains($0.name) }
        let reopened =
            state.tasksToOpen(
                plan: fact.plan,
                retryFailed: fact.retryFailed,
                reopening: reopening
            ) + leftOut.map(\.name)
        let (gates, limit, plan) = (state.gates, state.concurrencyLimit, state.plan)
        let since = state.gatesClosed
        let lastSeen = state.legClock.last
        record(.runBegan(fact))
        closeAgain(gates, since: since)
        keepConcurrency(limit, of: plan)
        fillBucket()
        for session in lost {
            var fact = SessionEnded(
                task: session.start.task,
                session: session.start.session,
                verdict: .lost,
                charge: .retry,
                seconds: max(.zero, lastSeen - session.since).inSeconds
            )
            fact.lastSeen(of: session)
            fact.estimateUsage(of: session, wasAnswered: true)
            record(.sessionEnded(fact))
        }
        for task in reopened {
            let beginsAnew = anew.contains(task)
            guard beginsAnew || state.task(task)?.outcome != nil else { continue }
            record(
                .taskReopened(TaskReopened(task: task, beginsAnew: beginsAnew ? true : nil))
            )
        }
        for task in state.tasks where task.plan.isLeftOut != true {
            if let outcome = task.outcome, outcome != .complete {
                blockDependents(of: task.plan.name, outcome)
            }
        }
    }

    private mutating func taskHeld(_ task: String, _ reason: String) {
        guard state.task(task)?.outcome == nil else { return }
        warn("it waits for its directory: \(reason)", task: task)
        held.insert(task)
        endIfBudgetIsSpent(task)
        blockIfNeedEnded(task)
    }

    private mutating func inspected(_ fact: TaskInspected) {
        held.remove(fact.task)
        record(.taskInspected(fact))
        if let task = state.task(fact.task), task.plan.isLeftOut == true {
            return settleLeftOut(task, list: fact.list)
        }
        // A task that ended before its directory was open could not be released then.
        if state.task(fact.task)?.outcome != nil { commands.append(.releaseTask(fact.task)) }
        settle(fact.task, list: fact.list)
        blockIfNeedEnded(fact.task)
    }

    private mutating func spawned(_ fact: SessionSpawned) {
        shortage = nil
        record(.sessionSpawned(fact))
    }

    private mutating func threadStarted(_ fact: ThreadStarted) {
        record(.threadStarted(fact))
        watch.noteActivity(SessionKey(task: fact.task, number: fact.session), at: now.awake)
    }

    private mutating func startSessions() {
        lookAgain()
        tokensCome = nil
        startProbes()
        while mayStart, let start = state.nextStart(), hasTokens(for: start), hasRoom() {
            begin(start)
        }
        isFull = state.running.count >= state.concurrencyLimit
    }

    mutating func begin(_ start: SessionStarted) {
        record(.sessionStarted(start))
        commands.append(.startSession(start))
        lastStart = now.awake
        takeTokens(start.key)
        machine.sessionBegan()
        if var task = state.task(start.task)?.plan {
            if let most = task.sessionBudget?.wall {
                task.sessionTimeout = min(task.sessionTimeout, most)
            }
            watch.begin(start.key, task: task, at: now.awake)
        }
        checkBudgets()
    }

    private mutating func endRunIfDone() {
        guard !hasEnded, state.legs > 0, state.running.isEmpty else { return }
        let expected = endingNow
        guard let ending = expected ?? (isStuck ? .unable : nil) else { return }
        hasEnded = true
        if expected == nil {
            let waits = Format.word(for: state.unfinished, "waits", "wait")
            let tasks = Format.count(state.unfinished, "task")
            warn("stuck: \(tasks) \(waits) for nothing [this is a bug]")
        }
        let unfinished = state.tasks.count { $0.outcome == nil }
        record(.runEnded(RunEnded(ending: ending, outcomes: outcomes, unfinished: unfinished)))
        commands.append(.endRun(ending))
    }

    private var endingNow: Ending? {
        if state.unfinished == 0 { return .finished }
        if storeIsLost || lacksLogin && !isOpening { return .unable }
        if let shutdown = state.shutdown {
            return shutdown.signal == .interrupt ? .interrupted : .terminated
        }
        return hasFailedEnough && !isOpening ? .finished : nil
    }

    /// True while directories are being opened: their tasks may be complete.
    private var isOpening: Bool {
        state.tasks.contains { $0.isOpen && !isLookedAt($0) }
    }

    /// True if work is left that nothing would ever start: an impossible state, which must not hold
    /// a run for ever.
    private var isStuck: Bool {
        state.unfinished > 0 && state.shutdown == nil
            && state.gates.keys.allSatisfy(\.gate.isProbed) && nextGate == nil
            && state.nextWake == nil && spacedStart == nil && tokensCome == nil
            && machine.next == nil
            && state.tasks.allSatisfy { $0.isInspected || !$0.isOpen }
    }

    private var outcomes: [String: Int] {
        var counts: [String: Int] = [:]
        for task in state.tasks {
            if let outcome = task.outcome { counts[outcome.rawValue, default: 0] += 1 }
        }
        return counts
    }
}

extension Command {
    fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}

extension Duration? {
    /// Replaces the time by an earlier one.
    fileprivate mutating func lower(to other: Duration?) {
        guard let other else { return }
        self = map { min($0, other) } ?? other
    }
}
