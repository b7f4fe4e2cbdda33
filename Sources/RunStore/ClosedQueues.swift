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

    /// Hands a database to `body`, and closes it unless `body` succeeds.
    ///
    /// - Throws: What `body` throws.
    static func closing<Value>(
        unlessReturned queue: DatabaseQueue,
        _ body: (DatabaseQueue) throws -> Value
    ) throws -> Value {
        do {
            return try body(queue)
        } catch {
            // The first failure is the cause; one that can't be closed is used by nobody.
            try? close(queue)
            throw error
        }
    }

    /// Hands a database to `body`, and closes it afterwards.
    ///
    /// - Throws: What `body` throws, or the failure to close it.
    static func closing<Value>(
        after queue: DatabaseQueue,
        _ body: (DatabaseQueue) throws -> Value
    ) throws -> Value {
        let value = try closing(unlessReturned: queue, body)
        try close(queue)
        return value
    }
}
