/// A line of a terminal's screen, in parts of one look each; its text is safe.
package struct ScreenLine: Hashable, Sendable {
    /// The look of a part of a line.
    package enum Look: Hashable, Sendable {
        case plain, title, dim, notice, failure, good, selected

        /// The parameters of SGR (ECMA-48, 8.3.117); empty for none.
        fileprivate var code: String {
            switch self {
            case .plain: ""
            case .title: "1"
            case .dim: "2"
            case .notice: "33"
            case .failure: "31"
            case .good: "32"
            case .selected: "7"
            }
        }
    }

    private struct Part: Hashable, Sendable {
        var text: String
        var look: Look
    }

    private var parts: [Part] = []

    /// Makes a line of a text with one look.
    package init(_ text: SafeText = "", _ look: Look = .plain) {
        add(text, look)
    }

    /// Adds a part.
    package mutating func add(_ text: SafeText, _ look: Look = .plain) {
        if !text.isEmpty { parts.append(Part(text: text.description, look: look)) }
    }

    /// The text without looks.
    package var text: String { parts.map(\.text).joined() }

    /// Returns the line cut to so many columns.
    func fitted(_ columns: Int) -> ScreenLine {
        let width = Columns.count(text)
        guard width > columns else { return self }
        var line = ScreenLine()
        var room = columns
        for part in parts where room > 0 {
            // A part that just fits gets the sign of the cut if another follows.
            let isLast = Columns.count(part.text) >= room
            let text = isLast ? Columns.cut(part.text, room) : part.text
            line.parts.append(Part(text: text, look: part.look))
            room -= isLast ? room : Columns.count(text)
        }
        return line
    }

    /// Returns the line with one look for all of it, filled to so many columns.
    func marked(_ look: Look, _ columns: Int) -> ScreenLine {
        ScreenLine(SafeText(trusted: Columns.pad(text, columns)), look)
    }

    /// Returns the text for a terminal, with sequences for the looks if they are wanted.
    func drawn(usesColor: Bool) -> String {
        let drawn = parts.map { part in
            usesColor && !part.look.code.isEmpty
                ? "\u{1B}[\(part.look.code)m\(part.text)\u{1B}[0m" : part.text
        }.joined()
        return Signs.areASCII ? Signs.inASCII(drawn) : drawn
    }
}

/// The differences between screens: writes the lines that have changed, each at its place.
package struct ScreenDiffer: Sendable {
    private let usesColor: Bool
    private var shown: [ScreenLine] = []
    private var size: ScreenSize?

    /// Makes a differ for a screen of which nothing is known.
    package init(usesColor: Bool) { self.usesColor = usesColor }

    /// Forgets the screen, which somebody else has written to.
    package mutating func forget() { size = nil }

    /// Returns the text that makes the screen show these lines; empty if it does.
    ///
    /// No text goes beyond the screen, so that nothing scrolls: a line is as long as the screen is wide, and is
    /// written without a line's end.
    package mutating func update(_ lines: [ScreenLine], size: ScreenSize) -> SafeText {
        let lines = lines.prefix(size.rows).map { $0.fitted(size.columns) }
        let isNew = size != self.size
        var text = isNew ? "\u{1B}[0m\u{1B}[H\u{1B}[2J" : ""
        for row in 0..<size.rows {
            let line = row < lines.count ? lines[row] : ScreenLine()
            let old = isNew || row >= shown.count ? ScreenLine() : shown[row]
            guard line != old else { continue }
            text += "\u{1B}[\(row + 1);1H" + line.drawn(usesColor: usesColor)
            // In the last column the cursor stands on the character that it has written.
            if Columns.count(line.text) < size.columns { text += "\u{1B}[K" }
        }
        (shown, self.size) = (lines, size)
        return SafeText(trusted: text)
    }
}

/// A terminal's size.
package struct ScreenSize: Hashable, Sendable {
    /// The number of columns in a line.
    package var columns: Int
    /// The number of lines.
    package var rows: Int

    /// Makes a size.
    package init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
    }
}
