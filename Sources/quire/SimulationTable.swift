import Orchestration
import Reporting
import Simulation

/// What simulated batches came to, side by side.
struct SimulationTable {
    private var table = Table([
        .init("SCHEDULER"), .init("SLOTS", isRight: true), .init("MEAN", isRight: true),
        .init("P50", isRight: true), .init("P99", isRight: true), .init("ALL DONE", isRight: true),
        .init("SESSIONS", isRight: true), .init("TOKENS", isRight: true),
        .init("DONE AT 50 %", isRight: true), .init("LONGEST WAIT", isRight: true),
        .init("JAIN", isRight: true), .init("WASTE", isRight: true),
    ])

    init(_ results: [(slots: Int, figures: BatchFigures)]) {
        for (slots, figures) in results {
            table.add([
                figures.policy, "\(slots)", Self.hours(figures.mean), Self.hours(figures.p50),
                Self.hours(figures.p99), Self.hours(figures.makespan), "\(figures.sessions)",
                Self.count(figures.tokens), Self.percent(figures.doneAtHalf),
                Self.hours(figures.longestWait), Self.decimal(figures.jain, 4),
                Self.percent(figures.waste),
            ])
        }
    }

    /// The lines, the head first.
    func lines(width: Int) -> [String] { table.lines(width: width) }

    static func hours(_ seconds: Double) -> String {
        seconds < 3600 ? "\(decimal(seconds / 60, 1)) min" : "\(decimal(seconds / 3600, 1)) h"
    }

    static func percent(_ part: Double) -> String { "\(decimal(part * 100, 1)) %" }

    static func count(_ number: Double) -> String {
        if number >= 1e9 { return "\(decimal(number / 1e9, 2)) G" }
        if number >= 1e6 { return "\(decimal(number / 1e6, 1)) M" }
        return "\(decimal(number / 1e3, 0)) k"
    }

    static func decimal(_ number: Double, _ places: Int) -> String {
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        guard number.isFinite, abs(number) < 1e15 else { return "-" }
        let scaled = Int((number * Double(scale)).rounded())
        guard places > 0 else { return "\(scaled)" }
        let rest = String(abs(scaled) % scale)
        let zeros = String(repeating: "0", count: places - rest.count)
        return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(zeros)\(rest)"
    }
}
