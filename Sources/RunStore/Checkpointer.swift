import FileAccess
import GRDB
import Glibc
import Synchronization

/// Moves what the write-ahead log holds into the database, beside the writing: that waits for the
/// disk several times, which no start of a session should.
final class Checkpointer: Sendable {
    /// The length of the log from which on it is moved, in bytes.
    private static let length: Int64 = 8 * 1024 * 1024

    private let place: StorePlace
    private let identity: FileIdentity?
    private let thread: SerialThread
    private let isBusy = Mutex(false)

    /// Works on a thread of others, for the database that is this file.
    init(_ place: StorePlace, _ identity: FileIdentity?, thread: SerialThread) {
        (self.place, self.identity) = (place, identity)
        self.thread = thread
    }

    /// Begins a checkpoint, if the log is long and none is under way.
    ///
    /// One that fails is made up for by the next; a disk that takes nothing more is noticed by those
    /// who write.
    func checkpointIfLong() {
        guard logLength > Self.length, isBusy.withLock({ claim(&$0) }) else { return }
        thread.perform { [self] in
            defer { isBusy.withLock { $0 = false } }
            // A connection of its own, for as long as it takes: the writer's would be in the way.
            guard (try? place.checkUnchanged(identity)) != nil,
                let connection = try? DatabaseQueue(path: place.path)
            else { return }
            _ = try? connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
            try? connection.close()
        }
    }

    private func claim(_ isBusy: inout Bool) -> Bool {
        defer { isBusy = true }
        return !isBusy
    }

    private var logLength: Int64 {
        Int64(place.directory.status(of: StorePlace.name + "-wal")?.st_size ?? 0)
    }
}
