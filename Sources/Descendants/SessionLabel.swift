import Glibc
import Orchestration

/// A number that every process of a session carries, whatever it does to its environment.
///
/// The label identifies the Quire that started the session, the task directory and the session
/// (`cspawn_label`). It does not reach processes that others start for a session (a system's or a
/// container's daemon), and those that were given limits of their own (`su`, `sudo`).
package struct SessionLabel: Hashable, Sendable {
    private static let (runnerBits, placeBits, sessionBits) = (22, 25, 16)
    // Determined once: a label is made several times for each session.
    private static let ownRunner = UInt64(getpid())

    /// The label's value, from 1 to 2^63 - 1.
    package let value: UInt64

    /// Makes the label of a session in a task directory that this Quire starts.
    package init(place: String, session: Int) {
        let runner = Self.ownRunner << (Self.placeBits + Self.sessionBits)
        value = runner | Self.hash(place) << Self.sessionBits | Self.low(session)
    }

    /// Makes a label of a value; `nil` if the value is not a label.
    init?(_ value: UInt64) {
        guard value > 0, value >> (Self.runnerBits + Self.placeBits + Self.sessionBits) == 0 else {
            return nil
        }
        self.value = value
    }

    /// Process id of the Quire that started the session; ids have at most 22 bits.
    var runner: Int32 { Int32(value >> (Self.placeBits + Self.sessionBits)) }

    /// Fingerprint of the task directory.
    var place: UInt64 { value >> Self.sessionBits & (1 << Self.placeBits - 1) }

    /// The last bits of the session's number.
    var session: Int { Int(value & (1 << Self.sessionBits - 1)) }

    /// Returns the fingerprint of a task directory.
    static func hash(_ place: String) -> UInt64 {
        Fingerprint(place).value >> (64 - placeBits)
    }

    private static func low(_ session: Int) -> UInt64 {
        UInt64(session) & (1 << sessionBits - 1)
    }
}
