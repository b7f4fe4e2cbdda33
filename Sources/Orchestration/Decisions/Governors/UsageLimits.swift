/// The usage limits of accounts: an account that is out of usage starts nothing until a probe, at
/// the stated time, finds that usage is back.
struct UsageLimits: Governor {
    /// The first and the longest wait after a usage limit without a reset time; each refused probe
    /// doubles the wait.
    private static let unknownReset = (
        first: Duration.seconds(300), longest: Duration.seconds(3600)
    )

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionAnswered(let key):
            turn.probeGotThrough(key) { $0.open(GateKey(.usageLimit, $1)) }
        case .sessionFailed(let failed) where failed.treatment.reaction == .usageLimit:
            limitMet(failed, in: &turn)
        default: break
        }
    }

    private func limitMet(_ failed: FailedSession, in turn: inout Turn) {
        let closed = turn.state.gates.closed[GateKey(.usageLimit, failed.account)]
        var next = GateClosed(
            gate: .usageLimit,
            account: failed.account,
            until: nil,
            reason: failed.failure.message,
            isStated: closed?.isStated,
            refusals: closed?.refusals
        )
        if failed.isProbe { next.refusals = (closed?.refusals ?? 0) + 1 }
        let stated = failed.statedReset(at: turn.now)
        if stated != nil { next.isStated = true }
        if let stated, stated > turn.now.wall {
            if closed?.isStated == true, let until = closed?.until, until >= stated { return }
            next.until = stated
        } else {
            // A session that began before the gate closed proves nothing new.
            guard closed == nil || failed.isProbe else { return }
            next.until = turn.now.wall + Self.unknownWait(next)
        }
        turn.close(next)
    }

    private static func unknownWait(_ closed: GateClosed) -> Duration {
        if closed.isStated == true, let interval = Gate.usageLimit.probeInterval { return interval }
        let doublings = min(closed.refusals ?? 0, 10)
        return min(unknownReset.first * (1 << doublings), unknownReset.longest)
    }
}

extension Turn {
    /// Calls `body` with the account that a session probed, if it is the account's probe.
    mutating func probeGotThrough(_ key: SessionKey, _ body: (inout Turn, String?) -> Void) {
        if state.gates.probes.isEmpty { return }
        let account = state.account(of: key.task)
        if state.gates.probes[account] == key { body(&self, account) }
    }
}
