// Gates: what holds starts, and for how long.
extension Orchestrator {
    /// Time that a run waits for a full or failing disk.
    private static let storePatience = Duration.seconds(3600)

    /// True if starts are held by nothing but slots, needs and the gates of closed accounts.
    ///
    /// With several accounts, the tasks of a closed one are not among those to start.
    var mayStart: Bool {
        guard !startsNothingMore, !isSpaced, !isBudgetCommitted else { return false }
        return state.gates.isEmpty || !state.isEverythingHeld || mayStartAlone
    }

    /// True if the leg is on its way to its end.
    var startsNothingMore: Bool {
        state.shutdown != nil || state.ending != nil || hasFailedEnough
    }

    /// True if no session runs, and all that holds starts lets one session run at a time.
    private var mayStartAlone: Bool {
        state.running.isEmpty
            && state.gates.values.allSatisfy {
                $0.gate.isOfMachine
                    ? $0.startsOneByOne == true : $0.gate.isOfAccount && state.accounts.count > 1
            }
    }

    /// Closes a gate, or closes it anew.
    mutating func close(_ fact: GateClosed) {
        record(.gateClosed(fact))
    }

    mutating func open(_ key: GateKey) {
        guard !state.gates.isEmpty, state.gates[key] != nil else { return }
        record(.gateOpened(GateOpened(gate: key.gate, account: key.account)))
    }

    /// Opens the gates whose time has come.
    mutating func expireGates() {
        guard !state.gates.isEmpty else { return }
        for (key, closed) in state.gates.sorted(by: { $0.key < $1.key }) {
            guard let until = closed.until, until <= now.wall else { continue }
            if key.gate.opensByItself || closed.startsOneByOne == true { open(key) }
        }
    }

    /// Moves the gates' times back with the clock: a wait of ten seconds must not take a day.
    mutating func clockWasSetBack(by step: Duration) {
        let waiting = state.gates.sorted { $0.key < $1.key }.map(\.value).filter { $0.until != nil }
        guard !waiting.isEmpty else { return }
        warn(
            "the clock was set back by \(step.forPeople); what is waited for comes that much earlier"
        )
        for var closed in waiting {
            closed.until = closed.until.map { $0 - step }
            close(closed)
        }
    }

    /// Awake time at which the next gate's time comes, but at most a minute from now: the wall
    /// clock can be set, and runs on while the machine sleeps.
    var nextGate: Duration? {
        guard !state.gates.isEmpty else { return nil }
        let times = state.gates.values.compactMap(\.until).filter { $0 > now.wall }
        return times.min().map { now.awake + min($0 - now.wall, .seconds(60)) }
    }

    mutating func storeFailed(_ reason: String) {
        guard state.gates[GateKey(.store)] == nil else { return }
        storeDeadline = now.awake + Self.storePatience
        close(GateClosed(gate: .store, until: nil, reason: reason))
    }

    mutating func storeLost(_ reason: String) {
        storeFailed(reason)
        storeDeadline = now.awake
    }

    mutating func storeRecovered() {
        storeDeadline = nil
        open(GateKey(.store))
    }

    /// True once the journal could not be written for so long that the run ends.
    var storeIsLost: Bool {
        guard let storeDeadline, state.gates[GateKey(.store)] != nil else { return false }
        return storeDeadline <= now.awake
    }

    /// Closes the gates again that outlive a leg: an account's usage does not come back because
    /// Quire was started again.
    mutating func closeAgain(_ gates: [GateKey: GateClosed], since: [GateKey: WallTime]) {
        for (key, gate) in gates.sorted(by: { $0.key < $1.key })
        where key.gate == .usageLimit && state.accounts.contains(key.account) {
            var closed = gate
            // If the clock was set back meanwhile, the wait keeps its length.
            if let since = since[key], since - now.wall > Moment.slack, let until = closed.until {
                closed.until = min(until, now.wall + (until - since))
            }
            close(closed)
        }
    }
}

// Probes: single sessions that find out whether a gate has opened.
extension Orchestrator {
    /// Starts a session for each account whose gates may have opened.
    mutating func startProbes() {
        guard !state.gates.isEmpty, !startsNothingMore, !isSpaced else { return }
        for account in state.accounts where !isBudgetCommitted && isProbeDue(account) {
            guard var start = state.nextStart(probing: account, at: now.awake),
                hasTokens(for: start), hasRoom()
            else { continue }
            start.isProbe = true
            begin(start)
        }
    }

    private func isProbeDue(_ account: String?) -> Bool {
        let closed = state.gates.values.filter { !$0.gate.isOfAccount || $0.account == account }
        guard closed.contains(where: { !$0.gate.isOfMachine }), closed.allSatisfy(isProbeDue)
        else { return false }
        // All accounts share the network: one probe is enough.
        let isNetworkDown = closed.contains { $0.gate == .network }
        return !state.probes.contains { other, key in
            (isNetworkDown || other == account) && !watch.hasAnswer(key)
        }
    }

    private func isProbeDue(_ closed: GateClosed) -> Bool {
        switch closed.gate {
        case .usageLimit: closed.hasCome(now)
        case .authentication: closed.startsOneByOne == true || closed.hasCome(now)
        // A session that waits for the network will report by itself.
        case .network: closed.hasCome(now) && !watch.anyWaitsForNetwork
        case .memory, .load, .disk: closed.startsOneByOne == true && state.running.isEmpty
        case .rateLimit, .tokenRate, .store, .shortage: false
        }
    }

    /// Notes that the model answered a session, or that the session's turn was completed.
    mutating func gotThrough(_ key: SessionKey) {
        networkIsBack()
        if rateLimitsInARow.isEmpty, state.probes.isEmpty { return }
        let account = state.account(of: key.task)
        rateLimitsInARow[account] = nil
        guard state.probes[account] == key else { return }
        open(GateKey(.usageLimit, account))
        loginWorks(account)
    }
}

extension GateClosed {
    /// True once the gate's time has come; never for a gate that waits for an event.
    fileprivate func hasCome(_ now: Moment) -> Bool { until.map { $0 <= now.wall } ?? false }
}
