import FileAccess
import GRDB
import Glibc
import Synchronization

/// Moves the pages of the write-ahead log into the database, on a thread other than the writer's: a
/// checkpoint waits for the disk several times, which no start of a session should.
///
/// SQLite begins the log anew only where the database has all of it. A busy writer adds pages while
/// others are being moved, so that the log would grow for as long as the run is busy: the writer moves
/// these few itself, once the others are done.
final class Checkpointer: Sendable {
    /// The number of pages written to the log before a checkpoint: 64 MiB.
    ///
    /// A checkpoint waits for the disk five times: for the log and the database, for both again where
    /// pages came meanwhile, and for the first page of the log that then begins anew. After a crash, this
    /// much and what came during a checkpoint is read before anything else.
    static let usualPages = 16_384
    /// The size of SQLite's pages, in bytes.
    private static let pageSize = 4096

    private struct State {
        /// The pages written since the last checkpoint.
        var pages: Int
        var isBusy = false

        /// Adds pages; returns whether a checkpoint is to begin.
        mutating func claim(_ more: Int, limit: Int) -> Bool {
            pages += more
            guard pages >= limit, !isBusy else { return false }
            (pages, isBusy) = (0, true)
            return true
        }
    }

    private let place: StorePlace
    private let identity: FileIdentity?
    private let thread: SerialThread
    private let limit: Int
    private let state: Mutex<State>
    private let finish: @Sendable () -> Void

    /// Makes a checkpointer for the database with this identity; it makes a checkpoint on `thread`,
    /// which others use too, each time that `limit` pages were written.
    ///
    /// `finish` is called on that thread after each: the writer is to move what it wrote meanwhile.
    init(
        _ place: StorePlace,
        _ identity: FileIdentity?,
        thread: SerialThread,
        pages limit: Int,
        finish: @escaping @Sendable () -> Void
    ) {
        (self.place, self.identity) = (place, identity)
        self.finish = finish
        self.thread = thread
        self.limit = limit
        // An earlier process may have left pages. From now on the file's length says nothing: a log
        // that begins anew keeps it.
        let length = place.directory.status(of: StorePlace.name + "-wal")?.st_size ?? 0
        state = Mutex(State(pages: Int(length) / Self.pageSize))
    }

    /// Counts written pages; begins a checkpoint if one is due and none is under way.
    ///
    /// The next checkpoint makes up for one that fails; the writer notices a full or failing disk.
    func wrote(_ pages: Int) {
        guard state.withLock({ $0.claim(pages, limit: limit) }) else { return }
        thread.perform { [self] in
            defer { state.withLock { $0.isBusy = false } }
            // A connection for this checkpoint alone: the writer's connection would block writes.
            guard (try? place.checkUnchanged(identity)) != nil,
                let connection = try? DatabaseQueue(path: place.path)
            else { return }
            _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
            try? ClosedQueues.close(connection)
            finish()
        }
    }
}
