/// A reader of values in one notation, as a `ValueWriter` of that notation writes them.
///
/// The containers are the same for all. A value is asked for by its index, which a notation that is
/// read from its beginning to its end need not have.
protocol ValueReader: AnyObject, Decoder {
    /// The index of the value that is being read.
    var place: Int { get }

    func bool(at place: Int) throws -> Bool
    func string(at place: Int) throws -> String
    func double(at place: Int) throws -> Double
    func signed(at place: Int) throws -> Int64
    func unsigned(at place: Int) throws -> UInt64
    /// Returns an array of bytes; `nil` if the notation has arrays of numbers alone.
    func bytes(at place: Int) throws -> [UInt8]?
    func isNull(at place: Int) -> Bool
    /// Reads a value of any type, all of it.
    func read<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value
    /// Returns the error for a value that can't be read.
    func damage(_ words: String, at place: Int) -> DecodingError

    /// Begins to read the value as an object.
    func openObject() throws
    /// The keys of the object, as far as the notation knows them.
    var keys: [String] { get }
    func has(_ key: some CodingKey) -> Bool
    /// Returns the index of a key's value, which must be there.
    func place(of key: some CodingKey) throws -> Int
    /// Returns the index of the value of a key that was written as one that may be absent.
    func presentPlace(of key: some CodingKey) throws -> Int?
    func isNil(_ key: some CodingKey) throws -> Bool

    /// Begins to read the value as an array; returns its index.
    func openArray() throws -> Int
    func isEnd(_ next: Int, of array: Int) -> Bool
    /// Returns the index of the next element, and moves on.
    func element(_ next: inout Int, of array: Int) throws -> Int
}

extension ValueReader {
    // Empty: the errors name the byte instead.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try openObject()
        return KeyedDecodingContainer(DecodedFields<Key>(reader: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try DecodedElements(reader: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        DecodedSingle(reader: self, place: place)
    }
}

private struct DecodedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: any ValueReader
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { reader.keys.compactMap(Key.init(stringValue:)) }
    func contains(_ key: Key) -> Bool { reader.has(key) }
    func decodeNil(forKey key: Key) throws -> Bool { try reader.isNil(key) }

    func decode<Value: Leaf>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(reader, at: reader.place(of: key))
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let place = try reader.place(of: key)
        if type == [UInt8].self, let bytes = try reader.bytes(at: place) as? Value { return bytes }
        return try reader.read(type, at: place)
    }

    // For each type that is listed here, the standard library's version would search three times.
    func decodeIfPresent(_: Bool.Type, forKey key: Key) throws -> Bool? { try leaf(key) }
    func decodeIfPresent(_: String.Type, forKey key: Key) throws -> String? { try leaf(key) }
    func decodeIfPresent(_: Double.Type, forKey key: Key) throws -> Double? { try leaf(key) }
    func decodeIfPresent(_: Int.Type, forKey key: Key) throws -> Int? { try leaf(key) }
    func decodeIfPresent(_: Int32.Type, forKey key: Key) throws -> Int32? { try leaf(key) }
    func decodeIfPresent(_: Int64.Type, forKey key: Key) throws -> Int64? { try leaf(key) }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try reader.presentPlace(of: key).map { try reader.read(type, at: $0) }
    }

    private func leaf<Value: Leaf>(_ key: Key) throws -> Value? {
        try reader.presentPlace(of: key).map { try Value(reader, at: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        // The fields of an enumeration's case follow its name, without an object of their own.
        _ = try reader.place(of: key)
        return KeyedDecodingContainer(DecodedFields<Nested>(reader: reader))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw reader.damage("an array in an object", at: reader.place)
    }

    func superDecoder() -> any Decoder { reader }
    func superDecoder(forKey key: Key) -> any Decoder { reader }
}

private struct DecodedElements: UnkeyedDecodingContainer {
    let reader: any ValueReader
    let codingPath: [any CodingKey] = []
    // Nobody asks for it, and counting would walk through the array once more.
    let count: Int? = nil
    private(set) var currentIndex = 0
    private let array: Int
    private var next: Int

    var isAtEnd: Bool { reader.isEnd(next, of: array) }

    init(reader: any ValueReader) throws {
        self.reader = reader
        array = try reader.openArray()
        next = array + 1
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard !isAtEnd else { throw reader.damage("the end of an array", at: array) }
        currentIndex += 1
        return try reader.read(type, at: try reader.element(&next, of: array))
    }

    func decodeNil() throws -> Bool { throw reader.damage("nothing in an array", at: array) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        throw reader.damage("an object in an array", at: array)
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw reader.damage("an array in an array", at: array)
    }

    func superDecoder() -> any Decoder { reader }
}

private struct DecodedSingle: SingleValueDecodingContainer {
    let reader: any ValueReader
    let place: Int
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { reader.isNull(at: place) }
    func decode<Value: Leaf>(_ type: Value.Type) throws -> Value { try Value(reader, at: place) }
    func decode(_ type: Float.Type) throws -> Float { Float(try reader.double(at: place)) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reader.read(type, at: place)
    }
}
