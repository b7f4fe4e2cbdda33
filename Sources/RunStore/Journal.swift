import Foundation
import GRDB
import Orchestration

/// The journal's tables: a row for each batch, its facts as one JSON array; beside it what sessions
/// left on standard error.
enum Journal {
    /// Writes a batch, and returns its row.
    static func append(_ batch: JournalBatch, to database: Database) throws -> Int64 {
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
        return row
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

    /// The batches of a run, in order.
    static func batches(of run: String, in database: Database) throws -> [JournalBatch] {
        var batches: [JournalBatch] = []
        try forEach(in: database, where: "run = ?", [run]) { _, batch in batches.append(batch) }
        return batches
    }

    /// Calls `body` with each batch that follows a sequence number, in order, and its own number.
    static func forEach(
        after sequence: Int64,
        in database: Database,
        _ body: (Int64, JournalBatch) throws -> Void
    ) throws {
        try forEach(in: database, where: "sequence > ?", [sequence], body)
    }

    private static func forEach(
        in database: Database,
        where condition: String,
        _ arguments: StatementArguments,
        _ body: (Int64, JournalBatch) throws -> Void
    ) throws {
        let decoder = JSONDecoder()
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sequence, run, wall, awake, facts FROM journal WHERE \(condition)
                ORDER BY sequence
                """,
            arguments: arguments
        )
        while let row = try rows.next() {
            let facts: String = row["facts"]
            let at = Moment(
                awake: .seconds(row["awake"] as Double),
                wall: WallTime(millisecondsSinceEpoch: row["wall"])
            )
            let events = try self.facts(Data(facts.utf8), decoder)
            try body(row["sequence"], JournalBatch(run: row["run"], at: at, events: events))
        }
    }

    private static func facts(_ json: Data, _ decoder: JSONDecoder) throws -> [RunEvent] {
        do {
            return try decoder.decode([RunEvent].self, from: json)
        } catch {
            guard let names = try? decoder.decode([Name].self, from: json),
                let unknown = names.first(where: { RunEvent.Kind(rawValue: $0.event) == nil })
            else { throw error }
            throw StoreError(
                "the journal holds \"\(unknown.event)\" facts of a newer Quire; update this one"
            )
        }
    }

    private struct Name: Decodable {
        var event: String
    }
}
