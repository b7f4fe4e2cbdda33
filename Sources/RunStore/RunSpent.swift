import GRDB
package import Orchestration

/// The time and the tokens that a run spent, over all its legs.
package struct RunSpent: Hashable, Sendable {
    /// The wall time of all legs, without the pauses between them.
    package internal(set) var wall = Duration.zero
    /// The number of sessions that were started.
    package internal(set) var sessions = 0
    /// The time of these sessions, in seconds.
    package internal(set) var sessionSeconds = 0.0
    /// The tokens that these sessions used, as far as that is known.
    package internal(set) var usage = TokenUsage.zero
    /// The part of `usage` that sessions did not report: what they were last seen to have used, or
    /// what had been set aside for them, in tokens.
    package internal(set) var estimated: Int64 = 0
    /// The time for which each gate held starts.
    package internal(set) var held: [GateTimes.Held] = []
}

extension StoreReader {
    /// Returns the time and the tokens that a run has spent until now.
    ///
    /// With `isRunning`, the newest leg goes on; otherwise it ended with its last row in the journal.
    /// Only the few rows that hold facts of gates and legs are decoded.
    package func spent(
        of run: String,
        isRunning: Bool,
        now: WallTime
    ) throws(StoreError) -> RunSpent {
        try read { database in
            var spent = RunSpent()
            try spent.addSessions(of: run, in: database)
            let legs = try Journal.legs(of: run, in: database)
            var gates = GateTimes()
            for (place, leg) in legs.enumerated() {
                let goesOn = isRunning && place == legs.count - 1
                let end = goesOn ? max(now, leg.last) : leg.last
                spent.wall = spent.wall + max(.zero, end - leg.began)
                let batches = try Journal.batches(
                    of: run,
                    in: leg.rows,
                    with: [.gateClosed, .gateOpened],
                    in: database
                )
                for batch in batches {
                    for fact in batch.events { gates.apply(fact, at: batch.at.wall) }
                }
                if !goesOn { gates.legEnded(at: end) }
            }
            spent.held = gates.held(at: now)
            return spent
        }
    }
}

extension RunSpent {
    fileprivate mutating func addSessions(of run: String, in database: Database) throws {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT count(*) AS sessions, total(seconds) AS seconds,
                total(input_tokens) AS input,
                total(cached_input_tokens) AS cached,
                total(output_tokens) AS output,
                total(reasoning_output_tokens) AS reasoning,
                total(CASE WHEN usage_partial OR usage_estimated
                    THEN 0.0 + input_tokens + output_tokens END) AS estimated
                FROM session WHERE run = ?
                """,
            arguments: [run]
        )
        guard let row else { return }
        (sessions, sessionSeconds) = (row["sessions"], row["seconds"])
        // SQLite's `sum` of integers can overflow; `total` is a floating-point number.
        func count(_ column: String) -> Int64 { Int64(clamping: row[column] as Double) }
        estimated = count("estimated")
        usage = TokenUsage(
            input: count("input"),
            cachedInput: count("cached"),
            output: count("output"),
            reasoningOutput: count("reasoning")
        )
    }
}

extension Journal {
    /// A leg of a run: its rows in the journal, and the times of the first and last one.
    struct Leg {
        var rows: ClosedRange<Int64>
        var began: WallTime
        var last: WallTime
    }

    /// Returns the legs of a run, in order.
    static func legs(of run: String, in database: Database) throws -> [Leg] {
        let starts = try Row.fetchAll(
            database,
            sql: """
                SELECT sequence, wall FROM journal WHERE sequence IN (\(marked([.runBegan])))
                ORDER BY sequence
                """,
            arguments: [run, run]
        )
        return try starts.enumerated().map { place, row in
            let first: Int64 = row["sequence"]
            let isLast = place == starts.count - 1
            let after: Int64 = isLast ? .max : starts[place + 1]["sequence"]
            let end = try Row.fetchOne(
                database,
                sql: """
                    SELECT sequence, wall FROM journal
                    WHERE run = ? AND sequence >= ? AND sequence < ?
                    ORDER BY sequence DESC LIMIT 1
                    """,
                arguments: [run, first, after]
            )
            return Leg(
                rows: first...(end?["sequence"] ?? first),
                began: WallTime(millisecondsSinceEpoch: row["wall"]),
                last: WallTime(millisecondsSinceEpoch: end?["wall"] ?? row["wall"])
            )
        }
    }
}
