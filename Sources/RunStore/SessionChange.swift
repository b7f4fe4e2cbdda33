import GRDB
import Orchestration

/// The change that a transaction's facts make to a session's row.
struct SessionChange {
    private var start: (fact: SessionStarted, wall: Int64)?
    /// The session's position, from 1, among those that began; 0 for one that had begun before.
    private(set) var place = 0
    private var end: (fact: SessionEnded, wall: Int64)?
    var pid: Int32?
    var thread: String?

    /// Makes a change of nothing.
    init() {}

    /// Makes the change for a session that begins; it replaces an earlier row of the same key.
    init(_ start: SessionStarted, _ wall: Int64, place: Int) {
        self.start = (start, wall)
        self.place = place
    }

    mutating func ended(_ fact: SessionEnded, _ wall: Int64) {
        end = (fact, wall)
        thread = fact.thread ?? thread
    }

    func write(run: String, _ key: SessionKey, to database: Database) throws {
        if let (fact, wall) = start {
            try database.cachedStatement(sql: Self.insert).execute(
                arguments: [
                    run, key.task, key.number, fact.role.rawValue, fact.slot, wall,
                    fact.progress?.ticked,
                ] + values
            )
        } else if end != nil || pid != nil || thread != nil {
            try database.cachedStatement(sql: Self.update).execute(
                arguments: values + [run, key.task, key.number]
            )
        }
    }

    private static let insert = """
        INSERT OR REPLACE INTO session (
            run, task, number, role, slot, began, ticked_before,
            pid, thread, ended, seconds, verdict, charge, failure, message, ticked_after,
            output_leaked, input_tokens, cached_input_tokens, output_tokens,
            reasoning_output_tokens, usage_partial, usage_estimated
        ) VALUES (
            ?, ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?, ?, ?, ?,
            coalesce(?, 0), ?, ?, ?, ?, ?, ?
        )
        """

    private static let update = """
        UPDATE session SET
        pid = coalesce(?, pid), thread = coalesce(?, thread), ended = coalesce(?, ended),
        seconds = coalesce(?, seconds), verdict = coalesce(?, verdict),
        charge = coalesce(?, charge), failure = coalesce(?, failure),
        message = coalesce(?, message), ticked_after = coalesce(?, ticked_after),
        output_leaked = coalesce(?, output_leaked), input_tokens = coalesce(?, input_tokens),
        cached_input_tokens = coalesce(?, cached_input_tokens),
        output_tokens = coalesce(?, output_tokens),
        reasoning_output_tokens = coalesce(?, reasoning_output_tokens),
        usage_partial = coalesce(?, usage_partial),
        usage_estimated = coalesce(?, usage_estimated)
        WHERE run = ? AND task = ? AND number = ?
        """

    /// The columns from `pid` on, in the order of both statements.
    private var values: StatementArguments {
        let (fact, usage) = (end?.fact, end?.fact.usage)
        return [
            pid, thread, end?.wall, fact?.seconds, fact?.verdict.rawValue, fact?.charge.rawValue,
            fact?.failure?.kind.rawValue, fact?.failure?.message, fact?.progress?.ticked,
            fact?.outputLeaked, usage?.input, usage?.cachedInput, usage?.output,
            usage?.reasoningOutput, fact?.isUsagePartial, fact?.isUsageEstimated,
        ]
    }
}
