// What ends, and what does not start, because too much was spent.
extension Orchestrator {
    /// Whether what was spent and is set aside leaves nothing to start a session with.
    ///
    /// A session starts while anything is left, so that a budget is overdrawn by what one needs
    /// more than is left, and by what those that run need more than was thought.
    var isBudgetCommitted: Bool {
        guard let budget = state.plan.budget else { return false }
        return runSpending(state.ledger.committed).reaches(budget.limits) != nil
    }

    /// When the run's time is over.
    var budgetDeadline: Duration? {
        guard let wall = state.plan.budget?.limits.wall, spentRun == nil else { return nil }
        return state.legClock.time(of: wall)
    }

    /// Takes what a running session was found to have used.
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

    /// Ends what has no budget left.
    mutating func checkBudgets() {
        guard state.hasBudgets, state.legs > 0 else { return }
        checkRunBudget()
        for group in state.plan.groups { checkBudget(of: group) }
    }

    /// Why a task may have no further session; `nil` while it may.
    ///
    /// `ended` is a session of it whose use is not booked yet.
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
            // What runs will be ended for what it has used already.
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

    /// A run's time is that of its clock, not that of its sessions.
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

    /// Ends the tasks that wait; those with a session end with it, and those whose directories are
    /// being opened when these were looked at: they may be complete.
    private mutating func endWaiting(_ reason: String, _ isMeant: (TaskState) -> Bool) {
        let names = state.tasks
            .filter { $0.isOpen && $0.runningSession == nil && isMeant($0) }
            .filter { isLookedAt($0) }
            .map(\.plan.name)
        for name in names { endTask(name, .capped, reason) }
    }

    /// Ends a task that would wait for others to no end.
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
