/// A value that writes itself as bytes without names, one part after the other.
///
/// For the values that a snapshot has of each task: `packedFormat` states the names and types of
/// the parts once, and the parts need neither boxes nor look-ups.
protocol Packable: Sendable {
    /// The names and types of the stored properties; bytes of another format can't be read.
    static var packedFormat: String { get }

    /// Writes the parts, in order.
    func pack(into bytes: inout PackedBytes)

    /// Reads what `pack(into:)` writes.
    ///
    /// - Throws: `PackedBytes.Damage`.
    init(unpacking bytes: inout PackedBytes) throws
}

/// Values of one type in a snapshot, packed.
struct Packed<Value: Packable>: Sendable, Codable {
    private enum CodingKeys: CodingKey {
        case format, count, bytes
    }

    var values: [Value]

    init(_ values: [Value]) { self.values = values }

    /// Reads what `encode(to:)` writes.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let format = try container.decode(String.self, forKey: .format)
        let count = try container.decode(Int.self, forKey: .count)
        var bytes = PackedBytes(try container.decode([UInt8].self, forKey: .bytes))
        guard format == Value.packedFormat, (0...bytes.bytes.count).contains(count) else {
            throw PackedBytes.Damage()
        }
        values = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try bytes.read()) }
        guard bytes.isAtEnd else { throw PackedBytes.Damage() }
    }

    /// Writes the type's format, the number of values, and their bytes.
    func encode(to encoder: any Encoder) throws {
        var bytes = PackedBytes()
        for value in values { bytes.write(value) }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Value.packedFormat, forKey: .format)
        try container.encode(values.count, forKey: .count)
        try container.encode(bytes.bytes, forKey: .bytes)
    }
}

/// A value whose properties stand in the format as if they were its owner's.
protocol PackedInline {}

/// Describes the stored properties of a type, given one of its values.
func packedFormat(of value: Any) -> String {
    "\(type(of: value))(\(packedParts(of: value).joined(separator: ",")))"
}

private func packedParts(of value: Any) -> [String] {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .struct else { return [] }
    return mirror.children.flatMap { label, value in
        value is any PackedInline
            ? packedParts(of: value) : ["\(label ?? "")=\(packedFormat(of: value))"]
    }
}

/// A buffer that values are written to, or read from.
struct PackedBytes: Hashable, Sendable {
    /// Thrown if the bytes do not hold the expected value.
    struct Damage: Error {}

    private(set) var bytes: [UInt8]
    private var cursor = 0

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    /// True once all bytes were read.
    var isAtEnd: Bool { cursor == bytes.count }

    // MARK: - Writing

    mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes numbers near zero of either sign in few bytes.
    mutating func write(_ number: some SignedInteger) {
        let number = Int64(number)
        write(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    /// Writes the low bytes last: most numbers are whole, or zero, and end in zero bytes.
    mutating func write(_ number: Double) { write(number.bitPattern.byteSwapped) }

    mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func write(_ text: String) {
        write(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func write(_ value: some Packable) { value.pack(into: &self) }

    mutating func write<Value>(_ value: Value?, _ write: (inout PackedBytes, Value) -> Void) {
        self.write(value != nil)
        if let value { write(&self, value) }
    }

    // MARK: - Reading

    mutating func readByte() throws -> UInt8 {
        guard cursor < bytes.count else { throw Damage() }
        defer { cursor += 1 }
        return bytes[cursor]
    }

    mutating func readUnsigned() throws -> UInt64 {
        var (number, shift) = (UInt64.zero, UInt64.zero)
        while true {
            let byte = try readByte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
            guard shift < 64 else { throw Damage() }
        }
    }

    mutating func read<Number: FixedWidthInteger>() throws -> Number {
        let bits = try readUnsigned()
        let signed = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
        let number = Number.isSigned ? Number(exactly: signed) : Number(exactly: bits)
        guard let number else { throw Damage() }
        // No count or time of a run has more than 53 bits; a thousand such numbers can be added up.
        guard Number.isSigned, Number.bitWidth == 64 else { return number }
        let limit = Number(1) << 53
        return min(limit, max(0 - limit, number))
    }

    mutating func read() throws -> Double { Double(bitPattern: try readUnsigned().byteSwapped) }

    mutating func read() throws -> Bool { try readByte() != 0 }

    mutating func read() throws -> String {
        let count = try readUnsigned()
        guard count <= UInt64(bytes.count - cursor) else { throw Damage() }
        defer { cursor += Int(count) }
        return String(decoding: bytes[cursor..<cursor + Int(count)], as: UTF8.self)
    }

    mutating func read<Value: Packable>() throws -> Value { try Value(unpacking: &self) }

    mutating func readIfPresent<Value>(
        _ read: (inout PackedBytes) throws -> Value
    ) throws -> Value? {
        try self.read() ? try read(&self) : nil
    }
}
