/// The usage limits of accounts.
///
/// An account that is nearly out of usage by the service's numbers starts nothing until its window begins
/// anew. One that refused a session starts nothing until a probe, at the stated time, finds that usage is back.
struct UsageLimits: Governor {
    /// The first and the longest wait after a usage limit without a reset time; each refused probe
    /// doubles the wait.
    private static let unknownReset = (
        first: Duration.seconds(300), longest: Duration.seconds(3600)
    )

    /// The limits whose windows were recorded in this leg.
    private var recorded: Set<GateKey> = []

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .sessionAnswered(let key): turn.probeGotThrough(key, Self.isBack)
        case .sessionFailed(let failed) where failed.treatment.reaction == .usageLimit:
            limitMet(failed, in: &turn)
        case .limitRead(let reading): note(reading, in: &turn)
        default: break
        }
    }

    /// Ends a leg that is not to wait, once usage limits hold all its work.
    func ending(in turn: Turn) -> Ending? {
        guard turn.state.plan.limits?.onLimit ?? .wait != .wait, turn.state.unfinished > 0,
            !turn.isOpening, turn.isAllHeld(by: { $0.gate == .usageLimit })
        else { return nil }
        return .finished
    }

    private static func isBack(_ turn: inout Turn, _ domain: AccountDomain) {
        let gates = turn.state.gates.closed.filter {
            $0.key.gate == .usageLimit && domain.isHeld(by: $0.value)
        }
        for key in gates.keys.sorted() { turn.open(key) }
    }

    private func limitMet(_ failed: FailedSession, in turn: inout Turn) {
        let (limit, account) = (failed.failure.limit, failed.account)
        let closed = turn.state.gates.closed[GateKey(.usageLimit, account, limit: limit)]
        var next = GateClosed(
            gate: .usageLimit,
            account: account,
            until: nil,
            reason: failed.failure.message,
            isStated: closed?.isStated,
            refusals: closed?.refusals
        )
        next.limit = limit
        if limit != nil { next.model = failed.domain.model }
        if failed.isProbe { next.refusals = (closed?.refusals ?? 0) + 1 }
        if failed.failure.needsPerson == true {
            guard closed?.needsPerson != true else { return }
            next.needsPerson = true
            next.reason += "; no time helps: see to it, and run the manifest again"
            return turn.close(next)
        }
        let stated = turn.exactReset(failed.statedReset(at: turn.now), of: next.key)
        if stated != nil { next.isStated = true }
        if let stated, stated > turn.now.wall {
            let isKnown = closed?.isStated == true && closed?.isMeasured != true
            if isKnown, let until = closed?.until, until >= stated { return }
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

    /// Records the windows, and closes or opens their gate.
    private mutating func note(_ reading: LimitRead, in turn: inout Turn) {
        guard !reading.windows.isEmpty else { return }
        let known = turn.state.gates.readings[reading.gate]
        let isNew = recorded.insert(reading.gate).inserted
        if isNew || known.map({ reading.isLike($0) }) != true { turn.record(.limitRead(reading)) }
        let closed = turn.state.gates.closed[reading.gate]
        // Words that a session was refused with are nearer to the truth.
        guard closed == nil || closed?.isMeasured == true else { return }
        let stopAt = turn.state.plan.limits?.stopAt ?? LimitPlan.usualStop
        guard let window = reading.full(stopAt, at: turn.now.wall) else {
            return turn.open(reading.gate)
        }
        guard closed?.until != window.resetsAt else { return }
        var next = GateClosed(
            gate: .usageLimit,
            account: reading.account,
            until: window.resetsAt,
            reason:
                "\(window.words) is used, and sessions start up to \(Format.percent(stopAt / 100))",
            isStated: true
        )
        (next.limit, next.model, next.isMeasured) = (reading.limit, reading.model, true)
        turn.close(next)
    }
}

extension Turn {
    /// Returns the reset that words stated, to the second if numbers tell the same one.
    ///
    /// Words tell the minute alone, so that their readers wait for its end.
    fileprivate func exactReset(_ stated: WallTime?, of gate: GateKey) -> WallTime? {
        guard let stated else { return nil }
        let resets = state.gates.readings[gate]?.windows.compactMap(\.resetsAt) ?? []
        return resets.first { $0 <= stated && stated - $0 <= .seconds(60) && $0 > now.wall }
            ?? stated
    }
}

extension UsageWindow {
    /// The window and its part that is used: `96% of 5h`.
    package var words: String {
        "\(Format.percent(used / 100)) of \(length.map(Format.duration) ?? "a window")"
    }
}
