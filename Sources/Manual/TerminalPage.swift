/// A page of the manual as text of a certain width.
package struct TerminalPage {
    /// The columns that lines fill; code is not wrapped.
    package var width: Int
    /// True if escape sequences show what is strong, code or a heading; without, backticks show code.
    package var isStyled: Bool

    /// Makes a page; see the properties.
    ///
    /// Lines of over 100 columns are hard to read, and are not made.
    package init(width: Int, isStyled: Bool) {
        self.width = min(max(width, 40), 100)
        self.isStyled = isStyled
    }

    /// Returns the blocks as text; every line ends with a newline.
    package func text(of blocks: [Block]) -> String {
        var lines: [String] = []
        for (index, block) in blocks.enumerated() {
            if index > 0 { lines.append("") }
            lines += self.lines(of: block)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func lines(of block: Block) -> [String] {
        switch block {
        case .heading(let level, let text):
            return [styled(level == 1 ? text.uppercased() : text, .heading)]
        case .paragraph(let text):
            return wrapped(text, width)
        case .list(let entries):
            return entries.flatMap { entry in
                let indent = entry.marker.count + 1
                return hanging(wrapped(entry.text, width - indent), entry.marker + " ")
            }
        case .table(let header, let rows):
            return TableLayout(header: header, rows: rows, page: self).lines
        case .code(_, let lines):
            return lines.map { $0.isEmpty ? "" : "    " + $0 }
        }
    }

    private func hanging(_ lines: [String], _ marker: String) -> [String] {
        let blanks = String(repeating: " ", count: marker.count)
        return lines.enumerated().map { ($0.offset == 0 ? marker : blanks) + $0.element }
    }
}

extension TerminalPage {
    /// A style of words.
    enum Style: String {
        case plain = ""
        case strong = "1"
        case emphasis = "3"
        case code = "36"
        case heading = "1;4"
    }

    /// Returns a text in a style, if styles are shown.
    func styled(_ text: String, _ style: Style) -> String {
        guard isStyled, style != .plain else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// Returns a paragraph in lines of at most so many columns; a longer word has a line of its own.
    func wrapped(_ text: String, _ columns: Int) -> [String] {
        var lines: [(text: String, columns: Int)] = [("", 0)]
        for word in words(of: text) {
            let length = word.pieces.reduce(0) { $0 + $1.text.count }
            let shown = word.pieces.map { styled($0.text, $0.style) }.joined()
            let last = lines[lines.count - 1]
            if last.columns == 0 {
                lines[lines.count - 1] = (shown, length)
            } else if last.columns + 1 + length <= columns {
                lines[lines.count - 1] = (last.text + " " + shown, last.columns + 1 + length)
            } else {
                lines.append((shown, length))
            }
        }
        return lines.map(\.text)
    }

    /// What is between two blanks, in pieces of one style each.
    private struct Word {
        var pieces: [(text: String, style: Style)] = []
    }

    /// Returns the words of a paragraph.
    ///
    /// Code is broken at its blanks, too, as it may be long.
    private func words(of text: String) -> [Word] {
        var words = [Word()]
        for (text, style) in Span.spans(of: text).flatMap(shown) {
            for (index, piece) in text.split(separator: " ", omittingEmptySubsequences: false)
                .enumerated()
            {
                if index > 0 { words.append(Word()) }
                if !piece.isEmpty { words[words.count - 1].pieces.append((String(piece), style)) }
            }
        }
        return words.filter { !$0.pieces.isEmpty }
    }

    /// Returns the texts that show a span.
    private func shown(_ span: Span) -> [(String, Style)] {
        switch span {
        case .text(let text): [(text, .plain)]
        case .code(let text): [(isStyled ? text : "`\(text)`", .code)]
        case .strong(let text): [(text, .strong)]
        case .emphasis(let text): [(text, .emphasis)]
        case .link(let text, let target):
            if let topic = span.topic {
                [(text == topic ? "" : text + ": ", .plain)] + shown(.code("quire help \(topic)"))
            } else if target.hasPrefix("https:") {
                [("\(text) (\(target))", .plain)]
            } else {
                [(text, .plain)]
            }
        }
    }
}
