// The consequences of a session's end for its task.
extension Orchestrator {
    mutating func sessionEnded(
        _ key: SessionKey,
        _ result: SessionResult,
        _ checklist: ChecklistState
    ) {
        guard let session = turn.state.running[key], let place = turn.state.place(of: key.task)
        else { return }
        let (cause, wasAnswered) = turn.sessions.end(key)
        var fact = SessionEnded(
            task: key.task,
            session: key.number,
            verdict: .idled,
            charge: .session,
            termination: result.termination,
            failure: failure(result, cause) ?? blindness(result, session, checklist),
            seconds: (turn.now.awake - session.since).inSeconds,
            thread: result.thread,
            progress: checklist.progress,
            listFile: result.listFile,
            incident: result.incident,
            usage: result.usage,
            threadUsage: result.threadUsage,
            outputLeaked: result.outputLeaked
        )
        (fact.question, fact.statement) = (result.question, result.statement?.shortened)
        if fact.usage == nil { session.fillInLastSeen(&fact) }
        session.fillInEstimate(&fact, wasAnswered: wasAnswered)
        let isCompleted = result.failure == nil && fact.failure == nil
        judge(&fact, session, cause, checklist, completed: isCompleted)
        if let failure = fact.failure { tellFailure(failure, of: session) }
        if result.failure == nil { tell(.sessionAnswered(key)) }
        tell(.sessionEnded(fact, since: session.since))
        if isLast(fact, of: place, checklist) { fact.retryIn = nil }
        let wasParked = turn.state.isParked(place)
        turn.record(.sessionEnded(fact))
        turn.report(fact.incident, of: key.task)
        turn.report(result, of: key, checklist)
        if case .damaged(let words) = checklist {
            turn.endTask(key.task, .damaged, words)
        } else {
            settle(
                place,
                lastFailure: fact.failure,
                list: result.list,
                artifacts: result.artifacts
            )
            turn.reportRepetition(place, of: fact.question)
            turn.reportRunaway(place, fact.verdict, wasParked: wasParked)
        }
    }

    /// Returns the failure to treat: the agent's own, unless a signal from Quire explains it.
    private func failure(_ result: SessionResult, _ cause: EndCause?) -> Failure? {
        guard let failure = result.failure else { return nil }
        // A message from before the signal stands; a death by the signal is Quire's doing.
        guard let cause, failure.kind.has(.bySignal) else { return failure }
        return cause == .network ? Failure(.noNetwork, "the network was down") : nil
    }

    /// Returns the failure of a session that completed its turn and could do nothing; `nil` for any other.
    ///
    /// A session whose list advanced did something, whatever its output shows.
    private func blindness(
        _ result: SessionResult,
        _ session: RunState.Running,
        _ checklist: ChecklistState
    ) -> Failure? {
        guard result.failure == nil, result.question == nil, let deeds = result.deeds else {
            return nil
        }
        // Where others worked meanwhile, the machine's sandbox is sound.
        let lastWork = turn.sessions.lastWork
        if let lastWork, lastWork >= session.since { return nil }
        let isExecutor = session.start.role != .initializer
        let before = session.start.progress?.ticked ?? 0
        let progress = checklist.progress
        if isExecutor ? (progress?.ticked ?? 0) > before : progress != nil { return nil }
        switch deeds {
        case .some: return nil
        case .refused(let words):
            return Failure(.noSandbox, "the sandbox refused every command: \(words)".oneLine(500))
        case .none:
            // An agent may also have nothing to do, which is no matter of the machine that worked before.
            guard isExecutor, lastWork == nil else { return nil }
            return Failure(
                .noSandbox,
                "the agent completed its turn without running a command or changing a file, as it does "
                    + "where its sandbox can't start"
            )
        }
    }

    private mutating func tellFailure(_ failure: Failure, of session: RunState.Running) {
        let key = session.start.key
        let domain = turn.state.domain(of: key.task)
        let failed = FailedSession(
            failure: failure,
            session: session,
            domain: domain,
            isProbe: turn.state.gates.probes[domain] == key
        )
        tell(.sessionFailed(failed))
        if failed.treatment.reaction == .answered { tell(.sessionAnswered(key)) }
        if failed.isProbe, failed.treatment.reaction != .configuration {
            turn.probeToldNothing(domain)
        }
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
            fact.charge = charge(of: failure, session)
            fact.forgetsThread = failure.kind.has(.forgetsThread)
            judgeResume(&fact, session, failure)
            fact.retryIn = retryDelay(fact, failure)
        } else if let cause, !completed {
            switch cause {
            case .shutdown: (fact.verdict, fact.charge) = (.stopped, .retry)
            case .stop: (fact.verdict, fact.charge) = (.stopped, .free)
            case .pause:
                (fact.verdict, fact.charge, fact.goesOn) = (.stopped, .free, true)
            case .budget: (fact.verdict, fact.charge) = (.overBudget, .session)
            case .timeout, .network: (fact.verdict, fact.charge) = (.timedOut, .session)
            }
        } else if session.start.role == .initializer {
            fact.verdict = checklist.progress == nil ? .idled : .initialized
        } else {
            fact.verdict = (checklist.progress?.ticked ?? 0) > before ? .ticked : .idled
        }
        if case .damaged = checklist { fact.verdict = .damaged }
        if fact.retryIn == nil, turn.state.plan.pause > .zero {
            fact.retryIn = turn.state.plan.pause.inSeconds
        }
    }

    /// Returns the limit that a failed session counts against.
    private func charge(of failure: Failure, _ session: RunState.Running) -> Charge {
        if failure.kind.has(.losesSlot), turn.state.slots.hasSound(butOf: session.start.slot) {
            return .free
        }
        return governors.charge(of: failure, in: turn) ?? failure.kind.treatment.charge
    }

    /// Treats a failure that a bad resume may have caused: a fresh session follows as a retry.
    private mutating func judgeResume(
        _ fact: inout SessionEnded,
        _ session: RunState.Running,
        _ failure: Failure
    ) {
        guard let thread = session.start.resumes, failure.kind.has(.badResume) else {
            return
        }
        fact.forgetsThread = true
        fact.charge = .retry
        turn.warn(
            "Resume failed: thread \(thread) can't go on (\(failure.message)); "
                + "a fresh session starts instead",
            task: fact.task
        )
    }

    private mutating func retryDelay(_ fact: SessionEnded, _ failure: Failure) -> Double? {
        guard failure.kind.has(.delayed), let task = turn.state.task(fact.task) else {
            return nil
        }
        if fact.forgetsThread && fact.charge == .retry { return nil }
        return task.plan.retries.delay(attempt: task.failures + 1, using: &generator).inSeconds
    }

    /// True if no delay is due: no session of the task follows this one in the leg.
    private func isLast(
        _ fact: SessionEnded,
        of place: Int,
        _ checklist: ChecklistState
    ) -> Bool {
        guard fact.retryIn != nil, turn.state.leg.shutdown == nil else { return true }
        if case .damaged = checklist { return true }
        var task = turn.state.tasks[place]
        task.apply(fact, at: turn.now)
        return verdict(on: task, fact.failure, with: fact) != nil
    }

    /// Ends the task at this place if its known state says so.
    ///
    /// `list` is the stamp of its list, and `artifacts` what was kept of it, as in `TaskEnded`.
    mutating func settle(
        _ place: Int,
        lastFailure: Failure? = nil,
        list: String? = nil,
        artifacts: Artifacts? = nil
    ) {
        guard turn.state.tasks[place].outcome == nil else { return }
        if turn.state.tasks[place].check == .due {
            tell(.checkDue(turn.state.tasks[place].plan.name))
        }
        guard
            let (outcome, reason) = verdict(on: turn.state.tasks[place], lastFailure)
        else { return }
        let isComplete = outcome == .complete
        if isComplete { turn.reportDroppedQuestion(of: turn.state.tasks[place]) }
        turn.endTask(
            turn.state.tasks[place].plan.name,
            outcome,
            reason,
            list: isComplete ? list : nil,
            artifacts: isComplete ? artifacts : nil
        )
    }

    /// Returns the outcome and the reason with which a task ends; `nil` while it may go on.
    ///
    /// `ended` is a session of the task whose usage is not booked yet.
    private func verdict(
        on task: TaskState,
        _ lastFailure: Failure?,
        with ended: SessionEnded? = nil
    ) -> (Outcome, String)? {
        if case .damaged(let words) = task.checklist { return (.damaged, words) }
        if let words = task.tampering { return (.damaged, words) }
        if let words = task.checkFailure { return (.failed, words) }
        if let words = turn.state.steering.stopping[task.plan.name],
            task.check.isOpen || task.checklist.progress?.isComplete != true
        {
            return (.cancelled, words)
        }
        if task.check.isOpen { return nil }
        if task.checklist.progress?.isComplete == true {
            // Whoever needs it, or merges it, would go without that work.
            if let words = task.work?.failure {
                return (.unchecked, "\(words); once it can be, run the manifest again")
            }
            return (.complete, TaskEnded.everyEntry)
        }
        if let words = task.asking { return (.needsYou, words) }
        return task.verdict(lastFailure)
            ?? governors.reasonToCap(task, after: ended, in: turn).map { (.capped, $0) }
    }
}

extension RunState.Running {
    /// Fills in the usage that was last seen, for a session that reported none.
    func fillInLastSeen(_ fact: inout SessionEnded) {
        guard let used else { return }
        (fact.usage, fact.threadUsage, fact.isUsagePartial) = (used, threadUsage, true)
    }

    /// Fills in the expected usage, if none is known and the session may have used anything.
    func fillInEstimate(_ fact: inout SessionEnded, wasAnswered: Bool) {
        guard fact.usage == nil, estimate != .zero else { return }
        // The agent may have been at work although no answer of the model was seen.
        guard wasAnswered || fact.failure?.kind.has(.usesTokens) != false else { return }
        (fact.usage, fact.isUsageEstimated) = (estimate, true)
    }
}
