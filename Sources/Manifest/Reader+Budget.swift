import Orchestration
import Yams

// Budgets and prices.
extension Reader {
    /// Reads a budget; `nil` if there is none, or it limits nothing.
    func budget(_ node: Node?, _ place: String, keys: [String] = Keys.budget) -> Budget? {
        guard let node, !node.isNull else { return nil }
        let members = members(node, place, keys: keys)
        let budget = Budget(
            tokens: count(members["tokens"], "\"tokens\""),
            cost: amount(members["cost"], "\"cost\""),
            wall: wall(members["wall"])
        )
        if budget == Budget(), errors.isEmpty {
            fail(node, "\(place) limits nothing; give it tokens, cost or wall, or leave it out")
        }
        return budget == Budget() ? nil : budget
    }

    /// Reads a run's budget.
    func runBudget(_ node: Node?) -> RunBudget? {
        guard let limits = budget(node, "\"budget\"", keys: Keys.runBudget) else { return nil }
        let members = members(node, "\"budget\"", keys: Keys.runBudget)
        return RunBudget(limits, isHard: bool(members["hard"], "\"hard\"") ?? false)
    }

    /// Reads the prices: all three classes of tokens, or none.
    func prices(_ node: Node?) -> Prices? {
        guard let node, !node.isNull else { return nil }
        let members = members(node, "\"prices\"", keys: Keys.prices)
        let missing = Keys.prices.filter { members[$0] == nil }
        guard missing.isEmpty else {
            let names = missing.map { "\"\($0)\"" }.joined(separator: " and ")
            fail(node, "\"prices\" lacks \(names); cost can only be counted with all three")
            return nil
        }
        func price(_ key: String) -> Double {
            guard let value = members[key]?.string.flatMap(Double.init), (0...1e6).contains(value)
            else {
                if let node = members[key],
                    isTooLarge(node, "\"\(key)\"", most: 1e6, in: "1000000")
                {
                    return 0
                }
                let found = members[key]?.kind ?? "nothing"
                fail(members[key], "expected a price from 0 for \"\(key)\", found \(found)")
                return 0
            }
            return value
        }
        return Prices(
            input: price("input"),
            cachedInput: price("cached_input"),
            output: price("output")
        )
    }

    private func wall(_ node: Node?) -> Duration? {
        guard let wall = duration(node, "\"wall\"") else { return nil }
        if wall == .zero { failZero(node, "\"wall\"") }
        return wall
    }

    private func amount(_ node: Node?, _ place: String) -> Double? {
        guard let node else { return nil }
        guard let value = node.string.flatMap(Double.init), (0...1e12).contains(value) else {
            if isTooLarge(node, place, most: 1e12, in: "1000000000000") { return nil }
            fail(node, "expected an amount such as 60 or 2.50 for \(place), found \(node.kind)")
            return nil
        }
        if value == 0 { failZero(node, place) }
        return value
    }

    /// Reads a number of tokens such as `5M`, `200k` or `150000`.
    func count(_ node: Node?, _ place: String) -> Int64? {
        guard let node else { return nil }
        guard let tokens = node.string.flatMap(Quantity.tokens) else {
            let units = Quantity.tokenUnits
            if isTooLarge(node, place, most: 1e15, units: units, in: "1000000G") { return nil }
            fail(node, "expected a number such as 40M or 200k for \(place), found \(node.kind)")
            return nil
        }
        if tokens == 0 { failZero(node, place) }
        return tokens
    }

    private func failZero(_ node: Node?, _ place: String) {
        fail(node, "\(place) is 0, with which nothing could start; leave it out for no limit")
    }
}
