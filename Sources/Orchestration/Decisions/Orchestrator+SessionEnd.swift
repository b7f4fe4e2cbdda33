/// The reason why Quire itself ended a session.
enum EndCause: Hashable, Sendable {
    /// The session exceeded its session timeout or its idle timeout.
    case timeout
    /// The session waited for the network for too long.
    case network
    /// The session used more than it may, or than the run may.
    case budget
    /// The run is being stopped.
    case shutdown
}

// The consequences of a session's end for its task.
extension Orchestrator {
    mutating func sessionEnded(
        _ key: SessionKey,
        _ result: SessionResult,
        _ checklist: ChecklistState
    ) {
        guard let session = state.running[key] else { return }
        let cause = causes.removeValue(forKey: key)
        let wasAnswered = watch.end(key)
        machine.sessionEnded(began: session.since)
        var fact = SessionEnded(
            task: key.task,
            session: key.number,
            verdict: .idled,
            charge: .session,
            termination: result.termination,
            failure: failure(result, cause),
            seconds: (now.awake - session.since).inSeconds,
            thread: result.thread,
            progress: checklist.progress,
            usage: result.usage,
            threadUsage: result.threadUsage,
            outputLeaked: result.outputLeaked
        )
        if fact.usage == nil { fact.lastSeen(of: session) }
        fact.estimateUsage(of: session, wasAnswered: wasAnswered)
        estimates.note(fact, group: state.task(key.task)?.plan.group)
        judge(&fact, session, cause, checklist, completed: result.failure == nil)
        if let failure = fact.failure { holdStarts(after: failure, of: key) }
        if result.failure == nil { gotThrough(key) }
        probeNetworkIfUnwatched()
        settleTokens(fact)
        if isLast(fact, checklist) { fact.retryIn = nil }
        let wasParked = state.isParked(key.task)
        record(.sessionEnded(fact))
        if case .damaged(let words) = checklist {
            endTask(key.task, .damaged, words)
        } else {
            settle(key.task, lastFailure: fact.failure, list: result.list)
            reportRunaway(key.task, fact.verdict, wasParked: wasParked)
        }
    }

    /// Returns the failure to treat: the agent's own, unless a signal from Quire explains it.
    private func failure(_ result: SessionResult, _ cause: EndCause?) -> Failure? {
        guard let failure = result.failure else { return nil }
        // A message from before the signal stands; a death by the signal is Quire's doing.
        guard let cause, failure.kind.canComeFromASignal else { return failure }
        return cause == .network ? Failure(.noNetwork, "the network was down") : nil
    }

    private mutating func judge(
        _ fact: inout SessionEnded,
        _ session: RunState.Running,
        _ cause: EndCause?,
        _ checklist: ChecklistState,
        completed: Bool
    ) {
        let before = session.start.progress?.ticked ?? 0
        if let failure = fact.failure {
            fact.verdict = .failed
            fact.charge = failure.kind.charge
            if failure.kind == .shortage, isShortageOld { fact.charge = .retry }
            if failure.kind == .connectionLost, state.slots.hasSound(butOf: session.start.slot) {
                fact.charge = .free
            }
            fact.forgetsThread = failure.kind == .contextWindow || failure.kind == .unknownThread
            judgeResume(&fact, session, failure)
            fact.retryIn = retryDelay(fact, failure)
        } else if cause != nil && !completed {
            switch cause {
            case .shutdown: (fact.verdict, fact.charge) = (.stopped, .retry)
            case .budget: (fact.verdict, fact.charge) = (.overBudget, .session)
            default: (fact.verdict, fact.charge) = (.timedOut, .session)
            }
        } else if session.start.role == .initializer {
            fact.verdict = checklist.progress == nil ? .idled : .initialized
        } else {
            fact.verdict = (checklist.progress?.ticked ?? 0) > before ? .ticked : .idled
        }
        if case .damaged = checklist { fact.verdict = .damaged }
        if fact.retryIn == nil, state.plan.pause > .zero {
            fact.retryIn = state.plan.pause.inSeconds
        }
    }

    /// Treats a failure that a bad resume may have caused: a fresh session follows as a retry.
    private mutating func judgeResume(
        _ fact: inout SessionEnded,
        _ session: RunState.Running,
        _ failure: Failure
    ) {
        guard let thread = session.start.resumes, failure.kind.canComeFromABadResume else { return }
        fact.forgetsThread = true
        fact.charge = .retry
        warn(
            "Resume failed: thread \(thread) can't go on (\(failure.message)); "
                + "a fresh session starts instead",
            task: fact.task
        )
    }

    private mutating func retryDelay(_ fact: SessionEnded, _ failure: Failure) -> Double? {
        guard failure.kind.wantsDelay, let task = state.task(fact.task) else { return nil }
        if fact.forgetsThread && fact.charge == .retry { return nil }
        return task.plan.retries.delay(attempt: task.failures + 1, using: &generator).inSeconds
    }

    /// True if no delay is due: no session of the task follows this one in the leg.
    private func isLast(_ fact: SessionEnded, _ checklist: ChecklistState) -> Bool {
        guard fact.retryIn != nil, state.shutdown == nil, var task = state.task(fact.task) else {
            return true
        }
        if case .damaged = checklist { return true }
        task.apply(fact, at: now)
        return verdict(on: task, fact.failure, with: fact) != nil
    }

    /// Ends the task if its known state says so.
    ///
    /// `list` is the stamp of its list, as in `TaskEnded`.
    mutating func settle(_ name: String, lastFailure: Failure? = nil, list: String? = nil) {
        guard let task = state.task(name), task.outcome == nil,
            let (outcome, reason) = verdict(on: task, lastFailure)
        else { return }
        endTask(name, outcome, reason, list: outcome == .complete ? list : nil)
    }

    /// Ends a task that the leg leaves out if its list alone says so; no failure of the leg's.
    mutating func settleLeftOut(_ task: TaskState, list: String?) {
        guard task.outcome == nil else { return }
        switch task.checklist {
        case .damaged(let words): record(end(of: task, .damaged, words))
        case .good(let progress) where progress.isComplete:
            record(end(of: task, .complete, Self.everyEntry, list: list))
        case .good, .missing: break
        }
    }

    private static let everyEntry = "every entry is ticked"

    /// Returns the outcome and the reason with which a task ends; `nil` while it may go on.
    ///
    /// `ended` is a session of the task whose usage is not booked yet.
    private func verdict(
        on task: TaskState,
        _ lastFailure: Failure?,
        with ended: SessionEnded? = nil
    ) -> (Outcome, String)? {
        if case .damaged(let words) = task.checklist { return (.damaged, words) }
        if task.checklist.progress?.isComplete == true {
            return (.complete, Self.everyEntry)
        }
        return task.verdict(lastFailure)
            ?? spentBudget(of: task, with: ended).map { (.capped, $0) }
    }

    mutating func endTask(
        _ name: String,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil
    ) {
        guard let task = state.task(name), task.outcome == nil else { return }
        recordEnd(task, outcome, reason, list: list)
        if outcome != .complete { blockDependents(of: name, outcome) }
    }

    /// Ends all tasks that need this one, directly or indirectly.
    mutating func blockDependents(of name: String, _ outcome: Outcome) {
        var ended = [(name, outcome)]
        while let (needed, outcome) = ended.popLast() {
            for task in state.openDependents(of: needed)
            where task.runningSession == nil && isLookedAt(task) {
                block(task, needed, outcome)
                ended.append((task.plan.name, .blocked))
            }
        }
    }

    /// Ends a task with work left if one of its needs has ended without being complete.
    mutating func blockIfNeedEnded(_ name: String) {
        guard let task = state.task(name), task.outcome == nil else { return }
        for need in task.plan.needs {
            guard let needed = state.task(need), needed.plan.isLeftOut != true,
                let outcome = needed.outcome, outcome != .complete
            else { continue }
            block(task, need, outcome)
            return blockDependents(of: name, .blocked)
        }
    }

    private mutating func block(_ task: TaskState, _ need: String, _ outcome: Outcome) {
        recordEnd(task, .blocked, "it needs \"\(need)\", which is \(outcome.rawValue)")
    }

    /// True if the task's list is known, or nobody can tell when it will be.
    ///
    /// The directories of all other open tasks are being opened: these tasks may be complete.
    func isLookedAt(_ task: TaskState) -> Bool {
        task.isInspected || held.contains(task.plan.name)
    }

    private func end(
        of task: TaskState,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil
    ) -> RunEvent {
        .taskEnded(
            TaskEnded(
                task: task.plan.name,
                outcome: outcome,
                reason: reason,
                sessions: task.sessions,
                progress: task.checklist.progress,
                list: list
            )
        )
    }

    private mutating func recordEnd(
        _ task: TaskState,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil
    ) {
        record(end(of: task, outcome, reason, list: list))
        commands.append(.releaseTask(task.plan.name))
        if outcome.isFailure { countFailure() }
    }
}

extension SessionEnded {
    /// Fills in the usage that was last seen, for a session that reported none.
    mutating func lastSeen(of session: RunState.Running) {
        guard let used = session.used else { return }
        (usage, threadUsage, isUsagePartial) = (used, session.threadUsage, true)
    }

    /// Fills in the expected usage, if none is known and the session may have used anything.
    mutating func estimateUsage(of session: RunState.Running, wasAnswered: Bool) {
        guard usage == nil, session.estimate != .zero else { return }
        guard wasAnswered || mayHaveUsedAnything else { return }
        (usage, isUsageEstimated) = (session.estimate, true)
    }

    /// True if the agent may have been at work although no answer of the model was seen.
    private var mayHaveUsedAnything: Bool {
        switch failure?.kind {
        case nil, .killed, .incomplete, .notCodex, .streamCut, .connectionLost: true
        default: false
        }
    }
}

extension FailureClass {
    /// True if a thread that can't be resumed may cause such a failure.
    fileprivate var canComeFromABadResume: Bool {
        switch self {
        case .unknownThread, .refusedToStart, .incomplete, .notCodex: true
        default: false
        }
    }

    /// True if a process that Quire signalled may end with such a failure.
    fileprivate var canComeFromASignal: Bool {
        switch self {
        case .killed, .incomplete, .notCodex, .turnFailed, .refusedToStart, .connectionLost: true
        default: false
        }
    }
}
