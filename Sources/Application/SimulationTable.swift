import Orchestration
package import Reporting
package import Simulation

/// The results of simulated batches, side by side.
package struct SimulationTable {
    private static let columns: [Table.Column] = [
        .init("SCHEDULER"), .init("SLOTS", isRight: true), .init("MEAN", isRight: true),
        .init("P50", isRight: true), .init("P99", isRight: true),
        .init("COMPLETED", isRight: true), .init("ALL DONE", isRight: true),
        .init("END", isRight: true), .init("SESSIONS", isRight: true),
        .init("TOKENS", isRight: true),
        .init("DONE AT 50 %", isRight: true), .init("LONGEST WAIT", isRight: true),
        .init("JAIN", isRight: true), .init("WASTE", isRight: true),
    ]
    private var table: Table

    private var waits = Table([
        .init("SCHEDULER"), .init("SLOTS", isRight: true), .init("LIMIT HITS", isRight: true),
        .init("WAITED", isRight: true), .init("PROBES", isRight: true),
        .init("SESSIONS CUT", isRight: true), .init("TOKENS CUT", isRight: true),
        .init("TOKENS LOST", isRight: true), .init("STARTS HELD BY"),
    ])
    private var costs = Table([
        .init("SCHEDULER"), .init("SLOTS", isRight: true), .init("COST", isRight: true),
    ])
    private let hasLimits: Bool
    private let hasCosts: Bool

    /// Makes the tables; mean completion times are also shown as multiples of clairvoyant's, if that was
    /// played.
    package init(
        _ results: [(slots: Int, figures: BatchFigures)],
        againstClairvoyant ratios: [Double?]
    ) {
        let isCompared = ratios.contains { $0 != nil }
        var columns = Self.columns
        if isCompared { columns.insert(.init("× CLAIRVOYANT", isRight: true), at: 3) }
        table = Table(columns)
        hasLimits = results.contains { $0.figures.limits != nil }
        hasCosts = results.contains { $0.figures.cost != nil }
        for (slots, figures) in results {
            if let limits = figures.limits { addWaits(figures.policy, slots, limits) }
            if let cost = figures.cost {
                costs.add([figures.policy, "\(slots)", Format.money(cost)])
            }
        }
        for ((slots, figures), ratio) in zip(results, ratios) {
            var cells = [
                figures.policy, "\(slots)", Self.completion(figures.mean, figures),
                Self.completion(figures.p50, figures), Self.completion(figures.p99, figures),
                "\(figures.completed)", Self.completion(figures.makespan, figures),
                Self.hours(figures.end), "\(figures.sessions)",
                Self.count(figures.tokens), Format.percent(figures.doneAtHalf),
                Self.hours(figures.longestWait), Format.decimal(figures.jain, 4),
                Format.percent(figures.waste),
            ]
            if isCompared { cells.insert(ratio.map { Format.decimal($0, 2) } ?? "-", at: 3) }
            table.add(cells)
        }
    }

    private mutating func addWaits(_ policy: String, _ slots: Int, _ limits: LimitFigures) {
        let hits = limits.held.filter { $0.gate == .usageLimit }
        let held = limits.held.map { held in
            let name = GateWords.name(GateKey(held.gate, held.account))
            return "\(name) for \(Self.hours(held.seconds))"
        }
        waits.add([
            policy, "\(slots)", "\(hits.reduce(0) { $0 + $1.times })", Self.hours(limits.waited),
            "\(limits.probes)", "\(limits.usageLimited + limits.rateLimited)",
            Self.count(limits.cutTokens), Self.count(limits.lostTokens),
            held.isEmpty ? "nothing" : held.joined(separator: ", "),
        ])
    }

    /// Returns the lines of the main table, the titles first.
    package func lines(width: Int?) -> [SafeText] { table.lines(width: width) }

    /// Returns the tables of limits and of cost, if there are any.
    package func limitLines(width: Int?) -> [SafeText] {
        [(hasLimits, waits), (hasCosts, costs)].filter(\.0)
            .map { $1.lines(width: width).joined(separator: "\n") }
    }

    /// Formats the time of a completion; `-` if no task was completed.
    static func completion(_ seconds: Double, _ figures: BatchFigures) -> String {
        figures.completed > 0 ? hours(seconds) : "-"
    }

    static func hours(_ seconds: Double) -> String {
        seconds < 3600
            ? "\(Format.decimal(seconds / 60, 1)) min" : "\(Format.decimal(seconds / 3600, 1)) h"
    }

    static func count(_ number: Double) -> String {
        if number >= 1e9 { return "\(Format.decimal(number / 1e9, 2)) G" }
        if number >= 1e6 { return "\(Format.decimal(number / 1e6, 1)) M" }
        return "\(Format.decimal(number / 1e3, 0)) k"
    }
}
