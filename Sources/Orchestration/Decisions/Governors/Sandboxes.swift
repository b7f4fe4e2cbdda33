/// The sandbox of the agents: once a session could do nothing, one more finds out whether any can.
///
/// Without state of its own: whether the sandbox starts is soon seen.
struct Sandboxes: Governor {
    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionWorked: works(in: &turn)
        // A session of which nothing tells that it could do nothing.
        case .sessionEnded(let fact, _) where fact.failure == nil && fact.verdict != .stopped:
            works(in: &turn)
        case .sessionFailed(let failed) where failed.treatment.reaction == .sandbox:
            couldDoNothing(failed, in: &turn)
        default: break
        }
    }

    func ending(in turn: Turn) -> Ending? { isGivenUp(in: turn) ? .unable : nil }

    private func works(in turn: inout Turn) {
        turn.sessions.lastWork = turn.now.awake
        turn.open(GateKey(.sandbox))
    }

    private func couldDoNothing(_ failed: FailedSession, in turn: inout Turn) {
        let message = failed.failure.message
        var next = GateClosed(gate: .sandbox, until: turn.now.wall, reason: message)
        if let closed = turn.state.gates.closed[GateKey(.sandbox)] {
            guard failed.isProbe, closed.until != nil else { return }
            next.until = nil
            next.refusals = 1
            next.reason =
                "a second session could do nothing, either: \(message); see what quire doctor says of the "
                + "sandbox, and run it again"
        }
        turn.close(next)
    }

    private func isGivenUp(in turn: Turn) -> Bool {
        turn.state.gates.closed[GateKey(.sandbox)].map { $0.until == nil } ?? false
    }
}
