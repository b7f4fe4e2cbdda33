// What holds starts, and for how long.
extension Orchestrator {
    /// The wait after a usage limit whose message did not tell when it resets.
    private static let unknownReset = Duration.seconds(900)
    /// The first wait after a rate limit; doubled for each further one without a success between.
    private static let rateLimitDelay = Duration.seconds(10)
    /// The time between two sessions that probe whether the network is back.
    private static let probeInterval = Duration.seconds(30)

    /// Whether anything but slots and needs holds starts now.
    var mayStart: Bool {
        guard state.shutdown == nil, state.ending == nil else { return false }
        for gate in state.gates.keys {
            guard gate == .network, state.running.isEmpty else { return false }
            if let networkProbe, networkProbe > now.awake { return false }
        }
        return true
    }

    mutating func closeGate(_ gate: Gate, until: Moment?, _ reason: String) {
        if let open = gateDeadlines[gate], let until, until.wall <= open.wall { return }
        if until == nil, state.gates[gate] != nil { return }
        gateDeadlines[gate] = until
        record(.gateClosed(GateClosed(gate: gate, until: until?.wall, reason: reason)))
    }

    mutating func openGate(_ gate: Gate) {
        guard state.gates[gate] != nil else { return }
        gateDeadlines[gate] = nil
        record(.gateOpened(GateOpened(gate: gate)))
    }

    mutating func expireGates() {
        for gate in Gate.allCases {
            if let deadline = gateDeadlines[gate], deadline.hasCome(now) { openGate(gate) }
        }
        if let networkProbe, networkProbe <= now.awake { self.networkProbe = nil }
    }

    mutating func sessionActive(_ key: SessionKey) {
        watch.noteActivity(key, at: now.awake)
        networkIsBack()
    }

    mutating func sessionWaitsForNetwork(_ key: SessionKey) {
        watch.noteNetworkWaiting(key)
        let reason = "the network is down: session \(key.number) of \"\(key.task)\" waits for it"
        closeGate(.network, until: nil, reason)
    }

    /// Holds starts as a failed session's class asks for.
    mutating func holdStarts(after failure: Failure) {
        switch failure.kind {
        case .usageLimit:
            let wait = failure.resetsAt.map { $0 - now.wall } ?? Self.unknownReset
            closeGate(.usageLimit, until: now.advanced(by: wait), failure.message)
        case .rateLimit:
            rateLimitsInARow += 1
            let doublings = min(rateLimitsInARow - 1, 5)
            closeGate(
                .rateLimit,
                until: now.advanced(by: Self.rateLimitDelay * (1 << doublings)),
                failure.message
            )
        case .noNetwork:
            networkProbe = now.awake + Self.probeInterval
            closeGate(.network, until: nil, failure.message)
        case .authentication:
            closeGate(.authentication, until: nil, failure.message)
        case .overload, .contextWindow, .turnFailed:
            networkIsBack()
        default:
            break
        }
    }

    /// Notes that a session got through to the service.
    mutating func gotThrough() {
        rateLimitsInARow = 0
        networkIsBack()
    }

    private mutating func networkIsBack() {
        networkProbe = nil
        openGate(.network)
    }
}

extension Moment {
    /// The moment this long after, on both clocks.
    func advanced(by duration: Duration) -> Moment {
        Moment(awake: awake + duration, wall: wall + duration)
    }

    /// Whether this moment of the wall clock has come.
    func hasCome(_ now: Moment) -> Bool { wall <= now.wall }

    /// The awake time to look again: the wall clock can be set, and runs on while the machine
    /// sleeps, so it is never trusted for more than a minute.
    func recheck(now: Moment) -> Duration {
        let wait = max(.zero, wall - now.wall)
        return now.awake + min(wait, .seconds(60))
    }
}
