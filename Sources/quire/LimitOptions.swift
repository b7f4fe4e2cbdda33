import ArgumentParser
import Manifest
import Orchestration
import Simulation

/// The limits of the service in a simulation.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens that the service takes in a minute; sessions beyond that are refused.",
            valueName: "n"
        )
    )
    var tokensPerMinute: String?

    @Option(
        help: ArgumentHelp(
            "A usage window, such as 5h: it begins with the first use, and resets at its end.",
            valueName: "time"
        )
    )
    var usageWindow: String?

    @Option(help: ArgumentHelp("Tokens that a usage window has, such as 20M.", valueName: "n"))
    var usageTokens: String?

    /// The limits; `nil` for none.
    ///
    /// - Throws: `ValidationError` if an option is no valid limit.
    var limits: ServiceLimits? {
        get throws {
            guard (usageWindow == nil) == (usageTokens == nil) else {
                throw ValidationError(
                    "--usage-window and --usage-tokens belong together: name both, or neither."
                )
            }
            let rate = try tokensPerMinute.map { try Self.tokens($0, "--tokens-per-minute") }
            var window: ServiceLimits.Window?
            if let usageWindow, let usageTokens {
                window = ServiceLimits.Window(
                    length: try Self.length(usageWindow),
                    tokens: try Self.tokens(usageTokens, "--usage-tokens")
                )
            }
            guard rate != nil || window != nil else { return nil }
            return ServiceLimits(tokensPerMinute: rate, window: window)
        }
    }

    private static func length(_ text: String) throws -> Duration {
        guard let length = Quantity.duration(text), ServiceLimits.windowLengths.contains(length)
        else {
            throw ValidationError(
                "--usage-window: \"\(text)\" is no time from 1m to 30d, such as 5h."
            )
        }
        return length
    }

    private static func tokens(_ text: String, _ option: String) throws -> Double {
        guard let tokens = Quantity.tokens(text), Double(tokens) >= ServiceLimits.fewestTokens
        else {
            throw ValidationError(
                "\(option): \"\(text)\" is no number of tokens from 1000, such as 200k or 20M."
            )
        }
        return Double(tokens)
    }
}
