import Glibc

/// A file, pipe or terminal that is written to on worker threads: in order, in large pieces, with
/// a bound on what its owner should let it buffer.
///
/// At most half of the worker threads of a loop write at once, and none of them waits for the reader
/// of a pipe, a socket or a terminal.
package final class LogWriter {
    /// Limit of waiting bytes above which the owner is told to stop.
    package static let highWater = 256 * 1024
    private static let lowWater = 64 * 1024

    /// An examination of bytes on the worker thread that writes them: in order, one call at a time.
    package typealias Examination = @Sendable (Span<UInt8>) -> Void

    /// Opens what is written to, on a worker thread, when the first bytes come; the descriptor is
    /// then the writer's.
    package typealias Opening = @Sendable () throws(LoopError) -> Int32

    /// The bytes that are not written yet, and the bytes that never will be.
    private struct Backlog {
        var pending: [UInt8] = []
        var underWay = 0
        /// True while the owner is asked to send no more.
        var isPressed = false
        var lost: Int64 = 0

        var count: Int { pending.count + underWay }
    }

    /// The end of the writing: asked for once, and carried out after the last piece.
    private enum Closing {
        case notWanted
        /// `job` follows the last piece on its worker thread, `then` follows `job` on the loop.
        case wanted(job: @Sendable () -> Void, then: () -> Void)
        case done

        var job: (@Sendable () -> Void)? {
            if case .wanted(let job, _) = self { job } else { nil }
        }
    }

    /// The waits for disks and readers that take nothing.
    private struct Waits {
        static let retryInterval = Duration.seconds(1)
        private static let shortestReaderInterval = Duration.milliseconds(4)
        private static let longestReaderInterval = Duration.milliseconds(512)

        /// Wait for a disk, after which bytes are lost.
        var patience = Duration.zero
        /// Time at which the disk became full or failed; `nil` while it works.
        var since: Duration?
        var isGivenUp = false
        /// Delay before the next write to a reader that took nothing.
        private var readerInterval = shortestReaderInterval

        /// Returns the delay before the next write to a reader; doubles each time that it takes nothing.
        mutating func nextReaderInterval(hasTaken: Bool) -> Duration {
            let interval = hasTaken ? Self.shortestReaderInterval : readerInterval
            readerInterval = min(interval * 2, Self.longestReaderInterval)
            return isGivenUp ? .zero : interval
        }

        mutating func readerTookAll() { readerInterval = Self.shortestReaderInterval }
    }

    private let loop: Loop
    private var target: LogTarget
    private let examine: Examination?
    private var backlog = Backlog()
    /// The pipe that is emptied after the pending bytes, and the callback after that.
    private var drain: (PipeDrain, ended: () -> Void)?
    private var isWorking = false
    private var closing = Closing.notWanted
    private var failure: LoopError?
    private var waits = Waits()
    private var retry: Timer?

    /// Called once, on the loop, when bytes could not be written; later bytes are dropped and
    /// counted in `lostBytes`.
    package var onError: ((LoopError) -> Void)?
    /// Wait for a disk that is full, read-only or failing, after which bytes are lost.
    package var patience: Duration {
        get { waits.patience }
        set { waits.patience = newValue }
    }
    /// Called on the loop each time that the disk has taken nothing more, with the reason, and
    /// with `nil` when what waited is written or lost.
    package var onWaiting: ((LoopError?) -> Void)?
    /// Called on the loop when more of the bytes have been examined.
    package var onExamined: (() -> Void)?
    /// Called on the loop: true when the owner should stop adding, false when it may go on.
    package var onPressure: ((Bool) -> Void)?
    /// Bytes that were dropped after an error.
    package var lostBytes: Int64 { backlog.lost }

    /// Makes a writer that appends to a file, which is created if need be when the first bytes
    /// come.
    ///
    /// If the file ends in the middle of a line, a newline is written first. `examine` sees all
    /// bytes, those too that could not be written.
    package convenience init(loop: Loop, path: String, examine: Examination? = nil) {
        self.init(loop: loop, path: path, examine: examine) { () throws(LoopError) in
            try LogTarget.openForAppending(path)
        }
    }

    /// Makes a writer that appends to what `opening` opens, when the first bytes come; errors call
    /// it by `path`.
    package init(
        loop: Loop,
        path: String,
        examine: Examination? = nil,
        opening: @escaping Opening
    ) {
        self.loop = loop
        self.examine = examine
        target = LogTarget(path: path, opening: opening)
    }

    /// Makes a writer on an open descriptor, which stays open; errors call it by `name`.
    package init(loop: Loop, descriptor: Int32, name: String) {
        self.loop = loop
        examine = nil
        target = LogTarget(descriptor: descriptor, name: name)
    }

    /// Opens the file at once, on the calling thread, so that a failure shows early.
    ///
    /// - Throws: `LoopError` when that fails.
    package func open() throws(LoopError) { try target.open() }

    /// The bytes that are not written yet.
    package var waiting: Int { backlog.count }

    /// Adds bytes to be written.
    package func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe backlog.pending.append(contentsOf: $0) }
        added()
    }

    /// Adds a text's UTF-8 to what is to be written.
    package func append(_ text: String) {
        backlog.pending.append(contentsOf: text.utf8)
        added()
    }

    /// Adds bytes, and after them those that the pipe they came from holds.
    ///
    /// Nothing may be appended until `ended` is called, on the loop.
    func append(
        _ bytes: Span<UInt8>,
        thenDraining drain: PipeDrain,
        ended: @escaping () -> Void
    ) {
        self.drain = (drain, ended)
        append(bytes)
    }

    /// Writes out what is left, closes the file, and calls back on the loop.
    ///
    /// The last call of all.
    package func finish(then: @escaping () -> Void) {
        finish(with: {}, then: then)
    }

    /// Writes out what is left, closes the file, does a job after that on the same worker thread,
    /// and hands what it made to `then` on the loop.
    ///
    /// The last call of all.
    package func finish<Value: Sendable>(
        with job: @escaping @Sendable () -> Value,
        then: @escaping (Value) -> Void
    ) {
        let made = Made<Value>()
        closing = .wanted(job: { made.value = job() }) {
            if let value = made.value { then(value) }
        }
        work()
    }

    private func added() {
        guard case .notWanted = closing else {
            preconditionFailure("bytes after the end of \"\(target.path)\" [this is a bug]")
        }
        if !backlog.isPressed, backlog.count > Self.highWater {
            backlog.isPressed = true
            onPressure?(true)
        }
        work()
    }

    private func work() {
        guard !isWorking, !backlog.pending.isEmpty || closing.job != nil else { return }
        isWorking = true
        let piece = nextPiece()
        // A file that is only closed takes no writer's place.
        if backlog.underWay > 0 {
            LogLanes.of(loop).write(piece) { [self] in written($0, of: piece) }
        } else {
            loop.perform {
                piece.write()
            } then: { [self] in
                written($0, of: piece)
            }
        }
    }

    /// Takes all pending work as one piece.
    private func nextPiece() -> LogPiece {
        let job = closing.job
        let piece = LogPiece(
            bytes: backlog.pending,
            drain: drain?.0,
            opening: target.opening,
            descriptor: target.descriptor,
            isLost: failure != nil,
            waits: patience > .zero,
            whenFull: waits.isGivenUp ? .lose : .yield,
            mayWait: target.mayWait,
            closes: job != nil && target.ownsDescriptor,
            examine: examine,
            last: job
        )
        backlog.underWay = backlog.pending.count
        backlog.pending = []
        return piece
    }

    private func written(_ outcome: LogPiece.Outcome, of piece: LogPiece) {
        backlog.underWay = 0
        target.descriptor = outcome.descriptor
        backlog.lost += Int64(outcome.taken - outcome.written)
        if outcome.isUnfinished { return wait(outcome) }
        isWorking = false
        waits.readerTookAll()
        if outcome.errno != 0 { fail(outcome.error(of: target.path)) }
        if waits.since != nil {
            waits.since = nil
            onWaiting?(nil)
        }
        if backlog.isPressed, backlog.pending.count <= Self.lowWater {
            backlog.isPressed = false
            onPressure?(false)
        }
        onExamined?()
        let ended = drain?.ended
        drain = nil
        ended?()
        if piece.last != nil { end() }
        work()
    }

    /// Keeps the bytes that the disk or the reader did not accept, and schedules a retry.
    private func wait(_ outcome: LogPiece.Outcome) {
        backlog.pending.insert(contentsOf: outcome.rest, at: 0)
        if outcome.errno == EAGAIN { return waitForReader(hasTaken: outcome.written > 0) }
        let since = waits.since ?? loop.now
        waits.since = since
        onExamined?()
        onWaiting?(outcome.error(of: target.path))
        if loop.now - since >= patience { giveUp() }
        scheduleRetry(in: patience > .zero ? Waits.retryInterval : .zero)
    }

    private func waitForReader(hasTaken: Bool) {
        onExamined?()
        scheduleRetry(in: waits.nextReaderInterval(hasTaken: hasTaken))
    }

    private func scheduleRetry(in interval: Duration) {
        do throws(LoopError) {
            if retry == nil { retry = try Timer(loop: loop) { [self] in tryAgain() } }
            retry?.set(loop.now + interval)
        } catch {
            giveUp()
            tryAgain()
        }
    }

    private func tryAgain() {
        isWorking = false
        work()
    }

    /// Stops waiting for disks and readers: bytes that they don't accept are lost.
    package func giveUp() {
        patience = .zero
        waits.isGivenUp = true
        if retry?.isSet == true { retry?.set(loop.now) }
    }

    private func end() {
        retry?.close()
        retry = nil
        guard case .wanted(_, let then) = closing else { return }
        closing = .done
        then()
    }

    private func fail(_ error: LoopError) {
        guard failure == nil else { return }
        failure = error
        onError?(error)
    }
}

extension LogPiece.Outcome {
    fileprivate func error(of path: String) -> LoopError {
        refusal ?? LoopError("writing \"\(path)\"", errno)
    }
}
