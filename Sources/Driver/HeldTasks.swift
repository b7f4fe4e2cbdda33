import Autonomous
import EventLoop

/// Tasks whose directories other processes own; each is opened once its owner releases it.
final class HeldTasks {
    /// The time between two attempts, which cost a few system calls a task.
    private static let interval = Duration.seconds(2)

    private let loop: Loop
    private let opening: TaskOpening
    private let handle: (TaskOpening.Result) -> Void
    private var timer: Timer?
    /// The owner of each task.
    private var owners: [String: String] = [:]
    private var isLooking = false
    private var isClosed = false

    /// Makes the set; `handle` gets each task's result, and another one whenever the owner changes.
    init(
        loop: Loop,
        opening: TaskOpening,
        handle: @escaping (TaskOpening.Result) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.opening = opening
        self.handle = handle
        timer = try Timer(loop: loop) { [unowned self] in look() }
    }

    /// Adds a task to wait for.
    func add(_ task: String, owner: String) {
        owners[task] = owner
        if !isLooking { timer?.set(loop.now + Self.interval) }
    }

    /// Stops waiting.
    func close() {
        isClosed = true
        owners = [:]
        timer?.close()
    }

    private func look() {
        let names = owners.keys.sorted()
        isLooking = true
        loop.perform { [opening] in
            opening.open(names)
        } then: { [weak self] results in
            self?.take(results, of: names)
        }
    }

    private func take(_ results: [TaskOpening.Result], of names: [String]) {
        isLooking = false
        for (name, result) in zip(names, results) {
            if isClosed {
                // The task is no longer wanted.
                if case .opened(let task, _, _) = result { task.directory.releaseLock() }
            } else if let reason = result.reasonToWait {
                if owners.updateValue(reason, forKey: name) != reason { handle(result) }
            } else {
                owners[name] = nil
                handle(result)
            }
        }
        if !owners.isEmpty { timer?.set(loop.now + Self.interval) }
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
