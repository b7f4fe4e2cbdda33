import FileAccess
import Foundation
import GRDB
package import Orchestration

/// A reader of a store, also while a run writes it or after a run was killed.
///
/// Writes nothing but the facts that the projections lack and the snapshots that are due, and those only
/// where it may.
package struct StoreReader: Sendable {
    private let path: String
    private let reader: DatabaseQueue

    /// Opens the store in a directory, also where nothing can be written.
    ///
    /// - Returns: `nil` where there is no store.
    /// - Throws: `StoreError` when the store can't be read, or the file is no store.
    package static func open(directory: String) throws(StoreError) -> StoreReader? {
        guard let place = try StorePlace(inExisting: directory),
            try place.check(writes: false) != nil
        else { return nil }
        do {
            return try open(place)
        } catch {
            throw StoreError(error, path: place.path)
        }
    }

    private static func open(_ place: StorePlace) throws -> StoreReader? {
        do {
            return try ClosedQueues.closing(unlessReturned: try queue(place.path)) { queue in
                try queue.read { try StoreOwnership.check($0, path: place.path) }
                let reader = StoreReader(path: place.path, reader: queue)
                guard try reader.hasTables else { return reader.closed }
                if try queue.read(Self.isBehind) {
                    guard place.directory.isWritable else {
                        reader.close()
                        return try copied(place)
                    }
                    // Whoever closes a database last moves its log into it, so that the next look
                    // need not read what a killed run left there.
                    reader.close()
                    // Tables that can't be brought up to the journal now are read as they are.
                    try? RunStore.open(directory: place.directory.path).close()
                    return StoreReader(path: place.path, reader: try Self.queue(place.path))
                }
                return reader
            }
        } catch let error as DatabaseError where error.mayNeedWriting {
            return try copied(place)
        }
    }

    private static func copied(_ place: StorePlace) throws -> StoreReader? {
        try ClosedQueues.closing(unlessReturned: try StoreCopy.load(place)) { queue in
            let reader = StoreReader(path: place.path, reader: queue)
            return try reader.hasTables ? reader : reader.closed
        }
    }

    /// True if the store was copied to be read, so that later changes are not in it.
    package var isCopy: Bool { reader.path != path }

    /// True if there are tables; a database that was begun and never written has none.
    private var hasTables: Bool {
        get throws { try reader.read { try $0.tableExists("run") } }
    }

    /// Always `nil`; closes the store.
    private var closed: StoreReader? {
        close()
        return nil
    }

    /// Closes the store; the reader reads nothing more.
    package func close() {
        // A store that can't be closed is not read any more either.
        try? ClosedQueues.close(reader)
    }

    /// Opens a database for reading only.
    static func queue(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Returns true if the tables are an older Quire's, or lack facts of the journal.
    private static func isBehind(_ database: Database) throws -> Bool {
        guard try Schema.migrator.hasCompletedMigrations(database) else { return true }
        return try Projection.isBehind(in: database)
    }

    /// Returns why a live run can record nothing in a directory now; `nil` where the disk has room.
    package static func shortage(in directory: String) -> String? {
        StoreError.shortage(of: directory + "/" + StorePlace.name)
    }

    /// Returns the newest legs of all runs, the last journalled first: by row, for the clock may have
    /// been set.
    package func runs() throws(StoreError) -> [LegRecord] {
        let last = "(SELECT max(sequence) FROM journal WHERE journal.run = run.id)"
        return try fetch("SELECT * FROM run ORDER BY \(last) DESC", [], LegRecord.init)
    }

    /// Returns the tasks of a run's newest leg, in the manifest's order.
    package func tasks(of run: String) throws(StoreError) -> [TaskRecord] {
        let select = "SELECT * FROM task WHERE run = ? AND place >= 0 ORDER BY place"
        return try fetch(select, [run], TaskRecord.init)
    }

    /// Returns a task of a run's newest leg; `nil` if the leg has none of this name.
    package func task(_ name: String, of run: String) throws(StoreError) -> TaskRecord? {
        let select = "SELECT * FROM task WHERE run = ? AND name = ? AND place >= 0"
        return try fetch(select, [run, name], TaskRecord.init).first
    }

    /// Returns the names of the tasks of all runs, each once, in their order.
    package func taskNames() throws(StoreError) -> [String] {
        try fetch("SELECT DISTINCT name FROM task WHERE place >= 0 ORDER BY name", []) {
            $0["name"]
        }
    }

    /// Returns the checklists that the runs have seen, each with its task, the stamp of its file, and its
    /// progress; only those with a stamp.
    package func seenLists() throws(StoreError) -> [(
        task: String, stamp: String, progress: Orchestration.Progress
    )] {
        try fetch(
            "SELECT name, stamp, ticked, total FROM task WHERE stamp IS NOT NULL AND total IS NOT NULL",
            []
        ) { row in
            let progress = Orchestration.Progress(ticked: row["ticked"] ?? 0, total: row["total"])
            return (row["name"], row["stamp"], progress)
        }
    }

    /// Returns the names of a run's complete tasks, also of tasks that its newest leg left out, with
    /// the number of sessions of each.
    package func completeTasks(of run: String) throws(StoreError) -> [String: Int] {
        let rows: [(String, Int)] = try fetch(
            "SELECT name, sessions FROM task WHERE run = ? AND outcome = 'complete'",
            [run]
        ) { ($0["name"], $0["sessions"]) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Returns the sessions of a run, of one task or of all, in the order in which they began.
    package func sessions(of run: String, task: String? = nil) throws(StoreError) -> [SessionRecord]
    {
        let filter = task == nil ? "" : " AND task = ?"
        return try fetch(
            """
            SELECT session.*, coalesce(bytes, 0) AS stderr_bytes
            FROM session LEFT JOIN standard_error USING (run, task, number)
            WHERE run = ?\(filter) ORDER BY session.rowid
            """,
            [run] + (task.map { [$0] } ?? [])
        ) { row in
            var session = try SessionRecord(row)
            session.standardErrorBytes = row["stderr_bytes"]
            return session
        }
    }

    /// Returns a run's state, folded from the journal.
    ///
    /// If the run is over, nobody else takes a snapshot of it: then one is written if more than
    /// `snapshotsAfter` bytes of journal were folded, so that the next look need not fold them again.
    package func state(
        of run: String,
        isOver: Bool = false,
        snapshotsAfter leastJournal: Int = RunStore.usualJournal
    ) throws(StoreError) -> RunState {
        let fold = try read { try Journal.state(of: run, in: $0) }
        if isOver, fold.pace.journalled > leastJournal {
            // A snapshot that can't be written costs the next look the same time, nothing else.
            try? RunStore.open(directory: path.parentPath).closeKeeping(fold, of: run)
        }
        return fold.state
    }

    /// Reads from one state of the database.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try reader.read(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Returns a session's standard error: its first 64 KiB, and the last 64 KiB of the rest.
    package func standardError(
        of key: SessionKey,
        run: String
    ) throws(StoreError) -> (head: [UInt8], tail: [UInt8])? {
        try fetch(
            """
            SELECT head, tail FROM standard_error
            WHERE run = ? AND task = ? AND number = \(key.number)
            """,
            [run, key.task]
        ) { row in
            (
                [UInt8](row["head"] as Data), [UInt8](row["tail"] as Data)
            )
        }.first
    }

    private func fetch<Value>(
        _ sql: String,
        _ arguments: [String],
        _ make: (Row) throws -> Value
    ) throws(StoreError) -> [Value] {
        do {
            return try reader.read { database in
                let rows = try Row.fetchCursor(
                    database,
                    sql: sql,
                    arguments: StatementArguments(arguments)
                )
                // Row by row: one that is fetched looks up its columns by comparing all their names.
                var values: [Value] = []
                while let row = try rows.next() { values.append(try make(row)) }
                return values
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension DatabaseError {
    /// True if SQLite may have failed to read because nothing can be written beside the database.
    fileprivate var mayNeedWriting: Bool {
        switch resultCode.primaryResultCode {
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_IOERR, .SQLITE_FULL: true
        default: false
        }
    }
}
