/// Makes text of agents and manifests safe to show: they may not steer the terminal.
package enum Sanitizer {
    /// The text in one line, without control, format and other invisible characters.
    package static func line(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                if result.last != " " { result.append(" ") }
            } else if isVisible(scalar) {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// The text's lines, with their spaces, without control, format and other invisible characters;
    /// a tab is four spaces.
    package static func lines(_ text: String) -> [String] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
            var result = String.UnicodeScalarView()
            for scalar in line.unicodeScalars {
                if scalar == "\t" {
                    result.append(contentsOf: "    ".unicodeScalars)
                } else if isVisible(scalar) {
                    result.append(scalar)
                }
            }
            return String(result)
        }
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}

/// The columns that text takes in a terminal.
package enum Columns {
    /// The columns of a text without control characters.
    package static func count(_ text: String) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    /// The text cut to this many columns, with `…` where something is missing.
    package static func fit(_ text: String, _ columns: Int) -> String {
        if count(text) <= columns { return text }
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

    /// The text in exactly this many columns, cut or filled with spaces.
    package static func pad(_ text: String, _ columns: Int, right: Bool = false) -> String {
        let fitted = fit(text, columns)
        let filler = String(repeating: " ", count: max(0, columns - count(fitted)))
        return right ? filler + fitted : fitted + filler
    }

    /// The columns of a character: 2 for East Asian wide ones and emoji, 0 for bare marks.
    ///
    /// Source: Unicode Standard Annex 11; the ranges are its wide blocks.
    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") {
            return 2
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: return 1
        }
    }
}
