// The consequences of expired deadlines.
extension Orchestrator {
    mutating func expireDeadlines() {
        expireGates()
        expireShutdown()
        while let finding = watch.nextFinding(at: now.awake) {
            switch finding {
            case .tookTooLong(let key, let after):
                let words = "it took longer than its session timeout of \(after.forPeople)"
                expire(key, after: after, words)
            case .silentTooLong(let key, let after):
                let words = "it was silent for its idle timeout of \(after.forPeople)"
                expire(key, after: after, words)
            case .graceIsOver(let key):
                kill(key, "it did not end within the grace of \(state.plan.grace.forPeople)")
            }
        }
    }

    private mutating func expire(_ key: SessionKey, after: Duration, _ reason: String) {
        let waits = watch.waitsForNetwork(key)
        causes[key] = waits ? .network : .timeout
        terminate(key, waits ? "it waited for the network; \(reason)" : reason)
    }

    /// Ends a session politely, and sets the time of its kill.
    mutating func terminate(_ key: SessionKey, _ reason: String) {
        record(
            .sessionSignalled(
                SessionSignalled(
                    task: key.task,
                    session: key.number,
                    step: .terminate,
                    reason: reason
                )
            )
        )
        commands.append(.terminateSession(key))
        watch.kill(key, at: now.awake + state.plan.grace)
    }

    /// Kills a session; another kill follows after another grace if that is not enough.
    mutating func kill(_ key: SessionKey, _ reason: String) {
        record(
            .sessionSignalled(
                SessionSignalled(task: key.task, session: key.number, step: .kill, reason: reason)
            )
        )
        commands.append(.killSession(key))
        watch.kill(key, at: now.awake + max(state.plan.grace, .seconds(1)))
    }
}
