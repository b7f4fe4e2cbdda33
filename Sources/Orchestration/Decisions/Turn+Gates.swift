// The gates, each closed by its own governor, and what is alike for all of them.
extension Turn {
    /// Closes a gate, or closes it anew.
    mutating func close(_ fact: GateClosed) { record(.gateClosed(fact)) }

    /// Opens a gate if it is closed.
    mutating func open(_ key: GateKey) {
        guard !state.gates.closed.isEmpty, state.gates.closed[key] != nil else { return }
        record(.gateOpened(GateOpened(gate: key.gate, account: key.account, limit: key.limit)))
    }

    /// Opens the gates whose time has come, but for those that need a probe.
    mutating func expireGates() {
        guard !state.gates.closed.isEmpty else { return }
        for (key, closed) in state.gates.closed.sorted(by: { $0.key < $1.key })
        where closed.isDue(now) {
            if key.gate.nature.opening == .time || closed.startsOneByOne == true
                || closed.isMeasured == true
            {
                open(key)
            }
        }
    }

    /// Awake time at which the next gate's time comes, but at most a minute from now: the wall
    /// clock can be set, and runs on while the machine sleeps.
    var nextGate: Duration? {
        guard !state.gates.closed.isEmpty else { return nil }
        let times = state.gates.closed.values.compactMap(\.until).filter { $0 > now.wall }
        return times.min().map { now.awake + min($0 - now.wall, .seconds(60)) }
    }

    /// Moves the gates' times back with the clock: a wait of ten seconds must not take a day.
    mutating func clockWasSetBack(by step: Duration) {
        let waiting = state.gates.closed.sorted { $0.key < $1.key }.map(\.value).filter {
            $0.until != nil
        }
        guard !waiting.isEmpty else { return }
        warn(
            "the clock was set back by \(step.forPeople); what is waited for comes that much earlier"
        )
        for var closed in waiting {
            closed.until = closed.until.map { $0 - step }
            close(closed)
        }
    }

    /// Closes the gates again that outlive a leg: nothing comes back because Quire was started again.
    mutating func closeAgain(_ gates: [GateKey: GateClosed], since: [GateKey: WallTime]) {
        for (key, gate) in gates.sorted(by: { $0.key < $1.key })
        where key.gate.outlivesLeg && state.index.accounts.contains(key.account) {
            // Who begins the run again has done what only a person can do.
            guard gate.until != nil else { continue }
            let opensByItself = key.gate.nature.opening == .time || gate.isMeasured == true
            if opensByItself && gate.isDue(now) { continue }
            var closed = gate
            // If the clock was set back meanwhile, the wait keeps its length.
            if let since = since[key], since - now.wall > Moment.slack, let until = closed.until {
                closed.until = min(until, now.wall + (until - since))
            }
            close(closed)
        }
    }

    /// True if a gate holds a start that no probe and no lone session may make.
    var isHeldByGates: Bool {
        !state.gates.closed.isEmpty && state.isEverythingHeld && !mayStartAlone
    }

    /// True if no session runs, and all that holds starts lets one session run at a time.
    private var mayStartAlone: Bool {
        state.running.isEmpty
            && state.gates.closed.values.allSatisfy {
                $0.gate.isOfMachine
                    ? $0.startsOneByOne == true
                    : $0.gate.isOfAccount && state.index.isDivided
            }
    }
}

// Probes: single sessions that find out whether a gate has opened.
extension Turn {
    /// True if one session of an account and a model may start, to find out whether its gates have opened.
    func isProbeDue(_ domain: AccountDomain) -> Bool {
        let closed = state.gates.closed.values.filter { domain.isHeld(by: $0) }
        guard closed.contains(where: { !$0.gate.isOfMachine }), closed.allSatisfy(isProbeDue)
        else { return false }
        // All accounts share the network: one probe is enough.
        let isNetworkDown = closed.contains { $0.gate == .network }
        // An answer of the model tells nothing of the sandbox: its probe is one until it has ended.
        let isSandboxInDoubt = closed.contains { $0.gate == .sandbox }
        return !state.gates.probes.contains { other, key in
            isSandboxInDoubt
                || (isNetworkDown || other.account == domain.account) && !sessions.hasAnswer(key)
        }
    }

    private func isProbeDue(_ closed: GateClosed) -> Bool {
        switch closed.gate.nature.opening {
        case .probe:
            // A session that waits for the network will report by itself.
            if closed.gate == .network && sessions.anyWaitsForNetwork { return false }
            return closed.startsOneByOne == true || closed.isDue(now)
        case .reading: return closed.startsOneByOne == true && state.running.isEmpty
        case .time, .event: return false
        }
    }

    /// Postpones the next probe if the last one left the gates as they were.
    mutating func probeToldNothing(_ domain: AccountDomain) {
        for (key, closed) in state.gates.closed.sorted(by: { $0.key < $1.key })
        where closed.isDue(now) && domain.isHeld(by: closed) {
            guard let interval = key.gate.probeInterval else { continue }
            var closed = closed
            closed.until = now.wall + interval
            close(closed)
        }
    }

    /// Calls `body` with the account and the model that a session probed, if it is their probe.
    mutating func probeGotThrough(_ key: SessionKey, _ body: (inout Turn, AccountDomain) -> Void) {
        if state.gates.probes.isEmpty { return }
        let domain = state.domain(of: key.task)
        if state.gates.probes[domain] == key { body(&self, domain) }
    }
}

// Accounts that nothing but a person can bring back.
extension Turn {
    /// Gives an account up for the leg.
    mutating func giveUp(_ account: String?, _ reason: String) {
        close(
            GateClosed(
                gate: .authentication,
                account: account,
                until: nil,
                reason: reason,
                refusals: 1
            )
        )
    }

    /// True if work is left, but only work of accounts that are lost.
    var lacksAccounts: Bool {
        guard state.unfinished > 0, state.gates.closed.values.contains(where: \.isLost) else {
            return false
        }
        return isAllHeld { $0.isLost }
    }

    /// True if gates like these hold all the work that is left.
    func isAllHeld(by isOne: (GateClosed) -> Bool) -> Bool {
        state.tasks.indices.allSatisfy { place in
            let task = state.tasks[place]
            return !task.isOpen || task.pendingNeeds > 0 || state.isHeld(place, by: isOne)
        }
    }
}

extension GateClosed {
    /// True for an account, or a limit of it, that only a person can bring back.
    var isLost: Bool { gate.isOfAccount && until == nil }
}

extension GateClosed {
    /// True once the gate's time has come; never for a gate that waits for an event.
    func isDue(_ now: Moment) -> Bool { until.map { $0 <= now.wall } ?? false }
}
