import Codec
import Orchestration

/// One line of JSON (RFC 8259), read strictly.
struct JSONLine {
    /// A value of the line.
    struct Value {
        fileprivate let tape: JSONTape
        fileprivate let drops: [DroppedBytes]
        fileprivate let place: Int

        fileprivate var token: JSONTape.Token { tape.tokens[place] }

        fileprivate func value(at place: Int) -> Value {
            Value(tape: tape, drops: drops, place: place)
        }
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
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let tape = try? JSONTape(bytes, from: start, depthLimit: Self.depthLimit)
        return tape.map { Value(tape: $0, drops: drops, place: 0) }
    }
}

extension JSONLine.Value {
    /// The value of a key; the last one if the key occurs more than once.
    subscript(key: String) -> JSONLine.Value? {
        guard token.kind == .object else { return nil }
        return tape.lastValue(of: key, in: place).map(value)
    }

    var string: String? { contents(.string).map(tape.text) }

    /// Returns the range of a value of this kind in the line.
    private func contents(_ kind: JSONTape.Kind) -> Range<Int>? {
        token.kind == kind ? token.start..<token.end : nil
    }

    /// Returns the end of a string, of at most this many bytes in the line.
    func stringEnd(_ most: Int) -> String {
        contents(.string).map { tape.text(end(of: $0, most: most)) } ?? ""
    }

    /// Returns the last bytes of a string's contents, cut between characters and escapes.
    private func end(of range: Range<Int>, most: Int) -> Range<Int> {
        guard range.count > most else { return range }
        let bytes = tape.bytes
        var start = range.lowerBound
        while start < range.upperBound - most
            || start < range.upperBound && bytes[start] & 0xC0 == 0x80
        {
            guard bytes[start] == UInt8(ascii: "\\") else {
                start += 1
                continue
            }
            start += bytes[start + 1] == UInt8(ascii: "u") ? 6 : 2
        }
        return min(start, range.upperBound)..<range.upperBound
    }

    /// Length of a string in the original line, dropped bytes included.
    var stringLength: Int {
        guard let range = contents(.string) else { return 0 }
        return range.count + (drops.first { $0.stringStart == range.lowerBound }?.count ?? 0)
    }

    /// The number, which may be infinite; `nil` for anything else.
    var number: Double? { contents(.number).flatMap { Double(tape.text($0)) } }

    /// The integer of a number or of a text of digits; `nil` if it exceeds 64 bits, or for anything
    /// else.
    var exactInteger: Int? {
        (string ?? contents(.number).map(tape.text)).flatMap { Int($0) }
            ?? number.flatMap(Int.init(exactly:))
    }

    /// A command's words, which may be a list.
    var command: String? {
        let words = elements.compactMap(\.string)
        return string ?? (words.isEmpty ? nil : words.joined(separator: " "))
    }

    var isTrue: Bool { token.kind == .yes }

    var isNull: Bool { token.kind == .null }

    /// The value in a few characters, for a message.
    var short: String {
        switch token.kind {
        case .number: tape.text(token.start..<token.end).oneLine(40)
        case .string: "\"\((string ?? "").oneLine(40))\""
        case .yes: "true"
        case .no: "false"
        case .null: "null"
        case .object: "an object"
        case .array: "a list"
        }
    }

    /// The values of an object's keys, in order.
    var members: [JSONLine.Value] {
        guard token.kind == .object else { return [] }
        return tape.values(of: place).map(value)
    }

    var elements: [JSONLine.Value] {
        guard token.kind == .array else { return [] }
        var elements: [JSONLine.Value] = []
        var next = place + 1
        while next < token.next {
            elements.append(value(at: next))
            next = tape.tokens[next].next
        }
        return elements
    }
}
