// The consequences of a check's end for its task.
extension Orchestrator {
    /// `artifacts` are the files that were kept of the task, as in `TaskEnded`.
    mutating func checkEnded(
        _ fact: CheckEnded,
        _ checklist: ChecklistState,
        list: String?,
        artifacts: Artifacts?
    ) {
        if fact.isOfBase == true { return baseChecked(fact) }
        guard turn.checks.remove(fact.task) != nil, let place = turn.state.place(of: fact.task),
            turn.state.tasks[place].outcome == nil
        else { return }
        var fact = fact
        if fact.result.takesTicksBack, let base = fact.base,
            turn.state.bases.checks[base] == fact.signature
        {
            fact.isAsBase = true
        }
        turn.record(.checkEnded(fact))
        if case .damaged(let words) = checklist {
            return turn.endTask(fact.task, .damaged, words)
        }
        switch fact.result {
        case .passed, .failed, .timedOut, .withdrawn:
            if checklist == .missing {
                let words = "its list was deleted while its check ran"
                return turn.endTask(fact.task, .damaged, words)
            }
            settle(place, list: list, artifacts: artifacts)
        case .couldNotRun:
            turn.endTask(
                fact.task,
                .unchecked,
                "\(fact.words); once it can, run the manifest again: nothing counts without it"
            )
        // Unless its task is to be stopped, the next leg runs it again.
        case .stopped: turn.cancelIfIdle(fact.task)
        }
    }

    /// Tells of a base that fails the check before any work, once.
    private mutating func baseChecked(_ fact: CheckEnded) {
        let isNew = fact.base.map { turn.state.bases.checks[$0] == nil } ?? false
        guard isNew, fact.result != .stopped else { return }
        turn.record(.checkEnded(fact))
        guard fact.result != .passed else { return }
        turn.warn(
            "\(fact.words); sessions run all the same, but no work counts before it passes",
            task: fact.task
        )
    }
}
