/// A hash of a list of texts, or of bytes: the same on every machine and in every version.
///
/// Source: FNV-1a, 64 bits (Fowler, Noll and Vo). Detects accidental differences, not malicious ones.
package struct Fingerprint: Hashable, Sendable {
    /// The number.
    package private(set) var value: UInt64 = 14_695_981_039_346_656_037

    /// Makes the fingerprint of nothing.
    package init() {}

    /// Makes the fingerprint of one text.
    package init(_ text: String) {
        add(text)
    }

    /// Makes the fingerprint of some bytes.
    package init(bytes: [UInt8]) {
        for byte in bytes { add(byte) }
    }

    /// Adds a text; the boundaries between texts count.
    package mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        // A separator: no UTF-8 holds this byte.
        add(0xFF)
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 1_099_511_628_211
    }

    /// The number as 16 hexadecimal digits.
    package var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
