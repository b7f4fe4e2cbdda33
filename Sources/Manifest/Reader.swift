import Orchestration
import Yams

/// Reads typed values from a document's nodes, and collects all mistakes.
final class Reader {
    /// Most mistakes reported; a manifest with more was made by a program.
    private static let errorLimit = 1000
    /// Most merges followed in all, as aliases can multiply them without bound.
    private static let mergeLimit = 100_000

    private let path: String
    let text: ManifestText
    private var merges = 0
    private(set) var errors: [Diagnostic] = []
    private(set) var warnings: [Diagnostic] = []

    init(path: String, text: ManifestText) {
        (self.path, self.text) = (path, text)
    }

    func fail(_ node: Node?, _ message: String) { add(diagnostic(node, message)) }

    /// Reports a mistake at a position in the parser's text.
    func fail(at place: ManifestText.Place?, _ message: String) {
        add(diagnostic(at: place, message))
    }

    /// Returns the diagnostic of a mistake at a position in the parser's text.
    func diagnostic(at place: ManifestText.Place?, _ message: String) -> Diagnostic {
        let place = place.map(text.original)
        return Diagnostic(
            path: path,
            line: place?.line ?? 0,
            column: place?.column ?? 0,
            message: message
        )
    }

    /// Reports a mistake in another file.
    func fail(in file: String, at place: ManifestText.Place, _ message: String) {
        add(Diagnostic(path: file, line: place.line, column: place.column, message: message))
    }

    /// Reports a mistake about a part of a node's text.
    func fail(_ node: Node?, about part: String, _ message: String) {
        guard let mark = node?.mark else { return fail(node, message) }
        let start = ManifestText.Place(line: mark.line, column: mark.column)
        fail(at: text.find(part, from: start) ?? start, message)
    }

    /// True while suggestions are worth computing.
    var isWorthAdvice: Bool { errors.count < 100 }

    private func add(_ error: Diagnostic) {
        if errors.count < Self.errorLimit { errors.append(error) }
    }

    func warn(_ node: Node?, _ message: String) { warnings.append(diagnostic(node, message)) }

    private func diagnostic(_ node: Node?, _ message: String) -> Diagnostic {
        let place = node?.mark.map {
            text.original(ManifestText.Place(line: $0.line, column: $0.column))
        }
        return Diagnostic(
            path: path,
            line: place?.line ?? 0,
            column: place?.column ?? 0,
            message: message
        )
    }

    /// Returns a mapping's members with those merged by `<<`: its own override merged ones, and earlier
    /// merges override later ones.
    private func pairs(_ mapping: Node.Mapping) -> [(key: Node, value: Node)] {
        guard mapping.contains(where: { $0.key.isMerge }) else {
            return mapping.map { ($0.key, $0.value) }
        }
        var result: [(key: Node, value: Node)] = []
        var seen: Set<String> = []
        func add(_ pairs: [(key: Node, value: Node)]) {
            for pair in pairs where pair.key.string.map({ seen.insert($0).inserted }) ?? true {
                result.append(pair)
            }
        }
        add(mapping.filter { !$0.key.isMerge }.map { ($0.key, $0.value) })
        for (key, value) in mapping where key.isMerge {
            let merged: [Node] =
                if case .sequence(let list) = value { Array(list) } else { [value] }
            for node in merged {
                guard case .mapping(let other) = node else {
                    fail(
                        key,
                        "\"<<\" merges mappings, but here is \(node.kind); name an anchor: *name"
                    )
                    continue
                }
                merges += 1
                if merges == Self.mergeLimit {
                    fail(key, "more than \(Format.count(merges, "merge")); name fewer")
                }
                if merges < Self.mergeLimit { add(pairs(other)) }
            }
        }
        return result
    }

    /// Reads a mapping's members; unknown keys are reported and left out, except extensions (`x-…`).
    func members(_ node: Node?, _ place: String, keys: [String]) -> [String: Node] {
        guard let node, !node.isNull else { return [:] }
        guard case .mapping(let mapping) = node else {
            fail(node, "expected a mapping for \(place), found \(node.kind)")
            return [:]
        }
        var result: [String: Node] = [:]
        for (keyNode, value) in pairs(mapping) {
            guard let key = keyNode.string else {
                fail(keyNode, "expected a word as a key of \(place), found \(keyNode.kind)")
                continue
            }
            if key.hasPrefix("x-") { continue }
            guard keys.contains(key) else {
                let near = isWorthAdvice ? Keys.suggestion(for: key, among: keys) : nil
                let advice =
                    near.map { "; did you mean \"\($0)\"?" }
                    ?? "; known keys: \(keys.sorted().joined(separator: ", "))"
                fail(keyNode, "unknown key \"\(key)\" in \(place)\(advice)")
                continue
            }
            result[key] = value
        }
        return result
    }

    /// Reads a mapping with the user's own keys.
    func entries(_ node: Node?, _ place: String) -> [(key: Node, name: String, value: Node)] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let mapping) = node else {
            fail(node, "expected a mapping for \(place), found \(node.kind)")
            return []
        }
        return pairs(mapping).compactMap { key, value in
            guard let name = key.string else {
                fail(key, "expected a word as a key of \(place), found \(key.kind)")
                return nil
            }
            return (key, name, value)
        }
    }

    func list(_ node: Node?, _ place: String) -> [Node] {
        guard let node, !node.isNull else { return [] }
        guard case .sequence(let sequence) = node else {
            fail(node, "expected a list for \(place), found \(node.kind)")
            return []
        }
        return Array(sequence)
    }

    func string(_ node: Node?, _ place: String) -> String? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node, !node.isNull else {
            fail(node, "expected a text for \(place), found \(node.kind)")
            return nil
        }
        return scalar.string
    }

    /// Reads a text that is handed to a program, and so can't contain a NUL.
    func word(_ node: Node?, _ place: String) -> String? {
        guard let text = string(node, place) else { return nil }
        guard !text.utf8.contains(0) else {
            fail(node, "\(place) holds a NUL (\\0), which no program can be handed; remove it")
            return nil
        }
        return text
    }

    func strings(_ node: Node?, _ place: String) -> [String]? {
        guard let node else { return nil }
        return list(node, place).compactMap { word($0, "each of \(place)") }
    }

    func integer(_ node: Node?, _ place: String, in range: ClosedRange<Int>) -> Int? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            scalar.string.isWholeNumber
        else {
            fail(node, "expected a whole number for \(place), found \(node.kind)")
            return nil
        }
        guard let value = Int(scalar.string), range.contains(value) else {
            fail(
                node,
                "\(place) is \(scalar.string.prefix(40)), but must be from \(range.lowerBound) to "
                    + "\(range.upperBound)"
            )
            return nil
        }
        return value
    }

    func weight(_ node: Node?, _ place: String) -> Double? {
        guard let node else { return nil }
        guard let value = node.string.flatMap(Double.init), value > 0, value <= 1e6 else {
            if isTooLarge(node, place, most: 1e6, in: "1000000") { return nil }
            fail(node, "expected a number above 0 for \(place), found \(node.kind)")
            return nil
        }
        return value
    }

    /// Reads a task's size in sessions: a number, or a word for one.
    func size(_ node: Node?, _ place: String) -> Double? {
        guard let node else { return nil }
        switch node.string {
        case "small": return 2
        case "medium": return 6
        case "large": return 20
        default: break
        }
        guard let value = node.string.flatMap(Double.init), value > 0, value <= 1e6 else {
            if isTooLarge(node, place, most: 1e6, in: "1000000") { return nil }
            fail(
                node,
                "expected small, medium, large or a number of sessions above 0 for \(place), "
                    + "found \(node.kind)"
            )
            return nil
        }
        return value
    }

    /// Reports a number above `most`; returns false for anything else.
    ///
    /// `units` are the factors of letters that may follow the number; `words` is `most` for people.
    func isTooLarge(
        _ node: Node,
        _ place: String,
        most: Double,
        units: [Character: Double] = [:],
        in words: String
    ) -> Bool {
        let text = node.string ?? ""
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? Substring(text) : text.dropLast()
        // Words such as "inf" are not numbers that people write.
        guard digits.last?.isNumber == true, let value = Double(digits), value * (unit ?? 1) > most
        else { return false }
        fail(node, "\(place) is \(text.prefix(40)), but may be at most \(words)")
        return true
    }

    func bool(_ node: Node?, _ place: String) -> Bool? {
        guard let node else { return nil }
        switch node.string {
        case "true": return true
        case "false": return false
        default:
            fail(node, "expected true or false for \(place), found \(node.kind)")
            return nil
        }
    }

    func choice(_ node: Node?, _ place: String, of words: [String]) -> String? {
        guard let node else { return nil }
        guard let word = node.string, words.contains(word) else {
            let near = node.string.flatMap { Keys.suggestion(for: $0, among: words) }
            let advice = near.map { "; did you mean \"\($0)\"?" } ?? ""
            fail(
                node,
                "expected \(words.joined(separator: " or ")) for \(place), found "
                    + "\(node.kind)\(advice)"
            )
            return nil
        }
        return word
    }

    /// Reads a duration such as `45m`, `1h30m`, `500ms`, `2d`; at most 10 years.
    func duration(_ node: Node?, _ place: String) -> Duration? {
        guard let node else { return nil }
        guard let duration = node.string.flatMap(Quantity.duration) else {
            if node.string?.wholeMatch(of: /([0-9]+(ms|s|m|h|d))+/) != nil {
                fail(node, "\(place) is \(node.kind), but may be at most 10 years (3650d)")
                return nil
            }
            fail(
                node,
                "expected a duration such as 45m, 1h30m or 10s for \(place), found \(node.kind)"
            )
            return nil
        }
        return duration
    }
}

extension String {
    /// True for a whole number in digits, however large.
    fileprivate var isWholeNumber: Bool {
        let digits = hasPrefix("-") || hasPrefix("+") ? dropFirst() : self[...]
        return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension Node {
    /// Description of the node, for a message.
    var kind: String {
        switch self {
        case .scalar(let scalar): isNull ? "nothing" : "\"\(scalar.string.prefix(40))\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// True for the key `<<`, which merges other mappings.
    var isMerge: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.string == "<<" && (scalar.style == .plain || scalar.style == .any)
    }

    /// True if the node is empty, `~` or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// A scalar's text as written, whatever type YAML would give it; `nil` for other nodes.
    var string: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }
}
