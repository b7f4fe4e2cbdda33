import Foundation
import GRDB
import Orchestration

/// The journal's table: a row for each batch, its facts as one JSON array.
enum Journal {
    static func append(_ batch: JournalBatch, to database: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let facts = String(decoding: try encoder.encode(batch.events), as: UTF8.self)
        let insert = try database.cachedStatement(
            sql: "INSERT INTO journal (run, wall, awake, facts) VALUES (?, ?, ?, ?)"
        )
        try insert.execute(arguments: [
            batch.run, batch.at.wall.millisecondsSinceEpoch, batch.at.awake.inSeconds, facts,
        ])
    }

    /// The batches of a run, in order.
    static func batches(of run: String, in database: Database) throws -> [JournalBatch] {
        let decoder = JSONDecoder()
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT wall, awake, facts FROM journal WHERE run = ? ORDER BY sequence",
            arguments: [run]
        )
        var batches: [JournalBatch] = []
        while let row = try rows.next() {
            let facts: String = row["facts"]
            let at = Moment(
                awake: .seconds(row["awake"] as Double),
                wall: WallTime(millisecondsSinceEpoch: row["wall"])
            )
            let events = try self.facts(Data(facts.utf8), decoder)
            batches.append(JournalBatch(run: run, at: at, events: events))
        }
        return batches
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
