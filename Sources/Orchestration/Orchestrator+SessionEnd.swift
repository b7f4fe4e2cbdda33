/// Why Quire itself ended a session.
enum EndCause: Hashable, Sendable {
    /// One of its timeouts.
    case timeout
    /// It waited for the network for too long.
    case network
    /// The run is being stopped.
    case shutdown
}

// What a session's end means for its task.
extension Orchestrator {
    mutating func sessionEnded(
        _ key: SessionKey,
        _ result: SessionResult,
        _ checklist: ChecklistState
    ) {
        guard let session = state.running[key] else { return }
        let cause = causes.removeValue(forKey: key)
        watch.end(key)
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
        judge(&fact, session, cause, checklist, completed: result.failure == nil)
        if let failure = fact.failure { holdStarts(after: failure) }
        if result.failure == nil { gotThrough() }
        record(.sessionEnded(fact))
        if case .damaged(let words) = checklist {
            endTask(key.task, .damaged, words)
        } else {
            settle(key.task, lastFailure: fact.failure)
        }
    }

    /// The failure to treat: what the agent says, unless Quire's own hand explains it.
    private func failure(_ result: SessionResult, _ cause: EndCause?) -> Failure? {
        guard let failure = result.failure else { return nil }
        // What it said before it was stopped stands; that it then died is our doing.
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
            fact.forgetsThread = failure.kind == .contextWindow || failure.kind == .unknownThread
            judgeResume(&fact, session, failure)
            fact.retryIn = retryDelay(fact, failure)
        } else if cause != nil && !completed {
            fact.verdict = cause == .shutdown ? .stopped : .timedOut
            fact.charge = cause == .shutdown ? .retry : .session
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

    /// A resume that failed for its own sake costs nothing but a warning: a fresh session follows.
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

    /// Ends the task if what is known of it says so.
    mutating func settle(_ name: String, lastFailure: Failure? = nil) {
        guard let task = state.task(name), task.outcome == nil else { return }
        if case .damaged(let words) = task.checklist {
            endTask(name, .damaged, words)
        } else if task.checklist.progress?.isComplete == true {
            endTask(name, .complete, "every entry is ticked")
        } else if let (outcome, reason) = task.verdict(lastFailure) {
            endTask(name, outcome, reason)
        }
    }

    mutating func endTask(_ name: String, _ outcome: Outcome, _ reason: String) {
        guard let task = state.task(name), task.outcome == nil else { return }
        recordEnd(task, outcome, reason)
        if outcome != .complete { blockDependents(of: name, outcome) }
    }

    /// Ends all that needs the task, near and far.
    mutating func blockDependents(of name: String, _ outcome: Outcome) {
        var ended = [(name, outcome)]
        while let (needed, outcome) = ended.popLast() {
            for task in state.openDependents(of: needed) where task.runningSession == nil {
                let reason = "it needs \"\(needed)\", which is \(outcome.rawValue)"
                recordEnd(task, .blocked, reason)
                ended.append((task.plan.name, .blocked))
            }
        }
    }

    private mutating func recordEnd(_ task: TaskState, _ outcome: Outcome, _ reason: String) {
        record(
            .taskEnded(
                TaskEnded(
                    task: task.plan.name,
                    outcome: outcome,
                    reason: reason,
                    sessions: task.sessions,
                    progress: task.checklist.progress
                )
            )
        )
        commands.append(.releaseTask(task.plan.name))
    }
}

extension FailureClass {
    /// Whether a thread that can't be resumed may look like this.
    fileprivate var canComeFromABadResume: Bool {
        switch self {
        case .unknownThread, .refusedToStart, .incomplete, .notCodex: true
        default: false
        }
    }

    /// Whether a process that Quire signalled may end looking like this.
    fileprivate var canComeFromASignal: Bool {
        switch self {
        case .killed, .incomplete, .notCodex, .turnFailed, .refusedToStart: true
        default: false
        }
    }
}

extension TaskState {
    /// How its counts end it; `nil` while it may go on.
    fileprivate func verdict(_ failure: Failure?) -> (Outcome, String)? {
        if let failure, sameFailures >= plan.sameFailure, plan.sameFailure > 0 {
            return (.failed, "the same failure \(sameFailures) times in a row: \(failure.message)")
        }
        if let failure, retries > plan.retries.limit {
            return (.failed, "gave up after \(plan.retries.limit) retries: \(failure.message)")
        }
        if checklist == .missing {
            if idle >= plan.initializerAttempts {
                return (.failed, "\(idle) initializer sessions in a row wrote no task_list.md")
            }
        } else if plan.stallAfter > 0, idle >= plan.stallAfter {
            return (.stalled, "\(idle) sessions in a row ticked nothing")
        }
        if plan.maxSessions > 0, charged >= plan.maxSessions {
            return (.capped, "it reached max_sessions (\(plan.maxSessions)) with work left")
        }
        return nil
    }
}
