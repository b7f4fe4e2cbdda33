import Dispatch
import Foundation
import GRDB
import Glibc
import Orchestration
import Synchronization

/// The journal of every run of a workspace, and the tables made from it.
///
/// Writes happen on the store's own queue, in order, in one transaction for all batches that wait.
/// A batch that was reported as written survives the death of this process, `kill -9` included; a power failure may
/// cost the last moments (WAL with `synchronous = NORMAL`). The truth about *work* is in the task
/// directories all the same.
package final class RunStore: Sendable {
    /// The database's file.
    package let path: String
    private let writer: DatabaseQueue
    private let queue = DispatchQueue(label: "quire.store")
    private let waiting = Mutex<[Appended]>([])

    private typealias Appended = (JournalBatch, @Sendable (Result<Void, StoreError>) -> Void)

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
    /// Batches are written in the order of the calls. Those that come while others are being
    /// written go into one transaction, and are durable or refused together.
    package func append(
        _ batch: JournalBatch,
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        let isFirst = waiting.withLock { waiting in
            waiting.append((batch, completion))
            return waiting.count == 1
        }
        if isFirst { queue.async { [self] in writeWaiting() } }
    }

    private func writeWaiting() {
        let batches = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        let result: Result<Void, StoreError>
        do {
            try writer.write { database in
                var projection = Projection()
                for (batch, _) in batches {
                    try Journal.append(batch, to: database)
                    try projection.fold(batch, into: database)
                }
                try projection.write(to: database)
            }
            result = .success(())
        } catch {
            result = .failure(StoreError(error, path: path))
        }
        for (_, completion) in batches { completion(result) }
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
            return try writer.read { try Journal.batches(of: run, in: $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Makes the projections afresh from the journal; what sessions left on standard error is lost.
    package func rebuildProjections() throws(StoreError) {
        do {
            let runs = try writer.read {
                try String.fetchAll($0, sql: "SELECT DISTINCT run FROM journal")
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
        var projection = Projection()
        for batch in batches { try projection.fold(batch, into: database) }
        try projection.write(to: database)
    }
}
