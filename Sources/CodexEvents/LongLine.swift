/// A line too long to be kept whole; only the beginnings of its long strings are kept.
///
/// Memory is bounded whatever the line's length; a line with too much else is given up.
struct LongLine: Sendable {
    /// Bytes kept of a string.
    static let stringLimit = 16 * 1024
    /// Bytes kept of a line, long strings shortened.
    static let lineLimit = 256 * 1024

    private enum Place: Sendable {
        /// Outside of strings.
        case structure
        /// In a string, kept so far.
        case string
        /// After a backslash in a string, kept so far.
        case escape
        /// In a string whose rest is dropped.
        case droppedString
        /// After a backslash in a string whose rest is dropped.
        case droppedEscape
        /// In a line that is given up.
        case givenUp
    }

    /// The kept bytes of the line.
    private(set) var bytes: [UInt8] = []
    /// The dropped bytes, by the string that they belong to, in order.
    private(set) var drops: [DroppedBytes] = []
    private var place = Place.structure
    private var stringStart = 0
    /// End in the line of the newest escape of the form `\u0000`.
    private var escapeEnd = 0

    /// True if more would have to be kept than is allowed, so that the line is given up.
    var isGivenUp: Bool { place == .givenUp }

    /// Adds the next bytes of the line, which contain no newline.
    mutating func append(_ more: Span<UInt8>) {
        var next = 0
        while next < more.count {
            switch place {
            case .droppedString: next = skipString(more, from: next)
            case .givenUp: return
            default:
                step(more[next])
                next += 1
            }
        }
    }

    private mutating func step(_ byte: UInt8) {
        switch place {
        case .structure:
            if byte == UInt8(ascii: "\"") { place = .string }
            stringStart = bytes.count + 1
        case .string:
            if byte == UInt8(ascii: "\"") {
                place = .structure
            } else if mayCut(before: byte) {
                drops.append(DroppedBytes(stringStart: stringStart, count: 1))
                place = byte == UInt8(ascii: "\\") ? .droppedEscape : .droppedString
                return
            } else if byte == UInt8(ascii: "\\") {
                place = .escape
            }
        case .escape:
            if byte == UInt8(ascii: "u") { escapeEnd = bytes.count + 5 }
            place = .string
        case .droppedEscape:
            drops[drops.count - 1].count += 1
            place = .droppedString
            return
        case .droppedString, .givenUp: return
        }
        bytes.append(byte)
        if bytes.count > Self.lineLimit { place = .givenUp }
    }

    /// Indicates whether the string is long enough, and `byte` begins a character or escape.
    private func mayCut(before byte: UInt8) -> Bool {
        bytes.count - stringStart >= Self.stringLimit && byte & 0xC0 != 0x80
            && bytes.count >= escapeEnd
    }

    private mutating func skipString(_ more: Span<UInt8>, from start: Int) -> Int {
        var next = start
        scan: while next < more.count {
            switch more[next] {
            case UInt8(ascii: "\\"):
                place = .droppedEscape
                next += 1
                break scan
            case UInt8(ascii: "\""):
                bytes.append(UInt8(ascii: "\""))
                place = .structure
                drops[drops.count - 1].count += next - start
                return next + 1
            default: next += 1
            }
        }
        drops[drops.count - 1].count += next - start
        return next
    }
}

/// The bytes dropped from one string.
struct DroppedBytes: Sendable {
    /// Index in the kept line at which the string's contents begin.
    var stringStart: Int
    var count: Int
}
