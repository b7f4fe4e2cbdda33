/// Decodes the bytes of a `CompactEncoder`.
struct CompactDecoder {
    /// Decodes a value from all of the bytes.
    ///
    /// - Throws: `DecodingError` where the type does not read exactly the fields that were written,
    ///   or where bytes are missing or left over.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let reader = Reader(bytes)
        let value = try reader.read(type)
        guard reader.isAtEnd else { throw reader.damage("more than one value") }
        return value
    }
}

/// The bytes, the offset of the next value, and the field names read so far.
private final class Reader: Decoder {
    private let bytes: [UInt8]
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private var cursor = 0
    @exclusivity(unchecked) private var names: [String] = []
    /// The name of the next field, if it has been read already; empty at the end of an object.
    @exclusivity(unchecked) private var name: String?
    /// True once the value that is being read has become an object or an array.
    @exclusivity(unchecked) private var isOpen = false
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { cursor == bytes.count }

    func damage(_ words: String) -> DecodingError { .damage(words, at: cursor) }

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let wasOpen = isOpen
        isOpen = false
        let value = try Value(from: self)
        if isOpen {
            guard try nextName().isEmpty else { throw damage("a field that \(type) does not know") }
            name = nil
        }
        isOpen = wasOpen
        return value
    }

    /// True where an array ends.
    var hasNoElement: Bool { isAtEnd || bytes[cursor] == 0 }

    func readByte() throws -> UInt8 {
        guard cursor < bytes.count else { throw damage("the end") }
        defer { cursor += 1 }
        return bytes[cursor]
    }

    func readUnsigned() throws -> UInt64 {
        var (number, shift) = (UInt64.zero, UInt64.zero)
        while true {
            let byte = try readByte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
            guard shift < 64 else { throw damage("a number out of range") }
        }
    }

    func readSigned() throws -> Int64 {
        let number = try readUnsigned()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    func readInteger<Number: FixedWidthInteger>() throws -> Number {
        let number =
            Number.isSigned
            ? Number(exactly: try readSigned()) : Number(exactly: try readUnsigned())
        guard let number else { throw damage("a number out of range") }
        return number.cutForReckoning
    }

    func readDouble() throws -> Double { Double(bitPattern: try readUnsigned().byteSwapped) }

    func readBool() throws -> Bool { try readByte() != 0 }

    func readText() throws -> String {
        let count = try readUnsigned()
        guard count <= UInt64(bytes.count - cursor) else { throw damage("the end of a text") }
        defer { cursor += Int(count) }
        return String(decoding: bytes[cursor..<cursor + Int(count)], as: UTF8.self)
    }

    func readBytes() throws -> [UInt8] {
        let count = try readUnsigned()
        guard count <= UInt64(bytes.count - cursor) else { throw damage("the end of bytes") }
        defer { cursor += Int(count) }
        return Array(bytes[cursor..<cursor + Int(count)])
    }

    /// Returns the name of the next field; empty at the end of an object.
    func nextName() throws -> String {
        if let name { return name }
        let number = try readUnsigned()
        guard number <= UInt64(names.count + 1) else { throw damage("an unknown name") }
        if number == names.count + 1 { names.append(try readText()) }
        let next = number == 0 ? "" : names[Int(number) - 1]
        name = next
        return next
    }

    /// Moves on to the value of a field, which must be the next one.
    func require(_ key: some CodingKey) throws {
        guard try nextName() == key.stringValue else {
            let words = "there is \"\(name ?? "")\" at byte \(cursor) instead"
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: words))
        }
        name = nil
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        isOpen = true
        return KeyedDecodingContainer(Fields<Key>(reader: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        isOpen = true
        return Elements(reader: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { Single(reader: self) }
}

private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: Reader
    var codingPath: [any CodingKey] { [] }

    /// The next key alone: enumerations ask for no more.
    var allKeys: [Key] {
        (try? reader.nextName()).flatMap(Key.init(stringValue:)).map { [$0] } ?? []
    }

    func contains(_ key: Key) -> Bool { (try? reader.nextName()) == key.stringValue }

    func decodeNil(forKey key: Key) -> Bool { !contains(key) }

    // Fast paths for the types that most of a state consists of.
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try reader.require(key)
        return try reader.readBool()
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try reader.require(key)
        return try reader.readText()
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try reader.require(key)
        return try reader.readDouble()
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try reader.require(key)
        return try reader.readInteger()
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try reader.require(key)
        return Float(try reader.readDouble())
    }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try reader.require(key)
        return try reader.readInteger()
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try reader.require(key)
        return try reader.readInteger()
    }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try reader.require(key)
        return try reader.readInteger()
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try reader.require(key)
        if type == [UInt8].self, let bytes = try reader.readBytes() as? Value { return bytes }
        return try reader.read(type)
    }

    // A flag before the value tells whether there is one.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readBool() : nil
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readText() : nil
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readDouble() : nil
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readInteger() : nil
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readInteger() : nil
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try reader.require(key)
        return try reader.readBool() ? try reader.readInteger() : nil
    }

    func decodeIfPresent<Value: Decodable>(
        _ type: Value.Type,
        forKey key: Key
    ) throws -> Value? {
        try reader.require(key)
        return try reader.readBool() ? try reader.read(type) : nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try reader.require(key)
        return KeyedDecodingContainer(Fields<Nested>(reader: reader))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw reader.damage("an array in an object")
    }

    func superDecoder() -> any Decoder { reader }

    func superDecoder(forKey key: Key) -> any Decoder { reader }
}

private struct Elements: UnkeyedDecodingContainer {
    let reader: Reader
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    private(set) var currentIndex = 0
    var isAtEnd: Bool { reader.hasNoElement }

    init(reader: Reader) {
        self.reader = reader
    }

    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard try reader.readByte() == 1 else { throw reader.damage("the end of an array") }
        currentIndex += 1
        return try reader.read(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        throw reader.damage("an object in an array")
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw reader.damage("an array in an array")
    }

    func superDecoder() -> any Decoder { reader }
}

private struct Single: SingleValueDecodingContainer {
    let reader: Reader
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) throws -> Bool { try reader.readBool() }
    func decode(_ type: String.Type) throws -> String { try reader.readText() }
    func decode(_ type: Double.Type) throws -> Double { try reader.readDouble() }
    func decode(_ type: Float.Type) throws -> Float { Float(try reader.readDouble()) }
    func decode(_ type: Int.Type) throws -> Int { try reader.readInteger() }
    func decode(_ type: Int8.Type) throws -> Int8 { try reader.readInteger() }
    func decode(_ type: Int16.Type) throws -> Int16 { try reader.readInteger() }
    func decode(_ type: Int32.Type) throws -> Int32 { try reader.readInteger() }
    func decode(_ type: Int64.Type) throws -> Int64 { try reader.readInteger() }
    func decode(_ type: UInt.Type) throws -> UInt { try reader.readInteger() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.readInteger() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.readInteger() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.readInteger() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.readInteger() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.read(type) }
}
