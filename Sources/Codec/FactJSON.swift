import Orchestration

/// Encodes facts as JSON in one pass over their fields.
///
/// Every session's start waits for the journal, and Foundation's encoder, which builds a tree and
/// then prints it, was its most expensive part.
package struct FactEncoder {
    /// Returns the JSON of some facts, as an array.
    ///
    /// - Throws: `EncodingError` for a number that JSON can't express.
    package static func json(_ facts: some Encodable) throws -> String {
        let writer = JSONWriter()
        try writer.write(value: facts)
        return writer.string
    }
}

/// Decodes facts as `FactEncoder` writes them, and any other JSON of the types that facts consist of.
///
/// A recovery reads the whole journal. Foundation's decoder makes a dictionary of every object. Here
/// the text is scanned once, and the search for a field begins where the last one ended, for facts
/// are read in the order in which they were written.
package struct FactDecoder {
    /// Decodes a JSON text.
    ///
    /// - Throws: `DecodingError` for a text that is no JSON, or that does not fit the type;
    ///   `NewerFormat` for a key or a word that the type does not know; keys may be ignored.
    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        from json: String,
        ignoringKeys ignoresKeys: Bool = false
    ) throws -> Value {
        try JSONReader(JSONTape(Array(json.utf8)), ignoresKeys: ignoresKeys).read(type, at: 0)
    }

    /// Returns the text of one key of a JSON object, whatever other keys the object has.
    ///
    /// - Throws: `DecodingError` for a text that is no such object.
    package static func string(_ key: String, in json: String) throws -> String {
        let tape = try JSONTape(Array(json.utf8))
        try tape.token(at: 0, .object, for: [String: Any].self)
        guard let value = tape.value(of: key, in: 0, from: 1) else {
            throw DecodingError.damage("no \"\(key)\"", at: 0)
        }
        return try tape.string(at: value)
    }
}

private final class JSONWriter: ValueWriter {
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private var bytes: [UInt8] = []
    @exclusivity(unchecked) var frame = WriterFrame()

    init() {
        bytes.reserveCapacity(4096)
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    func write(_ value: Bool) { write(raw: value ? "true" : "false") }
    func write(_ number: Int64) { write(raw: number.description) }
    func write(_ number: UInt64) { write(raw: number.description) }
    func writeNil() { write(raw: "null") }

    func write(_ number: Double) throws {
        guard number.isFinite else { throw EncodingError.notInJSON(number) }
        write(raw: number.description)
    }

    func write(_ text: String) {
        mark("\"")
        if text.utf8.contains(where: \.isEscapedInJSON) {
            for byte in text.utf8 { writeEscaped(byte) }
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        mark("\"")
    }

    func write(key: String) {
        writeElement()
        write(key)
        mark(":")
    }

    func writeElement() {
        if frame.count > 0 { mark(",") }
        frame.count += 1
    }

    func open(_ shape: WriterFrame.Shape) { mark(shape == .object ? "{" : "[") }

    func close(_ shape: WriterFrame.Shape) {
        switch shape {
        case .object: mark("}")
        case .array: mark("]")
        case .single: break
        case .undecided: write(raw: "{}")
        }
    }

    private func mark(_ byte: Unicode.Scalar) { bytes.append(UInt8(ascii: byte)) }

    private func write(raw text: String) { bytes.append(contentsOf: text.utf8) }

    private func writeEscaped(_ byte: UInt8) {
        guard byte.isEscapedInJSON else { return bytes.append(byte) }
        let digits = Array("0123456789abcdef".utf8)
        write(raw: "\\u00")
        bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

private final class JSONReader: ValueReader {
    private struct Frame {
        var place: Int
        /// The index of the key that follows the one found last.
        var hint: Int
        /// Number of keys that were asked for and found.
        var found = 0
    }

    private let tape: JSONTape
    private let ignoresKeys: Bool
    @exclusivity(unchecked) private var frame = Frame(place: 0, hint: 1)

    init(_ tape: JSONTape, ignoresKeys: Bool) {
        (self.tape, self.ignoresKeys) = (tape, ignoresKeys)
    }

    var place: Int { frame.place }

    func bool(at place: Int) throws -> Bool { try tape.bool(at: place) }
    func string(at place: Int) throws -> String { try tape.string(at: place) }
    func double(at place: Int) throws -> Double { try tape.double(at: place) }
    func signed(at place: Int) throws -> Int64 { try tape.integer(at: place) }
    func unsigned(at place: Int) throws -> UInt64 { try tape.integer(at: place) }
    func bytes(at place: Int) -> [UInt8]? { nil }
    func isNull(at place: Int) -> Bool { tape.tokens[place].kind == .null }

    func read<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
        let outer = frame
        defer { frame = outer }
        frame = Frame(place: place, hint: place + 1)
        let value = try Value(from: self)
        try checkKeys()
        return value
    }

    /// Refuses an object with keys that nobody asked for.
    private func checkKeys() throws {
        guard !ignoresKeys, tape.tokens[place].kind == .object else { return }
        let keys = tape.keyCount(of: place)
        if keys > frame.found {
            let unknown = Format.count(keys - frame.found, "unknown key")
            throw NewerFormat("\(unknown) in the object at byte \(tape.tokens[place].start)")
        }
    }

    func damage(_ words: String, at place: Int) -> DecodingError {
        .damage(words, at: tape.tokens[place].start)
    }

    func openObject() throws { try tape.token(at: place, .object, for: [String: Any].self) }

    var keys: [String] { tape.keys(of: place) }

    func has(_ key: some CodingKey) -> Bool { find(key) != nil }

    /// Returns the index of a key's value; `nil` where the object lacks the key.
    private func find(_ key: some CodingKey) -> Int? {
        guard let value = tape.value(of: key.stringValue, in: place, from: frame.hint) else {
            return nil
        }
        let next = tape.tokens[value].next
        // A key may be asked for several times in a row: whether it is there, is null, and its value.
        if next != frame.hint { frame.found += 1 }
        frame.hint = next
        return value
    }

    func place(of key: some CodingKey) throws -> Int {
        if let value = find(key) { return value }
        let byte = tape.tokens[place].start
        let words = "the object at byte \(byte) has no \"\(key.stringValue)\""
        throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: words))
    }

    func presentPlace(of key: some CodingKey) -> Int? {
        find(key).flatMap { isNull(at: $0) ? nil : $0 }
    }

    func isNil(_ key: some CodingKey) throws -> Bool { isNull(at: try place(of: key)) }

    func openArray() throws -> Int {
        try tape.token(at: place, .array, for: [Any].self)
        return place
    }

    func isEnd(_ next: Int, of array: Int) -> Bool { next == tape.tokens[array].next }

    func element(_ next: inout Int, of array: Int) -> Int {
        defer { next = tape.tokens[next].next }
        return next
    }
}
