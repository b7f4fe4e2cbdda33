/// A text with placeholders such as `{key}`, which take their values from a matrix.
///
/// With a matrix, `{{` and the matching `}}` stand for single braces, and a word in braces that is no
/// key is a mistake; all other braces are text, as is `${word}`. Without a matrix there are no
/// placeholders, and the text stays as it is.
struct Template {
    /// One value for each of a matrix's keys.
    typealias Values = [String: String]

    private enum Piece {
        case text(Substring)
        case value(String)
    }

    /// Unknown placeholders, each once, in order.
    private(set) var unknown: [String] = []
    private var pieces: [Piece] = []

    /// Parses a text; `keys` are the matrix's, empty if there is no matrix.
    init(_ text: String, keys: Set<String>) {
        guard !keys.isEmpty, text.utf8.contains(UInt8(ascii: "{")) else {
            pieces = [.text(text[...])]
            return
        }
        var rest = text[...]
        var openBraces = 0
        var before: Character?
        while let place = rest.firstIndex(where: { $0 == "{" || openBraces > 0 && $0 == "}" }) {
            let head = rest[..<place]
            if !head.isEmpty { pieces.append(.text(head)) }
            before = head.last ?? before
            let brace = rest[place]
            rest = rest[rest.index(after: place)...]
            if rest.first == brace {
                // A doubled brace.
                openBraces += brace == "{" ? 1 : -1
                pieces.append(.text(brace == "{" ? "{" : "}"))
                rest = rest.dropFirst()
            } else if brace == "{", let name = Self.name(rest, keys) {
                if keys.contains(name) {
                    pieces.append(.value(name))
                } else if before == "$" {
                    pieces.append(.text("{\(name)}"))
                } else if !unknown.contains(name) {
                    unknown.append(name)
                }
                rest = rest.dropFirst(name.count + 1)
            } else {
                pieces.append(.text(brace == "{" ? "{" : "}"))
            }
            before = brace
        }
        if !rest.isEmpty { pieces.append(.text(rest)) }
        // A text without values is one in memory for all tasks.
        if !isVariable { pieces = [.text(self.text([:])[...])] }
    }

    /// True if the text differs between combinations of values.
    var isVariable: Bool {
        pieces.contains { if case .value = $0 { true } else { false } }
    }

    /// The keys whose values are inserted, as often as they are.
    var placeholders: [String] {
        pieces.compactMap { if case .value(let key) = $0 { key } else { nil } }
    }

    /// Bytes of the text without the values.
    var ownBytes: Int {
        pieces.reduce(0) { if case .text(let text) = $1 { $0 + text.utf8.count } else { $0 } }
    }

    /// Returns the text with the placeholders replaced; the inserted values are not expanded again.
    func text(_ values: Values) -> String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return String(text) }
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .value(let key): result += values[key] ?? ""
            }
        }
        return result
    }

    /// Returns the word in braces if it is a key or looks like one.
    private static func name(_ rest: Substring, _ keys: Set<String>) -> String? {
        guard let end = rest.firstIndex(where: { "{}\n".contains($0) }), rest[end] == "}" else {
            return nil
        }
        let name = String(rest[..<end])
        return keys.contains(name) || name.isPlaceholderName ? name : nil
    }
}

extension String {
    /// True if a text in braces looks like a placeholder: a word of letters, digits, `_` and `-`.
    var isPlaceholderName: Bool {
        guard let first, first.isLetter || first == "_" else { return false }
        return allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    }
}
