import Synchronization

/// A piece of work for a worker thread, and what follows on the loop.
class WorkJob {
    /// Runs on a worker thread; touches nothing but the job.
    func work() {}
    /// Runs on the loop's thread, after the work.
    func finish() {}
}

/// Work that makes a value.
final class ValueJob<Value: Sendable>: WorkJob {
    private let job: @Sendable () -> Value
    private let then: (Value) -> Void
    /// Written by the worker, read by the loop, never at once; the lock says so to the compiler.
    private let value = Mutex<Value?>(nil)

    init(_ job: @escaping @Sendable () -> Value, then: @escaping (Value) -> Void) {
        self.job = job
        self.then = then
    }

    override func work() {
        let made = job()
        value.withLock { $0 = made }
    }

    override func finish() {
        if let made = value.withLock({ $0 }) { then(made) }
    }
}
