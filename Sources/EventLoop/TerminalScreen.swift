import CLibuv
import CTerminal
import Glibc

/// A terminal whose whole screen a program draws, and whose keys it reads, on its loop.
///
/// While it is shown, the terminal is on its alternate screen, echoes nothing and sends each key at once; signals
/// (Ctrl-C) work as ever. Whatever ends this process but SIGKILL gives the terminal back as it was; for that, a
/// `Mark` tells the next process. Writes wait for nobody: what has no room is written when the terminal reads.
@safe package final class TerminalScreen {
    /// The record that a terminal's modes were changed, for the case that nobody restores them.
    package struct Mark {
        /// Records the modes to restore; called before they are changed.
        package var set: ([UInt8]) -> Void
        /// Removes the record.
        package var remove: () -> Void

        /// Makes a mark of two functions.
        package init(set: @escaping ([UInt8]) -> Void, remove: @escaping () -> Void) {
            (self.set, self.remove) = (set, remove)
        }
    }

    /// The text that leads to the alternate screen: lines are not wrapped, the cursor is hidden, and pasted text
    /// is told from keys.
    private static let entering = "\u{1B}[?1049h\u{1B}[?7l\u{1B}[?25l\u{1B}[?2004h"
    /// The text that leads back from it, also from the middle of a sequence.
    fileprivate static let leaving: StaticString =
        "\u{18}\u{1B}[0m\u{1B}[?2004l\u{1B}[?25h\u{1B}[?7h\u{1B}[?1049l"

    private let loop: Loop
    private let descriptor: Int32
    private let mark: Mark
    private var handle: Handle<uv_poll_t>?
    private var signals: [SignalWatcher] = []
    private var pending: [UInt8] = []
    private var modes: [UInt8] = []
    private var isPolling: Int32 = 0
    private var isGone = false
    /// The number of times that this process had been continued when the screen was last made sure of.
    private var resumptions = Resumption.count
    /// True while the screen is shown.
    package private(set) var isShown = false
    /// Called on the loop when the screen has to be drawn anew, or has a new size.
    package var onChange: () -> Void = {}
    /// Called on the loop with what the terminal sends.
    package var onBytes: ([UInt8]) -> Void = { _ in }

    /// Opens the terminal of a descriptor, without a change for others who have it open.
    ///
    /// - Returns: `nil` if that is no terminal which this process may open and use now.
    package init?(loop: Loop, terminal descriptor: Int32, mark: Mark) {
        guard isatty(descriptor) == 1, cterminal_is_foreground(descriptor) else { return nil }
        let flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        self.descriptor = unsafe open("/proc/self/fd/\(descriptor)", flags)
        (self.loop, self.mark) = (loop, mark)
        guard self.descriptor >= 0 else { return nil }
        do {
            let handle = unsafe try Handle<uv_poll_t>(owner: self, doing: "reading a terminal") {
                unsafe uv_poll_init(loop.raw, $0, self.descriptor)
            }
            unsafe self.handle = unsafe handle
            unsafe handle.unreference()
            signals = [
                try SignalWatcher(loop: loop, signal: SIGTSTP) { [unowned self] in suspend() },
                try SignalWatcher(loop: loop, signal: SIGWINCH) { [unowned self] in onChange() },
            ]
        } catch {
            close()
            return nil
        }
    }

    /// The number of columns and rows; 80 and 24 where the terminal does not say.
    package var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0,
            window.ws_row > 0
        else { return (80, 24) }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    /// True if text is waiting for the terminal.
    package var isBehind: Bool { !pending.isEmpty }

    // MARK: - Showing

    /// Takes the terminal, if this process is in its foreground.
    package func show() {
        guard !isGone, !isShown, cterminal_is_foreground(descriptor) else { return }
        if modes.isEmpty {
            var bytes = [UInt8](repeating: 0, count: Int(CTERMINAL_MODES))
            let size = unsafe cterminal_modes(descriptor, &bytes)
            guard size > 0 else { return lose() }
            modes = Array(bytes.prefix(size))
        }
        mark.set(modes)
        guard cterminal_set_keys(descriptor) else { return lose() }
        Self.leaving.withUTF8Buffer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe cterminal_guard(descriptor, modes, modes.count, text.baseAddress)
            }
        }
        isShown = true
        resumptions = Resumption.count
        write(Self.entering)
        poll()
    }

    /// Gives the terminal back as it was; text that it has not read by now is lost.
    package func hide() {
        guard isShown else { return }
        // What runs in the background changes no modes of the terminal, which is another's now.
        guard cterminal_is_foreground(descriptor) else { return abandon() }
        isShown = false
        pending = []
        poll()
        Self.leaving.withUTF8Buffer { text in
            var rest = UnsafeRawBufferPointer(text)
            // A terminal that does not read (Ctrl-S) gets what it has room for.
            while unsafe !rest.isEmpty {
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                guard count > 0 else { break }
                unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        _ = unsafe cterminal_set_modes(descriptor, modes, modes.count)
        cterminal_unguard()
        mark.remove()
    }

    /// Hides the screen for good, and frees it.
    package func close() {
        hide()
        isGone = true
        signals.forEach { $0.close() }
        signals = []
        guard unsafe handle != nil else { return }
        unsafe handle?.close()
        unsafe handle = nil
        // libuv has stopped watching by now.
        Glibc.close(descriptor)
    }

    /// Makes sure of the screen after this process was stopped: others have used the terminal meanwhile.
    ///
    /// Returns true if the screen is shown and has to be drawn anew.
    package func recoverIfResumed() -> Bool {
        guard !isShown || resumptions != Resumption.count else { return false }
        resumptions = Resumption.count
        if isShown { abandon() }
        show()
        return isShown
    }

    /// Treats the screen as hidden, by others.
    private func abandon() {
        isShown = false
        pending = []
        poll()
        cterminal_unguard()
        mark.remove()
    }

    private func suspend() {
        hide()
        cterminal_stop()
        show()
        onChange()
    }

    private func lose() {
        isGone = true
        abandon()
    }

    // MARK: - Reading and writing

    /// Writes a text, unless the screen is hidden.
    package func write(_ text: String) {
        guard isShown, !text.isEmpty else { return }
        pending += Array(text.utf8)
        flush()
    }

    private func flush() {
        while !pending.isEmpty {
            let count = unsafe Glibc.write(descriptor, pending, pending.count)
            if count > 0 {
                pending.removeFirst(count)
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                break
            } else {
                return lose()
            }
        }
        poll()
    }

    private func poll() {
        let read = isShown && !isGone ? Int32(UV_READABLE.rawValue) : 0
        let wanted = read | (isShown && isBehind ? Int32(UV_WRITABLE.rawValue) : 0)
        guard wanted != isPolling, let handle = unsafe handle else { return }
        isPolling = wanted
        guard wanted != 0 else {
            unsafe uv_poll_stop(handle.raw)
            return
        }
        unsafe uv_poll_start(handle.raw, wanted) { raw, status, events in
            unsafe owner(raw?.pointee.data, as: TerminalScreen.self)?.ready(status, events)
        }
    }

    private func ready(_ status: Int32, _ events: Int32) {
        guard status >= 0 else { return lose() }
        if events & Int32(UV_WRITABLE.rawValue) != 0 { flush() }
        guard events & Int32(UV_READABLE.rawValue) != 0, isShown else { return }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        if count > 0 { return onBytes(Array(bytes.prefix(count))) }
        // The terminal has gone: the run goes on without it.
        if count == 0 || errno != EAGAIN && errno != EINTR { lose() }
    }
}

/// A terminal that a process left changed, since it was killed.
package enum LostScreen {
    /// Restores a terminal: the text leads back from the alternate screen, and the modes are the former ones where
    /// the terminal echoes nothing.
    ///
    /// Does nothing unless this process is in the terminal's foreground.
    package static func restore(_ descriptor: Int32, modes: [UInt8]) {
        guard cterminal_is_foreground(descriptor) else { return }
        TerminalScreen.leaving.withUTF8Buffer { text in
            // What can't be written now can't be read either.
            _ = unsafe Glibc.write(descriptor, text.baseAddress, text.count)
        }
        if !cterminal_has_lines(descriptor) {
            _ = unsafe cterminal_set_modes(descriptor, modes, modes.count)
        }
    }
}
