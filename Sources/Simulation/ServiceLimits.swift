import Orchestration

/// What the service behind the agents allows an account in a simulation.
package struct ServiceLimits: Hashable, Sendable {
    /// So much usage in a window of time, which begins with the first use after the last one's end.
    package struct Window: Hashable, Sendable {
        /// How long it is; from a minute to 30 days.
        package var length: Duration
        /// Tokens that may be used in it; at least 1,000.
        package var tokens: Double

        /// Makes a window.
        package init(length: Duration, tokens: Double) {
            self.length = length
            self.tokens = tokens
        }
    }

    /// Tokens that may be used in a minute, at least 1,000; `nil` for any number.
    package var tokensPerMinute: Double?
    /// The usage window; `nil` for none.
    package var window: Window?

    /// Makes limits; none unless given.
    package init(tokensPerMinute: Double? = nil, window: Window? = nil) {
        self.tokensPerMinute = tokensPerMinute
        self.window = window
    }

    /// The least of each number of tokens, so that every session comes on.
    package static let fewestTokens = 1000.0
    /// What a window may last; what ends later is not believed by those who wait for it.
    package static let windowLengths = Duration.seconds(60)...Duration.seconds(30 * 86_400)
}

/// What limits did to a simulated batch.
package struct LimitFigures: Hashable, Sendable, Codable {
    /// What a gate held.
    package struct Held: Hashable, Sendable, Codable {
        /// The gate.
        package var gate: String
        /// Whose; `nil` for the run's own account.
        package var account: String?
        /// How often it closed.
        package var times: Int
        /// How long it was closed in all.
        package var seconds: Double

        package enum CodingKeys: String, CodingKey {
            case gate, account, times
            case seconds = "held_s"
        }
    }

    /// Each gate that held starts, the longest first.
    package var held: [Held]
    /// How long nothing ran because a gate was closed.
    package var waited: Double
    /// Sessions that a usage limit cut down.
    package var usageLimited: Int
    /// Sessions that a rate limit cut down.
    package var rateLimited: Int
    /// Sessions that found out whether a gate had opened.
    package var probes: Int
    /// Tokens of sessions that were cut down.
    package var cutTokens: Double
    /// The part of them whose work was done again.
    package var lostTokens: Double

    package enum CodingKeys: String, CodingKey {
        case held, probes
        case waited = "waited_s"
        case usageLimited = "usage_limited_sessions"
        case rateLimited = "rate_limited_sessions"
        case cutTokens = "cut_tokens"
        case lostTokens = "lost_tokens"
    }
}
