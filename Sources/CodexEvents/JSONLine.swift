import Orchestration

/// A strict parser for one line of JSON (RFC 8259) that does not copy strings.
struct JSONLine {
    /// A value; strings and numbers are ranges of the line's bytes.
    indirect enum Value {
        case object([(key: Range<Int>, value: Value)], JSONLine)
        case array([Value])
        case string(Range<Int>, JSONLine)
        case number(Range<Int>, JSONLine)
        case bool(Bool)
        case null
    }

    /// Deepest nesting of arrays and objects; deeper lines are refused.
    static let depthLimit = 128

    let bytes: [UInt8]
    let drops: [DroppedBytes]

    init(_ bytes: [UInt8], drops: [DroppedBytes] = []) {
        self.bytes = bytes
        self.drops = drops
    }

    /// Returns the line's only value; `nil` if a strict parser would refuse the line.
    func parse() -> Value? {
        // A byte-order mark is not part of the text.
        var cursor = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard let value = value(&cursor, depth: 0) else { return nil }
        skipSpace(&cursor)
        return cursor == bytes.count ? value : nil
    }

    private func value(_ cursor: inout Int, depth: Int) -> Value? {
        skipSpace(&cursor)
        guard depth <= Self.depthLimit, cursor < bytes.count else { return nil }
        switch bytes[cursor] {
        case UInt8(ascii: "{"): return object(&cursor, depth: depth)
        case UInt8(ascii: "["): return array(&cursor, depth: depth)
        case UInt8(ascii: "\""): return string(&cursor).map { .string($0, self) }
        case UInt8(ascii: "t"): return literal("true", &cursor) ? .bool(true) : nil
        case UInt8(ascii: "f"): return literal("false", &cursor) ? .bool(false) : nil
        case UInt8(ascii: "n"): return literal("null", &cursor) ? .null : nil
        default: return number(&cursor).map { .number($0, self) }
        }
    }

    private func object(_ cursor: inout Int, depth: Int) -> Value? {
        cursor += 1
        var members: [(key: Range<Int>, value: Value)] = []
        if take("}", &cursor) { return .object(members, self) }
        repeat {
            skipSpace(&cursor)
            guard let key = string(&cursor), take(":", &cursor),
                let value = value(&cursor, depth: depth + 1)
            else { return nil }
            members.append((key, value))
        } while take(",", &cursor)
        return take("}", &cursor) ? .object(members, self) : nil
    }

    private func array(_ cursor: inout Int, depth: Int) -> Value? {
        cursor += 1
        var elements: [Value] = []
        if take("]", &cursor) { return .array(elements) }
        repeat {
            guard let value = value(&cursor, depth: depth + 1) else { return nil }
            elements.append(value)
        } while take(",", &cursor)
        return take("]", &cursor) ? .array(elements) : nil
    }

    /// Returns the range of a string's contents, and moves the cursor behind the closing quote.
    private func string(_ cursor: inout Int) -> Range<Int>? {
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "\"") else { return nil }
        cursor += 1
        let start = cursor
        while cursor < bytes.count {
            switch bytes[cursor] {
            case UInt8(ascii: "\""):
                cursor += 1
                return start..<(cursor - 1)
            case UInt8(ascii: "\\"):
                guard let length = escapeLength(at: cursor) else { return nil }
                cursor += length
            case 0..<0x20: return nil
            default: cursor += 1
            }
        }
        return nil
    }

    private func escapeLength(at place: Int) -> Int? {
        guard place + 1 < bytes.count else { return nil }
        switch bytes[place + 1] {
        case UInt8(ascii: "u"): return hex(at: place + 2) == nil ? nil : 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        default: return nil
        }
    }

    /// Returns the number that four hexadecimal digits stand for.
    private func hex(at place: Int) -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        var result: UInt32 = 0
        for byte in bytes[place..<(place + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            result = result << 4 | UInt32(digit)
        }
        return result
    }

    private func number(_ cursor: inout Int) -> Range<Int>? {
        let start = cursor
        if peek(cursor) == UInt8(ascii: "-") { cursor += 1 }
        if peek(cursor) == UInt8(ascii: "0") {
            cursor += 1
        } else if !digits(&cursor) {
            return nil
        }
        if peek(cursor) == UInt8(ascii: ".") {
            cursor += 1
            guard digits(&cursor) else { return nil }
        }
        if let letter = peek(cursor), letter | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if let sign = peek(cursor), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                cursor += 1
            }
            guard digits(&cursor) else { return nil }
        }
        return start..<cursor
    }

    private func digits(_ cursor: inout Int) -> Bool {
        let start = cursor
        while let byte = peek(cursor), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            cursor += 1
        }
        return cursor > start
    }

    private func literal(_ word: StaticString, _ cursor: inout Int) -> Bool {
        let word = Array("\(word)".utf8)
        guard bytes[cursor...].starts(with: word) else { return false }
        cursor += word.count
        return true
    }

    private func take(_ character: Unicode.Scalar, _ cursor: inout Int) -> Bool {
        skipSpace(&cursor)
        guard peek(cursor) == UInt8(ascii: character) else { return false }
        cursor += 1
        return true
    }

    private func peek(_ cursor: Int) -> UInt8? { cursor < bytes.count ? bytes[cursor] : nil }

    private func skipSpace(_ cursor: inout Int) {
        while let byte = peek(cursor), byte.isJSONSpace { cursor += 1 }
    }

    /// Returns the text of a string's contents, with escapes resolved, and invalid UTF-8 and lone
    /// surrogates repaired.
    func text(_ range: Range<Int>) -> String {
        guard bytes[range].contains(UInt8(ascii: "\\")) else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var result: [UInt8] = []
        var place = range.lowerBound
        while place < range.upperBound {
            if bytes[place] == UInt8(ascii: "\\") {
                place = unescape(at: place, into: &result)
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Resolves one escape, or a pair of surrogates; returns the index behind it.
    private func unescape(at place: Int, into result: inout [UInt8]) -> Int {
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
            UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        guard bytes[place + 1] == UInt8(ascii: "u"), let unit = hex(at: place + 2) else {
            result.append(simple[bytes[place + 1]] ?? bytes[place + 1])
            return place + 2
        }
        var (scalar, end) = (unit, place + 6)
        if (0xD800..<0xDC00).contains(unit), peek(end) == UInt8(ascii: "\\"),
            peek(end + 1) == UInt8(ascii: "u"), let low = hex(at: end + 2),
            (0xDC00..<0xE000).contains(low)
        {
            scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        result += Array(String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
        return end
    }

    /// Returns the last bytes of a string's contents, cut between characters and escapes.
    func end(of range: Range<Int>, most: Int) -> Range<Int> {
        guard range.count > most else { return range }
        var start = range.lowerBound
        while start < range.upperBound - most
            || start < range.upperBound && bytes[start] & 0xC0 == 0x80
        {
            guard bytes[start] == UInt8(ascii: "\\") else {
                start += 1
                continue
            }
            start += peek(start + 1) == UInt8(ascii: "u") ? 6 : 2
        }
        return min(start, range.upperBound)..<range.upperBound
    }

    /// Returns the length of a string's contents in the original line, dropped bytes included.
    func fullLength(_ range: Range<Int>) -> Int {
        range.count + (drops.first { $0.stringStart == range.lowerBound }?.count ?? 0)
    }
}

extension JSONLine.Value {
    /// The value of a key; the last one if the key occurs more than once.
    subscript(key: String) -> JSONLine.Value? {
        guard case .object(let members, let line) = self else { return nil }
        return members.last { line.text($0.key) == key }?.value
    }

    var string: String? {
        if case .string(let range, let line) = self { line.text(range) } else { nil }
    }

    /// Returns the end of a string, of at most this many bytes in the line.
    func stringEnd(_ most: Int) -> String {
        guard case .string(let range, let line) = self else { return "" }
        return line.text(line.end(of: range, most: most))
    }

    /// Length of a string in the original line.
    var stringLength: Int {
        if case .string(let range, let line) = self { line.fullLength(range) } else { 0 }
    }

    /// The number, which may be infinite; `nil` for anything else.
    var number: Double? {
        guard case .number(let range, let line) = self else { return nil }
        return Double(line.text(range))
    }

    /// The integer of a number or of a text of digits; `nil` if it exceeds 64 bits, or for anything
    /// else.
    var exactInteger: Int? {
        switch self {
        case .number(let range, let line), .string(let range, let line):
            Int(line.text(range)) ?? number.flatMap(Int.init(exactly:))
        default: nil
        }
    }

    /// A command's words, which may be a list.
    var command: String? {
        let words = elements.compactMap(\.string)
        return string ?? (words.isEmpty ? nil : words.joined(separator: " "))
    }

    var isNull: Bool { if case .null = self { true } else { false } }

    /// The value in a few characters, for a message.
    var short: String {
        switch self {
        case .number(let range, let line): line.text(range).oneLine(40)
        case .string(let range, let line): "\"\(line.text(range).oneLine(40))\""
        case .bool(let value): "\(value)"
        case .null: "null"
        case .object: "an object"
        case .array: "a list"
        }
    }

    var elements: [JSONLine.Value] {
        if case .array(let elements) = self { elements } else { [] }
    }
}
