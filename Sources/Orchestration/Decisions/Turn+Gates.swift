// The gates, each closed by its own governor, and what is alike for all of them.
extension Turn {
    /// Closes a gate, or closes it anew.
    mutating func close(_ fact: GateClosed) { record(.gateClosed(fact)) }

    /// Opens a gate if it is closed.
    mutating func open(_ key: GateKey) {
        guard !state.gates.closed.isEmpty, state.gates.closed[key] != nil else { return }
        record(.gateOpened(GateOpened(gate: key.gate, account: key.account)))
    }

    /// Opens the gates whose time has come, but for those that need a probe.
    mutating func expireGates() {
        guard !state.gates.closed.isEmpty else { return }
        for (key, closed) in state.gates.closed.sorted(by: { $0.key < $1.key })
        where closed.isDue(now) {
            if key.gate.nature.opening == .time || closed.startsOneByOne == true { open(key) }
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
            if key.gate.nature.opening == .time && gate.isDue(now) { continue }
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
                    : $0.gate.isOfAccount && state.index.accounts.count > 1
            }
    }
}

// Probes: single sessions that find out whether a gate has opened.
extension Turn {
    /// True if one session of the account may start, to find out whether its gates have opened.
    func isProbeDue(_ account: String?) -> Bool {
        let closed = state.gates.closed.values.filter {
            !$0.gate.isOfAccount || $0.account == account
        }
        guard closed.contains(where: { !$0.gate.isOfMachine }), closed.allSatisfy(isProbeDue)
        else { return false }
        // All accounts share the network: one probe is enough.
        let isNetworkDown = closed.contains { $0.gate == .network }
        // An answer of the model tells nothing of the sandbox: its probe is one until it has ended.
        let isSandboxInDoubt = closed.contains { $0.gate == .sandbox }
        return !state.gates.probes.contains { other, key in
            isSandboxInDoubt || (isNetworkDown || other == account) && !sessions.hasAnswer(key)
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
    mutating func probeToldNothing(_ account: String?) {
        for gate in Gate.allCases {
            guard let interval = gate.probeInterval else { continue }
            let key = GateKey(gate, gate.isOfAccount ? account : nil)
            guard var closed = state.gates.closed[key], closed.isDue(now) else { continue }
            closed.until = now.wall + interval
            close(closed)
        }
    }
}

extension GateClosed {
    /// True once the gate's time has come; never for a gate that waits for an event.
    func isDue(_ now: Moment) -> Bool { until.map { $0 <= now.wall } ?? false }
}
