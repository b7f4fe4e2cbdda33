extension String {
    /// The text as one word of a POSIX shell's command.
    package var shellQuoted: String {
        let isPlain =
            !isEmpty
            && allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "/._-,:=@%+".contains($0))
            }
        return isPlain ? self : "'" + replacing("'", with: #"'\''"#) + "'"
    }
}

extension String {
    /// The text as it may stand in an element of XML 1.0 or HTML, or in an attribute in double quotes.
    ///
    /// Text that no file may hold, such as control characters, and text that reorders text becomes
    /// U+FFFD.
    package func markupEscaped(isAttribute: Bool = false) -> String {
        Sanitizer.disarmed(markupQuoted(isAttribute)) { "&#\($0.value);" }
    }

    private func markupQuoted(_ isAttribute: Bool) -> String {
        if utf8.allSatisfy(\.isPlainInMarkup) { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;".unicodeScalars
            case "<": result += "&lt;".unicodeScalars
            case ">": result += "&gt;".unicodeScalars
            case "\"": result += "&quot;".unicodeScalars
            case "\t" where !isAttribute, "\n" where !isAttribute: result.append(scalar)
            // A reader makes spaces of those in attributes, and a newline of a carriage return.
            case "\t", "\n", "\r": result += "&#\(scalar.value);".unicodeScalars
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}"..."\u{FFFF}":
                result.append("\u{FFFD}")
            case _ where Sanitizer.isHostile(scalar): result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

extension UInt8 {
    /// Whether a byte of ASCII means itself.
    fileprivate var isPlainInMarkup: Bool {
        self >= 0x20 && self < 0x7F && ![0x22, 0x26, 0x3C, 0x3E].contains(self)
    }
}
