import CLibuv
import CSpawn
import Glibc

/// The reading end of a pipe, read into the loop's one buffer.
@safe final class PipeReader {
    /// Bytes or the end of a pipe.
    enum Event: ~Escapable {
        /// Bytes, valid during the call.
        case bytes(Span<UInt8>)
        /// The pipe has ended.
        case end
    }

    private let loop: Loop
    private let descriptor: Int32
    private var receive: ((borrowing Event) -> Void)?
    private var handle: Handle<uv_pipe_t>?
    private var isPaused = false
    /// True while a worker thread reads: nothing else may, and the descriptor stays open.
    private(set) var isDraining = false
    /// True if the pipe was widened and counts in the loop's `widePipes`.
    private var isWide = false

    /// Takes a descriptor over and begins to read; a descriptor that libuv refuses ends at once.
    init(loop: Loop, descriptor: Int32, receive: @escaping (borrowing Event) -> Void) {
        self.loop = loop
        self.descriptor = descriptor
        self.receive = receive
        do {
            let handle = unsafe try Handle<uv_pipe_t>(owner: self, doing: "adopting a pipe") {
                unsafe uv_pipe_init(loop.raw, $0, 0)
            }
            unsafe self.handle = unsafe handle
            try LoopError.check(unsafe uv_pipe_open(handle.raw, descriptor), "adopting a pipe")
            readOn()
        } catch {
            Glibc.close(descriptor)
            end()
        }
    }

    /// True once the pipe has ended or was closed.
    var hasEnded: Bool { receive == nil }

    /// Stops reading until `resume`.
    func pause() {
        isPaused = true
        stop()
    }

    /// Goes on reading.
    func resume() {
        isPaused = false
        readOn()
    }

    /// Gives these bytes, which were just read, to a log; if there may be many more in the pipe, a
    /// worker thread takes them there, and nothing else is read until `ended` is called.
    ///
    /// - Returns: whether a worker thread does.
    func hand(_ bytes: Span<UInt8>, to log: LogWriter, ended: @escaping () -> Void) -> Bool {
        guard bytes.count == Loop.readSize else {
            log.append(bytes)
            return false
        }
        isDraining = true
        stop()
        widen()
        log.append(bytes, thenDraining: PipeDrain(descriptor: descriptor)) { [self] in
            isDraining = false
            if receive == nil { close() } else { readOn() }
            ended()
        }
        return true
    }

    /// Enlarges the buffer of a busy pipe, so that its writer goes on while a worker thread empties it.
    ///
    /// A refusal is no loss: a user may have only so much in pipes (pipe(7), `pipe-user-pages-soft`).
    private func widen() {
        guard !isWide, loop.widePipes < PipeDrain.mostWidePipes,
            cspawn_widen_pipe(descriptor, PipeDrain.widePipe) == 0
        else { return }
        isWide = true
        loop.widePipes += 1
    }

    private func stop() {
        if let handle = unsafe handle { unsafe uv_read_stop(stream(handle)) }
    }

    private func readOn() {
        guard !isPaused, !isDraining else { return }
        guard let handle = unsafe handle else { return }
        unsafe uv_read_start(
            stream(handle),
            { raw, _, buffer in
                guard let reader = unsafe owner(raw?.pointee.data, as: PipeReader.self) else {
                    return
                }
                unsafe buffer?.pointee = uv_buf_init(
                    reader.loop.readBuffer,
                    UInt32(Loop.readSize)
                )
            },
            { raw, count, buffer in
                guard let reader = unsafe owner(raw?.pointee.data, as: PipeReader.self) else {
                    return
                }
                unsafe reader.read(count, buffer)
            }
        )
    }

    /// Stops reading and closes the descriptor, without a word.
    func close() {
        receive = nil
        // The worker thread's end closes it then.
        guard !isDraining else { return stop() }
        unsafe handle?.close()
        unsafe handle = nil
        if isWide {
            isWide = false
            loop.widePipes -= 1
        }
    }

    private func stream(_ handle: Handle<uv_pipe_t>) -> UnsafeMutablePointer<uv_stream_t> {
        unsafe UnsafeMutableRawPointer(handle.raw).assumingMemoryBound(to: uv_stream_t.self)
    }

    private func read(_ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
        if count < 0 { return end() }
        guard count > 0, let base = unsafe buffer?.pointee.base else { return }
        let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
            .assumingMemoryBound(to: UInt8.self)
        let span = unsafe Span(_unsafeElements: bytes)
        receive?(.bytes(span))
    }

    private func end() {
        let receive = receive
        close()
        receive?(.end)
    }
}
