package import Orchestration

/// A simulated service's limits per account.
package struct ServiceLimits: Hashable, Sendable {
    /// A window of time with limited usage; begins with the first use after the last window's end.
    package struct Window: Hashable, Sendable {
        /// Length; from a minute to 30 days.
        package var length: Duration
        /// Tokens that may be used in the window; at least 1,000.
        package var tokens: Double

        /// Makes a window.
        package init(length: Duration, tokens: Double) {
            self.length = length
            self.tokens = tokens
        }
    }

    /// Tokens per minute, at least 1,000; `nil` for no limit.
    package var tokensPerMinute: Double?
    /// The usage window; `nil` for none.
    package var window: Window?
    /// True if the service tells how much of the window is used.
    package var tellsNumbers = false

    /// Makes limits; `nil` for no limit.
    package init(tokensPerMinute: Double? = nil, window: Window? = nil) {
        self.tokensPerMinute = tokensPerMinute
        self.window = window
    }

    /// Least value of either limit, so that every session makes progress.
    package static let fewestTokens = 1000.0
    /// Allowed lengths of a window; reset times further away are ignored as implausible.
    package static let windowLengths = Duration.seconds(60)...Duration.seconds(30 * 86_400)
}

/// Effects of limits on a simulated batch.
package struct LimitFigures: Hashable, Sendable, Codable {
    /// The times that a gate was closed.
    package struct Held: Hashable, Sendable, Codable {
        /// The gate.
        package var gate: Gate
        /// The gate's account; `nil` for the run's own.
        package var account: String?
        /// Number of times the gate closed.
        package var times: Int
        /// Time the gate was closed in all, in seconds.
        package var seconds: Double

        package enum CodingKeys: String, CodingKey {
            case gate, account, times
            case seconds = "held_s"
        }
    }

    /// The gates that held starts, longest first.
    package var held: [Held]
    /// Time without a running session because a gate was closed, in seconds.
    package var waited: Double
    /// Sessions cut short by a usage limit.
    package var usageLimited: Int
    /// Sessions cut short by a rate limit.
    package var rateLimited: Int
    /// Sessions started to find out whether a gate had opened.
    package var probes: Int
    /// Tokens of the sessions cut short.
    package var cutTokens: Double
    /// Part of `cutTokens` whose work was done again.
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
