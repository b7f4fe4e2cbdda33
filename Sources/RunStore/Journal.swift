import Codec
import Dispatch
import Foundation
import GRDB
import Orchestration
import Synchronization

/// The journal's tables: one with a row for each batch, its facts as one JSON array, and one with the
/// standard error of sessions.
enum Journal {
    /// The row of a written batch.
    struct Place {
        var row: Int64
        /// The length of the batch's facts, in bytes.
        var size: Int
    }

    /// Writes a batch.
    static func append(_ batch: JournalBatch, to database: Database) throws -> Place {
        let facts = try FactEncoder.json(batch.events)
        let insert = try database.cachedStatement(
            sql: "INSERT INTO journal (run, wall, awake, facts) VALUES (?, ?, ?, ?)"
        )
        try insert.execute(arguments: [
            batch.run, batch.at.wall.millisecondsSinceEpoch, batch.at.awake.inSeconds, facts,
        ])
        let row = database.lastInsertedRowID
        for attachment in batch.attachments {
            try append(attachment, run: batch.run, to: database)
        }
        return Place(row: row, size: facts.utf8.count)
    }

    private static func append(
        _ attachment: SessionAttachment,
        run: String,
        to database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO standard_error (run, task, number, bytes, head, tail)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        let key = attachment.key
        try insert.execute(arguments: [
            run, key.task, key.number, attachment.total, Data(attachment.head),
            Data(attachment.tail),
        ])
    }

    /// Returns the batches of a run, in order.
    static func batches(of run: String, in database: Database) throws -> [JournalBatch] {
        var batches: [JournalBatch] = []
        try forEach(in: database, where: "run = ?", [run]) { _, batch in batches.append(batch) }
        return batches
    }

    /// A run's state as of a row of the journal, and the pace of its snapshots.
    struct Fold: Sendable {
        var state = RunState()
        var sequence: Int64 = 0
        var pace = SnapshotPace()
    }

    /// Returns a run's state, folded from its newest snapshot on.
    static func state(of run: String, in database: Database) throws -> Fold {
        var fold = Fold()
        if let snapshot = try Snapshots.read(of: run, in: database) {
            fold = Fold(
                state: snapshot.state,
                sequence: snapshot.sequence,
                pace: SnapshotPace(size: snapshot.size)
            )
        }
        let rows: StatementArguments = [run, fold.sequence]
        try forEach(in: database, where: "run = ? AND sequence > ?", rows) { record, batch in
            fold.pace.journalled += record.facts.utf8.count
            fold.state.apply(batch.events, at: batch.at)
            fold.sequence = record.sequence
        }
        return fold
    }

    /// Returns the batches in a range of a run's rows that hold facts of these kinds, in order, with
    /// those facts alone.
    ///
    /// Facts of a task or a session may be missed, for only rows with facts of a run are marked.
    static func batches(
        of run: String,
        in rows: ClosedRange<Int64>,
        with kinds: [RunEvent.Kind],
        in database: Database
    ) throws -> [JournalBatch] {
        let bounds: StatementArguments = [run, rows.lowerBound, rows.upperBound]
        var batches: [JournalBatch] = []
        try forEach(
            in: database,
            where: "sequence IN (\(marked(kinds, "sequence BETWEEN ? AND ?")))",
            bounds + bounds,
            kinds: Set(kinds)
        ) { _, batch in if !batch.events.isEmpty { batches.append(batch) } }
        return batches
    }

    /// Returns a query for the numbers of a run's rows that meet a condition and hold such facts.
    ///
    /// It searches the marked rows, and the rows written since the last projection. Its arguments are
    /// the run and those of the condition, twice.
    static func marked(_ kinds: [RunEvent.Kind], _ condition: String = "true") -> String {
        let holds = kinds.map { "instr(facts, '\"event\":\"\($0.rawValue)\"') > 0" }
            .joined(separator: " OR ")
        return """
            SELECT sequence FROM mark
            WHERE run = ? AND \(condition) AND (kinds & \(kinds.mask)) != 0
            UNION ALL SELECT sequence FROM journal
            WHERE run = ? AND \(condition) AND (\(holds))
            AND sequence > (SELECT sequence FROM projected)
            """
    }

    /// Calls `body` with each batch after a sequence number, in order, and with the batch's own number.
    static func forEach(
        after sequence: Int64,
        in database: Database,
        _ body: (Int64, JournalBatch) throws -> Void
    ) throws {
        try forEach(in: database, where: "sequence > ?", [sequence]) { try body($0.sequence, $1) }
    }

    /// A row of the journal, its facts not decoded.
    struct Record: Sendable {
        var sequence: Int64
        var run: String
        var at: Moment
        var facts: String
    }

    /// The number of rows that are read at a time, to be decoded in parallel.
    private static let window = 8192

    /// Calls `body` with each row that meets a condition, and its batch, in order; the batch has the facts
    /// of these kinds alone, or for `nil` all of them.
    static func forEach(
        in database: Database,
        where condition: String,
        _ arguments: StatementArguments,
        kinds: Set<RunEvent.Kind>? = nil,
        _ body: (Record, JournalBatch) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sequence, run, wall, awake, facts FROM journal WHERE \(condition)
                ORDER BY sequence
                """,
            arguments: arguments
        )
        var records: [Record] = []
        func flush() throws {
            for (record, batch) in zip(records, try decode(records, kinds)) {
                try body(record, batch)
            }
            records.removeAll(keepingCapacity: true)
        }
        while let row = try rows.next() {
            records.append(try record(row))
            if records.count == window { try flush() }
        }
        try flush()
    }

    private static func record(_ row: Row) throws -> Record {
        // In a damaged file anything may be missing.
        guard let facts: String = row["facts"], let awake: Double = row["awake"],
            let wall: Int64 = row["wall"], let run: String = row["run"], awake.isFinite
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        let at = Moment(
            awake: Duration(inSeconds: awake),
            wall: WallTime(millisecondsSinceEpoch: wall)
        )
        return Record(sequence: row["sequence"], run: run, at: at, facts: facts)
    }

    /// Decodes rows on all processors, and keeps their order: a recovery spends its time here.
    ///
    /// The pieces are small, for a leg's first batch holds the whole plan.
    private static func decode(
        _ records: [Record],
        _ kinds: Set<RunEvent.Kind>?
    ) throws -> [JournalBatch] {
        let size = 32
        let pieces = (records.count + size - 1) / size
        let parts = Mutex<[Int: Result<[JournalBatch], any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let batches = Result {
                try records.dropFirst(piece * size).prefix(size).map { record in
                    JournalBatch(
                        run: record.run,
                        at: record.at,
                        events: try facts(record.facts, kinds)
                    )
                }
            }
            parts.withLock { $0[piece] = batches }
        }
        return try parts.withLock { parts in
            try (0..<pieces).flatMap { try parts[$0]?.get() ?? [] }
        }
    }

    private static func facts(_ json: String, _ kinds: Set<RunEvent.Kind>?) throws -> [RunEvent] {
        if let kinds { return try SelectedFacts.decode(json, kinds) }
        return try FactDecoder.decode([RunEvent].self, from: json)
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
