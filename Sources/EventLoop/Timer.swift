import CLibuv

/// A single-shot timer on the awake clock; never early.
@safe package final class Timer {
    private let loop: Loop
    private let fire: () -> Void
    private var handle: Handle<uv_timer_t>?
    private var due: Duration?

    /// Makes a timer that is off.
    package init(loop: Loop, fire: @escaping () -> Void) throws(LoopError) {
        self.loop = loop
        self.fire = fire
        unsafe handle = unsafe try Handle<uv_timer_t>(owner: self, doing: "making a timer") {
            unsafe uv_timer_init(loop.raw, $0)
        }
    }

    /// True while the timer is set to fire.
    package var isSet: Bool { due != nil }

    /// Sets the time on the loop's clock at which the timer fires; `nil` turns it off.
    package func set(_ time: Duration?) {
        guard let handle = unsafe handle, time != due else { return }
        due = time
        guard let time else {
            unsafe uv_timer_stop(handle.raw)
            return
        }
        unsafe start(handle, time)
    }

    /// Lets the loop end while the timer runs.
    package func unreference() { unsafe handle?.unreference() }

    /// Turns the timer off for good and frees it.
    package func close() {
        unsafe handle?.close()
        unsafe handle = nil
    }

    private func start(_ handle: Handle<uv_timer_t>, _ time: Duration) {
        // libuv counts whole milliseconds from the loop's own idea of now.
        unsafe uv_update_time(loop.raw)
        let wait = max(.zero, time - loop.now) + .microseconds(999)
        let milliseconds =
            UInt64(wait.components.seconds) * 1000
            + UInt64(wait.components.attoseconds / 1_000_000_000_000_000)
        unsafe uv_timer_start(
            handle.raw,
            { unsafe owner($0?.pointee.data, as: Timer.self)?.expire() },
            milliseconds,
            0
        )
    }

    private func expire() {
        guard let due, let handle = unsafe handle else { return }
        guard due <= loop.now else { return unsafe start(handle, due) }
        self.due = nil
        fire()
    }
}
