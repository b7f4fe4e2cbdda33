/// The pool of checks: a few at a time, beside the sessions.
struct Checks: Governor {
    /// The tasks whose checks wait for a place, in order.
    private var due: [String] = []
    /// The newest step of the shutdown that running checks were told of.
    private var step: ShutdownStep?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        if case .checkDue(let task) = occurrence { due.append(task) }
    }

    mutating func act(in turn: inout Turn) {
        if !turn.checks.isEmpty { endChecks(in: &turn) }
        // The rest is checked at the beginning of the next leg.
        while !due.isEmpty, !turn.startsNothingMore, !turn.hooks.holdsStarts,
            turn.state.steering.pause == nil,
            turn.checks.count < turn.state.plan.checkSlots ?? 1
        {
            begin(due.removeFirst(), in: &turn)
        }
    }

    func willLetStart(in turn: Turn) -> Bool { !due.isEmpty || !turn.checks.isEmpty }

    private func begin(_ name: String, in turn: inout Turn) {
        guard let task = turn.state.task(name), task.outcome == nil, task.check == .due else {
            return
        }
        let fact = CheckBegan(task: name, session: task.sessions)
        turn.record(.checkBegan(fact))
        turn.checks.insert(name)
        turn.order(.startCheck(fact))
    }

    /// Ends the checks that run when sessions are ended, too.
    private mutating func endChecks(in turn: inout Turn) {
        guard let step = turn.state.leg.shutdown?.step, step != self.step else { return }
        self.step = step
        for task in turn.checks.sorted() {
            switch step {
            case .drain: break
            case .terminate: turn.order(.terminateCheck(task))
            case .kill: turn.order(.killCheck(task))
            }
        }
    }
}
