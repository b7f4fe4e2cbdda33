// The changes that people make, carried out.
extension Turn {
    /// Changes the greatest number of sessions at once.
    mutating func setConcurrency(_ limit: Int, by person: Steerer, isKept: Bool = false) {
        var fact = Steered(.set, by: person)
        fact.concurrency = limit
        if isKept { fact.isKept = true }
        record(.steered(fact))
        record(.concurrencyChanged(ConcurrencyChanged(limit: limit, reason: fact.words)))
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
