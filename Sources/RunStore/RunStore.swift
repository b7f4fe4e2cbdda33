import Dispatch
import Foundation
import GRDB
import Glibc
import Orchestration

/// The journal of every run of a workspace, and the tables made from it.
///
/// Writes happen on the store's own queue, in order, one transaction a batch. A batch that was
/// reported as written survives the death of this process, `kill -9` included; a power failure may
/// cost the last moments (WAL with `synchronous = NORMAL`). The truth about *work* is in the task
/// directories all the same.
package final class RunStore: Sendable {
    /// The database's file.
    package let path: String
    private let writer: DatabaseQueue
    private let queue = DispatchQueue(label: "quire.store")

    private init(path: String, writer: DatabaseQueue) {
        self.path = path
        self.writer = writer
    }

    /// Opens the store in a directory, which is made if need be and ignored by git.
    ///
    /// - Throws: `StoreError` when the directory or the database can't be used.
    package static func open(directory: String) throws(StoreError) -> RunStore {
        let path = directory + "/quire.db"
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
            let ignore = directory + "/.gitignore"
            if !FileManager.default.fileExists(atPath: ignore) {
                try "*\n".write(toFile: ignore, atomically: true, encoding: .utf8)
            }
        } catch {
            throw StoreError(
                "the state directory \"\(directory)\" can't be made: \(Self.words(for: error)); "
                    + "check its owner and permissions, or name another with --state-dir"
            )
        }
        do {
            return RunStore(path: path, writer: try database(path))
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// The system's words for an error of Foundation's, which are the exact ones.
    private static func words(for error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
        guard let cause = cause as? POSIXError ?? error as? POSIXError else {
            return error.localizedDescription
        }
        return String(cString: strerror(cause.code.rawValue))
    }

    private static func database(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        if try queue.read(Schema.migrator.hasBeenSuperseded) {
            throw StoreError(
                "the run database \"\(path)\" was written by a newer Quire; update this one"
            )
        }
        try Schema.migrator.migrate(queue)
        return queue
    }

    /// Writes a batch, some time; calls back on the store's queue when it is durable or refused.
    ///
    /// Batches are written in the order of the calls.
    package func append(
        _ batch: JournalBatch,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        queue.async { [self] in
            do {
                try writer.write { try Self.write(batch, to: $0) }
                completion(.success(()))
            } catch {
                completion(.failure(StoreError(error, path: path)))
            }
        }
    }

    /// Waits until everything appended is written, and closes the database.
    package func close() throws(StoreError) {
        queue.sync {}
        do {
            try writer.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// All batches of a run, in order.
    ///
    /// - Throws: `StoreError` when the journal can't be read, or holds facts of a newer Quire.
    package func journal(of run: String) throws(StoreError) -> [JournalBatch] {
        do {
            return try writer.read { try Self.readJournal(of: run, from: $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func write(_ batch: JournalBatch, to database: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let last = try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM event") ?? 0
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO event (run, batch, wall, awake, kind, payload)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        let wall = batch.at.wall.millisecondsSinceEpoch
        let projection = Projection(database: database, run: batch.run, wall: wall)
        for event in batch.events {
            let payload = String(decoding: try encoder.encode(event), as: UTF8.self)
            // A batch is named by the journal's length before it.
            try insert.execute(arguments: [
                batch.run, last, wall, batch.at.awake.inSeconds, event.kind.rawValue, payload,
            ])
            try projection.apply(event)
        }
        for attachment in batch.attachments { try projection.attach(attachment) }
    }

    private static func readJournal(
        of run: String,
        from database: Database
    ) throws -> [JournalBatch] {
        let decoder = JSONDecoder()
        let rows = try Row.fetchCursor(
            database,
            sql:
                "SELECT batch, wall, awake, kind, payload FROM event WHERE run = ? ORDER BY sequence",
            arguments: [run]
        )
        var batches: [JournalBatch] = []
        var current: Int64 = -1
        while let row = try rows.next() {
            let kind: String = row["kind"]
            guard RunEvent.Kind(rawValue: kind) != nil else {
                throw StoreError(
                    "the journal holds \"\(kind)\" facts of a newer Quire; update this one"
                )
            }
            let payload: String = row["payload"]
            let event = try decoder.decode(RunEvent.self, from: Data(payload.utf8))
            let batch: Int64 = row["batch"]
            if batch != current {
                current = batch
                let at = Moment(
                    awake: .seconds(row["awake"] as Double),
                    wall: WallTime(millisecondsSinceEpoch: row["wall"])
                )
                batches.append(JournalBatch(run: run, at: at, events: []))
            }
            batches[batches.count - 1].events.append(event)
        }
        return batches
    }

    /// Makes the projections afresh from the journal; what sessions left on standard error is lost.
    package func rebuildProjections() throws(StoreError) {
        do {
            let runs = try writer.read {
                try String.fetchAll($0, sql: "SELECT DISTINCT run FROM event")
            }
            for run in runs {
                let batches = try journal(of: run)
                try writer.write { try Self.refold(run, batches, in: $0) }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    private static func refold(
        _ run: String,
        _ batches: [JournalBatch],
        in database: Database
    ) throws {
        for table in ["session", "task"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE run = ?", arguments: [run])
        }
        try database.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [run])
        for batch in batches {
            let wall = batch.at.wall.millisecondsSinceEpoch
            let projection = Projection(database: database, run: run, wall: wall)
            for event in batch.events { try projection.apply(event) }
        }
    }
}

extension [UInt8] {
    /// The bytes as SQLite takes them.
    var blob: Data { Data(self) }
}
