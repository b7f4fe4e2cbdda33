/// A piece of a paragraph in one style.
enum Span: Equatable {
    case text(String)
    case code(String)
    case strong(String)
    case emphasis(String)
    /// A link: its words, and its target.
    case link(String, to: String)

    /// Returns the spans of a paragraph.
    static func spans(of text: String) -> [Span] {
        var spans: [Span] = []
        var plain = ""
        var rest = text[...]
        while let first = rest.first {
            if let (span, after) = marked(rest) {
                if !plain.isEmpty { spans.append(.text(plain)) }
                plain = ""
                spans.append(span)
                rest = after
            } else {
                plain.append(first)
                rest = rest.dropFirst()
            }
        }
        return plain.isEmpty ? spans : spans + [.text(plain)]
    }

    /// Returns the marked span that a text begins with, and the text after it.
    private static func marked(_ text: Substring) -> (Span, Substring)? {
        if let (code, rest) = between("`", "`", text) { return (.code(code), rest) }
        if let (strong, rest) = between("**", "**", text) { return (.strong(strong), rest) }
        if let (emphasis, rest) = between("*", "*", text) { return (.emphasis(emphasis), rest) }
        guard let (words, after) = between("[", "]", text),
            let (target, rest) = between("(", ")", after)
        else { return nil }
        return (.link(words, to: target), rest)
    }

    private static func between(
        _ begin: String,
        _ end: String,
        _ text: Substring
    ) -> (String, Substring)? {
        guard text.hasPrefix(begin) else { return nil }
        let inner = text.dropFirst(begin.count)
        guard let close = inner.firstRange(of: end), close.lowerBound > inner.startIndex else {
            return nil
        }
        return (String(inner[..<close.lowerBound]), inner[close.upperBound...])
    }

    /// The topic that a link leads to, if it is one of the manual.
    var topic: String? {
        guard case .link(_, let target) = self, target.hasSuffix(".md"), !target.contains("/")
        else { return nil }
        return String(target.dropLast(3))
    }
}
