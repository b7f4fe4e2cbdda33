/// The decisions of a run: events go in, commands come out.
///
/// A pure value: no clock, no I/O; chance comes from a seed. The same events at the same moments
/// give the same commands.
package struct Orchestrator: Sendable {
    var turn: Turn
    /// The governors of the leg, in the order in which they are asked.
    ///
    /// A new one is a word here.
    var governors = Shutdown().and(Helm()).and(FailureQuota()).and(SessionDeadlines()).and(
        Budgets()
    )
    .and(AdaptiveConcurrency()).and(TokenRate()).and(MachineAdmission()).and(StartSpacing())
    .and(Network()).and(Sandboxes()).and(UsageLimits()).and(RateLimits()).and(Credentials())
    .and(StartShortages()).and(StoreTroubles()).and(OpenHours()).and(Hooks()).and(Checks())
    .and(Notifications())
    var generator: SplitMix64
    /// The awake time at which `handle` must be called even if nothing happens; `nil` for never.
    package private(set) var nextDeadline: Duration?
    private var hasEnded = false

    /// Makes the decisions of a recovered state, or of a new run.
    ///
    /// The state is the fold of the run's journal; all chance comes from the seed.
    package init(recovering state: RunState = RunState(), seed: UInt64) {
        turn = Turn(state: state)
        generator = SplitMix64(seed: seed)
    }

    /// The run's state, folded from its facts.
    package var state: RunState { turn.state }

    /// Returns the index of the task of this name; `nil` when the plan has none.
    ///
    /// Without the copy of the state that another module makes to ask it.
    package func place(of task: String) -> Int? { turn.state.place(of: task) }

    /// Decides on the events since the last call.
    ///
    /// To be called with all events of one turn together, and without any at `nextDeadline`.
    /// Moments never go backwards in awake time. Nothing is decided after the leg's end, which may
    /// take its time to become durable.
    package mutating func handle(_ events: [Event], at moment: Moment) -> [Command] {
        guard !hasEnded else { return [] }
        turn.begin(at: moment)
        for event in events { apply(event) }
        turn.expireGates()
        governors.act(in: &turn)
        startSessions()
        endRunIfDone()
        turn.end()
        nextDeadline = hasEnded ? nil : deadline
        return turn.commands
    }

    private var deadline: Duration? {
        var next = turn.state.nextWake
        next.lower(to: turn.nextGate)
        next.lower(to: governors.nextDeadline(in: turn))
        return next
    }

    private mutating func apply(_ event: Event) {
        switch event {
        case .runBegan(let fact): beginLeg(fact)
        case .taskInspected(let fact): inspected(fact)
        case .taskAnswered(let task): turn.goOn(withAnswerTo: task)
        case .taskHeld(let task, let reason): taskHeld(task, reason)
        case .taskUnavailable(let task, let reason): turn.endTask(task, .failed, reason)
        case .sessionSpawned(let fact):
            tell(.sessionSpawned)
            turn.record(.sessionSpawned(fact))
        case .sessionUsed(let fact): sessionUsed(fact)
        case .threadStarted(let fact):
            turn.record(.threadStarted(fact))
            let key = SessionKey(task: fact.task, number: fact.session)
            turn.sessions.noteActivity(key, at: turn.now.awake)
        case .sessionActive(let key):
            turn.sessions.noteActivity(key, at: turn.now.awake)
            tell(.sessionActive(key))
        case .sessionTimeBegins(let key): turn.sessions.beginAgain(key, at: turn.now.awake)
        case .sessionAnswered(let key):
            turn.sessions.noteAnswer(key, at: turn.now.awake)
            tell(.sessionAnswered(key))
        case .sessionWaitsForNetwork(let key):
            turn.sessions.noteNetworkWaiting(key)
            tell(.sessionWaitsForNetwork(key))
        case .sessionWorked(let key): tell(.sessionWorked(key))
        case .sessionEnded(let key, let result, let checklist):
            sessionEnded(key, result, checklist)
        case .checkpointMade(let fact): turn.record(.checkpointMade(fact))
        case .checkEnded(let fact, let checklist, let list, let artifacts):
            checkEnded(fact, checklist, list: list, artifacts: artifacts)
        case .sessionIsOver(let key): turn.sessions.noteOver(key)
        case .hookEnded(let fact): hookEnded(fact)
        case .shutdownRequested(let signal): tell(.shutdownRequested(signal))
        case .storeFailed(let reason): tell(.storeFailed(reason))
        case .storeLost(let reason): tell(.storeLost(reason))
        case .storeRecovered: tell(.storeRecovered)
        case .limitRead(let fact): tell(.limitRead(fact))
        case .accountRefused(let account, let reason): turn.giveUp(account, reason)
        case .machineRead(let reading): tell(.machineRead(reading))
        case .steered(let call): steer(call)
        case .wordsPassed(let call, let tasks, let troubles):
            wordsPassed(call, to: tasks, troubles)
        case .manifestRead(let call, let grown): manifestRead(call, grown)
        case .warned(let fact): turn.record(.warned(fact))
        }
    }

    /// Tells the governors of an occurrence.
    mutating func tell(_ occurrence: Occurrence) { governors.apply(occurrence, in: &turn) }

    private mutating func taskHeld(_ task: String, _ reason: String) {
        guard turn.state.task(task)?.outcome == nil else { return }
        turn.warn("it waits for its directory: \(reason)", task: task)
        turn.held.insert(task)
        tell(.taskHeld(task))
        turn.blockIfNeedEnded(task)
    }

    private mutating func inspected(_ fact: TaskInspected) {
        turn.held.remove(fact.task)
        turn.record(.taskInspected(fact))
        turn.report(fact.incident, of: fact.task)
        guard let place = turn.state.place(of: fact.task) else { return }
        if turn.state.tasks[place].plan.isLeftOut == true {
            // Left out while its directory was being opened.
            if turn.state.steering.skipped[fact.task] != nil { turn.order(.releaseTask(fact.task)) }
            return turn.settleLeftOut(turn.state.tasks[place], list: fact.list)
        }
        // A task that ended before its directory was open could not be released then.
        if turn.state.tasks[place].outcome != nil, !turn.state.leg.hooks.isOpen(fact.task) {
            turn.order(.releaseTask(fact.task))
        }
        settle(place, list: fact.list, artifacts: fact.artifacts)
        turn.blockIfNeedEnded(fact.task)
    }

    private mutating func sessionUsed(_ fact: SessionUsed) {
        guard let session = turn.state.running[fact.key], session.used != fact.usage else { return }
        turn.record(.sessionUsed(fact))
        tell(.sessionUsed(fact))
    }

    private mutating func endRunIfDone() {
        guard turn.state.leg.number > 0, turn.state.running.isEmpty, turn.checks.isEmpty,
            turn.hooks.running.isEmpty
        else { return }
        turn.endWaitForAnswers()
        let isDone = turn.state.unfinished == 0 && turn.hooks.beginning != .failed
        let expected = isDone ? .finished : governors.ending(in: turn)
        guard let ending = expected ?? (isStuck ? .unable : nil) else { return }
        guard governors.finish(ending, in: &turn) else { return }
        hasEnded = true
        if expected == nil {
            let unfinished = turn.state.unfinished
            let waits = Format.word(for: unfinished, "waits", "wait")
            let tasks = Format.count(unfinished, "task")
            turn.warn("stuck: \(tasks) \(waits) for nothing [this is a bug]")
        }
        let unfinished = turn.state.tasks.count { $0.outcome == nil }
        turn.record(
            .runEnded(RunEnded(ending: ending, outcomes: outcomes, unfinished: unfinished))
        )
        turn.order(.endRun(ending))
    }

    /// True if work is left that nothing would ever start: an impossible state, which must not hold
    /// a run for ever.
    private var isStuck: Bool {
        turn.state.unfinished > 0 && turn.nextGate == nil && turn.state.nextWake == nil
            && !governors.willLetStart(in: turn)
            && turn.state.tasks.allSatisfy { $0.isInspected || !$0.isOpen }
    }

    private var outcomes: [String: Int] {
        var counts: [String: Int] = [:]
        for task in turn.state.tasks {
            if let outcome = task.outcome { counts[outcome.rawValue, default: 0] += 1 }
        }
        return counts
    }
}
