/// The network: while it is down, single sessions probe it.
///
/// Of the leg alone: whether the network is there is soon seen.
struct Network: Governor {
    /// Time after any session's answer in which another's wait for the network closes no gate.
    private static let answerCounts = Duration.seconds(10)

    /// Awake time of the service's last answer to any session.
    private var lastAnswer: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionActive(let key): if turn.sessions.hasAnswer(key) { isThere(in: &turn) }
        case .sessionAnswered: isThere(in: &turn)
        case .sessionWaitsForNetwork(let key): sessionWaits(key, in: &turn)
        case .sessionFailed(let failed):
            if failed.treatment.traits.contains(.fromService) { isThere(in: &turn) }
            if failed.treatment.reaction == .network {
                isMissing(failed.failure.message, in: &turn)
            }
        case .sessionEnded: probeIfUnwatched(in: &turn)
        default: break
        }
    }

    private mutating func isThere(in turn: inout Turn) {
        lastAnswer = turn.now.awake
        turn.open(GateKey(.network))
    }

    private func sessionWaits(_ key: SessionKey, in turn: inout Turn) {
        if let lastAnswer, turn.now.awake - lastAnswer < Self.answerCounts { return }
        guard turn.state.gates.closed[GateKey(.network)] == nil else { return }
        let reason = "the network is down: session \(key.number) of \"\(key.task)\" waits for it"
        turn.close(GateClosed(gate: .network, until: nil, reason: reason))
    }

    private func isMissing(_ reason: String, in turn: inout Turn) {
        let closed = turn.state.gates.closed[GateKey(.network)]
        if let until = closed?.until, until > turn.now.wall { return }
        turn.close(GateClosed(gate: .network, until: Self.nextProbe(in: turn), reason: reason))
    }

    /// Leaves the network to probes if no waiting session is left that would report.
    private func probeIfUnwatched(in turn: inout Turn) {
        guard var closed = turn.state.gates.closed[GateKey(.network)], closed.until == nil,
            !turn.sessions.anyWaitsForNetwork
        else { return }
        closed.until = Self.nextProbe(in: turn)
        turn.close(closed)
    }

    private static func nextProbe(in turn: Turn) -> WallTime? {
        Gate.network.probeInterval.map { turn.now.wall + $0 }
    }
}
