import Glibc
import Synchronization

/// A file, pipe or terminal that is written to on worker threads: in order, in large pieces, with
/// a bound on what its owner should let it buffer.
///
/// At most half of the worker threads of a loop write at once.
package final class LogWriter {
    /// How much may wait before the owner is told to stop, in bytes.
    package static let highWater = 256 * 1024
    private static let lowWater = 64 * 1024

    /// Bytes that a worker thread writes while the loop fills the other buffer.
    ///
    /// Never used by both at once; the lock says so to the compiler.
    private final class Buffer: Sendable {
        let bytes = Mutex<[UInt8]>([])

        var count: Int { bytes.withLock { $0.count } }
        var isEmpty: Bool { count == 0 }

        /// Forgets the bytes, but not their memory, unless there is much of it and it is idle.
        func clear(keeping: Bool) {
            bytes.withLock { $0.removeAll(keepingCapacity: keeping || $0.capacity <= 16 * 1024) }
        }
    }

    /// What a worker thread is given to write.
    private struct Piece: Sendable {
        var buffer: Buffer
        var path: String
        /// -1 where the file is yet to be opened.
        var descriptor: Int32
        var closes = false
    }

    /// What a write came to: how many bytes were written, and the errno that stopped it.
    private struct Outcome: Sendable {
        var written = 0
        var errno: Int32 = 0
        /// -1 where the file is not open any more.
        var descriptor: Int32
    }

    private let loop: Loop
    private let path: String
    /// -1 until it is opened, and after it was closed.
    private var descriptor: Int32
    private let ownsDescriptor: Bool
    private var pending = Buffer()
    /// The buffer that is being written, or was: filled next.
    private var other = Buffer()
    private var underWay = 0
    private var isWorking = false
    private var isPressed = false
    /// Writes the last piece and ends the writer; set when the end was asked for.
    private var writeLast: ((Piece) -> Void)?
    private var isFinishing = false
    private var failure: LoopError?

    /// Called once, on the loop, when bytes could not be written; later bytes are dropped and
    /// counted in `lostBytes`.
    package var onError: ((LoopError) -> Void)?
    /// Called on the loop: true when the owner should stop adding, false when it may go on.
    package var onPressure: ((Bool) -> Void)?
    /// Bytes that were dropped after an error.
    package private(set) var lostBytes: Int64 = 0

    /// Makes a writer that appends to a file, which is created if need be when the first bytes
    /// come.
    ///
    /// If the file ends in the middle of a line, a newline is written first.
    package init(loop: Loop, path: String) {
        self.loop = loop
        self.path = path
        descriptor = -1
        ownsDescriptor = true
    }

    /// Makes a writer on an open descriptor, which stays open; errors call it by `name`.
    package init(loop: Loop, descriptor: Int32, name: String) {
        self.loop = loop
        self.descriptor = descriptor
        path = name
        ownsDescriptor = false
    }

    /// Opens the file at once, on the calling thread, for those who must know early.
    ///
    /// - Throws: `LoopError` when that fails.
    package func open() throws(LoopError) {
        guard descriptor < 0 else { return }
        descriptor = Self.openForAppending(path)
        if descriptor < 0 { throw LoopError("opening \"\(path)\"", errno) }
    }

    /// Adds bytes to what is to be written.
    package func append(_ bytes: Span<UInt8>) {
        guard failure == nil else {
            lostBytes += Int64(bytes.count)
            return
        }
        unsafe bytes.withUnsafeBufferPointer { buffer in
            pending.bytes.withLock { unsafe $0.append(contentsOf: buffer) }
        }
        added()
    }

    /// Adds a text's UTF-8 to what is to be written.
    package func append(_ text: String) {
        guard failure == nil else {
            lostBytes += Int64(text.utf8.count)
            return
        }
        pending.bytes.withLock { $0.append(contentsOf: text.utf8) }
        added()
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
        writeLast = { [self] piece in
            loop.perform {
                (Self.write(piece), job())
            } then: { [self] outcome, value in
                written(piece, outcome)
                then(value)
            }
        }
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
        guard !isWorking, !pending.isEmpty || writeLast != nil else { return }
        isWorking = true
        // A file that is only closed takes no writer's place.
        if pending.isEmpty { return start() }
        loop.logGate.enter { [self] in start() }
    }

    private func start() {
        var piece = Piece(buffer: pending, path: path, descriptor: descriptor)
        swap(&pending, &other)
        underWay = piece.buffer.count
        if let writeLast {
            self.writeLast = nil
            piece.closes = ownsDescriptor
            return writeLast(piece)
        }
        loop.perform { [piece] in
            Self.write(piece)
        } then: { [self, piece] outcome in
            written(piece, outcome)
            work()
        }
    }

    private func written(_ piece: Piece, _ outcome: Outcome) {
        if underWay > 0 { loop.logGate.leave() }
        descriptor = outcome.descriptor
        isWorking = false
        if outcome.errno != 0 { fail(outcome.errno, lost: underWay - outcome.written) }
        underWay = 0
        piece.buffer.clear(keeping: !pending.isEmpty)
        if isPressed, pending.count <= Self.lowWater {
            isPressed = false
            onPressure?(false)
        }
    }

    private func fail(_ errno: Int32, lost: Int) {
        lostBytes += Int64(lost + pending.count)
        pending.clear(keeping: false)
        guard failure == nil else { return }
        let error = LoopError("writing \"\(path)\"", errno)
        failure = error
        onError?(error)
    }

    /// Opens, writes and closes, as far as each is asked for; on a worker thread.
    private static func write(_ piece: Piece) -> Outcome {
        var outcome = Outcome(descriptor: piece.descriptor)
        piece.buffer.bytes.withLock { bytes in
            if outcome.descriptor < 0, !bytes.isEmpty {
                outcome.descriptor = openForAppending(piece.path)
                if outcome.descriptor < 0 { outcome.errno = errno }
            }
            while outcome.written < bytes.count, outcome.errno == 0 {
                writePart(of: bytes, &outcome)
            }
        }
        if piece.closes, outcome.descriptor >= 0 {
            if close(outcome.descriptor) != 0, outcome.errno == 0 { outcome.errno = errno }
            outcome.descriptor = -1
        }
        return outcome
    }

    private static func writePart(of bytes: [UInt8], _ outcome: inout Outcome) {
        let (file, start) = (outcome.descriptor, outcome.written)
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(file, buffer.baseAddress?.advanced(by: start), bytes.count - start)
        }
        if count >= 0 {
            outcome.written += count
        } else if errno == EAGAIN {
            var wait = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
            unsafe poll(&wait, 1, -1)
        } else if errno != EINTR {
            outcome.errno = errno
        }
    }

    private static func openForAppending(_ path: String) -> Int32 {
        let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let file = unsafe Glibc.open(path, flags, 0o644)
        guard file >= 0 else { return file }
        var last: UInt8 = 0
        let size = lseek(file, 0, SEEK_END)
        if size > 0, unsafe pread(file, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") {
            var newline = UInt8(ascii: "\n")
            _ = unsafe Glibc.write(file, &newline, 1)
        }
        return file
    }
}
