import Autonomous
import EventLoop

/// Opens task directories on worker threads.
final class TaskOpener {
    /// The number of directories in one job.
    private static let jobSize = 64

    private let loop: Loop
    private let opening: TaskOpening
    private var isClosed = false

    /// Makes an opener that uses `opening`.
    init(loop: Loop, opening: TaskOpening) {
        self.loop = loop
        self.opening = opening
    }

    /// Opens directories in about this order, at most `limit` jobs at a time; `handle` gets each job's
    /// results.
    func open(
        _ tasks: [String],
        jobs limit: Int,
        handle: @escaping ([TaskOpening.Result]) -> Void
    ) {
        var jobs = stride(from: 0, to: tasks.count, by: Self.jobSize).map {
            tasks[$0..<min($0 + Self.jobSize, tasks.count)]
        }[...]
        func openNext() {
            guard !isClosed, let job = jobs.popFirst() else { return }
            loop.perform { [opening] in
                opening.open(Array(job))
            } then: { results in
                openNext()
                self.take(results, handle)
            }
        }
        for _ in 0..<limit { openNext() }
    }

    /// Opens nothing more, and releases what is being opened.
    func close() { isClosed = true }

    private func take(
        _ results: [TaskOpening.Result],
        _ handle: ([TaskOpening.Result]) -> Void
    ) {
        guard isClosed else { return handle(results) }
        for case .opened(let task, _, _) in results { task.directory.releaseLock() }
    }
}
