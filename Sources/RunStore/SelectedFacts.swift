import Codec
import Orchestration

/// A reader of the facts of some kinds in a row of the journal.
///
/// A leg's first row holds the whole plan: megabytes for thousands of tasks. Facts of other kinds are
/// passed over byte by byte; they are neither checked nor decoded.
struct SelectedFacts {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    /// The beginning of a fact as `FactEncoder` writes it.
    private static let opening = Array(#"{"event":""#.utf8)

    private let bytes: [UInt8]
    private let kinds: Set<RunEvent.Kind>
    private var cursor = 0

    private init(_ json: String, _ kinds: Set<RunEvent.Kind>) {
        bytes = Array(json.utf8)
        self.kinds = kinds
    }

    /// Decodes the facts of these kinds from a JSON array, in order.
    ///
    /// - Throws: `DecodingError` for a text that is no array of objects, and for a fact that lacks its
    ///   name or can't be decoded; `NewerFormat` for a fact of a newer Quire.
    static func decode(_ json: String, _ kinds: Set<RunEvent.Kind>) throws -> [RunEvent] {
        var reader = SelectedFacts(json, kinds)
        return try reader.read()
    }

    private mutating func read() throws -> [RunEvent] {
        var facts: [RunEvent] = []
        guard take("[") else { throw damage("no array") }
        if !take("]") {
            repeat {
                let object = try skipObject()
                if let fact = try fact(in: object) { facts.append(fact) }
            } while take(",")
            guard take("]") else { throw damage("no ]") }
        }
        skipSpace()
        guard cursor == bytes.count else { throw damage("more than one value") }
        return facts
    }

    /// Returns the fact in a range of the bytes; `nil` if it is of another kind.
    private func fact(in range: Range<Int>) throws -> RunEvent? {
        let name = try leadingName(in: range) ?? FactDecoder.string("event", in: text(range))
        guard let kind = RunEvent.Kind(rawValue: name) else {
            throw NewerFormat("\"event\": \"\(name)\"")
        }
        return kinds.contains(kind) ? try FactDecoder.decode(RunEvent.self, from: text(range)) : nil
    }

    /// Returns the name of a fact that begins with it; `nil` if it must be searched for.
    private func leadingName(in range: Range<Int>) -> String? {
        guard bytes[range].starts(with: Self.opening) else { return nil }
        let name = bytes[range].dropFirst(Self.opening.count).prefix { $0 != Self.quote }
        return name.contains(Self.backslash) ? nil : String(decoding: name, as: UTF8.self)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// Moves past an object; returns its range.
    private mutating func skipObject() throws -> Range<Int> {
        skipSpace()
        let start = cursor
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else {
            throw damage("no object")
        }
        var depth = 0
        repeat {
            guard cursor < bytes.count else { throw damage("no end of an object") }
            switch bytes[cursor] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case Self.quote: skipToEndOfString()
            default: break
            }
            cursor += 1
        } while depth > 0
        return start..<cursor
    }

    /// Moves from a string's first quote to its last.
    private mutating func skipToEndOfString() {
        cursor += 1
        while cursor < bytes.count, bytes[cursor] != Self.quote {
            cursor += bytes[cursor] == Self.backslash ? 2 : 1
        }
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: mark) else { return false }
        cursor += 1
        return true
    }

    private mutating func skipSpace() {
        while cursor < bytes.count, bytes[cursor].isJSONSpace { cursor += 1 }
    }

    private func damage(_ words: String) -> DecodingError { .damage(words, at: cursor) }
}

extension Sequence<RunEvent.Kind> {
    /// The kinds in one number, with a bit for each.
    var mask: Int64 { reduce(0) { $0 | $1.bit } }
}

extension RunEvent.Kind {
    /// The kind's bit in the column `mark.kinds`, for ever.
    var bit: Int64 {
        switch self {
        case .runBegan: 1 << 0
        case .taskReopened: 1 << 1
        case .taskInspected: 1 << 2
        case .sessionStarted: 1 << 3
        case .sessionSpawned: 1 << 4
        case .sessionUsed: 1 << 5
        case .threadStarted: 1 << 6
        case .sessionSignalled: 1 << 7
        case .sessionEnded: 1 << 8
        case .taskEnded: 1 << 9
        case .gateClosed: 1 << 10
        case .gateOpened: 1 << 11
        case .concurrencyChanged: 1 << 12
        case .shutdownAdvanced: 1 << 13
        case .warned: 1 << 14
        case .runEnded: 1 << 15
        case .checkpointMade: 1 << 16
        case .checkBegan: 1 << 17
        case .checkEnded: 1 << 18
        case .hookBegan: 1 << 19
        case .hookEnded: 1 << 20
        case .steered: 1 << 21
        case .limitRead: 1 << 22
        }
    }
}
