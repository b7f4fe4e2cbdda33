import Dispatch
import Foundation
import GRDB
import Glibc
import Orchestration
import Synchronization

/// The journal of every run of a workspace, and the tables made from it.
///
/// Writes happen on the store's own queue, in order, in one transaction for all batches that wait.
/// The tables that people look at follow a moment later, or when somebody looks after a crash. A
/// batch that was reported as written survives the death of this process, `kill -9` included; a
/// power failure may cost the last moments (WAL with `synchronous = NORMAL`). The truth about *work*
/// is in the task directories all the same.
package final class RunStore: Sendable {
    /// The database's file.
    package let path: String
    private let writer: DatabaseQueue
    private let checkpointer: Checkpointer
    private let queue = DispatchQueue(label: "quire.store")
    private let waiting = Mutex<[Appended]>([])
    /// What the projections lack; touched on the queue alone.
    private let projection = Mutex(Projection())

    /// How far the projections may lag behind the journal.
    ///
    /// A start waits for the journal alone, and rows that change often are written once. Not longer,
    /// for the journal must wait while they are written.
    private static let lag = DispatchTimeInterval.milliseconds(10)
    private static let retry = DispatchTimeInterval.seconds(1)

    private typealias Appended = (JournalBatch, @Sendable (Result<Void, StoreError>) -> Void)

    private init(path: String, writer: DatabaseQueue) {
        self.path = path
        self.writer = writer
        checkpointer = Checkpointer(path: path)
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
            // A checkpoint waits for the disk; it is made beside the writing, by `Checkpointer`.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        if try queue.read(Schema.migrator.hasBeenSuperseded) {
            throw StoreError(
                "the run database \"\(path)\" was written by a newer Quire; update this one"
            )
        }
        try Schema.migrator.migrate(queue)
        try queue.write { try Projection.catchUp(in: $0) }
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
            let rows = try writer.write { database in
                try batches.map { try Journal.append($0.0, to: database) }
            }
            let isFirst = projection.withLock { projection in
                defer {
                    for (row, (batch, _)) in zip(rows, batches) { projection.fold(batch, row: row) }
                }
                return projection.isEmpty
            }
            if isFirst { queue.asyncAfter(deadline: .now() + Self.lag) { [self] in project() } }
            result = .success(())
        } catch {
            result = .failure(StoreError(error, path: path))
        }
        for (_, completion) in batches { completion(result) }
    }

    /// Brings the projections up to the journal, where they lag behind.
    ///
    /// What can't be written now is written the next time; a journal that can't be written either
    /// has been reported.
    private func project() {
        projection.withLock { projection in
            guard !projection.isEmpty else { return }
            do {
                try writer.write { [projection] in try projection.write(to: $0) }
                projection = Projection()
                checkpointer.checkpointIfLong()
            } catch {
                queue.asyncAfter(deadline: .now() + Self.retry) { [self] in project() }
            }
        }
    }

    /// Waits until everything appended is written, and closes the database.
    package func close() throws(StoreError) {
        queue.sync {
            project()
            // What could not be written waits for the next start.
            projection.withLock { $0 = Projection() }
        }
        checkpointer.close()
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

    /// Makes the projections afresh from the journal.
    package func rebuildProjections() throws(StoreError) {
        queue.sync { project() }
        do {
            try writer.write { try Projection.rebuild(in: $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
