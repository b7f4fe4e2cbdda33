/// An encoder to JSON over several lines, with the keys of each object sorted.
///
/// Built for answers with thousands of rows: the text is written while the value is encoded, without a tree
/// of it. An object's members are sorted when the object ends.
final class PrettyJSON: Encoder {
    private enum Form: Hashable { case value, object, array }

    private struct Member {
        /// The index of the key in `keys`.
        var key: Int
        /// The offset of the member in the text.
        var start: Int
    }

    /// An object's key in its written form.
    private struct Key {
        var text: String
        /// The quoted key and the separator after it.
        var bytes: [UInt8]
    }

    // No access to a property below overlaps another.
    @exclusivity(unchecked) private var bytes: [UInt8] = []
    @exclusivity(unchecked) private var form = Form.value
    @exclusivity(unchecked) private var members: [Member] = []
    @exclusivity(unchecked) private var depth = 0
    @exclusivity(unchecked) private var numbers: [String: Int] = [:]
    @exclusivity(unchecked) private var keys: [Key] = []
    /// The sorted order of members, by the order in which their keys came; empty if it is the same.
    @exclusivity(unchecked) private var orders: [[Int]: [Int]] = [:]
    /// True while the keys of the current object are written in snake case.
    @exclusivity(unchecked) private var isSnakeCase = false
    private let keepsKeys: Bool
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    private init(keepsKeys: Bool) { self.keepsKeys = keepsKeys }

    /// Returns the text of a value.
    ///
    /// Keys are written in snake case unless `keepsKeys` is true. The keys of dictionaries are data, and are
    /// never changed.
    ///
    /// - Throws: `EncodingError` for values that JSON can't hold.
    static func text(of value: some Encodable, keepsKeys: Bool) throws -> String {
        let encoder = PrettyJSON(keepsKeys: keepsKeys)
        try encoder.write(value)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        begin(.object)
        return KeyedEncodingContainer(PrettyObject<Key>(json: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        begin(.array)
        return PrettyArray(json: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { PrettyValue(json: self) }

    private func begin(_ new: Form) {
        guard form == .value else { return }
        form = new
        bytes.append(UInt8(ascii: new == .object ? "{" : "["))
        depth += 1
    }
}

// Values.
extension PrettyJSON {
    fileprivate func write(_ value: some Encodable) throws {
        let (outer, before, wasSnakeCase) = (form, members, isSnakeCase)
        (form, members) = (.value, [])
        isSnakeCase = !keepsKeys && !(value is any KeyedByData)
        let start = bytes.count
        try value.encode(to: self)
        end(from: start)
        (form, members, isSnakeCase) = (outer, before, wasSnakeCase)
    }

    private func end(from start: Int) {
        guard form != .value else {
            // A value that encodes nothing is an empty object.
            if bytes.count == start { bytes += "{}".utf8 }
            return
        }
        depth -= 1
        if form == .object { putInOrder() }
        if bytes.last == UInt8(ascii: ",") {
            bytes.removeLast()
            newLine()
        }
        bytes.append(UInt8(ascii: form == .object ? "}" : "]"))
    }

    private func putInOrder() {
        let order = order(of: members.map(\.key))
        guard let first = members.first?.start, !order.isEmpty else { return }
        let ends = members.dropFirst().map(\.start) + [bytes.count]
        var sorted: [UInt8] = []
        sorted.reserveCapacity(bytes.count - first)
        for place in order { sorted += bytes[members[place].start..<ends[place]] }
        bytes.replaceSubrange(first..., with: sorted)
    }

    /// Returns the indices of the keys in sorted order; empty if they are sorted already.
    private func order(of came: [Int]) -> [Int] {
        if let known = orders[came] { return known }
        let sorted = came.indices.sorted { keys[came[$0]].text < keys[came[$1]].text }
        let order = sorted == Array(came.indices) ? [] : sorted
        orders[came] = order
        return order
    }

    fileprivate func write(null: Void) { bytes += "null".utf8 }

    fileprivate func write(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }

    fileprivate func write(number value: some BinaryInteger) { bytes += String(value).utf8 }

    fileprivate func write(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: "\(value) is no number in JSON")
            )
        }
        let text = value.description
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    fileprivate func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: \.isEscaped) {
            for byte in text.utf8 { write(escaping: byte) }
        } else {
            bytes += text.utf8
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func write(escaping byte: UInt8) {
        guard byte.isEscaped else { return bytes.append(byte) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\n"): bytes += "\\n".utf8
        case UInt8(ascii: "\r"): bytes += "\\r".utf8
        case UInt8(ascii: "\t"): bytes += "\\t".utf8
        default: bytes += ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
        }
    }

    private func newLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}

// Members and elements: each on a line of its own, with a comma that `end` removes from the last one.
extension PrettyJSON {
    fileprivate func member(_ name: String, _ write: () throws -> Void) rethrows {
        let number = number(of: name)
        members.append(Member(key: number, start: bytes.count))
        newLine()
        bytes += keys[number].bytes
        try write()
        bytes.append(UInt8(ascii: ","))
    }

    fileprivate func element(_ write: () throws -> Void) rethrows {
        newLine()
        try write()
        bytes.append(UInt8(ascii: ","))
    }

    private func number(of name: String) -> Int {
        // The same name may be a key in one object and data in another.
        let text = isSnakeCase ? name : "\"" + name
        if let number = numbers[text] { return number }
        let key = isSnakeCase ? name.inSnakeCase : name
        let (outer, number) = (bytes, keys.count)
        bytes = []
        write(key)
        keys.append(Key(text: key, bytes: bytes + " : ".utf8))
        (bytes, numbers[text]) = (outer, number)
        return number
    }
}

private struct PrettyObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let json: PrettyJSON
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { json.member(key.stringValue) { json.write(null: ()) } }
    func encode(_ value: Bool, forKey key: Key) {
        json.member(key.stringValue) { json.write(value) }
    }
    func encode(_ value: Int, forKey key: Key) {
        json.member(key.stringValue) { json.write(number: value) }
    }
    func encode(_ value: Int64, forKey key: Key) {
        json.member(key.stringValue) { json.write(number: value) }
    }
    func encode(_ value: String, forKey key: Key) {
        json.member(key.stringValue) { json.write(value) }
    }
    func encode(_ value: Double, forKey key: Key) throws {
        try json.member(key.stringValue) { try json.write(value) }
    }
    func encode(_ value: some Encodable, forKey key: Key) throws {
        try json.member(key.stringValue) { try json.write(value) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("answers have no such containers [this is a bug]")
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        preconditionFailure("answers have no such containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("answers inherit nothing [this is a bug]")
    }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder() }
}

private struct PrettyArray: UnkeyedEncodingContainer {
    let json: PrettyJSON
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(json: PrettyJSON) { self.json = json }

    mutating func encodeNil() {
        json.element { json.write(null: ()) }
        count += 1
    }

    mutating func encode(_ value: String) {
        json.element { json.write(value) }
        count += 1
    }

    mutating func encode(_ value: some Encodable) throws {
        try json.element { try json.write(value) }
        count += 1
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        preconditionFailure("answers have no such containers [this is a bug]")
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        preconditionFailure("answers have no such containers [this is a bug]")
    }

    func superEncoder() -> any Encoder {
        preconditionFailure("answers inherit nothing [this is a bug]")
    }
}

private struct PrettyValue: SingleValueEncodingContainer {
    let json: PrettyJSON
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { json.write(null: ()) }
    func encode(_ value: Bool) { json.write(value) }
    func encode(_ value: String) { json.write(value) }
    func encode(_ value: Double) throws { try json.write(value) }
    func encode(_ value: Float) throws { try json.write(Double(value)) }
    func encode(_ value: Int) { json.write(number: value) }
    func encode(_ value: Int8) { json.write(number: value) }
    func encode(_ value: Int16) { json.write(number: value) }
    func encode(_ value: Int32) { json.write(number: value) }
    func encode(_ value: Int64) { json.write(number: value) }
    func encode(_ value: UInt) { json.write(number: value) }
    func encode(_ value: UInt8) { json.write(number: value) }
    func encode(_ value: UInt16) { json.write(number: value) }
    func encode(_ value: UInt32) { json.write(number: value) }
    func encode(_ value: UInt64) { json.write(number: value) }
    func encode(_ value: some Encodable) throws { try value.encode(to: json) }
}

/// An object whose keys are data, and are written as they are.
private protocol KeyedByData {}

extension Dictionary: KeyedByData where Key == String {}

extension String {
    /// A name such as `maxSessions` in snake case: `max_sessions`.
    fileprivate var inSnakeCase: String {
        var words = ""
        for character in self {
            if character.isUppercase { words += "_" }
            words += character.lowercased()
        }
        return words
    }
}

extension UInt8 {
    /// True if JSON requires an escape for the byte in a string.
    fileprivate var isEscaped: Bool {
        self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
    }
}
