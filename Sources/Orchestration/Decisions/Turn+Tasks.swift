// The ends of tasks, and of the tasks that need them.
extension Turn {
    /// Ends a task; does nothing if it has ended.
    ///
    /// `list` is the stamp of its list, and `artifacts` what was kept of it, as in `TaskEnded`.
    mutating func endTask(
        _ name: String,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil,
        artifacts: Artifacts? = nil
    ) {
        guard let task = state.task(name), task.outcome == nil else { return }
        recordEnd(task, outcome, reason, list: list, artifacts: artifacts)
        if outcome.endsDependents { blockDependents(of: name, outcome) }
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
                let outcome = needed.outcome, outcome.endsDependents
            else { continue }
            block(task, need, outcome)
            return blockDependents(of: name, .blocked)
        }
    }

    /// Ends a task that the leg leaves out if its list alone says so; no failure of the leg's.
    mutating func settleLeftOut(_ task: TaskState, list: String?) {
        guard task.outcome == nil else { return }
        switch task.checklist {
        case .damaged(let words): record(end(of: task, .damaged, words))
        case .good(let progress)
        where progress.isComplete && !task.check.isOpen && task.work?.failure == nil:
            record(end(of: task, .complete, TaskEnded.everyEntry, list: list))
        case .good, .missing: break
        }
    }

    /// True if the task's list is known, or nobody can tell when it will be.
    ///
    /// The directories of all other open tasks are being opened: these tasks may be complete.
    func isLookedAt(_ task: TaskState) -> Bool {
        task.isInspected || held.contains(task.plan.name)
    }

    /// True while directories are being opened: their tasks may be complete.
    var isOpening: Bool {
        state.tasks.contains { $0.isOpen && !isLookedAt($0) }
    }

    /// True once so many tasks failed in this leg that nothing more starts in it.
    var hasFailedEnough: Bool { state.plan.maxFailures.map { failures >= $0 } ?? false }

    /// Counts a failed task.
    private mutating func countFailure() {
        failures += 1
        guard let most = state.plan.maxFailures, failures == most else { return }
        let failed = Format.count(failures, "task")
        let running = ShutdownAdvanced.work(
            sessions: state.running.count,
            checks: checks.count,
            hooks: hooks.count
        )
        warn("\(failed) failed: nothing more starts, \(running) may finish")
    }

    private mutating func block(_ task: TaskState, _ need: String, _ outcome: Outcome) {
        let state = outcome == .needsYou ? "needs you" : "is \(outcome.rawValue)"
        recordEnd(task, .blocked, "it needs \"\(need)\", which \(state)")
    }

    private mutating func recordEnd(
        _ task: TaskState,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil,
        artifacts: Artifacts? = nil
    ) {
        record(end(of: task, outcome, reason, list: list, artifacts: artifacts))
        if state.leg.hooks.isOpen(task.plan.name) {
            hooks.queue.append(task.plan.name)
        } else {
            order(.releaseTask(task.plan.name))
        }
        if outcome.isFailure { countFailure() }
        if outcome == .needsYou { asksPeople = true }
    }

    private func end(
        of task: TaskState,
        _ outcome: Outcome,
        _ reason: String,
        list: String? = nil,
        artifacts: Artifacts? = nil
    ) -> RunEvent {
        var fact = TaskEnded(
            task: task.plan.name,
            outcome: outcome,
            reason: ([reason] + [artifacts?.words].compactMap(\.self)).joined(separator: "; "),
            sessions: task.sessions,
            progress: task.checklist.progress,
            list: list
        )
        fact.artifacts = artifacts
        return .taskEnded(fact)
    }
}

extension TaskEnded {
    /// The reason for which a task is complete.
    package static let everyEntry = "every entry is ticked"
}

extension Outcome {
    /// True if a task with this outcome has failed, rather than being complete or having work left.
    package var isFailure: Bool {
        switch self {
        case .failed, .stalled, .damaged: true
        case .complete, .capped, .blocked, .unchecked, .needsYou, .cancelled: false
        }
    }

    /// Returns true if a list that is complete now, whatever it was when the task ended, makes this outcome
    /// untrue: `recorded` is the progress that the journal has of it.
    ///
    /// A list that was complete before says nothing new, unless the directory could not be used.
    package func isRefutedByCompleteList(after recorded: Progress?) -> Bool {
        let wasComplete = recorded?.isComplete == true
        return switch self {
        case .complete: false
        case .failed: true
        case .stalled, .damaged, .capped, .blocked, .unchecked, .needsYou, .cancelled: !wasComplete
        }
    }

    /// True if the tasks that need one with this outcome can't go on in the leg.
    var endsDependents: Bool {
        switch self {
        case .complete, .needsYou: false
        case .failed, .stalled, .damaged, .capped, .blocked, .unchecked, .cancelled: true
        }
    }
}
