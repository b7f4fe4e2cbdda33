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

extension Sequence<String> {
    /// The words of a POSIX shell's command in one line.
    package var shellCommand: String { map(\.shellQuoted).joined(separator: " ") }
}

extension String {
    /// Returns the text escaped for an element of XML 1.0 or HTML, or for an attribute in double quotes.
    ///
    /// Control characters and others that no file may hold become U+FFFD, as do characters that reorder text.
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
            // XML readers turn these into a space in attributes, and a carriage return into a newline.
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
    /// True if the byte is an ASCII character that needs no escape.
    fileprivate var isPlainInMarkup: Bool {
        self >= 0x20 && self < 0x7F && ![0x22, 0x26, 0x3C, 0x3E].contains(self)
    }
}
