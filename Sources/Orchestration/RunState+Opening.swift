// Which task directories a new leg opens, and in which order.
extension RunState {
    /// The names of the tasks that a new leg would go on with, and whose directories it must open,
    /// in the plan's order.
    ///
    /// `reopening` names those that go on however they ended: their directories are not as they were
    /// left.
    package func tasksToOpen(
        plan: RunPlan,
        retryFailed: Bool,
        reopening: Set<String> = []
    ) -> [String] {
        plan.selected.map(\.name).filter {
            reopening.contains($0) || goesOn(with: $0, retryFailed: retryFailed)
        }
    }

    /// Those of the tasks to open without which a new leg does not begin: all, or of many those that
    /// go first.
    ///
    /// There must be some to choose from; and 512 are opened in the time that a start takes.
    package func tasksToOpenFirst(
        of names: [String],
        _ plan: RunPlan,
        retryFailed: Bool
    ) -> [String] {
        let count = max(64, 4 * plan.concurrency)
        guard names.count > max(512, count) else { return names }
        let first = tasksToStart(plan: plan, retryFailed: retryFailed, count: count)
        return first.isEmpty ? names : first
    }

    /// The names of the first tasks that a new leg would start, as far as the journal tells; at most
    /// `count` of them.
    ///
    /// A leg that has opened several times as many as it may start can begin: what it starts is what it
    /// would start if it had opened all, but for checklists that others changed.
    package func tasksToStart(plan: RunPlan, retryFailed: Bool, count: Int) -> [String] {
        var next = Scheduler(
            plan: plan,
            rule: rule,
            settings: settings,
            keeping: (scheduler, self.plan)
        )
        let names = Set(plan.selected.map(\.name))
        for (place, task) in plan.tasks.enumerated() where names.contains(task.name) {
            guard goesOn(with: task.name, retryFailed: retryFailed),
                task.needs.allSatisfy({ !names.contains($0) || known($0)?.outcome == .complete })
            else { continue }
            next.comes(place)
            if let state = known(task.name) {
                next.setRunningAway(place, state.outcome == nil && state.isRunningAway)
                if let progress = state.checklist.progress {
                    next.inspect(place, done: progress.ticked, total: progress.total)
                }
            }
            next.enqueue(place)
        }
        var first: [String] = []
        while first.count < count, let choice = next.next(slot: first.count) {
            next.sessionStarted(choice.task, slot: first.count)
            first.append(plan.tasks[choice.task].name)
        }
        return first
    }

    private func goesOn(with name: String, retryFailed: Bool) -> Bool {
        known(name)?.outcome.map { $0.isReopened(retryFailed: retryFailed) } ?? true
    }
}

extension RunPlan {
    /// Some tasks but for those that are opened first, those of high priority first.
    package func tasksByPriority(of names: [String], without first: [String]) -> [String] {
        let others = Set(names).subtracting(first)
        return tasks.filter { others.contains($0.name) }
            .sorted { $0.priority > $1.priority }.map(\.name)
    }
}

extension Outcome {
    /// Whether a new leg goes on with a task that ended this way.
    fileprivate func isReopened(retryFailed: Bool) -> Bool {
        isFailure ? retryFailed : self != .complete
    }
}
