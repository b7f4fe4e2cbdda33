import Orchestration

/// Decodes facts as `FactEncoder` writes them, and any other JSON of the types that facts consist of.
///
/// A recovery reads the whole journal. Foundation's decoder makes a dictionary of every object. Here
/// the text is scanned once, and the search for a field begins where the last one ended, for facts
/// are read in the order in which they were written.
struct FactDecoder {
    /// Decodes a JSON text.
    ///
    /// - Throws: `DecodingError` for a text that is no JSON, or that does not fit the type;
    ///   `NewerFormat` for a key or a word that the type does not know.
    static func decode<Value: Decodable>(_ type: Value.Type, from json: String) throws -> Value {
        try JSONTape(json).decode(type, at: 0)
    }

    /// Returns the text of one key of a JSON object, whatever other keys the object has.
    ///
    /// - Throws: `DecodingError` for a text that is no such object.
    static func string(_ key: String, in json: String) throws -> String {
        let tape = try JSONTape(json)
        try tape.token(at: 0, .object, for: [String: Any].self)
        guard let value = tape.value(of: key, in: 0, from: 1) else {
            throw DecodingError.damage("no \"\(key)\"", at: 0)
        }
        return try tape.string(at: value)
    }
}

/// A decoder of the value at one index of the tape.
private final class ValueDecoder: Decoder {
    let tape: JSONTape
    let place: Int
    // Empty: the errors name the byte instead.
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    /// The index of the key that follows the one found last.
    private var hint: Int
    /// Number of keys that were asked for and found.
    private var found = 0

    init(tape: JSONTape, place: Int) {
        self.tape = tape
        self.place = place
        hint = place + 1
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try tape.token(at: place, .object, for: [String: Any].self)
        return KeyedDecodingContainer(ObjectContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try tape.token(at: place, .array, for: [Any].self)
        return ArrayContainer(tape: tape, array: place)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleContainer(tape: tape, place: place)
    }

    /// Returns the index of a key's value; `nil` where the object lacks the key.
    func value(of key: some CodingKey) -> Int? {
        guard let value = tape.value(of: key.stringValue, in: place, from: hint) else { return nil }
        let next = tape.tokens[value].next
        // A key may be asked for several times in a row: whether it is there, is null, and its value.
        if next != hint { found += 1 }
        hint = next
        return value
    }

    /// Refuses an object with keys that nobody asked for.
    func checkKeys() throws {
        guard tape.tokens[place].kind == .object else { return }
        let keys = tape.keyCount(of: place)
        if keys > found {
            let unknown = Format.count(keys - found, "unknown key")
            throw NewerFormat("\(unknown) in the object at byte \(tape.tokens[place].start)")
        }
    }
}

extension JSONTape {
    fileprivate func isNull(at place: Int) -> Bool { tokens[place].kind == .null }

    fileprivate func decode<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
        let decoder = ValueDecoder(tape: self, place: place)
        let value = try Value(from: decoder)
        try decoder.checkKeys()
        return value
    }
}

private struct ObjectContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ValueDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    private var tape: JSONTape { decoder.tape }

    init(decoder: ValueDecoder) {
        self.decoder = decoder
    }

    var allKeys: [Key] {
        tape.keys(of: decoder.place).compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool { decoder.value(of: key) != nil }

    private func place(_ key: Key) throws -> Int {
        if let place = decoder.value(of: key) { return place }
        let byte = tape.tokens[decoder.place].start
        let words = "the object at byte \(byte) has no \"\(key.stringValue)\""
        throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: words))
    }

    /// Returns the index of a key's value; `nil` where there is none, or null.
    private func presentPlace(_ key: Key) -> Int? {
        decoder.value(of: key).flatMap { tape.isNull(at: $0) ? nil : $0 }
    }

    func decodeNil(forKey key: Key) throws -> Bool { tape.isNull(at: try place(key)) }

    // Fast paths for the types that most facts consist of.
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
        try tape.bool(at: try place(key))
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try tape.string(at: try place(key))
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try tape.double(at: try place(key))
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try tape.integer(at: try place(key))
    }

    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try tape.integer(at: try place(key))
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try tape.decode(type, at: try place(key))
    }

    // One search for the key instead of three.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try presentPlace(key).map(tape.bool)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try presentPlace(key).map(tape.string)
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try presentPlace(key).map(tape.double)
    }

    func decodeIfPresent<Value: Decodable>(
        _ type: Value.Type,
        forKey key: Key
    ) throws -> Value? {
        try presentPlace(key).map { try tape.decode(type, at: $0) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try ValueDecoder(tape: tape, place: try place(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ValueDecoder(tape: tape, place: try place(key)).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ValueDecoder(tape: tape, place: try place(key))
    }
}

private struct ArrayContainer: UnkeyedDecodingContainer {
    let tape: JSONTape
    let array: Int
    let codingPath: [any CodingKey] = []
    // Nobody asks for it, and counting would walk through the array once more.
    let count: Int? = nil
    private(set) var currentIndex = 0
    private var next: Int

    var isAtEnd: Bool { next == tape.tokens[array].next }

    init(tape: JSONTape, array: Int) {
        self.tape = tape
        self.array = array
        next = array + 1
    }

    private mutating func take(for type: any Any.Type) throws -> Int {
        guard !isAtEnd else {
            let words = "the array at byte \(tape.tokens[array].start) has \(currentIndex) elements"
            throw DecodingError.valueNotFound(type, .init(codingPath: [], debugDescription: words))
        }
        defer {
            currentIndex += 1
            next = tape.tokens[next].next
        }
        return next
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, tape.isNull(at: next) else { return false }
        _ = try take(for: Any?.self)
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try tape.decode(type, at: try take(for: type))
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        ValueDecoder(tape: tape, place: try take(for: (any Decoder).self))
    }
}

private struct SingleContainer: SingleValueDecodingContainer {
    let tape: JSONTape
    let place: Int
    let codingPath: [any CodingKey] = []

    init(tape: JSONTape, place: Int) {
        self.tape = tape
        self.place = place
    }

    func decodeNil() -> Bool { tape.isNull(at: place) }
    func decode(_ type: Bool.Type) throws -> Bool { try tape.bool(at: place) }
    func decode(_ type: String.Type) throws -> String { try tape.string(at: place) }
    func decode(_ type: Double.Type) throws -> Double { try tape.double(at: place) }
    func decode(_ type: Float.Type) throws -> Float { Float(try tape.double(at: place)) }
    func decode(_ type: Int.Type) throws -> Int { try tape.integer(at: place) }
    func decode(_ type: Int8.Type) throws -> Int8 { try tape.integer(at: place) }
    func decode(_ type: Int16.Type) throws -> Int16 { try tape.integer(at: place) }
    func decode(_ type: Int32.Type) throws -> Int32 { try tape.integer(at: place) }
    func decode(_ type: Int64.Type) throws -> Int64 { try tape.integer(at: place) }
    func decode(_ type: UInt.Type) throws -> UInt { try tape.integer(at: place) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try tape.integer(at: place) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try tape.integer(at: place) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try tape.integer(at: place) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try tape.integer(at: place) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try tape.decode(type, at: place)
    }
}
