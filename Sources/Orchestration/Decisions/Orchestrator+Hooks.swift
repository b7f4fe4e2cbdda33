// The consequences of a hook's end.
extension Orchestrator {
    mutating func hookEnded(_ fact: HookEnded) {
        turn.hooks.running.remove(fact.key)
        // A message is no fact of the run.
        if fact.hook != .notify { turn.record(.hookEnded(fact)) }
        tell(.hookEnded(fact))
        if fact.result == .putOff, let task = fact.task { turn.hooks.queue.append(task) }
        if fact.result.isTrouble { tellTrouble(of: fact) }
        guard let task = fact.task, fact.hook.isOfEnd, !turn.state.leg.hooks.isOpen(task) else {
            return
        }
        // Nobody else may work in the directory before.
        turn.order(.releaseTask(task))
    }

    /// Tells of a hook's failure, where neither the session's failure nor a warning of its own does.
    private mutating func tellTrouble(of fact: HookEnded) {
        switch fact.hook {
        case .beforeSession, .notify: break
        case .afterSession, .onComplete, .onFail, .runBegin, .runEnd:
            let consequence = fact.result == .stopped ? "" : fact.hook.consequence
            turn.warn(fact.words + consequence, task: fact.task)
        }
    }
}

extension Hook {
    /// True if the hook is that of a task's end.
    fileprivate var isOfEnd: Bool {
        switch self {
        case .onComplete, .onFail: true
        case .beforeSession, .afterSession, .runBegin, .runEnd, .notify: false
        }
    }
}
