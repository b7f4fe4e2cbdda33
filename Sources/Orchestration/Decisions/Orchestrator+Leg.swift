// The beginning of a leg: what the last one left is settled, and tasks are opened again.
extension Orchestrator {
    mutating func beginLeg(_ fact: RunBegan) {
        let lost = turn.state.running.sorted { $0.key < $1.key }.map(\.value)
        let reopened = tasksToReopen(fact)
        let (gates, since) = (turn.state.gates.closed, turn.state.gates.times)
        let before = EarlierLeg(
            concurrencyLimit: turn.state.leg.concurrencyLimit,
            plan: turn.state.plan,
            steering: turn.state.steering,
            ending: turn.state.leg.ending
        )
        let lastSeen = turn.state.spending.clock.last
        turn.record(.runBegan(fact))
        turn.closeAgain(gates, since: since)
        tell(.legBegan(before: before))
        for session in lost { recordLoss(of: session, lastSeen: lastSeen) }
        reopen(reopened, anew: Set(fact.anew ?? []))
        for task in turn.state.tasks where task.plan.isLeftOut != true {
            if let outcome = task.outcome, outcome != .complete {
                turn.blockDependents(of: task.plan.name, outcome)
            }
        }
    }

    private func tasksToReopen(_ fact: RunBegan) -> [String] {
        let reopening = Set(fact.anew ?? []).union(fact.changed ?? [])
        let leftOut = fact.plan.leftOut.filter { reopening.contains($0.name) }
        return turn.state.tasksToOpen(
            plan: fact.plan,
            retryFailed: fact.retryFailed,
            reopening: reopening
        ) + leftOut.map(\.name)
    }

    private mutating func reopen(_ tasks: [String], anew: Set<String>) {
        for task in tasks {
            let beginsAnew = anew.contains(task)
            guard beginsAnew || turn.state.task(task)?.outcome != nil else { continue }
            turn.record(
                .taskReopened(TaskReopened(task: task, beginsAnew: beginsAnew ? true : nil))
            )
        }
    }

    /// Records the end of a session that the last leg left running, and that nobody saw end.
    private mutating func recordLoss(of session: RunState.Running, lastSeen: Duration) {
        var fact = SessionEnded(
            task: session.start.task,
            session: session.start.session,
            verdict: .lost,
            charge: .retry,
            seconds: max(.zero, lastSeen - session.since).inSeconds
        )
        session.fillInLastSeen(&fact)
        session.fillInEstimate(&fact, wasAnswered: true)
        turn.record(.sessionEnded(fact))
    }
}
