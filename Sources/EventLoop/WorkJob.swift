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
    private let made = Made<Value>()

    init(_ job: @escaping @Sendable () -> Value, then: @escaping (Value) -> Void) {
        self.job = job
        self.then = then
    }

    override func work() {
        made.value = job()
    }

    override func finish() {
        if let value = made.value { then(value) }
    }
}

/// A value made by a worker thread.
///
/// Written by the worker, read by the loop, never at once; the lock says so to the compiler.
final class Made<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    var value: Value? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}
