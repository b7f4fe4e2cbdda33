import Dispatch
import Foundation
import Orchestration
import Synchronization

/// A thread that does jobs one after the other, and lives until this object is released.
///
/// A dispatch queue makes its threads on demand: where no thread can be made, whoever adds a job
/// waits for as long as that lasts.
final class SerialThread: Sendable {
    typealias Job = @Sendable () -> Void

    private let jobs = Jobs()

    /// Starts the thread.
    init(name: String) {
        let thread = Thread { [jobs] in jobs.work() }
        thread.name = name
        thread.start()
    }

    deinit { jobs.close() }

    /// Does a job after a delay, in the order in which jobs are due; does not wait for it.
    func perform(after delay: Duration = .zero, _ job: @escaping Job) {
        jobs.add(job, at: SuspendingClock.now + delay)
    }

    /// Does a job after all jobs that are due, and waits for it.
    func performAndWait(_ job: @escaping Job) {
        let isDone = DispatchSemaphore(value: 0)
        perform {
            job()
            isDone.signal()
        }
        isDone.wait()
    }
}

/// The jobs of a thread.
private final class Jobs: Sendable {
    private struct State: Sendable {
        /// The jobs in the order in which they are due; those due together, as they were added.
        var waiting: [(due: SuspendingClock.Instant, job: SerialThread.Job)] = []
        var isClosed = false
    }

    private enum Next {
        case job(SerialThread.Job)
        case wait(Duration?)
        case end
    }

    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)

    func add(_ job: @escaping SerialThread.Job, at due: SuspendingClock.Instant) {
        state.withLock { state in
            let place = state.waiting.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
            state.waiting.insert((due, job), at: place)
        }
        news.signal()
    }

    /// Lets the thread end when the jobs that are due are done; later jobs are dropped.
    func close() {
        state.withLock { $0.isClosed = true }
        news.signal()
    }

    func work() {
        while true {
            switch next() {
            case .job(let job): job()
            case .wait(nil): news.wait()
            case .wait(let time?): _ = news.wait(timeout: .now() + time.inSeconds)
            case .end: return
            }
        }
    }

    private func next() -> Next {
        state.withLock { state in
            guard let first = state.waiting.first else {
                return state.isClosed ? .end : .wait(nil)
            }
            let left = first.due - SuspendingClock.now
            if left > .zero { return state.isClosed ? .end : .wait(left) }
            return .job(state.waiting.removeFirst().job)
        }
    }
}
