/// What holds starts.
package enum Gate: String, Hashable, Sendable, Codable, CaseIterable {
    /// An account is out of usage; when the time has come one session probes whether it has some
    /// again.
    case usageLimit = "usage_limit"
    /// Too many requests of an account.
    case rateLimit = "rate_limit"
    /// The network is down; one session at a time probes it.
    case network
    /// An account's credentials were refused; one session probes whether they are for good.
    case authentication
    /// The tokens of the minute are used up.
    case tokenRate = "token_rate"
    /// The journal can't be written.
    case store
    /// The machine, or a control group, has too little memory left.
    case memory
    /// The machine has too much to do.
    case load
    /// A file system that the run writes to has too little space left.
    case disk
    /// The machine has nothing left to start a process with.
    case shortage
}

/// A gate, and whose it is.
package struct GateKey: Hashable, Comparable, Sendable {
    /// What holds starts.
    package var gate: Gate
    /// The account whose starts it holds; `nil` for the run's own account, and for gates that hold
    /// everything.
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

/// Starts are held.
///
/// A gate that is closed already is closed anew: for longer, or otherwise.
package struct GateClosed: Hashable, Sendable, Codable {
    /// By what.
    package var gate: Gate
    /// Whose starts; `nil` for the run's own account, and for gates that hold everything.
    package var account: String?
    /// Until when, or when the next probe is due; `nil` until something happens.
    package var until: WallTime?
    /// Why, for people.
    package var reason: String
    /// Whether somebody else told the time; `nil` for no.
    package var isStated: Bool?
    /// Probes in a row that were refused; `nil` for none.
    package var refusals: Int?
    /// Whether sessions start one at a time, each when the one before got through, or for the
    /// machine's gates when it has ended; `nil` for not at all.
    package var startsOneByOne: Bool?

    /// The gate, and whose it is.
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

/// Starts go on.
package struct GateOpened: Hashable, Sendable, Codable {
    /// What held them.
    package var gate: Gate
    /// Whose; `nil` for the run's own account, and for gates that hold everything.
    package var account: String?

    /// The gate, and whose it is.
    package var key: GateKey { GateKey(gate, account) }

    /// Makes the fact.
    package init(gate: Gate, account: String? = nil) {
        self.gate = gate
        self.account = account
    }
}

/// From now on so many sessions run at once: that adapts, or memory ran out.
package struct ConcurrencyChanged: Hashable, Sendable, Codable {
    /// The most sessions at once.
    package var limit: Int
    /// Why, for people.
    package var reason: String

    /// Makes the fact.
    package init(limit: Int, reason: String) {
        self.limit = limit
        self.reason = reason
    }
}

extension Gate {
    /// Whether it holds one account's starts; the others hold everything.
    package var isOfAccount: Bool {
        switch self {
        case .usageLimit, .rateLimit, .authentication: true
        case .network, .tokenRate, .store, .memory, .load, .disk, .shortage: false
        }
    }

    /// Whether a run ends for it, where nothing opens it.
    package var canEndRun: Bool {
        switch self {
        case .authentication, .store: true
        case .usageLimit, .rateLimit, .network, .tokenRate, .memory, .load, .disk, .shortage: false
        }
    }

    /// Whether it opens when its time has come; the others open when something happens.
    var opensByItself: Bool { self == .rateLimit || self == .tokenRate || self == .shortage }

    /// Whether a session finds out that it has opened; without one it is closed for ever.
    var isProbed: Bool { self == .usageLimit || self == .network || self == .authentication }
}
