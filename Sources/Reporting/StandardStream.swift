import Glibc
import Synchronization

/// Standard output or error: writes each text whole, or keeps the reason why it could not.
///
/// A write waits for the reader, even on a non-blocking descriptor, and for ever unless a deadline is set.
/// After a failure nothing more is written: half a line is worse than none.
package final class StandardStream: Sendable {
    /// The reason why a text was not written.
    package enum Failure: Hashable, Sendable {
        /// The reader has closed its end.
        case closed
        /// The reader did not read until the deadline.
        case unread
        /// The system refused the write, with this error number.
        case refused(Int32)

        /// Makes the failure from the error number of a write to a device or to something else.
        ///
        /// A terminal that has gone refuses with `EIO`.
        package init(errno number: Int32, isDevice: Bool) {
            switch number {
            case EPIPE: self = .closed
            case EIO where isDevice: self = .closed
            case EAGAIN: self = .unread
            default: self = .refused(number)
            }
        }

        /// The failure in words that follow "can't be written".
        package var words: String {
            switch self {
            case .closed: "its reader has closed it"
            case .unread: "nobody reads it"
            case .refused(EBADF): "it was closed when Quire was started"
            case .refused(let number): String(cString: strerror(number))
            }
        }
    }

    private struct State: Sendable {
        var failure: Failure?
        /// The instant after which writes no longer wait for readers; `nil` for never.
        var deadline: ContinuousClock.Instant?
        /// Returns true if writes should stop waiting for readers at once.
        var isHurried: @Sendable () -> Bool = { false }
    }

    /// Standard output.
    package static let output = StandardStream(STDOUT_FILENO)
    /// Standard error.
    package static let error = StandardStream(STDERR_FILENO)

    /// The bytes that a pipe with room accepts without blocking (POSIX's `PIPE_BUF`).
    private static let pieceSize = 4096

    private let descriptor: Int32
    private let state = Mutex(State())

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The reason why something could not be written; `nil` if everything was.
    package var failure: Failure? { state.withLock { $0.failure } }

    /// Writes a text; CI systems find no command in its lines.
    ///
    /// Where the locale is not UTF-8, ASCII stands for Quire's own signs in what people read.
    package func write(_ text: SafeText) {
        let isPlain = Signs.areASCII && !text.isForPrograms
        let shown = isPlain ? Signs.inASCII(text.description) : text.description
        write(bytes: Sanitizer.disarmed(shown))
    }

    /// Writes bytes as they are, for programs only: no terminal and no CI system may read them.
    package func write(raw bytes: [UInt8]) {
        guard failure == nil else { return }
        let failure = bytes.withUnsafeBufferPointer { write($0) }
        if let failure { giveUp(failure) }
    }

    /// Writes commands to a CI system.
    package func write(_ commands: WorkflowCommands) { write(bytes: commands.text) }

    /// Marks the stream as failed, so that nothing more is written.
    package func giveUp(_ failure: Failure) {
        state.withLock { $0.failure = $0.failure ?? failure }
    }

    /// Limits how long writes wait for readers, from now on; `isHurried`, asked after each signal, ends the
    /// wait earlier.
    package func limitWaiting(
        to patience: Duration,
        orUntil isHurried: @escaping @Sendable () -> Bool
    ) {
        state.withLock { state in
            state.deadline = .now + patience
            state.isHurried = isHurried
        }
    }

    private func write(bytes text: String) {
        guard failure == nil else { return }
        var text = text
        let failure = text.withUTF8 { write($0) }
        if let failure { giveUp(failure) }
    }

    private func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Failure? {
        let (deadline, isHurried) = state.withLock { ($0.deadline, $0.isHurried) }
        func hasRoom() -> Bool { waitForRoom(until: deadline, orUntil: isHurried) }
        var written = 0
        while written < bytes.count {
            if deadline != nil, !hasRoom() { return .unread }
            let left = bytes.count - written
            let count = Glibc.write(
                descriptor,
                bytes.baseAddress?.advanced(by: written),
                deadline == nil ? left : min(left, Self.pieceSize)
            )
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                if !hasRoom() { return .unread }
            } else if errno != EINTR {
                return Failure(errno: errno, isDevice: Self.isDevice(descriptor))
            }
        }
        return nil
    }

    /// Returns true if a descriptor is a terminal or anything else that can't seek.
    package static func isDevice(_ descriptor: Int32) -> Bool {
        lseek(descriptor, 0, SEEK_CUR) < 0 && errno == ESPIPE
    }

    /// Waits until the descriptor accepts bytes; returns false once the deadline has passed.
    private func waitForRoom(
        until deadline: ContinuousClock.Instant?,
        orUntil isHurried: @Sendable () -> Bool
    ) -> Bool {
        while true {
            let left = isHurried() ? 0 : deadline.map(Self.milliseconds) ?? -1
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let count = poll(&wait, 1, left)
            // If the descriptor is broken, the write reports the error.
            if count > 0 || count < 0 && errno != EINTR { return true }
            if count == 0, left >= 0 { return false }
        }
    }

    /// Returns the whole milliseconds until an instant, rounded up; 0 once it has passed.
    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        return Int32(max(0, min(left.rounded(.up), 1e9)))
    }
}

/// Lines that a CI system should obey as commands; made by the code that escapes their texts.
package struct WorkflowCommands: Hashable, Sendable {
    /// The lines, newlines included.
    package let text: String

    init(_ text: String) { self.text = text }
}
