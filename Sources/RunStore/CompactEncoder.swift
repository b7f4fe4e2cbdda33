/// Encodes values as bytes: without types, and with each field's name once.
///
/// A snapshot is written while sessions start, and read before any does: it must be small and fast,
/// and only the program that wrote it need understand it. Fields have the order in which their type
/// writes and reads them, and begin with the number of their name; a new name follows its number.
/// Integers have a variable length. Texts and byte arrays begin with their length, elements of other
/// arrays with 1; 0 ends an object or an array.
struct CompactEncoder {
    /// Encodes a value.
    ///
    /// - Throws: The error of the value's own encoding.
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = Writer()
        try encoder.write(value)
        return encoder.bytes
    }
}

/// The bytes written so far, and the numbers of the field names in them.
private final class Writer: Encoder {
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private(set) var bytes: [UInt8] = []
    @exclusivity(unchecked) private var names: [String: UInt64] = [:]
    /// True once the value that is being written has become an object or an array.
    @exclusivity(unchecked) private var isOpen = false
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func write(_ value: some Encodable) throws {
        let wasOpen = isOpen
        isOpen = false
        try value.encode(to: self)
        if isOpen { bytes.append(0) }
        isOpen = wasOpen
    }

    func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes numbers near zero, of either sign, with few bytes.
    func write(_ number: Int64) { write(UInt64(bitPattern: (number << 1) ^ (number >> 63))) }

    /// Writes the bytes in reverse: the last ones of most numbers are zero, and so take no room.
    func write(_ number: Double) { write(number.bitPattern.byteSwapped) }

    func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    func write(_ text: String) {
        write(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    func write(_ bytes: [UInt8]) {
        write(UInt64(bytes.count))
        self.bytes += bytes
    }

    func write(name: String) {
        if let number = names[name] { return write(number) }
        let number = UInt64(names.count + 1)
        names[name] = number
        write(number)
        write(name)
    }

    /// Announces an element of an array.
    func writeElement() { bytes.append(1) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        isOpen = true
        return KeyedEncodingContainer(Fields<Key>(writer: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        isOpen = true
        return Elements(writer: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: self) }
}

private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: Writer
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {}

    // Fast paths for the types that most of a state consists of.
    func encode(_ value: Bool, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value)
    }

    func encode(_ value: String, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value)
    }

    func encode(_ value: Double, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(Int64(value))
    }

    func encode(_ value: Float, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(Double(value))
    }

    func encode(_ value: Int32, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(Int64(value))
    }

    func encode(_ value: Int64, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value)
    }

    func encode(_ value: UInt32, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(UInt64(value))
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        writer.write(name: key.stringValue)
        // Compares the types first: an empty array of any type can be cast to one of bytes.
        if Value.self == [UInt8].self, let bytes = value as? [UInt8] { return writer.write(bytes) }
        try writer.write(value)
    }

    // The absence of a value is written, too: a field added since must not look like an absent one.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(value) }
    }

    func encodeIfPresent(_ value: String?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(value) }
    }

    func encodeIfPresent(_ value: Double?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(value) }
    }

    func encodeIfPresent(_ value: Int?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(Int64(value)) }
    }

    func encodeIfPresent(_ value: Int32?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(Int64(value)) }
    }

    func encodeIfPresent(_ value: Int64?, forKey key: Key) {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { writer.write(value) }
    }

    func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        writer.write(name: key.stringValue)
        writer.write(value != nil)
        if let value { try writer.write(value) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        // The case of an enumeration: the end of the case also ends the object of its values.
        writer.write(name: key.stringValue)
        return KeyedEncodingContainer(Fields<Nested>(writer: writer))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        preconditionFailure("state has no such containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("state inherits nothing [this is a bug]")
    }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct Elements: UnkeyedEncodingContainer {
    let writer: Writer
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: Writer) {
        self.writer = writer
    }

    mutating func encodeNil() {
        preconditionFailure("no array of state holds nothing [this is a bug]")
    }

    mutating func encode(_ value: some Encodable) throws {
        writer.writeElement()
        try writer.write(value)
        count += 1
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("state has no such containers [this is a bug]")
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        preconditionFailure("state has no such containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("state inherits nothing [this is a bug]")
    }
}

private struct Single: SingleValueEncodingContainer {
    let writer: Writer
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { preconditionFailure("state is not nothing [this is a bug]") }
    func encode(_ value: Bool) { writer.write(value) }
    func encode(_ value: String) { writer.write(value) }
    func encode(_ value: Double) { writer.write(value) }
    func encode(_ value: Float) { writer.write(Double(value)) }
    func encode(_ value: Int) { writer.write(Int64(value)) }
    func encode(_ value: Int8) { writer.write(Int64(value)) }
    func encode(_ value: Int16) { writer.write(Int64(value)) }
    func encode(_ value: Int32) { writer.write(Int64(value)) }
    func encode(_ value: Int64) { writer.write(value) }
    func encode(_ value: UInt) { writer.write(UInt64(value)) }
    func encode(_ value: UInt8) { writer.write(UInt64(value)) }
    func encode(_ value: UInt16) { writer.write(UInt64(value)) }
    func encode(_ value: UInt32) { writer.write(UInt64(value)) }
    func encode(_ value: UInt64) { writer.write(value) }
    func encode(_ value: some Encodable) throws { try writer.write(value) }
}
