// What holds starts, and for how long.
extension Orchestrator {
    /// How long a run waits for a disk that takes nothing more.
    private static let storePatience = Duration.seconds(3600)

    /// Whether nothing but slots, needs and a closed account's gates holds starts now.
    ///
    /// Where there are several accounts the tasks of closed ones are not among those to start.
    var mayStart: Bool {
        guard !startsNothingMore, !isSpaced, !isBudgetCommitted else { return false }
        return state.gates.isEmpty || !state.isEverythingHeld || mayStartAlone
    }

    /// Whether the leg is on its way to its end.
    var startsNothingMore: Bool {
        state.shutdown != nil || state.ending != nil || hasFailedEnough
    }

    /// Whether all that holds starts lets one session run at a time, and none does.
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

    /// Keeps the waits at their length: a wait of ten seconds must not take a day.
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

    /// The awake time at which a gate's time comes; the wall clock can be set, and runs on while
    /// the machine sleeps, so it is never trusted for more than a minute.
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

    /// Whether the journal could not be written for so long that the run ends for it.
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
            // The clock was set back meanwhile: it waits for no longer than it was to.
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
        // The network is everybody's: one probe is enough.
        let isNetworkDown = closed.contains { $0.gate == .network }
        return !state.probes.contains { other, key in
            (isNetworkDown || other == account) && !watch.hasAnswer(key)
        }
    }

    private func isProbeDue(_ closed: GateClosed) -> Bool {
        switch closed.gate {
        case .usageLimit: closed.hasCome(now)
        case .authentication: closed.startsOneByOne == true || closed.hasCome(now)
        // A session that waits will tell by itself.
        case .network: closed.hasCome(now) && !watch.anyWaitsForNetwork
        case .memory, .load, .disk: closed.startsOneByOne == true && state.running.isEmpty
        case .rateLimit, .tokenRate, .store, .shortage: false
        }
    }

    /// Notes that the model answered a session, or that its turn was completed.
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
    /// Whether its time has come; never, for one that waits for something to happen.
    fileprivate func hasCome(_ now: Moment) -> Bool { until.map { $0 <= now.wall } ?? false }
}
