/// Opens task directories on worker threads.
final class TaskOpener {
    /// The number of directories in one job.
    private static let jobSize = 64

    private let loop: any DriverLoop
    private let keeper: any DirectoryKeeper
    private var isClosed = false

    /// Makes an opener whose jobs `keeper` does.
    init(loop: any DriverLoop, keeper: any DirectoryKeeper) {
        (self.loop, self.keeper) = (loop, keeper)
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
            loop.perform { [keeper] in
                keeper.open(Array(job))
            } then: { [self] results in
                openNext()
                if isClosed {
                    keeper.release(results.compactMap(\.openTask))
                } else {
                    handle(results)
                }
            }
        }
        for _ in 0..<limit { openNext() }
    }

    /// Opens nothing more, and releases what is being opened.
    func close() { isClosed = true }
}
