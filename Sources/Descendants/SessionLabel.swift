import Glibc
import Orchestration

/// A number that every process of a session carries, whatever it does to its environment: it tells
/// the Quire that started the session, the task directory and the session (`cspawn_label`).
///
/// Not seen are processes that somebody else starts for a session (a system's or a container's
/// daemon), and those that were given limits of their own (`su`, `sudo`).
package struct SessionLabel: Hashable, Sendable {
    private static let (runnerBits, placeBits, sessionBits) = (22, 25, 16)
    // Asked for once: a label is made several times for each session.
    private static let ownRunner = UInt64(getpid())

    /// The number, from 1 to 2^63 - 1.
    package let value: UInt64

    /// Makes the label of a session in a task directory, which this Quire starts.
    package init(place: String, session: Int) {
        let runner = Self.ownRunner << (Self.placeBits + Self.sessionBits)
        value = runner | Self.hash(place) << Self.sessionBits | Self.low(session)
    }

    /// Reads one; `nil` for a number that is none.
    init?(_ value: UInt64) {
        guard value > 0, value >> (Self.runnerBits + Self.placeBits + Self.sessionBits) == 0 else {
            return nil
        }
        self.value = value
    }

    /// The process of the Quire that started the session; numbers have 22 bits at most.
    var runner: Int32 { Int32(value >> (Self.placeBits + Self.sessionBits)) }

    /// The task directory's fingerprint.
    var place: UInt64 { value >> Self.sessionBits & (1 << Self.placeBits - 1) }

    /// The session's number, from its last bits.
    var session: Int { Int(value & (1 << Self.sessionBits - 1)) }

    /// The fingerprint of a task directory.
    static func hash(_ place: String) -> UInt64 {
        Fingerprint(place).value >> (64 - placeBits)
    }

    private static func low(_ session: Int) -> UInt64 {
        UInt64(session) & (1 << sessionBits - 1)
    }
}
