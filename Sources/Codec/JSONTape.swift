/// The values of a JSON text in their order, with their offsets in the text.
///
/// Strings and numbers are decoded only when they are asked for.
package final class JSONTape: Sendable {
    /// The type of a value.
    package enum Kind: Sendable {
        case object, array, string, number, yes, no, null
    }

    /// A value; the contents of an object or array follow it, each key before its value.
    package struct Token: Sendable {
        /// The type of the value.
        package var kind: Kind
        /// The byte offset of the value in the text; of a string, without its quotes.
        package var start: Int
        /// The byte offset after the value; of a string, without its quotes.
        package var end: Int
        /// The index of the first token after this one and its contents.
        package var next: Int
        /// True for a string that has escapes.
        package var isEscaped = false
    }

    /// The text.
    package let bytes: [UInt8]
    /// The values; the first one is that of the whole text.
    package let tokens: [Token]

    /// Reads the text from an offset on.
    ///
    /// - Throws: `DecodingError.dataCorrupted` for a text that is not one JSON value (RFC 8259), or one
    ///   that is nested more deeply than `depthLimit`; facts nest a few levels.
    package init(_ bytes: [UInt8], from start: Int = 0, depthLimit: Int = 64) throws {
        var reader = JSONTapeReader(bytes, from: start, depthLimit: depthLimit)
        try reader.read()
        (self.bytes, tokens) = (bytes, reader.tokens)
    }

    /// Returns the index of a key's value in an object; `nil` where the object lacks the key.
    ///
    /// The search begins at `hint`, the index of a key, and goes round the object once.
    func value(of key: String, in object: Int, from hint: Int) -> Int? {
        find(key, from: hint, to: tokens[object].next) ?? find(key, from: object + 1, to: hint)
    }

    /// Returns the index of the last value of a key in an object; `nil` where the object lacks the key.
    package func lastValue(of key: String, in object: Int) -> Int? {
        var (last, next) = (Int?.none, object + 1)
        while let value = find(key, from: next, to: tokens[object].next) {
            (last, next) = (value, tokens[value].next)
        }
        return last
    }

    /// Returns the indices of the values of an object, in order.
    package func values(of object: Int) -> [Int] {
        var (values, place) = ([Int](), object + 1)
        while place < tokens[object].next {
            values.append(place + 1)
            place = tokens[place + 1].next
        }
        return values
    }

    private func find(_ key: String, from start: Int, to end: Int) -> Int? {
        var place = start
        while place < end {
            let token = tokens[place]
            if token.isEscaped ? key == (try? string(at: place)) : isText(key, token) {
                return place + 1
            }
            place = tokens[place + 1].next
        }
        return nil
    }

    private func isText(_ text: String, _ token: Token) -> Bool {
        guard text.utf8.count == token.end - token.start else { return false }
        var place = token.start
        for byte in text.utf8 {
            if bytes[place] != byte { return false }
            place += 1
        }
        return true
    }

    /// Returns the number of an object's keys.
    func keyCount(of object: Int) -> Int {
        var count = 0
        var place = object + 1
        while place < tokens[object].next {
            count += 1
            place = tokens[place + 1].next
        }
        return count
    }

    /// Returns an object's keys, in order.
    func keys(of object: Int) -> [String] {
        var keys: [String] = []
        var place = object + 1
        while place < tokens[object].next {
            if let key = try? string(at: place) { keys.append(key) }
            place = tokens[place + 1].next
        }
        return keys
    }

    /// Returns a string.
    ///
    /// - Throws: `DecodingError` for a value that is no string, or one with half a surrogate pair.
    func string(at place: Int) throws -> String {
        let token = try token(at: place, .string, for: String.self)
        guard token.isEscaped else {
            return String(decoding: bytes[token.start..<token.end], as: UTF8.self)
        }
        var isSound = true
        let text = unescaped(token.start..<token.end, &isSound)
        guard isSound else { throw DecodingError.damage("half a character", at: token.start) }
        return text
    }

    /// Returns the text of a part of a string, with escapes resolved, and invalid UTF-8 and lone
    /// surrogates repaired.
    package func text(_ range: Range<Int>) -> String {
        var isSound = true
        return bytes[range].contains(UInt8(ascii: "\\"))
            ? unescaped(range, &isSound) : String(decoding: bytes[range], as: UTF8.self)
    }

    private func unescaped(_ range: Range<Int>, _ isSound: inout Bool) -> String {
        var result: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            if bytes[place] == UInt8(ascii: "\\") {
                place = unescape(at: place, into: &result, &isSound)
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Resolves one escape, or a pair of surrogates; returns the index behind it.
    private func unescape(
        at place: Int,
        into result: inout [UInt8],
        _ isSound: inout Bool
    ) -> Int {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
            UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        guard let unit = unit(at: place) else {
            result.append(simple[bytes[place + 1]] ?? bytes[place + 1])
            return place + 2
        }
        var (scalar, end) = (unit, place + 6)
        if (0xD800..<0xDC00).contains(unit), let low = self.unit(at: end),
            (0xDC00..<0xE000).contains(low)
        {
            scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        if Unicode.Scalar(scalar) == nil { isSound = false }
        result += Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
        return end
    }

    /// Returns the UTF-16 unit that `\uXXXX` stands for; `nil` where there is no such escape.
    private func unit(at place: Int) -> UInt32? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"),
            bytes[place + 1] == UInt8(ascii: "u")
        else { return nil }
        return bytes[(place + 2)..<(place + 6)].reduce(UInt32?.some(0)) { unit, byte in
            guard let unit, let digit = byte.hexDigit else { return nil }
            return unit << 4 | digit
        }
    }

    /// Returns a whole number.
    ///
    /// - Throws: `DecodingError` for a value that is no number, or a number that the type can't hold.
    func integer<Number: FixedWidthInteger>(at place: Int) throws -> Number {
        let token = try token(at: place, .number, for: Number.self)
        let isNegative = bytes[token.start] == UInt8(ascii: "-")
        var (result, hasOverflown) = (Number.zero, false)
        for byte in bytes[(isNegative ? token.start + 1 : token.start)..<token.end] {
            guard let digit = byte.digit else { return try exactly(token) }
            let tens = result.multipliedReportingOverflow(by: 10)
            let sum =
                isNegative
                ? tens.partialValue.subtractingReportingOverflow(Number(digit))
                : tens.partialValue.addingReportingOverflow(Number(digit))
            result = sum.partialValue
            hasOverflown = hasOverflown || tens.overflow || sum.overflow
        }
        if hasOverflown { throw DecodingError.damage("a number out of range", at: token.start) }
        return result.cutForReckoning
    }

    /// Returns an integer that is written with a fraction or an exponent.
    private func exactly<Number: FixedWidthInteger>(_ token: Token) throws -> Number {
        guard let number = Number(exactly: try double(token)) else {
            throw DecodingError.damage("a number that is not whole", at: token.start)
        }
        return number.cutForReckoning
    }

    /// Returns a number.
    ///
    /// - Throws: `DecodingError` for a value that is no number, or one out of range.
    func double(at place: Int) throws -> Double {
        try double(try token(at: place, .number, for: Double.self))
    }

    private func double(_ token: Token) throws -> Double {
        let text = String(decoding: bytes[token.start..<token.end], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw DecodingError.damage("a number out of range", at: token.start)
        }
        return number
    }

    /// Returns a truth value.
    ///
    /// - Throws: `DecodingError.typeMismatch` for a value that is neither `true` nor `false`.
    func bool(at place: Int) throws -> Bool {
        switch tokens[place].kind {
        case .yes: true
        case .no: false
        default: throw mismatch(Bool.self, at: place)
        }
    }

    /// Returns the token of a value.
    ///
    /// - Throws: `DecodingError.typeMismatch` for a value of another kind.
    @discardableResult
    func token(at place: Int, _ kind: Kind, for type: any Any.Type) throws -> Token {
        guard tokens[place].kind == kind else { throw mismatch(type, at: place) }
        return tokens[place]
    }

    /// Makes the error for a value of another kind than was asked for.
    private func mismatch(_ type: any Any.Type, at place: Int) -> DecodingError {
        let words = "there is a \(tokens[place].kind) at byte \(tokens[place].start)"
        return .typeMismatch(type, .init(codingPath: [], debugDescription: words))
    }
}

extension DecodingError {
    /// Makes the error for a text that can't be read at a byte.
    package static func damage(_ words: String, at byte: Int) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "\(words) at byte \(byte)"))
    }
}

extension EncodingError {
    /// Makes the error for a number that JSON can't express.
    package static func notInJSON(_ number: Double) -> EncodingError {
        let words = "\(number) is no number in JSON"
        return .invalidValue(number, .init(codingPath: [], debugDescription: words))
    }
}

extension FixedWidthInteger {
    /// The number; of a signed 64-bit type, clamped to ±2^53, which no count or time of a run exceeds.
    ///
    /// A thousand of these can be added up, or one multiplied by a thousand, without overflow.
    var cutForReckoning: Self {
        guard Self.isSigned, Self.bitWidth == 64 else { return self }
        let limit = Self(1) << 53
        return Swift.min(limit, Swift.max(0 - limit, self))
    }
}

extension UInt8 {
    /// The value of an ASCII digit; `nil` for another byte.
    package var digit: UInt8? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) ? self - UInt8(ascii: "0") : nil
    }

    /// The value of a hexadecimal ASCII digit; `nil` for another byte.
    var hexDigit: UInt32? {
        self < 0x80
            ? Character(Unicode.Scalar(self)).hexDigitValue.map { UInt32(truncatingIfNeeded: $0) }
            : nil
    }

    /// True for a byte that a JSON string can only hold escaped.
    @inlinable package var isEscapedInJSON: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }

    /// True for the bytes that JSON allows between values.
    package var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
