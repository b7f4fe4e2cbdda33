/// The budgets of the run, its groups, tasks and sessions.
///
/// Spending is folded from facts, in `RunState`; that a spent budget was reported is of the leg
/// alone.
struct Budgets: Governor {
    /// The reason why the run's budget is used up; `nil` while it is not.
    private var spentRun: String?
    /// Groups whose budget is used up.
    private var spentGroups: Set<String> = []
    /// Tokens assumed for sessions that reported no usage.
    private var estimates = EstimatedUse()

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionStarted: act(in: &turn)
        case .sessionUsed(let fact): checkSessionBudget(fact, in: &turn)
        case .taskHeld(let task): endIfBudgetIsSpent(task, in: &turn)
        case .budgetChanged: spentRun = nil
        case .sessionEnded(let fact, _) where fact.isUsageEstimated == true:
            estimates.note(fact, group: turn.state.task(fact.task)?.plan.group)
        default: break
        }
    }

    /// Ends the tasks and sessions that have no budget left.
    mutating func act(in turn: inout Turn) {
        guard turn.state.index.hasBudgets, turn.state.leg.number > 0 else { return }
        checkRunBudget(in: &turn)
        for group in turn.state.plan.groups { checkBudget(of: group, in: &turn) }
    }

    /// Returns true if spending and reservations leave nothing to start a session with.
    ///
    /// A session starts while anything is left. So a budget may be overdrawn: by that session's need
    /// beyond the rest, and by the needs of running sessions beyond their reservations.
    func holdsStarts(in turn: Turn) -> Bool {
        guard let budget = turn.state.plan.budget else { return false }
        return turn.runSpending(turn.state.spending.ledger.committed).reaches(budget.limits) != nil
    }

    func reasonToCap(_ task: TaskState, after ended: SessionEnded?, in turn: Turn) -> String? {
        guard turn.state.index.hasBudgets else { return nil }
        var used = Spending()
        if let ended { used = turn.state.spending(of: ended) }
        if let budget = task.plan.budget, let words = (task.ledger.spent + used).reaches(budget) {
            return "its budget is used up: \(words)" + estimates.words(ofTask: task.plan.name)
        }
        if let group = task.plan.group,
            let words = spentBudget(ofGroup: group, adding: used, in: turn)
        {
            return words
        }
        return spentRunBudget(adding: used, without: ended?.key, in: turn)
    }

    /// Returns the awake time at which the run's time budget is used up; `nil` without one.
    func nextDeadline(in turn: Turn) -> Duration? {
        guard let wall = turn.state.plan.budget?.limits.wall, spentRun == nil else { return nil }
        return turn.state.spending.clock.time(of: wall)
    }

    /// Always false: a budget only runs out.
    func willLetStart(in turn: Turn) -> Bool { false }

    private func checkSessionBudget(_ fact: SessionUsed, in turn: inout Turn) {
        guard turn.sessions.hasBegun(fact.key), turn.sessions.cause(of: fact.key) == nil,
            let most = turn.state.task(fact.task)?.plan.sessionBudget
        else { return }
        let used = Spending(fact.usage, seconds: 0, prices: turn.state.plan.prices)
        if let words = used.reaches(most) {
            turn.terminate(fact.key, .budget, "its session's budget: \(words)")
        }
    }

    private func spentRunBudget(
        adding used: Spending = Spending(),
        without ended: SessionKey? = nil,
        in turn: Turn
    ) -> String? {
        guard let budget = turn.state.plan.budget else { return nil }
        if let spentRun { return spentRun }
        var spent = turn.state.spending.ledger.spent + used
        if budget.isHard {
            // A hard budget ends running sessions, so their usage so far counts.
            let prices = turn.state.plan.prices
            for (key, session) in turn.state.running where key != ended {
                spent = spent + Spending(session.used ?? .zero, seconds: 0, prices: prices)
            }
        }
        return turn.runSpending(spent).reaches(budget.limits)
            .map { "the run's budget is used up: \($0)" + estimates.wordsOfRun }
    }

    private func spentBudget(
        ofGroup name: String,
        adding used: Spending = Spending(),
        in turn: Turn
    ) -> String? {
        guard let budget = turn.state.plan.groups.first(where: { $0.name == name })?.budget else {
            return nil
        }
        return turn.state.spending.groups[name].flatMap { ($0.spent + used).reaches(budget) }
            .map {
                "the budget of group \"\(name)\" is used up: \($0)" + estimates.words(ofGroup: name)
            }
    }

    private mutating func checkRunBudget(in turn: inout Turn) {
        guard let budget = turn.state.plan.budget, spentRun == nil,
            let reason = spentRunBudget(in: turn)
        else { return }
        spentRun = reason
        let count = turn.state.running.count
        let ended = "\(Format.word(for: count, "is", "are")) ended"
        turn.warn(
            "\(reason); nothing more starts, \(Format.count(count, "session")) "
                + (budget.isHard ? ended : "may finish")
        )
        turn.endWaiting(reason) { _ in true }
        guard budget.isHard else { return }
        for key in turn.state.running.keys.sorted() where turn.sessions.cause(of: key) == nil {
            turn.terminate(key, .budget, reason)
        }
    }

    private mutating func checkBudget(of group: GroupPlan, in turn: inout Turn) {
        guard group.budget != nil, !spentGroups.contains(group.name),
            let words = spentBudget(ofGroup: group.name, in: turn)
        else { return }
        spentGroups.insert(group.name)
        turn.endWaiting(words) { $0.plan.group == group.name }
    }

    /// Ends a task whose directory is held, and whose wait for it would be in vain.
    private func endIfBudgetIsSpent(_ name: String, in turn: inout Turn) {
        if let task = turn.state.task(name),
            let reason = reasonToCap(task, after: nil, in: turn)
        {
            turn.endTask(name, .capped, reason)
        }
    }
}

extension Turn {
    /// Replaces session time by the run's clock, which a run's time budget is measured by.
    fileprivate func runSpending(_ spending: Spending) -> Spending {
        var spending = spending
        spending.seconds = state.elapsed(at: now).inSeconds
        return spending
    }

    /// Ends the waiting tasks that `isMeant` accepts.
    ///
    /// Tasks with a session or a check end with it; tasks whose directories are being opened may be complete,
    /// and end after the inspection.
    fileprivate mutating func endWaiting(_ reason: String, _ isMeant: (TaskState) -> Bool) {
        let names = state.tasks
            .filter { $0.isOpen && $0.runningSession == nil && !$0.check.isOpen && isMeant($0) }
            .filter { isLookedAt($0) }
            .map(\.plan.name)
        for name in names { endTask(name, .capped, reason) }
    }
}
