import Autonomous
import EventLoop

/// Opens task directories on worker threads, a few jobs at a time: sessions that start meanwhile
/// need workers, too.
final class TaskOpener {
    /// The directories of one job.
    static let jobSize = 64
    private static let jobLimit = 2

    private let loop: Loop
    private let opening: TaskOpening
    private var isClosed = false

    /// Makes an opener that opens with `opening`.
    init(loop: Loop, opening: TaskOpening) {
        self.loop = loop
        self.opening = opening
    }

    /// Opens directories in about this order; `handle` gets what came of each job.
    func open(_ tasks: [String], handle: @escaping ([TaskOpening.Result]) -> Void) {
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
        for _ in 0..<Self.jobLimit { openNext() }
    }

    /// Opens nothing more, and lets go what is opened already.
    func close() { isClosed = true }

    private func take(
        _ results: [TaskOpening.Result],
        _ handle: ([TaskOpening.Result]) -> Void
    ) {
        guard isClosed else { return handle(results) }
        for case .opened(let task, _, _) in results { task.directory.releaseLock() }
    }
}
