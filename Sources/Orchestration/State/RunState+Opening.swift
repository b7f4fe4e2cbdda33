// The task directories that a new leg opens, and their order.
extension RunState {
    /// Returns the names of the tasks whose directories a new leg must open, in the plan's order.
    ///
    /// `reopening` names tasks that go on whatever their outcome, since their directories have changed.
    package func tasksToOpen(
        plan: RunPlan,
        retryFailed: Bool,
        reopening: Set<String> = []
    ) -> [String] {
        plan.selected.filter {
            reopening.contains($0.name) || goesOn(with: $0, retryFailed: retryFailed)
        }.map(\.name)
    }

    /// Returns the tasks to open before a new leg begins: all, or, of many, those that go first.
    ///
    /// The scheduler needs several to choose from; 512 are opened in the time that a start takes.
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

    /// Returns the names of the first tasks that a new leg would start, as far as the journal
    /// tells; at most `count`.
    ///
    /// A leg that has opened several times as many tasks as it may start can begin: it starts the
    /// same tasks as if all were open, except where others changed checklists.
    package func tasksToStart(plan: RunPlan, retryFailed: Bool, count: Int) -> [String] {
        var next = Scheduler(
            plan: plan,
            rule: comparison.rule,
            settings: comparison.settings,
            keeping: (scheduler, self.plan)
        )
        let names = Set(plan.selected.map(\.name))
        for (place, task) in plan.tasks.enumerated() where names.contains(task.name) {
            guard goesOn(with: task, retryFailed: retryFailed),
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

    private func goesOn(with plan: TaskPlan, retryFailed: Bool) -> Bool {
        guard let task = known(plan.name), let outcome = task.outcome else { return true }
        // It had no check when it was complete, or another one.
        if outcome == .complete, let check = plan.check,
            task.check != .passed || !check.hasCommand(of: task.plan.check)
        {
            return true
        }
        return outcome.isReopened(retryFailed: retryFailed)
    }
}

extension RunPlan {
    /// Returns the tasks that are not opened first, those of high priority first.
    package func tasksByPriority(of names: [String], without first: [String]) -> [String] {
        let others = Set(names).subtracting(first)
        return tasks.filter { others.contains($0.name) }
            .sorted { $0.priority > $1.priority }.map(\.name)
    }
}

extension Outcome {
    /// True if a new leg goes on with a task of this outcome; what a person cancelled is not taken up by
    /// itself.
    fileprivate func isReopened(retryFailed: Bool) -> Bool {
        isFailure || self == .cancelled ? retryFailed : self != .complete
    }
}
