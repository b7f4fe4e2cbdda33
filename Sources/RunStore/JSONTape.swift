import Foundation

/// The values of a JSON text in their order, with their offsets in the text.
///
/// Strings and numbers are decoded only when they are asked for.
final class JSONTape: Sendable {
    /// The type of a value.
    enum Kind: Sendable {
        case object, array, string, number, yes, no, null
    }

    /// A value; the contents of an object or array follow it, each key before its value.
    struct Token: Sendable {
        var kind: Kind
        /// The byte offset of the value in the text; of a string, without its quotes.
        var start: Int
        var end: Int
        /// The index of the first token after this one and its contents.
        var next: Int
        /// True for a string that has escapes.
        var isEscaped = false
    }

    private let bytes: [UInt8]
    /// The values; the first one is that of the whole text.
    let tokens: [Token]

    /// Reads a text.
    ///
    /// - Throws: `DecodingError.dataCorrupted` for a text that is not one JSON value (RFC 8259).
    init(_ text: String) throws {
        var reader = JSONTapeReader(text)
        try reader.read()
        (bytes, tokens) = (reader.bytes, reader.tokens)
    }

    /// Returns the index of a key's value in an object; `nil` where the object lacks the key.
    ///
    /// The search begins at `hint`, the index of a key, and goes round the object once.
    func value(of key: String, in object: Int, from hint: Int) -> Int? {
        find(key, from: hint, to: tokens[object].next) ?? find(key, from: object + 1, to: hint)
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

    /// - Throws: `DecodingError.typeMismatch` for a value that is no string.
    func string(at place: Int) throws -> String {
        let token = try token(at: place, .string, for: String.self)
        if token.isEscaped {
            let quoted = Data(bytes[(token.start - 1)...token.end])
            return try JSONDecoder().decode(String.self, from: quoted)
        }
        return String(decoding: bytes[token.start..<token.end], as: UTF8.self)
    }

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

    /// - Throws: `DecodingError.typeMismatch` for a value that is neither `true` nor `false`.
    func bool(at place: Int) throws -> Bool {
        switch tokens[place].kind {
        case .yes: true
        case .no: false
        default: throw mismatch(Bool.self, at: place)
        }
    }

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
    static func damage(_ words: String, at byte: Int) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "\(words) at byte \(byte)"))
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
    var digit: UInt8? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) ? self - UInt8(ascii: "0") : nil
    }
}
