import Glibc

/// A file, pipe or terminal that is written to on worker threads: in order, in large pieces, with
/// a bound on what its owner should let it buffer.
///
/// At most half of the worker threads of a loop write at once, and none of them waits for whoever
/// reads a pipe, a socket or a terminal.
package final class LogWriter {
    /// Limit of waiting bytes above which the owner is told to stop.
    package static let highWater = 256 * 1024
    private static let lowWater = 64 * 1024

    /// An examination of bytes on the worker thread that writes them: in order, one call at a time.
    package typealias Examination = @Sendable (Span<UInt8>) -> Void

    /// Opens what is written to, on a worker thread, when the first bytes come; the descriptor is
    /// then the writer's.
    package typealias Opening = @Sendable () throws(LoopError) -> Int32

    private let loop: Loop
    private let path: String
    private let opening: Opening
    /// -1 until it is opened, and after it was closed.
    private var descriptor: Int32
    private let ownsDescriptor: Bool
    /// True if a write to the descriptor may block until somebody reads.
    private let mayWait: Bool
    private let examine: Examination?
    private var pending: [UInt8] = []
    private var underWay = 0
    /// The pipe that is emptied after what is pending, and what is called then.
    private var drain: (PipeDrain, ended: () -> Void)?
    private var isWorking = false
    private var isPressed = false
    /// Job after the last piece, on its worker thread.
    private var lastJob: (@Sendable () -> Void)?
    /// Callback after `lastJob`, on the loop.
    private var afterLast: (() -> Void)?
    private var isFinishing = false
    private var failure: LoopError?
    /// Time at which the disk became full or failed; `nil` while it works.
    private var waitingSince: Duration?
    private var retry: Timer?
    private static let retryInterval = Duration.seconds(1)
    /// Delay before the next write to a reader that took nothing; doubles each time.
    private var readerInterval = shortestReaderInterval
    private static let shortestReaderInterval = Duration.milliseconds(4)
    private static let longestReaderInterval = Duration.milliseconds(512)
    private var isGivenUp = false

    /// Called once, on the loop, when bytes could not be written; later bytes are dropped and
    /// counted in `lostBytes`.
    package var onError: ((LoopError) -> Void)?
    /// Wait for a disk that is full, read-only or failing, after which bytes are lost.
    package var patience = Duration.zero
    /// Called on the loop each time that the disk has taken nothing more, with the reason, and
    /// with `nil` when what waited is written or lost.
    package var onWaiting: ((LoopError?) -> Void)?
    /// Called on the loop when more of the bytes have been examined.
    package var onExamined: (() -> Void)?
    /// Called on the loop: true when the owner should stop adding, false when it may go on.
    package var onPressure: ((Bool) -> Void)?
    /// Bytes that were dropped after an error.
    package private(set) var lostBytes: Int64 = 0

    /// Makes a writer that appends to a file, which is created if need be when the first bytes
    /// come.
    ///
    /// If the file ends in the middle of a line, a newline is written first. `examine` sees all
    /// bytes, those too that could not be written.
    package convenience init(loop: Loop, path: String, examine: Examination? = nil) {
        self.init(loop: loop, path: path, examine: examine) { () throws(LoopError) in
            try LogPiece.openForAppending(path)
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
        self.path = path
        self.opening = opening
        self.examine = examine
        descriptor = -1
        ownsDescriptor = true
        mayWait = false
    }

    /// Makes a writer on an open descriptor, which stays open; errors call it by `name`.
    package init(loop: Loop, descriptor: Int32, name: String) {
        self.loop = loop
        path = name
        opening = { () throws(LoopError) in throw LoopError("opening \(name)", EBADF) }
        examine = nil
        let own = Self.reopen(descriptor)
        ownsDescriptor = own >= 0
        var status = stat()
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        mayWait = own < 0 && !isFile
        self.descriptor = own >= 0 ? own : descriptor
    }

    /// Opens a pipe or a terminal once more, so that a write to it can come back at once without a
    /// change for the others who have it open; -1 where that can't be.
    private static func reopen(_ descriptor: Int32) -> Int32 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO || isatty(descriptor) == 1
        else { return -1 }
        let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        return unsafe Glibc.open("/proc/self/fd/\(descriptor)", flags)
    }

    /// Opens the file at once, on the calling thread, so that a failure shows early.
    ///
    /// - Throws: `LoopError` when that fails.
    package func open() throws(LoopError) {
        guard descriptor < 0 else { return }
        do throws(LoopError) {
            descriptor = try opening()
            LogPiece.endLastLine(of: descriptor)
        } catch {
            // A pipe without a reader yet is opened when it has one.
            if error.errno != ENXIO { throw error }
        }
    }

    /// The bytes that are not written yet.
    package var waiting: Int { pending.count + underWay }

    /// Adds bytes to what is to be written.
    package func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
        added()
    }

    /// Adds a text's UTF-8 to what is to be written.
    package func append(_ text: String) {
        pending.append(contentsOf: text.utf8)
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
        isFinishing = true
        let made = Made<Value>()
        lastJob = { made.value = job() }
        afterLast = { if let value = made.value { then(value) } }
        work()
    }

    private func added() {
        precondition(!isFinishing, "bytes after the end of \"\(path)\" [this is a bug]")
        if !isPressed, pending.count + underWay > Self.highWater {
            isPressed = true
            onPressure?(true)
        }
        work()
    }

    private func work() {
        guard !isWorking, !pending.isEmpty || lastJob != nil else { return }
        isWorking = true
        let piece = nextPiece()
        // A file that is only closed takes no writer's place.
        if underWay > 0 {
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
        let piece = LogPiece(
            bytes: pending,
            drain: drain?.0,
            opening: opening,
            descriptor: descriptor,
            isLost: failure != nil,
            waits: patience > .zero,
            whenFull: isGivenUp ? .lose : .yield,
            mayWait: mayWait,
            closes: lastJob != nil && ownsDescriptor,
            examine: examine,
            last: lastJob
        )
        underWay = pending.count
        pending = []
        lastJob = nil
        return piece
    }

    private func written(_ outcome: LogPiece.Outcome, of piece: LogPiece) {
        underWay = 0
        descriptor = outcome.descriptor
        lostBytes += Int64(outcome.taken - outcome.written)
        if outcome.isUnfinished { return wait(outcome, with: piece) }
        isWorking = false
        readerInterval = Self.shortestReaderInterval
        if outcome.errno != 0 { fail(outcome.error(of: path)) }
        if waitingSince != nil {
            waitingSince = nil
            onWaiting?(nil)
        }
        if isPressed, pending.count <= Self.lowWater {
            isPressed = false
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
    private func wait(_ outcome: LogPiece.Outcome, with piece: LogPiece) {
        pending.insert(contentsOf: outcome.rest, at: 0)
        if let last = piece.last { lastJob = last }
        if outcome.errno == EAGAIN { return waitForReader(hasTaken: outcome.written > 0) }
        let since = waitingSince ?? loop.now
        waitingSince = since
        onExamined?()
        onWaiting?(outcome.error(of: path))
        if loop.now - since >= patience { giveUp() }
        scheduleRetry(in: patience > .zero ? Self.retryInterval : .zero)
    }

    private func waitForReader(hasTaken: Bool) {
        if hasTaken { readerInterval = Self.shortestReaderInterval }
        onExamined?()
        scheduleRetry(in: isGivenUp ? .zero : readerInterval)
        readerInterval = min(readerInterval * 2, Self.longestReaderInterval)
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
        isGivenUp = true
        if retry?.isSet == true { retry?.set(loop.now) }
    }

    private func end() {
        retry?.close()
        retry = nil
        let then = afterLast
        afterLast = nil
        then?()
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
