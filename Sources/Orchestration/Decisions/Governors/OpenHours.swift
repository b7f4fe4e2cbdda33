/// The hours in which sessions may start: outside of them a gate is closed until they come.
struct OpenHours: Governor {
    mutating func act(in turn: inout Turn) {
        guard let hours = turn.state.plan.hours, turn.state.leg.number > 0 else { return }
        let key = GateKey(.hours)
        guard let opening = hours.opening(at: turn.now.wall) else { return turn.open(key) }
        guard turn.state.gates.closed[key]?.until != opening else { return }
        let reason = "sessions start from \(hours.words) only"
        turn.close(GateClosed(gate: .hours, until: opening, reason: reason))
    }

    /// Returns the awake time at which the hours end; the gate itself says when they begin.
    func nextDeadline(in turn: Turn) -> Duration? {
        guard let end = turn.state.plan.hours?.closing(at: turn.now.wall) else { return nil }
        // The wall clock can be set, and runs on while the machine sleeps.
        return turn.now.awake + min(end - turn.now.wall, .seconds(60))
    }

    /// Always false: the end of the hours lets nothing start.
    func willLetStart(in turn: Turn) -> Bool { false }
}
