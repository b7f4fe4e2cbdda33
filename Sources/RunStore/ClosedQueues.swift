import GRDB
import Synchronization

/// Databases that were closed, or are done with, in a process that goes on.
///
/// A `DatabaseQueue` that goes away has libdispatch make a thread, and watch its threads through
/// `/proc` from then on: where there is none, that ends the process a second later. So none goes
/// away; one that is closed costs a few hundred bytes.
enum ClosedQueues {
    private static let kept = Mutex<[DatabaseQueue]>([])

    /// Closes a database, and keeps what is left of it.
    static func close(_ queue: DatabaseQueue) throws {
        keep(queue)
        try queue.close()
    }

    /// Keeps a database that is closed elsewhere, or can't be.
    static func keep(_ queue: DatabaseQueue) { kept.withLock { $0.append(queue) } }
}
