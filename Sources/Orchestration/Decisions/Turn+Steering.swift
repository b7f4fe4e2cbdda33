// The changes that people make, carried out.
extension Turn {
    /// Changes the greatest number of sessions at once.
    mutating func setConcurrency(_ limit: Int, by person: Steerer, isKept: Bool = false) {
        var fact = Steered(.set, by: person)
        fact.concurrency = limit
        if isKept { fact.isKept = true }
        record(.steered(fact))
        let reason = "set by \(person.words)" + (isKept ? Steered.asBefore : "")
        record(.concurrencyChanged(ConcurrencyChanged(limit: limit, reason: reason)))
    }

    /// Returns these tasks and those that need them, directly or not, and are meant, in the plan's order.
    func withDependents(_ places: [Int], _ isMeant: (TaskState) -> Bool) -> [Int] {
        var found = Set(places)
        var next = places
        while let place = next.popLast() {
            for other in state.index.dependents[place]
            where !found.contains(other) && isMeant(state.tasks[other]) {
                found.insert(other)
                next.append(other)
            }
        }
        return found.sorted()
    }

    /// Ends running sessions that nothing else has ended, for a person.
    mutating func end(_ keys: [SessionKey], _ cause: EndCause, _ reason: String) {
        for key in keys.sorted() where sessions.cause(of: key) == nil {
            terminate(key, cause, reason)
        }
    }

    /// Ends a task that is to be stopped as cancelled, unless something of it still runs.
    mutating func cancelIfIdle(_ name: String) {
        guard let reason = state.steering.stopping[name], let task = state.task(name),
            task.runningSession == nil, !checks.contains(name)
        else { return }
        endTask(name, .cancelled, reason)
    }

    /// Takes up a task again that has ended.
    mutating func reopen(_ name: String) {
        record(.taskReopened(TaskReopened(task: name, isRetried: true)))
        order(.openTask(name))
    }
}
