import CSpawn
import Glibc

/// A connection to a socket of this machine, for a thread that waits; lines go in and out.
package struct LocalClient: ~Copyable {
    private let descriptor: Int32
    /// Bytes that came and were not returned yet.
    private var pending: [UInt8] = []

    /// Connects to the socket at a path.
    ///
    /// - Throws: `LoopError`: `ENOENT` for no such name, `ECONNREFUSED` where nobody listens any more,
    ///   `ETIMEDOUT` where too many others wait for longer than `patience`.
    package init(path: String, patience: Duration = .seconds(2)) throws(LoopError) {
        let deadline = SuspendingClock.now + patience
        var connection = unsafe cspawn_connect(path)
        while connection < 0, errno == EAGAIN || errno == EINTR, SuspendingClock.now < deadline {
            usleep(5_000)
            connection = unsafe cspawn_connect(path)
        }
        guard connection >= 0 else {
            throw LoopError("connecting to \"\(path)\"", errno == EAGAIN ? ETIMEDOUT : errno)
        }
        descriptor = connection
    }

    deinit { close(descriptor) }

    /// The user at the other end; `nil` where the system does not tell.
    package var peer: LocalPeer? { LocalPeer(of: descriptor) }

    /// Sends a line, to which the newline is added.
    ///
    /// - Throws: `LoopError`: `EPIPE` once the other end is closed, `ETIMEDOUT` where it reads nothing.
    package func send(_ line: [UInt8], patience: Duration) throws(LoopError) {
        let bytes = line + [UInt8(ascii: "\n")]
        let deadline = SuspendingClock.now + patience
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(
                    descriptor,
                    buffer.baseAddress?.advanced(by: sent),
                    bytes.count - sent
                )
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline)
            } else if errno != EINTR {
                throw LoopError("sending a request", errno)
            }
        }
    }

    /// Returns the next line, without its newline; `nil` if the other end closed the connection.
    ///
    /// - Throws: `LoopError`: `ETIMEDOUT` if no whole line comes in time, `EMSGSIZE` for a longer one
    ///   than `limit` bytes.
    package mutating func line(limit: Int, patience: Duration) throws(LoopError) -> [UInt8]? {
        let deadline = SuspendingClock.now + patience
        var searched = 0
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(pending[..<end])
                pending.removeSubrange(...end)
                return line
            }
            searched = pending.count
            guard searched <= limit else { throw LoopError("reading an answer", EMSGSIZE) }
            try wait(for: Int16(POLLIN), until: deadline)
            let count = unsafe read(descriptor, &piece, piece.count)
            if count == 0 { return nil }
            guard count > 0 || errno == EAGAIN || errno == EINTR else {
                throw LoopError("reading an answer", errno)
            }
            pending += piece[..<max(0, count)]
        }
    }

    private func wait(for event: Int16, until deadline: SuspendingClock.Instant) throws(LoopError) {
        while true {
            let rest = (deadline - SuspendingClock.now).components
            let milliseconds = Int32(
                clamping: rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000
            )
            var watched = pollfd(fd: descriptor, events: event, revents: 0)
            let count = unsafe poll(&watched, 1, max(0, milliseconds))
            if count > 0 { return }
            if count < 0, errno == EINTR { continue }
            throw LoopError("waiting for the other end of a socket", count < 0 ? errno : ETIMEDOUT)
        }
    }
}

/// The user and the process at the other end of a connection, when it was made.
package struct LocalPeer: Hashable, Sendable {
    /// The user's number.
    package var user: UInt32
    /// The process; `nil` where this one can't see it.
    package var process: Int32?

    /// Makes a peer.
    package init(user: UInt32, process: Int32?) { (self.user, self.process) = (user, process) }

    /// Asks the system; `nil` where it does not tell.
    init?(of connection: Int32) {
        var (user, process) = (uid_t(), pid_t())
        guard unsafe cspawn_peer(connection, &user, &process) == 0 else { return nil }
        self.init(user: user, process: process > 0 ? process : nil)
    }
}
