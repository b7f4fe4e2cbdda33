/// A reason that holds starts until some time or event.
package enum Gate: String, Hashable, Sendable, Codable, CaseIterable {
    /// An account is out of usage; at the gate's time one session probes whether usage is back.
    case usageLimit = "usage_limit"
    /// An account made too many requests.
    case rateLimit = "rate_limit"
    /// The network is down; one session at a time probes it.
    case network
    /// An account's credentials were refused, or its configuration is broken; one session at a time
    /// probes whether that is permanent.
    case authentication
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
}

/// A gate, and the account whose starts it holds.
package struct GateKey: Hashable, Comparable, Sendable {
    /// The gate.
    package var gate: Gate
    /// The account; `nil` for the run's own account, and for gates that hold everything.
    package var account: String?

    /// Names a gate of an account.
    package init(_ gate: Gate, _ account: String? = nil) {
        self.gate = gate
        self.account = account
    }

    package static func < (left: GateKey, right: GateKey) -> Bool {
        (left.gate.rawValue, left.account ?? "") < (right.gate.rawValue, right.account ?? "")
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
    /// Number of refused probes in a row; `nil` for none.
    package var refusals: Int?
    /// True if sessions start one at a time: each after the previous one was answered or, for the
    /// machine's gates, has ended; `nil` for not at all.
    package var startsOneByOne: Bool?

    /// The gate and its account.
    package var key: GateKey { GateKey(gate, account) }

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

    /// The gate and its account.
    package var key: GateKey { GateKey(gate, account) }

    /// Makes the fact.
    package init(gate: Gate, account: String? = nil) {
        self.gate = gate
        self.account = account
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

extension Gate {
    /// True if the gate holds one account's starts; the others hold everything.
    package var isOfAccount: Bool {
        switch self {
        case .usageLimit, .rateLimit, .authentication: true
        case .network, .tokenRate, .store, .memory, .load, .disk, .shortage: false
        }
    }

    /// True if the run ends when nothing opens the gate.
    package var canEndRun: Bool {
        switch self {
        case .authentication, .store: true
        case .usageLimit, .rateLimit, .network, .tokenRate, .memory, .load, .disk, .shortage: false
        }
    }

    /// True if the gate opens when its time has come; the others open on an event.
    var opensByItself: Bool { self == .rateLimit || self == .tokenRate || self == .shortage }

    /// True if a session finds out whether the gate has opened; without a probe it stays closed.
    var isProbed: Bool { self == .usageLimit || self == .network || self == .authentication }
}
