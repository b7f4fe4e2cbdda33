import EventLoop

/// Tasks whose directories other processes own; each is opened once its owner releases it.
final class HeldTasks {
    private struct Held {
        var owner: String
        /// Gets the task's result, and another one whenever the owner changes.
        var handle: (TaskOpening.Result) -> Void
    }

    /// The time between two attempts, which cost a few system calls a task.
    private static let interval = Duration.seconds(2)

    private let loop: any DriverLoop
    private let keeper: any DirectoryKeeper
    private var timer: (any DriverTimer)?
    private var tasks: [String: Held] = [:]
    private var isLooking = false

    /// Makes the empty set; `keeper` opens the directories.
    init(loop: any DriverLoop, keeper: any DirectoryKeeper) throws(LoopError) {
        (self.loop, self.keeper) = (loop, keeper)
        timer = try loop.timer { [unowned self] in look() }
    }

    /// Adds a task to wait for; `handle` gets its result, and another one whenever the owner changes.
    func add(_ task: String, owner: String, handle: @escaping (TaskOpening.Result) -> Void) {
        tasks[task] = Held(owner: owner, handle: handle)
        if !isLooking { timer?.set(loop.now + Self.interval) }
    }

    /// Stops waiting; a task that is being opened is still handled.
    func close() { timer?.close() }

    private func look() {
        let names = tasks.keys.sorted()
        isLooking = true
        loop.perform { [keeper] in
            keeper.open(names)
        } then: { [weak self] results in
            self?.apply(results)
        }
    }

    private func apply(_ results: [TaskOpening.Result]) {
        isLooking = false
        for result in results {
            guard let held = tasks[result.task], result.reasonToWait != held.owner else { continue }
            tasks[result.task] = result.reasonToWait.map { Held(owner: $0, handle: held.handle) }
            held.handle(result)
        }
        if !tasks.isEmpty { timer?.set(loop.now + Self.interval) }
    }
}

extension TaskOpening.Result {
    /// The reason why the task can't be opened yet; `nil` if it was opened, or never can be.
    fileprivate var reasonToWait: String? {
        switch self {
        case .locked(_, let reason), .unwritable(_, let reason): reason
        case .opened, .unusable: nil
        }
    }
}
