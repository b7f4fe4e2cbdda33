import Glibc

/// One write to a log, done on a worker thread.
struct LogPiece: Sendable {
    /// Result of the write.
    struct Outcome: Sendable {
        /// Bytes dealt with: written or lost.
        var taken = 0
        /// Bytes that were written.
        var written = 0
        /// The error that stopped the writing; 0 for none.
        var errno: Int32 = 0
        /// The error of opening the file; `nil` if there was none.
        var refusal: LoopError?
        /// -1 where the file is not open any more.
        var descriptor: Int32
        /// Bytes to try again because the disk or the reader is full; neither examined nor counted.
        var rest: [UInt8] = []
        /// True if the piece must be tried again with `rest`: only its first part was written.
        var isUnfinished = false
    }

    /// Policy for a full pipe.
    enum WhenFull: Sendable {
        /// Return the rest to the loop, to be tried again.
        case yield
        /// Drop the rest.
        case lose
    }

    var bytes: [UInt8]
    var drain: PipeDrain?
    var opening: LogWriter.Opening
    /// -1 where the file is yet to be opened.
    var descriptor: Int32
    /// True if an earlier piece could not be written, so that this one is dropped.
    var isLost: Bool
    /// True if a full or failing disk is waited for.
    var waits: Bool
    /// Policy for a full pipe.
    var whenFull: WhenFull
    /// True if a write to the descriptor may block until somebody reads, as on a socket.
    var mayWait: Bool
    var closes: Bool
    var examine: LogWriter.Examination?
    /// Job after writing and closing, on the same worker thread.
    var last: (@Sendable () -> Void)?

    /// Opens the file, writes, examines and closes, as far as each is asked for.
    func write() -> Outcome {
        var outcome = Outcome(descriptor: descriptor)
        if outcome.descriptor < 0, !bytes.isEmpty, !isLost {
            open(&outcome)
        }
        if take(bytes.span, &outcome) { drain?.run { take($0, &outcome) } }
        if outcome.isUnfinished { return outcome }
        if closes, outcome.descriptor >= 0 {
            if close(outcome.descriptor) != 0, outcome.errno == 0 { outcome.errno = Glibc.errno }
            outcome.descriptor = -1
        }
        last?()
        return outcome
    }

    /// Bytes that a pipe with room takes at once, also where it blocks (POSIX's `PIPE_BUF`).
    private static let pieceSize = 4096

    private func open(_ outcome: inout Outcome) {
        do throws(LoopError) {
            outcome.descriptor = try opening()
            LogTarget.endLastLine(of: outcome.descriptor)
        } catch  where error.errno == ENXIO {
            // A pipe that nobody reads yet is like one that is full.
            outcome.errno = EAGAIN
        } catch {
            outcome.refusal = error
            outcome.errno = error.errno == 0 ? EINVAL : error.errno
        }
    }

    /// Writes and examines bytes; false where the disk or a reader is waited for.
    private func take(_ bytes: Span<UInt8>, _ outcome: inout Outcome) -> Bool {
        guard !bytes.isEmpty else { return true }
        let written = isLost ? 0 : write(bytes, &outcome)
        outcome.written += written
        let isFull = whenFull == .yield && outcome.errno == EAGAIN
        if isFull || waits && LoopError.isOfTheDisk(outcome.errno) {
            outcome.taken += written
            if written > 0 { examine?(bytes.extracting(first: written)) }
            let rest = bytes.extracting(droppingFirst: written)
            outcome.rest = unsafe rest.withUnsafeBufferPointer { unsafe Array($0) }
            outcome.isUnfinished = true
            return false
        }
        outcome.taken += bytes.count
        examine?(bytes)
        return true
    }

    /// Returns how many bytes were written.
    private func write(_ bytes: Span<UInt8>, _ outcome: inout Outcome) -> Int {
        var rest = bytes
        while !rest.isEmpty, outcome.errno == 0 {
            if mayWait, !hasRoom(outcome.descriptor) {
                outcome.errno = EAGAIN
                break
            }
            let most = mayWait ? min(rest.count, Self.pieceSize) : rest.count
            let count = unsafe rest.withUnsafeBufferPointer {
                unsafe Glibc.write(outcome.descriptor, $0.baseAddress, most)
            }
            if count >= 0 {
                rest = rest.extracting(droppingFirst: count)
            } else if Glibc.errno != EINTR {
                outcome.errno = Glibc.errno
            }
        }
        return bytes.count - rest.count
    }

    /// Indicates whether a write returns at once, with bytes written or an error.
    private func hasRoom(_ descriptor: Int32) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&wait, 1, 0) != 0
    }
}
