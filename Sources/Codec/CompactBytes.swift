/// Encodes values as bytes: without types, and with each field's name once.
///
/// A snapshot is written while sessions start, and read before any does: it must be small and fast,
/// and only the program that wrote it need understand it. Fields have the order in which their type
/// writes and reads them, and begin with the number of their name; a new name follows its number.
/// Integers have a variable length. Texts and byte arrays begin with their length, elements of other
/// arrays with 1; 0 ends an object or an array.
package struct CompactEncoder {
    /// Encodes a value.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let writer = CompactWriter()
        try writer.write(value: value)
        return writer.bytes
    }
}

/// Decodes the bytes of a `CompactEncoder`.
package struct CompactDecoder {
    /// Decodes a value from all of the bytes.
    ///
    /// - Throws: `DecodingError` where the type does not read exactly the fields that were written,
    ///   or where bytes are missing or left over.
    package static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8]
    ) throws -> Value {
        let reader = CompactReader(bytes)
        let value = try reader.read(type, at: 0)
        guard reader.isAtEnd else { throw reader.damage("more than one value") }
        return value
    }
}

/// The bytes written so far, and the numbers of the field names in them.
private final class CompactWriter: ValueWriter {
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private(set) var bytes: [UInt8] = []
    @exclusivity(unchecked) private var names: [String: UInt64] = [:]
    @exclusivity(unchecked) var frame = WriterFrame()

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
    func writeNil() { preconditionFailure("state is not nothing [this is a bug]") }

    func write(_ text: String) {
        write(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    func write(bytes: [UInt8]) -> Bool {
        write(UInt64(bytes.count))
        self.bytes += bytes
        return true
    }

    func write(key: String) {
        if let number = names[key] { return write(number) }
        let number = UInt64(names.count + 1)
        names[key] = number
        write(number)
        write(key)
    }

    /// Writes the absence of a value, too: a field added since must not look like an absent one.
    func write(key: String, isPresent: Bool) {
        write(key: key)
        write(isPresent)
    }

    func openCase() {}

    func writeElement() {
        bytes.append(1)
        frame.count += 1
    }

    func open(_ shape: WriterFrame.Shape) {}

    func close(_ shape: WriterFrame.Shape) {
        if shape == .object || shape == .array { bytes.append(0) }
    }
}

/// The bytes, the offset of the next value, and the field names read so far.
private final class CompactReader: ValueReader {
    private let bytes: [UInt8]
    // Nothing below runs in the middle of an access to it.
    @exclusivity(unchecked) private var cursor = 0
    @exclusivity(unchecked) private var names: [String] = []
    /// The name of the next field, if it has been read already; empty at the end of an object.
    @exclusivity(unchecked) private var name: String?
    /// True once the value that is being read has become an object or an array.
    @exclusivity(unchecked) private var isOpen = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { cursor == bytes.count }

    /// Values follow each other, and have no index.
    var place: Int { 0 }

    func damage(_ words: String, at place: Int = 0) -> DecodingError { .damage(words, at: cursor) }

    func read<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
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

    private func readByte() throws -> UInt8 {
        guard cursor < bytes.count else { throw damage("the end") }
        defer { cursor += 1 }
        return bytes[cursor]
    }

    func unsigned(at place: Int = 0) throws -> UInt64 {
        var (number, shift) = (UInt64.zero, UInt64.zero)
        while true {
            let byte = try readByte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
            guard shift < 64 else { throw damage("a number out of range") }
        }
    }

    func signed(at place: Int) throws -> Int64 {
        let number = try unsigned()
        return (Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)).cutForReckoning
    }

    func double(at place: Int) throws -> Double { Double(bitPattern: try unsigned().byteSwapped) }
    func bool(at place: Int = 0) throws -> Bool { try readByte() != 0 }
    func string(at place: Int = 0) throws -> String { String(decoding: try slice(), as: UTF8.self) }
    func bytes(at place: Int) throws -> [UInt8]? { Array(try slice()) }
    func isNull(at place: Int) -> Bool { false }

    private func slice() throws -> ArraySlice<UInt8> {
        let count = try unsigned()
        guard count <= UInt64(bytes.count - cursor) else { throw damage("the end of a text") }
        defer { cursor += Int(count) }
        return bytes[cursor..<cursor + Int(count)]
    }

    /// Returns the name of the next field; empty at the end of an object.
    private func nextName() throws -> String {
        if let name { return name }
        let number = try unsigned()
        guard number <= UInt64(names.count + 1) else { throw damage("an unknown name") }
        if number == names.count + 1 { names.append(try string()) }
        let next = number == 0 ? "" : names[Int(number) - 1]
        name = next
        return next
    }

    func openObject() { isOpen = true }

    /// The next key alone: enumerations ask for no more.
    var keys: [String] { (try? nextName()).map { [$0] } ?? [] }

    func has(_ key: some CodingKey) -> Bool { (try? nextName()) == key.stringValue }
    func isNil(_ key: some CodingKey) -> Bool { !has(key) }

    /// Moves on to the value of a field, which must be the next one.
    func place(of key: some CodingKey) throws -> Int {
        guard try nextName() == key.stringValue else {
            let words = "there is \"\(name ?? "")\" at byte \(cursor) instead"
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: words))
        }
        name = nil
        return 0
    }

    /// Reads the flag before the value, which tells whether there is one.
    func presentPlace(of key: some CodingKey) throws -> Int? {
        _ = try place(of: key)
        return try bool() ? 0 : nil
    }

    func openArray() -> Int {
        isOpen = true
        return 0
    }

    func isEnd(_ next: Int, of array: Int) -> Bool { isAtEnd || bytes[cursor] == 0 }

    func element(_ next: inout Int, of array: Int) throws -> Int {
        guard try readByte() == 1 else { throw damage("the end of an array") }
        return 0
    }
}
