import Dates
package import Orchestration

/// Words for the gates that hold starts.
package enum GateWords {
    /// Returns the words after "held": ` by a usage limit of ~/.codex-2 for 4m 12s more, until 10:12:00+09:00`.
    package static func hold(
        _ closed: GateClosed,
        at now: WallTime,
        offset: (WallTime) -> Int
    ) -> String {
        " by \(name(closed.key))" + time(closed, now, offset)
    }

    /// Returns the words for a gate and for the account that it holds, if it holds only one.
    package static func name(_ key: GateKey) -> String {
        key.gate.words + (key.limit.map { " for \($0)" } ?? "")
            + (key.account.map { " of \($0)" } ?? "")
    }

    private static func time(
        _ closed: GateClosed,
        _ now: WallTime,
        _ offset: (WallTime) -> Int
    ) -> String {
        guard let until = closed.until else { return "" }
        let left = until - now
        guard left > .zero else { return closed.isMeasured == true ? "" : ", one session tries" }
        let day = Duration.seconds(86_400)
        let clock =
            left < day
            ? until.timeOfDay(offset: offset(until)) : until.stamp(offset: offset(until))
        return " for \(Format.duration(left)) more, until \(clock)"
    }
}

extension Gate {
    /// The gate in words.
    package var words: String {
        switch self {
        case .usageLimit: "a usage limit"
        case .rateLimit: "a rate limit"
        case .network: "a missing network"
        case .sandbox: "a sandbox that does not start"
        case .authentication: "an account that can't be used"
        case .tokenRate: "the limit on tokens per minute"
        case .store: "a full or failing disk"
        case .memory: "a shortage of memory"
        case .load: "a high load"
        case .disk: "a shortage of disk space"
        case .hours: "the time of day"
        case .pause: "a pause"
        case .shortage: "a lack of processes, memory or file descriptors"
        }
    }
}
