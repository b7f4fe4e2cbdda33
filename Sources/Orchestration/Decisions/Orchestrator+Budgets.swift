// Budgets: what ends, and what does not start, because too much was spent.
extension Orchestrator {
    /// True if spending and reservations leave nothing to start a session with.
    ///
    /// A session starts while anything is left. So a budget may be overdrawn: by that session's need
    /// beyond the rest, and by the needs of running sessions beyond their reservations.
    var isBudgetCommitted: Bool {
        guard let budget = state.plan.budget else { return false }
        return runSpending(state.ledger.committed).reaches(budget.limits) != nil
    }

    /// Awake time at which the run's time budget is used up; `nil` without one.
    var budgetDeadline: Duration? {
        guard let wall = state.plan.budget?.limits.wall, spentRun == nil else { return nil }
        return state.legClock.time(of: wall)
    }

    /// Records the usage of a running session, and ends the session if its budget is used up.
    mutating func sessionUsed(_ fact: SessionUsed) {
        guard let session = state.running[fact.key], session.used != fact.usage else { return }
        record(.sessionUsed(fact))
        guard watch.hasBegun(fact.key), causes[fact.key] == nil,
            let most = state.task(fact.task)?.plan.sessionBudget
        else {
            return
        }
        let used = Spending(fact.usage, seconds: 0, prices: state.plan.prices)
        if let words = used.reaches(most) { overdraw(fact.key, "its session's budget: \(words)") }
    }

    /// Ends the tasks and sessions that have no budget left.
    mutating func checkBudgets() {
        guard state.hasBudgets, state.legs > 0 else { return }
        checkRunBudget()
        for group in state.plan.groups { checkBudget(of: group) }
    }

    /// Returns the reason why a task may have no further session; `nil` while it may.
    ///
    /// `ended` is a session of the task whose usage is not booked yet.
    func spentBudget(of task: TaskState, with ended: SessionEnded? = nil) -> String? {
        guard state.hasBudgets else { return nil }
        let used = ended.map(state.spending) ?? Spending()
        if let budget = task.plan.budget, let words = (task.ledger.spent + used).reaches(budget) {
            return "its budget is used up: \(words)" + estimates.words(ofTask: task.plan.name)
        }
        if let group = task.plan.group, let words = spentBudget(ofGroup: group, adding: used) {
            return words
        }
        return spentRunBudget(adding: used, without: ended?.key)
    }

    private func spentRunBudget(
        adding used: Spending = Spending(),
        without ended: SessionKey? = nil
    ) -> String? {
        guard let budget = state.plan.budget else { return nil }
        if let spentRun { return spentRun }
        var spent = state.ledger.spent + used
        if budget.isHard {
            // A hard budget ends running sessions, so their usage so far counts.
            for (key, session) in state.running where key != ended {
                spent =
                    spent + Spending(session.used ?? .zero, seconds: 0, prices: state.plan.prices)
            }
        }
        return runSpending(spent).reaches(budget.limits)
            .map { "the run's budget is used up: \($0)" + estimates.wordsOfRun }
    }

    private func spentBudget(ofGroup name: String, adding used: Spending = Spending()) -> String? {
        guard let budget = state.plan.groups.first(where: { $0.name == name })?.budget else {
            return nil
        }
        return state.groupLedgers[name].flatMap { ($0.spent + used).reaches(budget) }
            .map {
                "the budget of group \"\(name)\" is used up: \($0)" + estimates.words(ofGroup: name)
            }
    }

    /// Replaces session time by the run's clock, which a run's time budget is measured by.
    private func runSpending(_ spending: Spending) -> Spending {
        var spending = spending
        spending.seconds = state.elapsed(at: now).inSeconds
        return spending
    }

    private mutating func checkRunBudget() {
        guard let budget = state.plan.budget, spentRun == nil, let reason = spentRunBudget() else {
            return
        }
        spentRun = reason
        let count = state.running.count
        let ended = "\(Format.word(for: count, "is", "are")) ended"
        warn(
            "\(reason); nothing more starts, \(Format.count(count, "session")) "
                + (budget.isHard ? ended : "may finish")
        )
        endWaiting(reason) { _ in true }
        guard budget.isHard else { return }
        for key in state.running.keys.sorted() where causes[key] == nil { overdraw(key, reason) }
    }

    private mutating func checkBudget(of group: GroupPlan) {
        guard group.budget != nil, !spentGroups.contains(group.name),
            let words = spentBudget(ofGroup: group.name)
        else { return }
        spentGroups.insert(group.name)
        endWaiting(words) { $0.plan.group == group.name }
    }

    /// Ends the waiting tasks that `isMeant` accepts.
    ///
    /// Tasks with a session end with it; tasks whose directories are being opened may be complete,
    /// and end after the inspection.
    private mutating func endWaiting(_ reason: String, _ isMeant: (TaskState) -> Bool) {
        let names = state.tasks
            .filter { $0.isOpen && $0.runningSession == nil && isMeant($0) }
            .filter { isLookedAt($0) }
            .map(\.plan.name)
        for name in names { endTask(name, .capped, reason) }
    }

    /// Ends a task whose directory is held, and whose wait for it would be in vain.
    mutating func endIfBudgetIsSpent(_ name: String) {
        if let task = state.task(name), let reason = spentBudget(of: task) {
            endTask(name, .capped, reason)
        }
    }

    private mutating func overdraw(_ key: SessionKey, _ reason: String) {
        causes[key] = .budget
        terminate(key, reason)
    }
}
