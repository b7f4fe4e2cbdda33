extension String {
    /// Returns one line of at most `limit` characters, without control characters and escape
    /// sequences.
    ///
    /// Characters that could steer a terminal or reorder text are shown as escapes, as everywhere
    /// (`\u{1B}`); those without width are left out.
    package func oneLine(_ limit: Int) -> String {
        var result = ""
        var count = 0
        var wasSpace = true
        for scalar in unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if isSpace && wasSpace { continue }
            let shown = isSpace ? " " : scalar.shown
            if count + shown.unicodeScalars.count > limit {
                let room = String(String.UnicodeScalarView(result.unicodeScalars.prefix(limit - 1)))
                return room + "…"
            }
            result += shown
            count += shown.unicodeScalars.count
            wasSpace = isSpace
        }
        return wasSpace && !result.isEmpty ? String(result.dropLast()) : result
    }
}

extension Unicode.Scalar {
    /// The character in the form in which it may be shown.
    package var shown: String {
        switch treatment(as: properties.generalCategory) {
        case .keep: String(self)
        case .drop: ""
        case .escape: escape
        }
    }

    /// The treatment of a character where people or CI systems read it.
    package enum Treatment {
        /// Shown as it is.
        case keep
        /// Left out, as it has no width.
        case drop
        /// Shown as its `escape`, as it could steer a terminal or reorder text.
        case escape
    }

    /// Returns the treatment of the character, which is of this category.
    package func treatment(as category: Unicode.GeneralCategory) -> Treatment {
        switch category {
        case .format:
            switch value {
            case 0xAD, 0x200B...0x200D, 0x2060...0x2064, 0xFEFF: .drop
            default: .escape
            }
        case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            .escape
        default: .keep
        }
    }

    /// The character's number, as Swift writes it: `\u{1B}`.
    package var escape: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "\\u{" + (digits.count < 2 ? "0" : "") + digits + "}"
    }
}
