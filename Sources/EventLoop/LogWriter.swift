import Glibc

/// A file, pipe or terminal that is written to on worker threads: in order, in large pieces, with
/// a bound on what its owner should let it buffer.
///
/// At most half of the worker threads of a loop write at once.
package final class LogWriter {
    /// How much may wait before the owner is told to stop, in bytes.
    package static let highWater = 256 * 1024
    private static let lowWater = 64 * 1024

    /// A look at bytes on the worker thread that writes them: in order, one call at a time.
    package typealias Examination = @Sendable (Span<UInt8>) -> Void

    private let loop: Loop
    private let path: String
    /// -1 until it is opened, and after it was closed.
    private var descriptor: Int32
    private let ownsDescriptor: Bool
    private let examine: Examination?
    private var pending: [UInt8] = []
    private var underWay = 0
    /// The pipe that is emptied after what is pending, and what is called then.
    private var drain: (PipeDrain, ended: () -> Void)?
    private var isWorking = false
    private var isPressed = false
    /// What is done after the last piece, on its worker thread.
    private var lastJob: (@Sendable () -> Void)?
    /// What is done after that, on the loop.
    private var afterLast: (() -> Void)?
    private var isFinishing = false
    private var failure: LoopError?

    /// Called once, on the loop, when bytes could not be written; later bytes are dropped and
    /// counted in `lostBytes`.
    package var onError: ((LoopError) -> Void)?
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
    package init(loop: Loop, path: String, examine: Examination? = nil) {
        self.loop = loop
        self.path = path
        self.examine = examine
        descriptor = -1
        ownsDescriptor = true
    }

    /// Makes a writer on an open descriptor, which stays open; errors call it by `name`.
    package init(loop: Loop, descriptor: Int32, name: String) {
        self.loop = loop
        self.descriptor = descriptor
        path = name
        examine = nil
        ownsDescriptor = false
    }

    /// Opens the file at once, on the calling thread, for those who must know early.
    ///
    /// - Throws: `LoopError` when that fails.
    package func open() throws(LoopError) {
        guard descriptor < 0 else { return }
        descriptor = LogPiece.openForAppending(path)
        if descriptor < 0 { throw LoopError("opening \"\(path)\"", errno) }
    }

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
            LogLanes.of(loop).write(piece) { [self] in written($0, isLast: piece.last != nil) }
        } else {
            loop.perform {
                piece.write()
            } then: { [self] in
                written($0, isLast: piece.last != nil)
            }
        }
    }

    /// All that is to be done now.
    private func nextPiece() -> LogPiece {
        let piece = LogPiece(
            bytes: pending,
            drain: drain?.0,
            path: path,
            descriptor: descriptor,
            isLost: failure != nil,
            closes: lastJob != nil && ownsDescriptor,
            examine: examine,
            last: lastJob
        )
        underWay = pending.count
        pending = []
        lastJob = nil
        return piece
    }

    private func written(_ outcome: LogPiece.Outcome, isLast: Bool) {
        underWay = 0
        isWorking = false
        descriptor = outcome.descriptor
        lostBytes += Int64(outcome.taken - outcome.written)
        if outcome.errno != 0 { fail(outcome.errno) }
        if isPressed, pending.count <= Self.lowWater {
            isPressed = false
            onPressure?(false)
        }
        onExamined?()
        let ended = drain?.ended
        drain = nil
        ended?()
        if isLast { end() }
        work()
    }

    private func end() {
        let then = afterLast
        afterLast = nil
        then?()
    }

    private func fail(_ errno: Int32) {
        guard failure == nil else { return }
        let error = LoopError("writing \"\(path)\"", errno)
        failure = error
        onError?(error)
    }
}
