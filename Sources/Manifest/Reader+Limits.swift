import Orchestration
import Yams

// Usage limits, hours and accounts.
extension Reader {
    /// Reads all that a run says of limits.
    func readLimits(of run: [String: Node], into manifest: inout Manifest) {
        manifest.limits = limits(run["limits"], onLimit: run["on_limit"])
        manifest.hours = hours(run["hours"])
        manifest.accounts = accounts(run["accounts"])
    }

    /// Reads when a run stops before a limit, and what it does at one; `nil` if the manifest says neither.
    private func limits(_ node: Node?, onLimit: Node?) -> LimitPlan? {
        let members = members(node, "\"limits\"", keys: Keys.limits)
        let plan = LimitPlan(
            stopAt: percent(members["stop_at"]),
            onLimit: choice(
                onLimit,
                "\"on_limit\"",
                of: LimitPlan.Reaction.allCases.map(\.rawValue)
            )
            .flatMap(LimitPlan.Reaction.init)
        )
        return plan == LimitPlan() ? nil : plan
    }

    private func percent(_ node: Node?) -> Double? {
        guard let node, !node.isNull else { return nil }
        let match = node.string?.wholeMatch(of: /([0-9]{1,3}(?:\.[0-9]{1,6})?)%?/)
        guard let value = match.flatMap({ Double($0.1) }), value > 0, value <= 100 else {
            fail(node, "expected a part such as 95% for \"stop_at\", found \(node.kind)")
            return nil
        }
        return value
    }

    /// Reads the hours in which sessions may start.
    private func hours(_ node: Node?) -> DailyHours? {
        guard let node, !node.isNull else { return nil }
        let hours = node.string.flatMap(DailyHours.init)
        if hours == nil {
            fail(
                node,
                "expected hours of the day such as \"22:00-07:00\" for \"hours\", found \(node.kind)"
            )
        }
        return hours
    }

    /// Reads the directories of accounts, as they are written.
    private func accounts(_ node: Node?) -> [String] {
        guard let node, !node.isNull else { return [] }
        let paths = strings(node, "\"accounts\"") ?? []
        let bad = paths.first {
            $0.isEmpty || $0.hasPrefix("~") && $0 != "~" && !$0.hasPrefix("~/")
        }
        if let bad {
            fail(
                node,
                about: bad,
                "an account is \"\(bad)\", but must be a directory: a path from the manifest, or one that "
                    + "begins with / or ~/"
            )
        }
        return paths
    }
}
