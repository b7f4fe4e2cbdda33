/// A journal, or a file of a task, that can't be written: nothing starts until it can, and after an
/// hour the run ends.
///
/// Of the leg alone: what can't be written can't say so.
struct StoreTroubles: Governor {
    /// Time that a run waits for a full or failing disk.
    private static let patience = Duration.seconds(3600)

    /// Awake time at which the run gives up on the journal.
    private var deadline: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .storeFailed(let reason): storeFailed(reason, in: &turn)
        case .storeLost(let reason):
            storeFailed(reason, in: &turn)
            deadline = turn.now.awake
        case .storeRecovered:
            deadline = nil
            turn.open(GateKey(.store))
        default: break
        }
    }

    func ending(in turn: Turn) -> Ending? { isLost(in: turn) ? .unable : nil }

    func nextDeadline(in turn: Turn) -> Duration? { isLost(in: turn) ? nil : deadline }

    private mutating func storeFailed(_ reason: String, in turn: inout Turn) {
        guard turn.state.gates.closed[GateKey(.store)] == nil else { return }
        deadline = turn.now.awake + Self.patience
        turn.close(GateClosed(gate: .store, until: nil, reason: reason))
    }

    /// Returns true once the journal could not be written for so long that the run ends.
    private func isLost(in turn: Turn) -> Bool {
        guard let deadline, turn.state.gates.closed[GateKey(.store)] != nil else { return false }
        return deadline <= turn.now.awake
    }
}
