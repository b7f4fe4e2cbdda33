import CLibuv
import Glibc

/// A call to the system or to libuv that failed.
package struct LoopError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The failed operation, as in "opening a pipe".
    package let doing: String
    /// The `errno`.
    package let errno: Int32
    /// The cause, if more is known than the system's message says.
    package let cause: String?
    /// The whole message, if it replaces the system's.
    private let words: String?

    /// Makes an error out of what there is to say and an `errno`; 0 for none.
    package init(words: String, errno: Int32) {
        doing = words
        cause = nil
        self.errno = errno
        self.words = words
    }

    /// Makes an error from a positive `errno`, or from a negative libuv status.
    package init(_ doing: String, _ code: Int32, because cause: String? = nil) {
        self.doing = doing
        self.cause = cause
        errno = code < 0 ? -code : code
        words = nil
    }

    /// The failed operation, the system's message, and the cause.
    package var description: String {
        words ?? ([doing, Self.text(errno)] + [cause].compactMap(\.self)).joined(separator: ": ")
    }

    /// Indicates whether an `errno` means a disk that may recover: full, read-only or failing, or no
    /// free descriptor to write with.
    package static func isOfTheDisk(_ errno: Int32) -> Bool {
        [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE].contains(errno)
    }

    /// The system's words for an `errno`.
    package static func text(_ errno: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let words = unsafe String(cString: uv_strerror_r(-errno, &buffer, buffer.count))
        // libuv knows only what its own calls can meet.
        return unsafe words.hasPrefix("Unknown system error")
            ? String(cString: strerror(errno)) : words
    }

    /// Throws when a libuv status is negative.
    static func check(_ status: Int32, _ doing: String) throws(LoopError) {
        if status < 0 { throw LoopError(doing, status) }
    }
}
