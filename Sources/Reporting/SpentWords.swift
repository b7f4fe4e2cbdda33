package import Orchestration

/// Words for the time and tokens of a run.
package enum SpentWords {
    /// Returns `4.1M tokens (3.9M in, 3.1M of it cached, 0.2M out; 12.0k estimated), cost 3.20`; parts that
    /// are zero or unknown are left out.
    package static func tokens(
        _ usage: TokenUsage,
        estimated: Int64,
        _ prices: Prices?
    ) -> String {
        let total = Format.tokenCount(usage.total)
        guard usage != .zero else { return total }
        var parts =
            "\(Format.tokens(usage.input)) in, \(Format.tokens(usage.cachedInput)) of it cached, "
            + "\(Format.tokens(usage.output)) out"
        if estimated > 0 { parts += "; \(Format.tokens(estimated)) estimated" }
        let cost = prices.map { ", cost \(Format.money($0.cost(of: usage)))" }
        return "\(total) (\(parts))\(cost ?? "")"
    }

    /// Returns `112k tokens over the budget of 300k: by what was running …`; `nil` if the budget was kept.
    package static func overdraft(_ spent: Spending, of budget: Budget) -> String? {
        var parts: [String] = []
        if let most = budget.tokens, spent.tokens > Double(most) {
            let more = Format.tokenCount(Int64(clamping: spent.tokens).subtractingClamped(most))
            parts.append("\(more) over the budget of \(Format.tokens(most))")
        }
        if let most = budget.cost, spent.cost > most {
            let more = Format.money(spent.cost - most)
            parts.append("\(more) over the budget of \(Format.money(most))")
        }
        guard !parts.isEmpty else { return nil }
        return parts.joined(separator: ", ") + ": by what was running when it was used up"
    }

    /// Returns `held by a usage limit for 3h 20m, 2 times; by a rate limit for 40s, once`; `nil` if no gate
    /// held starts.
    package static func held(_ held: [GateTimes.Held]) -> String? {
        guard !held.isEmpty else { return nil }
        let parts = held.map { held in
            "by \(GateWords.name(held.key)) for \(Format.duration(held.time)), "
                + (held.times == 1 ? "once" : Format.count(held.times, "time"))
        }
        return "held " + parts.joined(separator: "; ")
    }
}
