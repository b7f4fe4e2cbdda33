// The settings that people change while a run runs.
extension Orchestrator {
    /// The priorities that a task may get.
    private static let priorities = -1000...1000

    /// Changes all settings of a request, or none.
    mutating func set(
        _ settings: SteeringSettings,
        _ call: Steering
    ) throws(SteeringRefusal) -> SteeringAnswer {
        if settings.onLimit != nil {
            throw SteeringRefusal(
                "on_limit can't be set while a run runs: change it in the manifest, and start the run again"
            )
        }
        let limit = try checkedConcurrency(settings.concurrency, room: call.mostSessions)
        let budget = try checkedBudget(settings.budget)
        let priorities = try checkedPriorities(settings.priorities)
        var words: [String] = []
        var tasks: [String] = []
        if let limit {
            if limit != turn.state.plan.concurrency || limit != turn.state.leg.concurrencyLimit {
                turn.setConcurrency(limit, by: call.by)
            }
            words.append("at most \(Format.count(limit, "session")) at once")
        }
        if let budget {
            var fact = Steered(.set, by: call.by)
            fact.budget = budget
            turn.record(.steered(fact))
            tell(.budgetChanged)
            words.append("a budget of \(budget.limits.words)")
        }
        for (priority, names) in priorities {
            var fact = Steered(.set, by: call.by, tasks: names)
            fact.priority = priority
            turn.record(.steered(fact))
            tasks += names
            words.append("priority \(priority) for \(Steered.naming(names))")
        }
        guard !words.isEmpty else { throw SteeringRefusal("no setting is named") }
        return .accepted("set: " + words.joined(separator: ", "), tasks: tasks)
    }

    private func checkedConcurrency(_ limit: Int?, room: Int?) throws(SteeringRefusal) -> Int? {
        guard let limit else { return nil }
        guard (1...RunPlan.slotsLimit).contains(limit) else {
            throw SteeringRefusal(
                "concurrency is \(limit), but must be from 1 to \(RunPlan.slotsLimit)"
            )
        }
        if let room, limit > room {
            throw SteeringRefusal(
                "concurrency is \(limit), but the limit on open files lets the run have at most "
                    + "\(Format.count(room, "session")) at once: start it again with a higher one (ulimit -n)"
            )
        }
        return limit
    }

    private func checkedBudget(_ budget: Budget?) throws(SteeringRefusal) -> RunBudget? {
        guard let budget else { return nil }
        let old = turn.state.plan.budget
        guard budget.tokens ?? 1 > 0, budget.wall ?? .seconds(1) > .zero,
            (budget.cost ?? 1) > 0, (budget.cost ?? 1).isFinite
        else {
            throw SteeringRefusal("a budget must be more than nothing; to end the run: quire drain")
        }
        guard budget != Budget() else { throw SteeringRefusal("the budget names no limit") }
        if budget.cost != nil, turn.state.plan.prices == nil {
            throw SteeringRefusal(
                "the manifest has no prices, so that a cost can't be counted: set budget.tokens"
            )
        }
        let limits = (old?.limits ?? Budget()).replacing(budget)
        return RunBudget(limits, isHard: old?.isHard ?? false)
    }

    /// Returns each priority with its tasks.
    private func checkedPriorities(
        _ settings: [SteeringSettings.Priority]
    ) throws(SteeringRefusal) -> [(Int, [String])] {
        var priorities: [(Int, [String])] = []
        for setting in settings {
            guard Self.priorities.contains(setting.priority) else {
                throw SteeringRefusal(
                    "priority \(setting.priority) is out of range: it must be from -1000 to 1000"
                )
            }
            guard turn.state.scheduler.hasRoom(forPriority: setting.priority), settings.count <= 16
            else {
                throw SteeringRefusal(
                    "the tasks of the run have too many different priorities already: use one of those"
                )
            }
            let places = try turn.places(of: setting.tasks) { task in
                task.outcome == .complete ? "is complete" : nil
            }
            priorities.append((setting.priority, places.map { turn.state.tasks[$0].plan.name }))
        }
        return priorities
    }
}
