import CLibuv
import CSpawn
import Glibc

/// A socket of this machine that others connect to, on a loop.
@safe package final class LocalListener {
    /// The most connections that are accepted before the loop goes on.
    private static let mostAtOnce = 16

    private let loop: Loop
    private let descriptor: Int32
    private let accept: (LocalConnection) -> Void
    private var handle: Handle<uv_poll_t>?
    /// Goes on accepting after there were no descriptors.
    private var rest: Timer?

    /// Makes a socket with a name that nothing has yet; only this user may connect to it.
    ///
    /// Blocks as disks do.
    ///
    /// - Throws: `LoopError` with `EADDRINUSE` where anything has the name, even a link that leads nowhere.
    package static func listen(at path: String) throws(LoopError) -> Int32 {
        let descriptor = unsafe cspawn_listen(path)
        guard descriptor >= 0 else { throw LoopError("making the socket \"\(path)\"", errno) }
        return descriptor
    }

    /// Takes a socket over that listens, and calls `accept` with each connection.
    package init(
        loop: Loop,
        descriptor: Int32,
        accept: @escaping (LocalConnection) -> Void
    ) throws(LoopError) {
        (self.loop, self.descriptor, self.accept) = (loop, descriptor, accept)
        do throws(LoopError) {
            unsafe handle = unsafe try Handle<uv_poll_t>(owner: self, doing: "watching a socket") {
                unsafe uv_poll_init(loop.raw, $0, descriptor)
            }
            rest = try Timer(loop: loop) { [unowned self] in watch() }
            watch()
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Stops listening; connections that were accepted go on.
    package func close() {
        rest?.close()
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        unsafe uv_poll_stop(handle.raw)
        unsafe handle.close()
        Glibc.close(descriptor)
    }

    private func watch() {
        guard let handle = unsafe handle else { return }
        unsafe uv_poll_start(
            handle.raw,
            Int32(UV_READABLE.rawValue),
            { raw, _, _ in unsafe owner(raw?.pointee.data, as: LocalListener.self)?.acceptAll() }
        )
    }

    private func acceptAll() {
        for _ in 0..<Self.mostAtOnce where unsafe handle != nil {
            let connection = cspawn_accept(descriptor)
            guard connection >= 0 else { return refused(errno) }
            if let connection = try? LocalConnection(loop: loop, descriptor: connection) {
                accept(connection)
            }
        }
    }

    /// Rests for a second where there is no descriptor: the socket would wake the loop all the time.
    private func refused(_ code: Int32) {
        guard ![EAGAIN, EINTR, ECONNABORTED].contains(code), let handle = unsafe handle else {
            return
        }
        unsafe uv_poll_stop(handle.raw)
        rest?.set(loop.now + .seconds(1))
    }
}

/// A connection that somebody made to a socket of this machine, on a loop: lines in, one at a time, and
/// lines out.
///
/// It keeps itself until it is closed.
@safe package final class LocalConnection {
    /// What comes from the other end.
    package enum Event: Sendable {
        /// A line, without its newline; the next one comes after `resume`.
        case line([UInt8])
        /// The other end sent a longer line than it may; nothing else is read.
        case tooLong
        /// The connection is over, and closed.
        case end
    }

    /// The most bytes that wait for the other end to read.
    private static let mostWaiting = 1 << 20

    /// The user and the process at the other end; `nil` where the system does not tell.
    package let peer: LocalPeer?
    private let loop: Loop
    private let descriptor: Int32
    private var handle: Handle<uv_poll_t>?
    private var receive: ((Event) -> Void)?
    private var lineLimit = 0
    private var input: [UInt8] = []
    /// The bytes of `input` that are known to hold no newline.
    private var searched = 0
    private var output: [UInt8] = []
    private var isReading = false
    private var isDelivering = false
    private var watched: Int32 = 0

    init(loop: Loop, descriptor: Int32) throws(LoopError) {
        (self.loop, self.descriptor) = (loop, descriptor)
        peer = LocalPeer(of: descriptor)
        do throws(LoopError) {
            unsafe handle = unsafe try Handle<uv_poll_t>(
                owner: self,
                doing: "watching a connection"
            ) {
                unsafe uv_poll_init(loop.raw, $0, descriptor)
            }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Begins to read lines of at most so many bytes.
    package func begin(lineLimit: Int, receive: @escaping (Event) -> Void) {
        (self.lineLimit, self.receive) = (lineLimit, receive)
        resume()
    }

    /// Goes on with the next line.
    package func resume() {
        guard unsafe handle != nil, !isReading else { return }
        isReading = true
        deliver()
    }

    /// Sends a line, to which the newline is added; one that reads too slowly is dropped.
    package func send(_ line: [UInt8]) {
        guard unsafe handle != nil else { return }
        output += line + [UInt8(ascii: "\n")]
        flush()
        if output.count > Self.mostWaiting { end() }
    }

    /// Closes the connection, once what was sent is out as far as it goes now.
    package func close() {
        receive = nil
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        unsafe uv_poll_stop(handle.raw)
        unsafe handle.close()
        Glibc.close(descriptor)
    }

    private func end() {
        let receive = receive
        close()
        receive?(.end)
    }

    /// Watches for what the connection waits for now.
    private func watch() {
        guard let handle = unsafe handle else { return }
        let wanted =
            (isReading ? Int32(UV_READABLE.rawValue) : 0)
            | (output.isEmpty ? 0 : Int32(UV_WRITABLE.rawValue))
        guard wanted != watched else { return }
        watched = wanted
        unsafe uv_poll_start(
            handle.raw,
            wanted,
            { raw, status, events in
                unsafe owner(raw?.pointee.data, as: LocalConnection.self)?.happened(status, events)
            }
        )
    }

    private func happened(_ status: Int32, _ events: Int32) {
        if status < 0 { return end() }
        if events & Int32(UV_WRITABLE.rawValue) != 0 { flush() }
        if isReading, events & Int32(UV_READABLE.rawValue) != 0 { read() }
    }

    private func flush() {
        while !output.isEmpty {
            let count = unsafe output.withUnsafeBytes { buffer in
                unsafe write(descriptor, buffer.baseAddress, buffer.count)
            }
            if count > 0 {
                output.removeFirst(count)
            } else if errno == EAGAIN {
                return watch()
            } else if errno != EINTR {
                return end()
            }
        }
        watch()
    }

    private func read() {
        guard unsafe handle != nil else { return }
        let count = unsafe Glibc.read(descriptor, loop.readBuffer, Loop.readSize)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return end() }
        unsafe loop.readBuffer.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
            unsafe input.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
        }
        deliver()
    }

    /// Hands whole lines on, as long as they are wanted, and watches for more.
    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        while isReading, unsafe handle != nil {
            guard let end = input[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
                searched = input.count
                guard searched > lineLimit else { break }
                isReading = false
                receive?(.tooLong)
                break
            }
            let line = Array(input[..<end])
            input.removeSubrange(...end)
            (searched, isReading) = (0, false)
            receive?(line.count > lineLimit ? .tooLong : .line(line))
        }
        isDelivering = false
        watch()
    }
}
