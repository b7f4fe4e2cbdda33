/// Encodes facts as JSON in one pass over their fields.
///
/// Every session's start waits for the journal, and Foundation's encoder, which builds a tree and
/// then prints it, was its most expensive part. Supports only the types that facts consist of:
/// structures, arrays, dictionaries with text keys, numbers, text and truth values.
struct FactEncoder {
    /// Returns the JSON of some facts, as an array.
    ///
    /// - Throws: `EncodingError` for a number that JSON can't express.
    static func json(_ facts: some Encodable) throws -> String {
        let text = JSONText()
        try text.write(value: facts, at: [])
        return text.string
    }
}

/// The JSON written so far.
private final class JSONText {
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(4096)
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    func mark(_ byte: Unicode.Scalar) { bytes.append(UInt8(ascii: byte)) }

    func write(raw text: String) { bytes.append(contentsOf: text.utf8) }

    func write(_ text: String) {
        var needsEscape = false
        for byte in text.utf8 where byte.needsEscape { needsEscape = true }
        mark("\"")
        if needsEscape {
            for byte in text.utf8 { writeEscaped(byte) }
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        mark("\"")
    }

    func write(_ number: Double, at path: [any CodingKey]) throws {
        guard number.isFinite else {
            let context = EncodingError.Context(
                codingPath: path,
                debugDescription: "\(number) has no JSON"
            )
            throw EncodingError.invalidValue(number, context)
        }
        write(raw: number.description)
    }

    /// Writes a value of any type, and closes the object or array that the value opened.
    func write(value: some Encodable, at path: [any CodingKey]) throws {
        let encoder = ValueEncoder(text: self, codingPath: path)
        try value.encode(to: encoder)
        encoder.close()
    }

    private func writeEscaped(_ byte: UInt8) {
        guard byte.needsEscape else { return bytes.append(byte) }
        let digits = Array("0123456789abcdef".utf8)
        write(raw: "\\u00")
        bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

extension UInt8 {
    /// True for a byte that a JSON string can only hold escaped.
    fileprivate var needsEscape: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}

/// An encoder of one value.
private final class ValueEncoder: Encoder {
    private enum Shape {
        case undecided, object, array, single
    }

    let text: JSONText
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var shape = Shape.undecided
    private(set) var count = 0

    init(text: JSONText, codingPath: [any CodingKey]) {
        self.text = text
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        become(.object, opening: "{")
        return KeyedEncodingContainer(ObjectContainer<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        become(.array, opening: "[")
        return ArrayContainer(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        shape = .single
        return SingleContainer(encoder: self)
    }

    func separate() {
        if count > 0 { text.mark(",") }
        count += 1
    }

    func close() {
        switch shape {
        case .object: text.mark("}")
        case .array: text.mark("]")
        case .single: break
        case .undecided: text.write(raw: "{}")
        }
    }

    /// Opens an object or array, once: a fact writes its name and then its fields into one object.
    private func become(_ shape: Shape, opening mark: Unicode.Scalar) {
        if self.shape == shape { return }
        self.shape = shape
        text.mark(mark)
    }
}

private struct ObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func write(_ key: Key) {
        encoder.separate()
        encoder.text.write(key.stringValue)
        encoder.text.mark(":")
    }

    func encodeNil(forKey key: Key) {
        write(key)
        encoder.text.write(raw: "null")
    }

    // Fast paths for the types that most facts consist of.
    func encode(_ value: Bool, forKey key: Key) {
        write(key)
        encoder.text.write(raw: value ? "true" : "false")
    }

    func encode(_ value: String, forKey key: Key) {
        write(key)
        encoder.text.write(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        write(key)
        encoder.text.write(raw: value.description)
    }

    func encode(_ value: Int32, forKey key: Key) {
        write(key)
        encoder.text.write(raw: value.description)
    }

    func encode(_ value: Int64, forKey key: Key) {
        write(key)
        encoder.text.write(raw: value.description)
    }

    func encode(_ value: UInt64, forKey key: Key) {
        write(key)
        encoder.text.write(raw: value.description)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        write(key)
        try encoder.text.write(value, at: codingPath)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        write(key)
        try encoder.text.write(value: value, at: codingPath)
    }

    // The standard library's versions call the generic `encode`.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }

    func encodeIfPresent(_ value: String?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }

    func encodeIfPresent(_ value: Int?, forKey key: Key) {
        if let value { encode(value, forKey: key) }
    }

    func encodeIfPresent(_ value: Double?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("facts have no nested containers [this is a bug]")
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        preconditionFailure("facts have no nested containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("facts inherit nothing [this is a bug]")
    }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct ArrayContainer: UnkeyedEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.count }

    func encodeNil() {
        encoder.separate()
        encoder.text.write(raw: "null")
    }

    func encode(_ value: some Encodable) throws {
        encoder.separate()
        try encoder.text.write(value: value, at: codingPath)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("facts have no nested containers [this is a bug]")
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        preconditionFailure("facts have no nested containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("facts inherit nothing [this is a bug]")
    }
}

private struct SingleContainer: SingleValueEncodingContainer {
    let encoder: ValueEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.text.write(raw: "null") }
    func encode(_ value: Bool) { encoder.text.write(raw: value ? "true" : "false") }
    func encode(_ value: String) { encoder.text.write(value) }
    func encode(_ value: Double) throws { try encoder.text.write(value, at: codingPath) }
    func encode(_ value: Float) throws { try encoder.text.write(Double(value), at: codingPath) }
    func encode(_ value: Int) { encoder.text.write(raw: value.description) }
    func encode(_ value: Int8) { encoder.text.write(raw: value.description) }
    func encode(_ value: Int16) { encoder.text.write(raw: value.description) }
    func encode(_ value: Int32) { encoder.text.write(raw: value.description) }
    func encode(_ value: Int64) { encoder.text.write(raw: value.description) }
    func encode(_ value: UInt) { encoder.text.write(raw: value.description) }
    func encode(_ value: UInt8) { encoder.text.write(raw: value.description) }
    func encode(_ value: UInt16) { encoder.text.write(raw: value.description) }
    func encode(_ value: UInt32) { encoder.text.write(raw: value.description) }
    func encode(_ value: UInt64) { encoder.text.write(raw: value.description) }
    func encode(_ value: some Encodable) throws {
        try encoder.text.write(value: value, at: codingPath)
    }
}
