import Orchestration

/// Makes text from outside harmless where people and CI systems read it.
///
/// The result steers no terminal, hides and reorders nothing, and holds no command to a CI system. `SafeText`
/// is built on it.
package enum Sanitizer {
    /// Returns the text in one line.
    ///
    /// Control characters and those that change the direction of text are shown by their numbers (`\u{1B}`).
    /// Characters of no width are removed, and white space with anything but spaces in it becomes one space.
    package static func line(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var result = String.UnicodeScalarView()
        var spaces = 0
        var isBroken = false
        var marks = 0
        func endSpace() {
            result.append(contentsOf: repeatElement(" ", count: isBroken ? 1 : spaces))
            (spaces, isBroken) = (0, false)
        }
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                spaces += 1
                if scalar != " " { isBroken = true }
                continue
            }
            if spaces > 0 { endSpace() }
            let category = scalar.properties.generalCategory
            let isMark = category == .nonspacingMark || category == .enclosingMark
            marks = isMark ? marks + 1 : 0
            if isMark, marks > mostMarks { continue }
            switch scalar.treatment(as: category) {
            case .keep: result.append(scalar)
            case .drop: break
            case .escape: result.append(contentsOf: scalar.escape.unicodeScalars)
            }
        }
        if spaces > 0 { endSpace() }
        return String(result)
    }

    /// Removes the sequences that steer a terminal: colours, the cursor, titles, links.
    ///
    /// Source: ECMA-48, sections 5.4 and 5.6. An unfinished sequence ends with its line.
    package static func withoutSequences(_ text: String) -> String {
        guard text.utf8.contains(0x1B) else { return text }
        var result = String.UnicodeScalarView()
        var sequence = EscapeSequence.none
        for scalar in text.unicodeScalars where sequence.isEnded(by: scalar) {
            result.append(scalar)
        }
        return String(result)
    }

    /// The position within an escape sequence.
    private enum EscapeSequence {
        case none, begun, control, intermediate, string, stringEnd

        /// Consumes the next character; returns true if the character is outside of any sequence.
        mutating func isEnded(by scalar: Unicode.Scalar) -> Bool {
            if scalar == "\n" || scalar == "\r" { self = .none }
            switch (self, scalar.value) {
            case (.none, 0x1B): self = .begun
            case (.none, _): return true
            case (.begun, 0x5B): self = .control
            case (.begun, 0x5D), (.begun, 0x50), (.begun, 0x58), (.begun, 0x5E), (.begun, 0x5F):
                self = .string
            case (.begun, 0x20...0x2F), (.intermediate, 0x20...0x2F): self = .intermediate
            case (.control, 0x20...0x3F), (.begun, 0x1B): break
            case (.string, 0x1B): self = .stringEnd
            case (.string, 0x07), (.stringEnd, 0x5C): self = .none
            case (.string, _): break
            case (.stringEnd, _), (.control, 0x1B), (.intermediate, 0x1B): self = .begun
            // The last character of a sequence, or one that is invalid in it.
            case (.begun, _), (.control, _), (.intermediate, _): self = .none
            }
            return false
        }
    }

    /// Returns the text with every command to a CI system broken.
    ///
    /// The character that would complete a command is replaced by the result of `escape`, by default itself
    /// after a backslash. GitHub reads lines that begin with `::` after blanks, and `##[` anywhere; Azure
    /// reads `##vso[`, and TeamCity `##teamcity[`.
    ///
    /// Source: `ActionCommand.cs` of GitHub's runner.
    package static func disarmed(
        _ text: String,
        escape: (Unicode.Scalar) -> String = { "\\\($0)" }
    ) -> String {
        guard mayCommand(text.utf8) else { return text }
        var result = String.UnicodeScalarView()
        var isAtStart = true
        var hashes = 0
        var isAfterMark = false
        let scalars = text.unicodeScalars
        for place in scalars.indices {
            let scalar = scalars[place]
            let isCommand =
                isAtStart && scalar == ":" && scalars[place...].starts(with: "::".unicodeScalars)
                || isAfterMark && scalar == "["
            if isCommand {
                result.append(contentsOf: escape(scalar).unicodeScalars)
            } else {
                result.append(scalar)
            }
            isAtStart =
                scalar == "\n" || scalar == "\r" || isAtStart && scalar.properties.isWhitespace
            hashes = scalar == "#" ? hashes + 1 : 0
            isAfterMark = hashes >= 2 || isAfterMark && scalar.properties.isAlphabetic
        }
        return String(result)
    }

    /// Returns JSON whose strings hold nothing that steers a terminal or commands a CI system.
    ///
    /// Such characters are written as `\u` escapes, so that readers get the same strings.
    package static func json(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x7F }) || mayCommand(text.utf8) else {
            return text
        }
        var result = String.UnicodeScalarView()
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            let isSafe =
                scalar.isASCII
                ? scalar.value != 0x7F && !(scalar == "#" && last == "#")
                : isPlain(scalar) && !scalar.properties.isWhitespace
            last = scalar
            if isSafe {
                result.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    result.append(contentsOf: "\\u\(hex(UInt32(unit), digits: 4))".unicodeScalars)
                }
            }
        }
        return String(result)
    }

    /// Returns true if a character is shown as it is, and neither reorders nor hides text.
    static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.treatment(as: scalar.properties.generalCategory) == .keep
    }

    /// Returns true if a character reorders or hides text, or steers a terminal.
    static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0x2028 || scalar.value == 0x2029
            || scalar.treatment(as: scalar.properties.generalCategory) == .escape
    }

    /// The number of combining marks allowed on one character; real languages need fewer.
    private static let mostMarks = 8

    private static func hex(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A quick check for two equal `:` or `#` in a row: few texts have them, and every command does.
    private static func mayCommand(_ bytes: String.UTF8View) -> Bool {
        var last: UInt8 = 0
        for byte in bytes {
            if byte == last, byte == UInt8(ascii: ":") || byte == UInt8(ascii: "#") { return true }
            last = byte
        }
        return false
    }
}

/// Widths of text in a terminal, in columns.
package enum Columns {
    /// Returns the columns of a text without control characters.
    package static func count(_ text: String) -> Int {
        let bytes = text.utf8
        guard let other = bytes.firstIndex(where: { $0 >= 0x80 }) else { return bytes.count }
        // What follows the last plain character may belong to it.
        let end = other == text.startIndex ? other : bytes.index(before: other)
        return text[end...].reduce(bytes.distance(from: text.startIndex, to: end)) {
            $0 + width($1)
        }
    }

    /// Returns the text cut to this many columns, with `…` at the end if it was cut.
    package static func fit(_ text: String, _ columns: Int) -> String {
        // No character has more columns than bytes.
        text.utf8.count <= columns || count(text) <= columns ? text : cut(text, columns)
    }

    /// Returns the beginning of a text and `…` in at most this many columns.
    static func cut(_ text: String, _ columns: Int) -> String {
        guard columns > 0 else { return "" }
        var result = ""
        var used = 0
        for character in text {
            let width = width(character)
            if used + width > columns - 1 { break }
            result.append(character)
            used += width
        }
        return result + "…"
    }

    /// Returns the text in lines of at most this many columns, broken at spaces if there are any.
    package static func wrap(_ text: String, _ columns: Int) -> [String] {
        guard columns > 0, count(text) > columns else { return [text] }
        var lines: [String] = []
        var line: [Character] = []
        var used = 0
        for character in text {
            let more = width(character)
            if used + more > columns, !line.isEmpty {
                let space = line.lastIndex(of: " ").map { $0 + 1 }
                let end = space ?? line.count
                lines.append(String(line[..<end]))
                line.removeFirst(end)
                used = line.reduce(0) { $0 + width($1) }
            }
            line.append(character)
            used += more
        }
        return lines + [String(line)]
    }

    /// Returns the text in exactly this many columns, cut or filled with spaces.
    package static func pad(_ text: String, _ columns: Int, right: Bool = false) -> String {
        let fitted = fit(text, columns)
        let filler = String(repeating: " ", count: max(0, columns - count(fitted)))
        return right ? filler + fitted : fitted + filler
    }

    /// Returns the columns of a character: 2 for East Asian wide ones and emoji, 0 for bare marks.
    ///
    /// A spacing mark takes a column of its own beside what it belongs to, as terminals have it (wcwidth(3)).
    ///
    /// Source: Unicode Standard Annex 11; the ranges are its wide blocks.
    private static func width(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let scalar = scalars.first else { return 0 }
        if scalar.properties.isEmojiPresentation || scalars.contains("\u{FE0F}") { return 2 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        case 0x200B...0x200F: return 0
        default: break
        }
        let marks = scalars.dropFirst().count { $0.properties.generalCategory == .spacingMark }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return marks
        default: return 1 + marks
        }
    }

    /// Returns a cell of a table whose letters from right to left turn nothing around that follows them.
    ///
    /// Terminals that know such letters would take digits and spaces behind them for a part of their text; a
    /// mark without width (U+200E) ends it.
    static func isolated(_ text: String) -> String {
        text.unicodeScalars.contains { isRightToLeft($0.value) } ? text + "\u{200E}" : text
    }

    private static func isRightToLeft(_ value: UInt32) -> Bool {
        switch value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF,
            0x1E800...0x1EFFF:
            true
        default: false
        }
    }
}
