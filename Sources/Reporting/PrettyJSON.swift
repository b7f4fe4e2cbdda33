import Codec
import Dates
import Orchestration

/// An encoder to JSON over several lines, with the keys of each object sorted.
///
/// Built for answers with thousands of rows: the text is written while the value is encoded, without a tree
/// of it. An object's members are sorted when the object ends.
final class PrettyJSON: ValueWriter {
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
    @exclusivity(unchecked) var frame = WriterFrame()
    @exclusivity(unchecked) private var members: [Member] = []
    @exclusivity(unchecked) private var depth = 0
    @exclusivity(unchecked) private var numbers: [String: Int] = [:]
    @exclusivity(unchecked) private var keys: [Key] = []
    /// The sorted order of members, by the order in which their keys came; empty if it is the same.
    @exclusivity(unchecked) private var orders: [[Int]: [Int]] = [:]
    /// True while the keys of the current object are written in snake case.
    @exclusivity(unchecked) private var isSnakeCase = false
    private let keepsKeys: Bool

    private init(keepsKeys: Bool) { self.keepsKeys = keepsKeys }

    /// Returns the text of a value.
    ///
    /// Keys are written in snake case unless `keepsKeys` is true. The keys of dictionaries are data, and are
    /// never changed.
    ///
    /// - Throws: `EncodingError` for values that JSON can't hold.
    static func text(of value: some Encodable, keepsKeys: Bool) throws -> String {
        let encoder = PrettyJSON(keepsKeys: keepsKeys)
        try encoder.write(value: value)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }
}

// Values.
extension PrettyJSON {
    func write(value: some Encodable) throws {
        // Facts have milliseconds; answers have what every program and person can read.
        if let time = value as? WallTime { return write(time.timestamp) }
        let (outer, before, wasSnakeCase) = (frame, members, isSnakeCase)
        (frame, members) = (WriterFrame(), [])
        isSnakeCase = !keepsKeys && !(value is any KeyedByData)
        try value.encode(to: self)
        close(frame.shape)
        (frame, members, isSnakeCase) = (outer, before, wasSnakeCase)
    }

    func open(_ shape: WriterFrame.Shape) {
        bytes.append(UInt8(ascii: shape == .object ? "{" : "["))
        depth += 1
    }

    func close(_ shape: WriterFrame.Shape) {
        switch shape {
        case .single: return
        case .undecided: return bytes += "{}".utf8
        case .object: putInOrder()
        case .array: break
        }
        depth -= 1
        if frame.count > 0 { newLine() }
        bytes.append(UInt8(ascii: shape == .object ? "}" : "]"))
    }

    private func putInOrder() {
        let order = order(of: members.map(\.key))
        guard let first = members.first?.start, !order.isEmpty else { return }
        // A comma precedes each member but the first.
        let ends = members.dropFirst().map { $0.start - 1 } + [bytes.count]
        var sorted: [UInt8] = []
        sorted.reserveCapacity(bytes.count - first)
        for place in order {
            if !sorted.isEmpty { sorted.append(UInt8(ascii: ",")) }
            sorted += bytes[members[place].start..<ends[place]]
        }
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

    func writeNil() { bytes += "null".utf8 }

    func write(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }

    func write(_ value: Int64) { bytes += value.description.utf8 }

    func write(_ value: UInt64) { bytes += value.description.utf8 }

    func write(_ value: Double) throws {
        guard value.isFinite else { throw EncodingError.notInJSON(value) }
        let text = value.description
        bytes += (text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8
    }

    func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: \.isEscapedInJSON) {
            for byte in text.utf8 { write(escaping: byte) }
        } else {
            bytes += text.utf8
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func write(escaping byte: UInt8) {
        guard byte.isEscapedInJSON else { return bytes.append(byte) }
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

// Members and elements: each on a line of its own.
extension PrettyJSON {
    func write(key: String) {
        let number = number(of: key)
        separate()
        members.append(Member(key: number, start: bytes.count))
        newLine()
        bytes += keys[number].bytes
    }

    func writeElement() {
        separate()
        newLine()
    }

    private func separate() {
        if frame.count > 0 { bytes.append(UInt8(ascii: ",")) }
        frame.count += 1
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
