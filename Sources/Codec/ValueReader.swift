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
    /// Begins to read the fields of an enumeration's case.
    func openCase(_ key: some CodingKey) throws

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

    fileprivate func integer<Number: FixedWidthInteger>(at place: Int) throws -> Number {
        let number =
            Number.isSigned
            ? Number(exactly: try signed(at: place)) : Number(exactly: try unsigned(at: place))
        guard let number else { throw damage("a number out of range", at: place) }
        return number
    }
}

private struct DecodedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let reader: any ValueReader
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] { reader.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { reader.has(key) }

    func decodeNil(forKey key: Key) throws -> Bool { try reader.isNil(key) }

    // Fast paths for the types that most values consist of.
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try reader.bool(at: try reader.place(of: key))
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try reader.string(at: try reader.place(of: key))
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try reader.double(at: try reader.place(of: key))
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        Int(try reader.signed(at: try reader.place(of: key)))
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try reader.signed(at: try reader.place(of: key))
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let place = try reader.place(of: key)
        if type == [UInt8].self, let bytes = try reader.bytes(at: place) as? Value { return bytes }
        return try reader.read(type, at: place)
    }

    // One search for the key instead of three.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try reader.presentPlace(of: key).map { try reader.bool(at: $0) }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try reader.presentPlace(of: key).map { try reader.string(at: $0) }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try reader.presentPlace(of: key).map { try reader.double(at: $0) }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try reader.presentPlace(of: key).map { Int(try reader.signed(at: $0)) }
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try reader.presentPlace(of: key).map { try reader.integer(at: $0) }
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try reader.presentPlace(of: key).map { try reader.signed(at: $0) }
    }

    func decodeIfPresent<Value: Decodable>(
        _ type: Value.Type,
        forKey key: Key
    ) throws -> Value? {
        try reader.presentPlace(of: key).map { try reader.read(type, at: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try reader.openCase(key)
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

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, reader.isNull(at: next) else { return false }
        _ = try reader.element(&next, of: array)
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard !isAtEnd else { throw reader.damage("the end of an array", at: array) }
        currentIndex += 1
        return try reader.read(type, at: try reader.element(&next, of: array))
    }

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
    func decode(_ type: Bool.Type) throws -> Bool { try reader.bool(at: place) }
    func decode(_ type: String.Type) throws -> String { try reader.string(at: place) }
    func decode(_ type: Double.Type) throws -> Double { try reader.double(at: place) }
    func decode(_ type: Float.Type) throws -> Float { Float(try reader.double(at: place)) }
    func decode<Number: FixedWidthInteger & Decodable>(_ type: Number.Type) throws -> Number {
        try reader.integer(at: place)
    }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reader.read(type, at: place)
    }
}
