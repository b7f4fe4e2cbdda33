/// The ladder of a shutdown: drain, terminate, kill.
struct Shutdown: Governor {
    private var wishes = ShutdownWishes()
    /// Awake time of the next step; `nil` if none is due.
    private var deadline: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        guard case .shutdownRequested(let signal) = occurrence, wishes.count(at: turn.now.awake)
        else { return }
        guard let current = turn.state.leg.shutdown else {
            return climb(to: .drain, signal, in: &turn)
        }
        guard let next = current.step.next else { return }
        climb(to: next, current.signal, in: &turn)
    }

    mutating func act(in turn: inout Turn) {
        guard let deadline, deadline <= turn.now.awake else { return }
        self.deadline = nil
        guard let current = turn.state.leg.shutdown, let next = current.step.next else { return }
        climb(to: next, current.signal, in: &turn)
    }

    func holdsStarts(in turn: Turn) -> Bool { turn.state.leg.shutdown != nil }

    func ending(in turn: Turn) -> Ending? {
        switch turn.state.leg.shutdown?.signal {
        case nil: nil
        case .interrupt: .interrupted
        case .terminate: .terminated
        }
    }

    func nextDeadline(in turn: Turn) -> Duration? { deadline }

    private mutating func climb(
        to step: ShutdownStep,
        _ signal: ShutdownSignal,
        in turn: inout Turn
    ) {
        let patience = Self.patience(with: step, signal, turn.state.plan)
        deadline = patience.map { turn.now.awake + $0 }
        var fact = ShutdownAdvanced(
            step: step,
            signal: signal,
            next: patience.map { turn.now.wall + $0 },
            running: turn.state.running.count
        )
        fact.checks = turn.checks.isEmpty ? nil : turn.checks.count
        fact.hooks = turn.hooks.count > 0 ? turn.hooks.count : nil
        turn.record(.shutdownAdvanced(fact))
        let reason = "the run is being stopped"
        let running = turn.state.running.keys.sorted()
        switch step {
        case .drain: break
        case .terminate: for key in running { turn.terminate(key, .shutdown, reason) }
        case .kill: for key in running { turn.kill(key, .shutdown, reason) }
        }
    }

    /// Returns the time until the next step; `nil` for the last step.
    private static func patience(
        with step: ShutdownStep,
        _ signal: ShutdownSignal,
        _ plan: RunPlan
    ) -> Duration? {
        switch (step, signal) {
        case (.drain, .interrupt): plan.drainAfterInterrupt
        case (.drain, .terminate): plan.drainAfterTerminate
        case (.terminate, _): plan.grace
        case (.kill, _): nil
        }
    }
}

extension ShutdownStep {
    /// The step after this one; `nil` after the last.
    package var next: ShutdownStep? {
        switch self {
        case .drain: .terminate
        case .terminate: .kill
        case .kill: nil
        }
    }
}
