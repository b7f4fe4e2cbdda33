/// The form of a thread's id, wherever it comes from: a session's output, `session.id`, the journal.
///
/// Codex's ids are UUIDs. Other agents may have others, but none that could pass for an option of a
/// command line, or for a path.
package enum ThreadID {
    /// Maximum number of characters of an id.
    package static let longest = 128

    /// Returns the text if it can be a thread's id: up to 128 ASCII letters, digits, `-`, `_`, `.`
    /// and `:`, of which the first is a letter or a digit; `nil` for any other.
    package static func checked(_ text: String) -> String? {
        guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= longest,
            text.utf8.allSatisfy({ isLetterOrDigit($0) || marks.contains($0) })
        else { return nil }
        return text
    }

    private static let marks = Set("-_.:".utf8)

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
