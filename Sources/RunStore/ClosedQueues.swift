import GRDB
import Synchronization

/// The databases that this process has closed or no longer uses; they are never deallocated.
///
/// Deallocating a `DatabaseQueue` has libdispatch make a thread, and watch its threads through
/// `/proc` from then on: without a `/proc`, that ends the process a second later. A closed queue
/// costs a few hundred bytes.
enum ClosedQueues {
    private static let kept = Mutex<[DatabaseQueue]>([])

    /// Closes a database, and keeps its queue.
    static func close(_ queue: DatabaseQueue) throws {
        keep(queue)
        try queue.close()
    }

    /// Keeps a database that is closed elsewhere, or can't be.
    static func keep(_ queue: DatabaseQueue) { kept.withLock { $0.append(queue) } }

    /// Hands a database to `body`, and closes it unless `body` succeeds.
    ///
    /// - Throws: The error of `body`.
    static func closing<Value>(
        unlessReturned queue: DatabaseQueue,
        _ body: (DatabaseQueue) throws -> Value
    ) throws -> Value {
        do {
            return try body(queue)
        } catch {
            // The first failure is the cause; a database that can't be closed is used by nobody.
            try? close(queue)
            throw error
        }
    }

    /// Hands a database to `body`, and closes it afterwards.
    ///
    /// - Throws: The error of `body`, or the failure to close the database.
    static func closing<Value>(
        after queue: DatabaseQueue,
        _ body: (DatabaseQueue) throws -> Value
    ) throws -> Value {
        let value = try closing(unlessReturned: queue, body)
        try close(queue)
        return value
    }
}
