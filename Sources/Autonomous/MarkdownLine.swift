/// A line of text, as bytes for speed: a checklist is read at the end of every session.
typealias Line = ArraySlice<UInt8>

extension Line {
    /// Removes the first line and its end (CR, LF or both), and returns it without that.
    mutating func takeLine() -> Line {
        let end = firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? endIndex
        let line = self[..<end]
        self = self[end...]
        if popFirst() == UInt8(ascii: "\r"), first == UInt8(ascii: "\n") { removeFirst() }
        return line
    }

    /// The text, with invalid UTF-8 repaired.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The bytes without white space around them.
    var trimmed: Line {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = firstIndex(where: { !isSpace($0) }),
            let last = lastIndex(where: { !isSpace($0) })
        else { return [] }
        return self[first...last]
    }

    /// True if the line contains only spaces and tabs.
    var isBlank: Bool { allSatisfy(\.isBlank) }

    /// Returns the columns of white space at the front, and the rest.
    ///
    /// A tab goes to the next multiple of four; `column` is the one at which the line begins.
    func indented(from column: Int = 0) -> (width: Int, rest: Line) {
        var width = 0
        for place in indices {
            switch self[place] {
            case UInt8(ascii: " "): width += 1
            case UInt8(ascii: "\t"): width += 4 - (column + width) % 4
            default: return (width, self[place...])
            }
        }
        return (width, [])
    }

    /// Indicates whether the line contains a text.
    func contains(_ text: StaticString) -> Bool {
        let wanted = Array(text.description.utf8)
        guard count >= wanted.count else { return false }
        return (startIndex...(endIndex - wanted.count)).contains { place in
            self[place] == wanted[0] && self[place...].starts(with: wanted)
        }
    }
}

extension UInt8 {
    /// True for a space or a tab.
    var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// True for an ASCII digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    /// True for an ASCII letter.
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
}

/// A line of three or more backticks or tildes, which opens or closes fenced code.
///
/// Source: CommonMark 0.31, "Fenced code blocks".
struct FenceMark: Hashable {
    /// The character of which the mark consists.
    let mark: UInt8
    /// The number of these characters.
    let length: Int
    /// True if nothing follows, as in a closing mark.
    let isBare: Bool

    /// Parses a line without its indentation; `nil` if it is no fence.
    init?(_ line: Line) {
        guard let mark = line.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
            return nil
        }
        length = line.prefix { $0 == mark }.count
        let info = line.dropFirst(length)
        // A line with a backtick in its info string is inline code.
        guard length >= 3, mark == UInt8(ascii: "~") || !info.contains(mark) else { return nil }
        self.mark = mark
        isBare = info.isBlank
    }

    /// Indicates whether the mark closes the block that another one opened.
    func closes(_ open: FenceMark) -> Bool {
        mark == open.mark && length >= open.length && isBare
    }
}

/// The marker at the beginning of a list item.
///
/// Source: CommonMark 0.31, "List items".
struct ListMarker {
    /// The column at which the item's contents begin; lines indented as far belong to the item.
    let offset: Int
    /// The item's contents on this line.
    let contents: Line

    /// Parses a line without its indentation, whose columns are `indentation`; `nil` if no item begins.
    init?(_ line: Line, indentation: Int) {
        guard let first = line.first else { return nil }
        var width = 1
        if first.isDigit {
            let digits = line.prefix(while: \.isDigit).count
            guard digits <= 9, let end = line.dropFirst(digits).first, ".)".utf8.contains(end)
            else { return nil }
            width = digits + 1
        } else if !"-*+".utf8.contains(first) {
            return nil
        }
        let rest = line.dropFirst(width)
        let end = indentation + width
        let (space, contents) = rest.indented(from: end)
        if contents.isEmpty || space > 4 {
            // The item is empty, or begins with indented code.
            (offset, self.contents) = (end + 1, contents.isEmpty ? [] : rest.dropFirst())
        } else {
            (offset, self.contents) = (end + space, contents)
        }
        if space == 0, !contents.isEmpty { return nil }
    }
}

/// The beginning of a block of raw HTML other than a comment; Markdown has no meaning in it.
///
/// Source: CommonMark 0.31, "HTML blocks". A beginning within a paragraph counts, too: it can only
/// affect a fence or a comment inside, which is damage.
struct RawHTML {
    /// The text that ends the block; `nil` if a blank line does.
    let end: String?

    private static let verbatim: Set<String> = ["script", "pre", "style", "textarea"]
    private static let blocks: Set<String> = [
        "address", "article", "aside", "base", "basefont", "blockquote", "body", "caption",
        "center", "col", "colgroup", "dd", "details", "dialog", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "frame", "frameset", "h1", "h2", "h3",
        "h4", "h5", "h6", "head", "header", "hr", "html", "iframe", "legend", "li", "link", "main",
        "menu", "menuitem", "nav", "noframes", "ol", "optgroup", "option", "p", "param", "search",
        "section", "source", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title",
        "tr", "track", "ul",
    ]

    /// Parses a line without its indentation; `nil` if no block begins, or it ends on the same line.
    init?(_ line: Line) {
        guard line.first == UInt8(ascii: "<"), let next = line.dropFirst().first else { return nil }
        let text = line.text.lowercased()
        if next == UInt8(ascii: "?") {
            end = "?>"
        } else if text.hasPrefix("<![cdata[") {
            end = "]]>"
        } else if next == UInt8(ascii: "!") {
            end = ">"
        } else {
            let isClosing = next == UInt8(ascii: "/")
            let name = line.dropFirst(isClosing ? 2 : 1).prefix {
                $0.isLetter || $0.isDigit || $0 == 0x2D
            }
            let rest = line.dropFirst(name.count + (isClosing ? 2 : 1))
            let word = name.text.lowercased()
            let isEnded = rest.first.map { $0.isBlank || "/>".utf8.contains($0) } ?? true
            guard name.first?.isLetter == true, isEnded else { return nil }
            if Self.verbatim.contains(word), !isClosing {
                end = "</\(word)>"
            } else if Self.blocks.contains(word) || rest.trimmed.last == UInt8(ascii: ">") {
                end = nil
            } else {
                return nil
            }
        }
        if let end, text.dropFirst(2).contains(end) { return nil }
    }

    /// Indicates whether the block ends with a line.
    func ends(with line: Line) -> Bool {
        end.map { line.text.lowercased().contains($0) } ?? line.isBlank
    }
}
