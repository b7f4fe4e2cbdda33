import FileAccess
import Foundation
import GRDB
import Glibc
package import Orchestration
import Synchronization

/// The journal of every run of a workspace, and the tables made from it.
///
/// Writes happen on the store's own thread, in order, in one transaction for all batches that wait.
/// The tables that people read follow a moment later, or when a reader opens them after a crash. A
/// batch that was reported as written survives the death of this process, `kill -9` included; a
/// power failure may cost the last moments (WAL with `synchronous = NORMAL`). The truth about *work*
/// is in the task directories all the same.
///
/// A full or failing disk loses nothing: the batches wait, and are retried in order until they are
/// written or given up.
package final class RunStore: Sendable {
    /// A change in whether the store can write.
    package enum Condition: Hashable, Sendable {
        /// Nothing can be written, for this reason and with this advice; the store keeps retrying.
        case failing(String)
        /// Writing works again.
        case recovered
    }

    /// The database's file.
    package let path: String
    /// The state directory.
    package var directory: String { (path as NSString).deletingLastPathComponent }
    let writer: DatabaseQueue
    private let checkpointer: Checkpointer
    private let thread = SerialThread(name: "quire.store")
    /// The thread of checkpoints and of encoding snapshots: both would hold up the writing.
    private let background: SerialThread
    /// The batches that are not written yet, in order, and the state of their writing.
    private let waiting = Mutex(WaitingBatches())
    /// The facts that the tables lack, a transaction each; used on `thread` alone.
    private let projections = Mutex<[Projection]>([])
    private let pace = Mutex(SnapshotPace())
    let quiet = Mutex(QuietJournal())
    private let leastJournal: Int
    private let place: StorePlace
    /// The file that was opened.
    private let identity: FileIdentity?
    /// The size of that file when it was opened, in bytes.
    private let size: Int

    /// The delay from the journal to the projections.
    ///
    /// A start waits for the journal alone. The delay lets rows that change often, such as those of a
    /// short session, be written once.
    private static let lag = Duration.milliseconds(100)
    private static let retry = Duration.seconds(1)
    /// The least that is journalled between two snapshots, in bytes.
    package static let usualJournal = 1 << 18

    private typealias Appended = WaitingBatches.Appended

    private init(
        _ place: StorePlace,
        writer: DatabaseQueue,
        leastJournal: Int,
        checkpointPages: Int
    ) throws {
        self.place = place
        identity = try place.check(writes: true)
        size = place.size
        path = place.path
        self.writer = writer
        self.leastJournal = leastJournal
        background = SerialThread(name: "quire.background")
        checkpointer = Checkpointer(
            place,
            identity,
            thread: background,
            pages: checkpointPages
        ) { [thread] in
            // What fails here is made up for by the next checkpoint.
            thread.perform {
                _ = try? writer.writeWithoutTransaction { try $0.checkpoint(.passive) }
            }
        }
    }

    /// Opens the store in a directory, which is made if need be and ignored by git.
    ///
    /// With `durable`, a batch that was reported as written survives a power failure too. A snapshot
    /// is made after `snapshotsAfter` bytes of journal at the earliest, a checkpoint after
    /// `checkpointsAfter` pages of 4 KiB.
    ///
    /// - Throws: `StoreError` when the directory or the database can't be used.
    package static func open(
        directory: String,
        durable: Bool = false,
        snapshotsAfter leastJournal: Int = usualJournal,
        checkpointsAfter checkpointPages: Int? = nil
    ) throws(StoreError) -> RunStore {
        let place = try StorePlace(in: try prepare(directory: directory))
        do {
            return try ClosedQueues.closing(unlessReturned: try opened(place)) { writer in
                try setUp(writer, durable: durable)
                return try RunStore(
                    place,
                    writer: writer,
                    leastJournal: leastJournal,
                    checkpointPages: checkpointPages ?? Checkpointer.usualPages
                )
            }
        } catch {
            throw StoreError(error, path: place.path)
        }
    }

    private static func opened(_ place: StorePlace) throws -> DatabaseQueue {
        if try place.check(writes: true) == nil { try make(place) }
        try checkOwner(of: place.path)
        return try writer(place.path)
    }

    private static func setUp(_ queue: DatabaseQueue, durable: Bool) throws {
        // GRDB itself chooses NORMAL, after the preparation.
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = \(durable ? "FULL" : "NORMAL")")
            try StoreOwnership.mark(database)
        }
        try Schema.migrator.migrate(queue)
        try queue.write { try Projection.catchUp(in: $0) }
    }

    /// Makes a database under another name, and renames it when it is whole: so a process that dies
    /// before leaves no empty file that can't be recognised as Quire's.
    private static func make(_ place: StorePlace) throws {
        let isMade: Void? = try place.directory.alone {
            // Another process may have made it meanwhile.
            if try place.check(writes: true) == nil { try makeAlone(place) }
        }
        guard isMade != nil else {
            throw StoreError(
                "the state directory \"\(place.directory.path)\" stays locked by another "
                    + "process (see lslocks); end it and try again"
            )
        }
    }

    private static func makeAlone(_ place: StorePlace) throws {
        let name = StorePlace.newName(pid: getpid())
        func clear() {
            for suffix in StorePlace.suffixes + [""] { place.directory.remove(name + suffix) }
        }
        clear()
        do {
            try place.directory.write([], to: name)  // SQLite's own would be open to others.
            try ClosedQueues.closing(after: try writer(place.directory.path(of: name))) { queue in
                try queue.writeWithoutTransaction { try StoreOwnership.mark($0) }
                try Schema.migrator.migrate(queue)
            }
            try place.directory.move(name, as: StorePlace.name)
        } catch {
            clear()
            throw error
        }
    }

    /// Refuses another program's database and a newer Quire's before the store opens it for writing,
    /// which alone would change it.
    private static func checkOwner(of path: String) throws {
        try ClosedQueues.closing(after: try StoreReader.queue(path)) { queue in
            try queue.read { try StoreOwnership.check($0, path: path) }
            guard try !queue.read(Schema.migrator.hasBeenSuperseded) else {
                throw StoreError(
                    "the run database \"\(path)\" was written by a newer Quire; update this one"
                )
            }
        }
    }

    private static func writer(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            // A checkpoint waits for the disk; `Checkpointer` makes it on another thread.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Calls the handler on the store's thread when writing begins to fail and when it has recovered.
    package func observe(_ handler: @escaping @Sendable (Condition) -> Void) {
        waiting.withLock { $0.observer = handler }
    }

    /// Queues a batch; calls `completion` on the store's thread when it is durable or refused.
    ///
    /// Batches are written in the order of the calls. Batches that come while others are being
    /// written go into one transaction, and are durable or refused together. A batch is refused
    /// when it can't be encoded, or when writing fails after `giveUp`. `state` returns the fold of the
    /// run's journal with this batch; it is called now and then, for a snapshot. A batch that is not
    /// urgent may wait 5 ms for others.
    package func append(
        _ batch: JournalBatch,
        isUrgent: Bool = true,
        state: () -> RunState? = { nil },
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        if !batch.events.isEmpty { quiet.withLock { $0.told(at: batch.at.awake) } }
        let isDue = pace.withLock { $0.beginIfDue(least: leastJournal) }
        let state = isDue ? state() : nil
        if isDue, state == nil { pace.withLock { $0.end() } }
        let appended = Appended(
            batch: batch,
            isUrgent: isUrgent,
            state: state,
            completion: completion
        )
        guard let delay = waiting.withLock({ $0.add(appended) }) else { return }
        thread.perform(after: delay) { [self] in writeWaiting() }
    }

    /// True while batches wait to be written.
    var hasWaiting: Bool { waiting.withLock { !$0.batches.isEmpty } }

    /// Stops retrying: refuses each batch, waiting or later, whose next writing fails.
    package func giveUp() {
        waiting.withLock { $0.isGivenUp = true }
        thread.perform { [self] in writeWaiting() }
    }

    private func writeWaiting() {
        let batches = waiting.withLock { $0.beginWriting() }
        guard !batches.isEmpty else { return }
        do {
            let places = try writer.write { database in
                try batches.map { try Journal.append($0.batch, to: database) }
            }
            fold(batches, places.map(\.row))
            for (appended, place) in zip(batches, places) {
                pace.withLock { $0.journalled += place.size }
                if let state = appended.state {
                    takeSnapshot(state, of: appended.batch.run, asOf: place.row)
                }
            }
            settle(batches, .success(()))
        } catch {
            let failure = damage ?? StoreError(error, path: path)
            let trouble = StoreError(error, path: path, isRetried: true)
            guard error is DatabaseError, !failure.isDamage, wait(for: trouble) else {
                return settle(batches, .failure(failure))
            }
            thread.perform(after: Self.retry) { [self] in writeWaiting() }
        }
    }

    /// The error for a database file that was cut short while in use; `nil` if it was not.
    private var damage: StoreError? {
        do throws(StoreError) {
            try place.checkLength(size)
            return nil
        } catch {
            return error
        }
    }

    /// Notes that nothing can be written; returns false after `giveUp`.
    private func wait(for failure: StoreError) -> Bool {
        let (waits, observer) = waiting.withLock { waiting in
            let isNews = !waiting.isFailing && !waiting.isGivenUp
            waiting.isFailing = true
            return (!waiting.isGivenUp, isNews ? waiting.observer : nil)
        }
        observer?(.failing("\(failure)"))
        return waits
    }

    /// Reports the result of the batches that waited longest, and goes on with the others.
    private func settle(_ batches: [Appended], _ result: Result<Void, StoreError>) {
        let (next, observer) = waiting.withLock { waiting in
            let next = waiting.settle(batches.count)
            let isWritten = if case .success = result { true } else { false }
            let hasRecovered = isWritten && waiting.isFailing && !waiting.isGivenUp
            if hasRecovered { waiting.isFailing = false }
            return (next, hasRecovered ? waiting.observer : nil)
        }
        if let next { thread.perform(after: next) { [self] in writeWaiting() } }
        if case .failure = result, batches.contains(where: { $0.state != nil }) {
            pace.withLock { $0.end() }
        }
        for appended in batches { appended.completion(result) }
        observer?(.recovered)
    }

    private func fold(_ batches: [Appended], _ rows: [Int64]) {
        let isFirst = projections.withLock { queue in
            defer {
                for (row, appended) in zip(rows, batches) { queue.add(appended.batch, row: row) }
            }
            return queue.isEmpty
        }
        if isFirst { thread.perform(after: Self.lag) { [self] in project() } }
    }

    /// Brings the tables up to the journal, a transaction at a time; batches that were appended
    /// meanwhile go first.
    private func project() {
        guard writeProjection() else {
            return thread.perform(after: Self.retry) { [self] in project() }
        }
        if projections.withLock({ !$0.isEmpty }) { thread.perform { [self] in project() } }
    }

    /// Writes the first projection that waits; returns false if that failed.
    ///
    /// A failed projection goes on waiting. If the journal can't be written either, that is reported.
    private func writeProjection() -> Bool {
        projections.withLock { queue in
            guard let projection = queue.first else { return true }
            do {
                let pages = try writer.write { database in
                    try projection.write(to: database)
                    return database.takeWrittenPages()
                }
                queue.removeFirst()
                checkpointer.wrote(pages)
                return true
            } catch {
                return false
            }
        }
    }

    private func writeAllProjections() {
        while projections.withLock({ !$0.isEmpty }), writeProjection() {}
    }

    // MARK: - Snapshots

    /// Encodes a snapshot in the background, then writes it on the store's thread.
    ///
    /// The next snapshot makes up for one that fails; writing batches notices a full or failing disk.
    private func takeSnapshot(_ state: RunState, of run: String, asOf row: Int64) {
        pace.withLock { $0.journalled = 0 }
        background.perform { [self] in
            let parts = try? Snapshots.encode(state)
            thread.perform { [self] in
                let size = try? writer.write { database in
                    try parts.map { try Snapshots.write($0, of: run, asOf: row, to: database) }
                }
                pace.withLock { $0.end(size: size ?? nil) }
            }
        }
    }

    /// Waits until all batches are written, unless writing fails, and closes the database.
    package func close() throws(StoreError) {
        background.performAndWait {}
        thread.performAndWait { [self] in
            // Batches that came during the last write wait for the next one.
            while waiting.withLock({ !$0.batches.isEmpty && !$0.isFailing }) { writeWaiting() }
            writeAllProjections()
            // The next start makes the projections that could not be written.
            projections.withLock { $0 = [] }
        }
        // The last checkpoint.
        background.performAndWait {}
        // Checked before closing, which makes the file longer again.
        let damage = damage
        do {
            try ClosedQueues.close(writer)
        } catch {
            throw StoreError(error, path: path)
        }
        try place.checkUnchanged(identity)
        if let damage { throw damage }
    }

    /// Returns a run's state, folded from the journal.
    ///
    /// - Throws: `StoreError` when the journal can't be read, or holds facts of a newer Quire.
    package func state(of run: String) throws(StoreError) -> RunState {
        do {
            let known = try writer.read { try Journal.state(of: run, in: $0) }
            pace.withLock { $0 = known.pace }
            return known.state
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Makes the projections anew from the journal.
    package func rebuildProjections() throws(StoreError) {
        thread.performAndWait { [self] in writeAllProjections() }
        do {
            try writer.write { try Projection.rebuild(in: $0) }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
