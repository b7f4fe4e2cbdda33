/// A reason that holds starts until some time or event.
package enum Gate: String, Hashable, Sendable, Word, CaseIterable {
    /// An account is out of usage; at the gate's time one session probes whether usage is back.
    case usageLimit = "usage_limit"
    /// An account made too many requests.
    case rateLimit = "rate_limit"
    /// An account's credentials were refused, or its configuration is broken; one session at a time
    /// probes whether that is permanent.
    case authentication
    /// The network is down; one session at a time probes it.
    case network
    /// The agent's sandbox can't start, it seems; one session at a time probes it.
    case sandbox
    /// The tokens per minute are used up.
    case tokenRate = "token_rate"
    /// The journal can't be written.
    case store
    /// The machine, or a control group, has too little memory left.
    case memory
    /// The machine's load is too high.
    case load
    /// A file system that the run writes to has too little space left.
    case disk
    /// The machine had no process, memory or descriptor left to start a process with.
    case shortage
    /// A person paused the run.
    case pause
    /// It is not the time of day at which sessions may start (`hours`).
    case hours
}

/// A gate, and the account whose starts it holds.
package struct GateKey: Hashable, Comparable, Sendable {
    /// The gate.
    package var gate: Gate
    /// The account; `nil` for the run's own account, and for gates that hold everything.
    package var account: String?
    /// The name of the account's limit that holds the tasks of one model; `nil` for all tasks of the account.
    package var limit: String?

    /// Names a gate of an account, or of one of its limits.
    package init(_ gate: Gate, _ account: String? = nil, limit: String? = nil) {
        (self.gate, self.account, self.limit) = (gate, account, limit)
    }

    package static func < (left: GateKey, right: GateKey) -> Bool {
        (left.gate.rawValue, left.account ?? "", left.limit ?? "")
            < (right.gate.rawValue, right.account ?? "", right.limit ?? "")
    }
}

/// A gate closed: starts are held.
///
/// A closed gate may close again with another time, reason or mode.
package struct GateClosed: Hashable, Sendable, Codable {
    /// The gate.
    package var gate: Gate
    /// The account whose starts are held; `nil` for the run's own, and for gates that hold everything.
    package var account: String?
    /// Time at which the gate opens or the next probe is due; `nil` if an event decides.
    package var until: WallTime?
    /// The reason, for people.
    package var reason: String
    /// True if the service stated the time; `nil` for no.
    package var isStated: Bool?
    /// Number of refused probes in a row, or of rate limits in a row; `nil` for none, and for rate
    /// limits in journals of earlier versions.
    package var refusals: Int?
    /// True if sessions start one at a time: each after the previous one was answered or, for the
    /// machine's gates, has ended; `nil` for not at all.
    package var startsOneByOne: Bool?
    /// The name of the limit that holds the tasks of one model; `nil` for all tasks of the account.
    package var limit: String?
    /// The model whose tasks a named limit holds; `nil` for tasks that name no model.
    package var model: String?
    /// True if the service's numbers closed the gate, before any session was refused: it opens at its
    /// time without a probe; `nil` for no.
    package var isMeasured: Bool?
    /// True if no time helps, only money or an administrator; `nil` for no.
    package var needsPerson: Bool?

    /// The gate, its account and its limit.
    package var key: GateKey { GateKey(gate, account, limit: limit) }

    /// Makes the fact; see the properties.
    package init(
        gate: Gate,
        account: String? = nil,
        until: WallTime?,
        reason: String,
        isStated: Bool? = nil,
        refusals: Int? = nil,
        startsOneByOne: Bool? = nil
    ) {
        self.gate = gate
        self.account = account
        self.until = until
        self.reason = reason
        self.isStated = isStated
        self.refusals = refusals
        self.startsOneByOne = startsOneByOne
    }
}

/// A gate opened: starts go on.
package struct GateOpened: Hashable, Sendable, Codable {
    /// The gate.
    package var gate: Gate
    /// The account whose starts go on; `nil` for the run's own, and for gates that hold everything.
    package var account: String?
    /// The name of the limit, as in `GateClosed`.
    package var limit: String?

    /// The gate, its account and its limit.
    package var key: GateKey { GateKey(gate, account, limit: limit) }

    /// Makes the fact.
    package init(gate: Gate, account: String? = nil, limit: String? = nil) {
        (self.gate, self.account, self.limit) = (gate, account, limit)
    }
}

/// The limit of sessions at once changed: concurrency adapts, or memory ran out.
package struct ConcurrencyChanged: Hashable, Sendable, Codable {
    /// The new limit.
    package var limit: Int
    /// The reason, for people.
    package var reason: String

    /// Makes the fact.
    package init(limit: Int, reason: String) {
        self.limit = limit
        self.reason = reason
    }
}

/// The nature of a gate: a row of the table in `Gate.nature`.
struct GateNature: Hashable, Sendable {
    /// The starts that a closed gate holds.
    enum Scope: Hashable, Sendable {
        /// The starts of one account.
        case account
        /// Every start.
        case everything
    }

    /// The occurrence that opens a gate.
    enum Opening: Hashable, Sendable {
        /// The gate's time has come.
        case time
        /// A session, started once the gate's time has come, finds that the hold is over; a probe
        /// without a result is repeated after so long.
        case probe(Duration)
        /// A reading of the machine shows that enough is left.
        case reading
        /// The cause is gone.
        case event
    }

    /// The starts held.
    var scope: Scope
    /// The occurrence that opens the gate.
    var opening: Opening
    /// True if the run ends when nothing opens the gate.
    var canEndRun = false
    /// True if a new leg finds the gate as the last one left it.
    var outlivesLeg = false
}

extension Gate {
    /// The nature of the gate.
    ///
    /// A new gate is one case, one row here, and one governor.
    var nature: GateNature {
        switch self {
        case .usageLimit:
            GateNature(scope: .account, opening: .probe(.seconds(60)), outlivesLeg: true)
        case .rateLimit: GateNature(scope: .account, opening: .time, outlivesLeg: true)
        case .authentication:
            GateNature(scope: .account, opening: .probe(.seconds(30)), canEndRun: true)
        case .network: GateNature(scope: .everything, opening: .probe(.seconds(30)))
        case .sandbox:
            GateNature(scope: .everything, opening: .probe(.seconds(30)), canEndRun: true)
        case .tokenRate: GateNature(scope: .everything, opening: .time)
        case .store: GateNature(scope: .everything, opening: .event, canEndRun: true)
        case .memory, .load, .disk: GateNature(scope: .everything, opening: .reading)
        case .shortage, .hours: GateNature(scope: .everything, opening: .time)
        case .pause: GateNature(scope: .everything, opening: .event)
        }
    }

    /// Time after which a probe without a result is repeated; `nil` for a gate that no probe opens.
    var probeInterval: Duration? {
        if case .probe(let interval) = nature.opening { interval } else { nil }
    }

    /// True if the gate holds one account's starts; the others hold everything.
    package var isOfAccount: Bool { nature.scope == .account }

    /// True if the run ends when nothing opens the gate.
    package var canEndRun: Bool { nature.canEndRun }

    /// True if the gate stays closed when its leg ends: nothing comes back because Quire is
    /// started again.
    package var outlivesLeg: Bool { nature.outlivesLeg }

    /// True for the gates that the machine's own state closes.
    package var isOfMachine: Bool { nature.opening == .reading }

    /// The gates that the machine's own state closes, in the order in which they are judged.
    package static let ofMachine = allCases.filter(\.isOfMachine)
}
