import Foundation
import Glibc

/// The terminal, if there is one.
enum Terminal {
    /// Whether standard output is a terminal that can be drawn on.
    static var canDraw: Bool {
        isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && environment["CI"] == nil
    }

    /// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
    static var usesColor: Bool { canDraw && (environment["NO_COLOR"] ?? "").isEmpty }

    /// The columns of standard output; `nil` where it is no terminal.
    static var columns: Int? {
        var window = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0,
            window.ws_col > 0
        else { return nil }
        return Int(window.ws_col)
    }

    static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Says a line to standard output.
    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Says a line to standard error.
    static func complain(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes all of a text; a reader that has gone is no error.
    static func write(_ text: String, to descriptor: Int32) {
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        try? handle.write(contentsOf: Data(text.utf8))
    }
}
