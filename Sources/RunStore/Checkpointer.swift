import FileAccess
import GRDB
import Glibc
import Synchronization

/// Moves what the write-ahead log holds into the database, beside the writing: that waits for the
/// disk several times, which no start of a session should.
final class Checkpointer: Sendable {
    /// How many pages are written to the log before they are moved: 32 MiB.
    ///
    /// A checkpoint has the disk wait three times: for the log, for the database, and for the first
    /// page of the log that then begins anew. After a crash, this much is read before anything else.
    static let usualPages = 8192
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

    /// Works on a thread of others, for the database that is this file, each time that so many pages
    /// were written.
    init(
        _ place: StorePlace,
        _ identity: FileIdentity?,
        thread: SerialThread,
        pages limit: Int
    ) {
        (self.place, self.identity) = (place, identity)
        self.thread = thread
        self.limit = limit
        // What an earlier process may have left. From now on the file's length says nothing: a log
        // that begins anew keeps it.
        let length = place.directory.status(of: StorePlace.name + "-wal")?.st_size ?? 0
        state = Mutex(State(pages: Int(length) / Self.pageSize))
    }

    /// Notes that so many pages were written; begins a checkpoint, if one is due and none is under
    /// way.
    ///
    /// One that fails is made up for by the next; a disk that takes nothing more is noticed by those
    /// who write.
    func wrote(_ pages: Int) {
        guard state.withLock({ $0.claim(pages, limit: limit) }) else { return }
        thread.perform { [self] in
            defer { state.withLock { $0.isBusy = false } }
            // A connection of its own, for as long as it takes: the writer's would be in the way.
            guard (try? place.checkUnchanged(identity)) != nil,
                let connection = try? DatabaseQueue(path: place.path)
            else { return }
            _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
            try? ClosedQueues.close(connection)
        }
    }
}
