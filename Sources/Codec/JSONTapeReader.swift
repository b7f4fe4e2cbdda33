/// Finds the values of a JSON text and their offsets.
struct JSONTapeReader {
    private typealias Kind = JSONTape.Kind

    private let bytes: [UInt8]
    private let depthLimit: Int
    private(set) var tokens: [JSONTape.Token] = []
    private var cursor: Int

    init(_ bytes: [UInt8], from start: Int, depthLimit: Int) {
        (self.bytes, self.depthLimit, cursor) = (bytes, depthLimit, start)
        tokens.reserveCapacity(bytes.count / 8)
    }

    /// Reads the whole text.
    ///
    /// - Throws: `DecodingError.dataCorrupted` for a text that is not one value.
    mutating func read() throws {
        try readValue(depth: 0)
        skipSpace()
        guard cursor == bytes.count else { throw damage("more than one value") }
    }

    private mutating func readValue(depth: Int) throws {
        skipSpace()
        guard depth <= depthLimit else { throw damage("too deep a value") }
        switch peek {
        case UInt8(ascii: "{"): try readMembers(.object, until: "}", depth: depth)
        case UInt8(ascii: "["): try readMembers(.array, until: "]", depth: depth)
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "t"): try readWord("true", .yes)
        case UInt8(ascii: "f"): try readWord("false", .no)
        case UInt8(ascii: "n"): try readWord("null", .null)
        default: try readNumber()
        }
    }

    private mutating func readMembers(_ kind: Kind, until end: Unicode.Scalar, depth: Int) throws {
        let place = tokens.count
        tokens.append(.init(kind: kind, start: cursor, end: cursor, next: place))
        cursor += 1
        if !take(end) {
            repeat {
                if kind == .object { try readKey() }
                try readValue(depth: depth + 1)
            } while take(",")
            guard take(end) else { throw damage("no \(end)") }
        }
        (tokens[place].end, tokens[place].next) = (cursor, tokens.count)
    }

    private mutating func readKey() throws {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw damage("no key") }
        try readString()
        guard take(":") else { throw damage("no :") }
    }

    private mutating func readString() throws {
        cursor += 1
        let start = cursor
        var isEscaped = false
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw damage("a control character") }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try skipEscape()
            } else {
                cursor += 1
            }
        }
        guard cursor < bytes.count else { throw damage("no end of a string") }
        append(.string, start, isEscaped)
        cursor += 1
    }

    private mutating func skipEscape() throws {
        let escape = bytes[cursor...].dropFirst().prefix(5)
        guard let letter = escape.first, "\"\\/bfnrtu".utf8.contains(letter),
            letter != UInt8(ascii: "u")
                || escape.count == 5 && escape.dropFirst().allSatisfy({ $0.hexDigit != nil })
        else { throw damage("an unknown escape") }
        cursor += letter == UInt8(ascii: "u") ? 6 : 2
    }

    private mutating func readWord(_ word: StaticString, _ kind: Kind) throws {
        let start = cursor
        cursor += word.utf8CodeUnitCount
        guard cursor <= bytes.count, bytes[start..<cursor].elementsEqual("\(word)".utf8) else {
            throw damage("an unknown word", at: start)
        }
        append(kind, start)
    }

    private mutating func readNumber() throws {
        let start = cursor
        if peek == UInt8(ascii: "-") { cursor += 1 }
        let hasLeadingZero = peek == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits == 1 || digits > 1 && !hasLeadingZero else { throw damage("no value") }
        if peek == UInt8(ascii: ".") {
            cursor += 1
            guard skipDigits() > 0 else { throw damage("no fraction") }
        }
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { cursor += 1 }
            guard skipDigits() > 0 else { throw damage("no exponent") }
        }
        append(.number, start)
    }

    private mutating func skipDigits() -> Int {
        let start = cursor
        while peek?.digit != nil { cursor += 1 }
        return cursor - start
    }

    private mutating func append(_ kind: Kind, _ start: Int, _ isEscaped: Bool = false) {
        let next = tokens.count + 1
        tokens.append(
            .init(kind: kind, start: start, end: cursor, next: next, isEscaped: isEscaped)
        )
    }

    private func damage(_ words: String, at byte: Int? = nil) -> DecodingError {
        .damage(words, at: byte ?? cursor)
    }

    private var peek: UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard peek == UInt8(ascii: mark) else { return false }
        cursor += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte.isJSONSpace { cursor += 1 }
    }
}
