/// The passwords in URLs, `scheme://user:password@host`.
///
/// They are redacted, but may be committed: examples and the settings of tests are full of them.
enum URLPassword {
    /// The byte before a password.
    static let start = UInt8(ascii: ":")
    /// The bytes that are looked at for the user and for the password, so that no text takes long.
    private static let window = 256
    private static let ends = Set("/?#\"'`<>\\".utf8)
    private static let scheme = Array("://".utf8)

    /// Returns the password after the colon at a place; `nil` if there is none.
    static func range(
        after colon: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        guard bytes[colon] == start else { return nil }
        let user = (max(0, colon - window)..<colon).reversed().prefix { isUser(bytes[$0]) }
        let slash = (user.last ?? colon) - 1
        guard bytes.has(scheme, at: slash - 2) else { return nil }
        let rest = (colon + 1..<min(bytes.count, colon + window)).prefix { !isEnd(bytes[$0]) }
        // A password may have one, too.
        let host = rest.last { bytes[$0] == UInt8(ascii: "@") }
        return host.flatMap { $0 > colon + 1 ? colon + 1..<$0 : nil }
    }

    private static func isEnd(_ byte: UInt8) -> Bool { byte <= 0x20 || ends.contains(byte) }

    private static func isUser(_ byte: UInt8) -> Bool {
        !isEnd(byte) && byte != start && byte != UInt8(ascii: "@")
    }
}
