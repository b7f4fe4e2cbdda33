import CLibuv
import Glibc

/// A call to the system or to libuv that failed.
package struct LoopError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, as in "opening a pipe".
    package let doing: String
    /// The `errno`.
    package let errno: Int32

    /// Makes an error from a positive `errno`, or from a negative libuv status.
    init(_ doing: String, _ code: Int32) {
        self.doing = doing
        errno = code < 0 ? -code : code
    }

    /// What was being done and the system's words for what went wrong.
    package var description: String { "\(doing): \(Self.text(errno))" }

    /// Whether an `errno` tells that a disk takes nothing more now, but may again: it is full, was
    /// made read-only, or fails, or there is no descriptor to write to it with.
    package static func isOfTheDisk(_ errno: Int32) -> Bool {
        [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE].contains(errno)
    }

    /// The system's words for an `errno`.
    package static func text(_ errno: Int32) -> String {
        unsafe String(cString: uv_strerror(-errno))
    }

    /// Throws when a libuv status is negative.
    static func check(_ status: Int32, _ doing: String) throws(LoopError) {
        if status < 0 { throw LoopError(doing, status) }
    }
}
