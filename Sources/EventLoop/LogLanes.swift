import Synchronization

/// The worker threads that write logs: at most half of them at once, so that spawning goes on, and
/// each of them piece after piece, so that none waits for the loop in between.
///
/// A pipe, a socket or a terminal that nobody reads gives its thread back, and a full disk answers at
/// once, so none holds up the others. What remains: a file system that does not answer (its server is
/// gone) holds a thread for each log on it; as many of these as there are lanes hold up every log,
/// though no start.
final class LogLanes: LoopPart {
    private struct Waiting: Sendable {
        var number: Int
        var piece: LogPiece
    }

    private struct Done: Sendable {
        var number: Int
        var outcome: LogPiece.Outcome
    }

    /// The pieces that wait for a lane.
    private final class Queue: Sendable {
        private struct State: Sendable {
            var waiting: [Waiting] = []
            var next = 0
            var lanes = 0
        }

        private let state = Mutex(State())

        /// Adds a piece; returns whether a lane is to be opened.
        func add(_ piece: Waiting, limit: Int) -> Bool {
            state.withLock { state in
                state.waiting.append(piece)
                guard state.lanes < limit else { return false }
                state.lanes += 1
                return true
            }
        }

        /// The next piece for a lane; `nil` closes the lane.
        func takeNext() -> Waiting? {
            state.withLock { state in
                guard state.next < state.waiting.count else {
                    state.lanes -= 1
                    state.waiting = []
                    state.next = 0
                    return nil
                }
                defer { state.next += 1 }
                return state.waiting[state.next]
            }
        }
    }

    private let loop: Loop
    private let limit: Int
    private let queue = Queue()
    private var lastNumber = 0
    private var callbacks: [Int: (LogPiece.Outcome) -> Void] = [:]
    private var finished: MailboxReceiver<Done>?

    private init(loop: Loop) {
        self.loop = loop
        limit = Loop.workerThreads / 2
        do {
            finished = try loop.mailbox { [unowned self] in $0.forEach(finish) }
            finished?.unreference()
        } catch {
            // Only the first such handle of a loop needs anything of the system.
            preconditionFailure("\(error) [this is a bug]")
        }
    }

    static func of(_ loop: Loop) -> LogLanes {
        if let lanes = loop.logLanes as? LogLanes { return lanes }
        let lanes = LogLanes(loop: loop)
        loop.logLanes = lanes
        return lanes
    }

    /// Writes a piece once all earlier ones have begun, then calls `then` on the loop.
    func write(_ piece: LogPiece, then: @escaping (LogPiece.Outcome) -> Void) {
        lastNumber += 1
        callbacks[lastNumber] = then
        if queue.add(Waiting(number: lastNumber, piece: piece), limit: limit) { openLane() }
    }

    func jobEnded() {}

    func close() {
        finished?.close()
        finished = nil
    }

    private func openLane() {
        guard let mailbox = finished?.mailbox else { return }
        loop.perform { [queue] in
            Self.work(queue, mailbox)
        } then: { [self] last in
            if let last { finish(last) }
        }
    }

    /// Writes until nothing waits; the last outcome is returned, because the loop is told of the
    /// lane's end anyway.
    private static func work(_ queue: Queue, _ mailbox: Mailbox<Done>) -> Done? {
        var last: Done?
        while let next = queue.takeNext() {
            if let last { mailbox.post(last) }
            last = Done(number: next.number, outcome: next.piece.write())
        }
        return last
    }

    private func finish(_ done: Done) {
        callbacks.removeValue(forKey: done.number)?(done.outcome)
    }
}
