import EventLoop

/// The tasks that ended with a question to a person, each until it is answered.
final class AwaitedAnswers {
    /// The time between two looks, which cost two system calls a task.
    private static let interval = Duration.seconds(2)

    private let loop: any DriverLoop
    private let keeper: any DirectoryKeeper
    private let handle: ([String]) -> Void
    private var timer: (any DriverTimer)?
    private var tasks: Set<String> = []
    private var isLooking = false

    /// Makes the empty set; `handle` gets tasks whose questions were answered or withdrawn.
    init(
        loop: any DriverLoop,
        keeper: any DirectoryKeeper,
        handle: @escaping ([String]) -> Void
    ) throws(LoopError) {
        (self.loop, self.keeper, self.handle) = (loop, keeper, handle)
        timer = try loop.timer { [unowned self] in look() }
    }

    /// Adds tasks that ask.
    func add(_ names: [String]) {
        tasks.formUnion(names)
        waitForNextLook()
    }

    /// Removes tasks, which are answered otherwise or taken up again.
    func remove(_ names: [String]) { tasks.subtract(names) }

    /// Stops looking.
    func close() {
        tasks = []
        timer?.close()
    }

    private func waitForNextLook() {
        guard !isLooking, !tasks.isEmpty, timer?.isSet == false else { return }
        timer?.set(loop.now + Self.interval)
    }

    private func look() {
        isLooking = true
        loop.perform { [keeper, names = tasks.sorted()] in
            keeper.answered(names)
        } then: { [weak self] answered in
            self?.noteAnswers(answered)
        }
    }

    private func noteAnswers(_ answered: [String]) {
        isLooking = false
        let answered = answered.filter { tasks.remove($0) != nil }
        if !answered.isEmpty { handle(answered) }
        waitForNextLook()
    }
}
