import CLibuv

/// Watches for a signal; does not keep the loop running.
@safe package final class SignalWatcher {
    private let receive: () -> Void
    private var handle: Handle<uv_signal_t>?

    /// Calls `receive` on the loop each time the signal comes; signals that come close together
    /// may come as one.
    package init(
        loop: Loop,
        signal number: Int32,
        receive: @escaping () -> Void
    ) throws(LoopError) {
        self.receive = receive
        let handle = unsafe try Handle<uv_signal_t>(owner: self, doing: "watching a signal") {
            unsafe uv_signal_init(loop.raw, $0)
        }
        unsafe self.handle = unsafe handle
        let status = unsafe uv_signal_start(
            handle.raw,
            { raw, _ in unsafe owner(raw?.pointee.data, as: SignalWatcher.self)?.receive() },
            number
        )
        if status < 0 {
            close()
            throw LoopError("watching signal \(number)", status)
        }
        unsafe handle.unreference()
    }

    /// Stops watching.
    package func close() {
        unsafe handle?.close()
        unsafe handle = nil
    }
}
