/// Makes git's output for a terminal safe, and keeps git's own colours.
///
/// What agents write is between those colours, and may hold colours, too. git is told to use colours that
/// nobody could guess, so that these are known for git's own; each stands for a colour that is shown.
package struct SafeDiff: Sendable {
    /// The parameters of the colour to show, by those of the colour that git was told to use, both as in
    /// `ESC [ parameters m`.
    private let colors: [String: String]

    /// Makes a filter; the colours to show must be parameters of ECMA-48's SGR, others are not shown.
    package init(colors: [String: String]) {
        self.colors = colors.mapValues { parameters in
            let isPlain = parameters.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x3B }
            return isPlain ? parameters : ""
        }
    }

    /// Returns a line without its newline; tabs become four spaces, and a carriage return is shown as `^M`.
    package func line(_ bytes: some Sequence<UInt8>) -> SafeText {
        var rest = String(decoding: Array(bytes), as: UTF8.self).unicodeScalars[...]
        var result: SafeText = ""
        while let place = rest.firstIndex(of: "\u{1B}") {
            result += Self.text(rest[..<place])
            rest = rest[place...]
            if let end = rest.dropFirst().firstIndex(of: "m"), let shown = color(rest[...end]) {
                result += SafeText(trusted: shown)
                rest = rest[rest.index(after: end)...]
            } else {
                result += Self.text(rest.prefix(1))
                rest = rest.dropFirst()
            }
        }
        return result + Self.text(rest)
    }

    /// Returns the sequence to show for one of git's; `nil` if it is not git's.
    private func color(_ sequence: Substring.UnicodeScalarView) -> String? {
        let text = String(sequence)
        guard text.hasPrefix("\u{1B}[") else { return nil }
        let parameters = text.dropFirst(2).dropLast()
        // The end of a colour, which git writes after each.
        if parameters.isEmpty { return text }
        return colors[String(parameters)].map { $0.isEmpty ? "" : "\u{1B}[\($0)m" }
    }

    private static func text(_ scalars: Substring.UnicodeScalarView) -> SafeText {
        let text = String(scalars).replacing("\r", with: "^M").replacing("\t", with: "    ")
        return "\(text)"
    }
}
