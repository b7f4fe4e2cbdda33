/// Text that may be written where a terminal or a CI system reads it.
///
/// A literal is safe. What is interpolated into one is made safe by the interpolation, in one line
/// (`Sanitizer.line`), so that text from outside (names, paths, messages, agents' words) can't get
/// around it: the writers take nothing but this type. A text of several lines comes from
/// `init(lines:)`.
package struct SafeText: Hashable, Sendable, CustomStringConvertible {
    /// The text; it may hold newlines, and escape sequences only where Quire itself put them.
    package let description: String

    /// Takes a text that was made safe, or that is Quire's own.
    init(trusted text: String) { description = text }

    /// Makes each line of a text safe, and keeps its newlines.
    ///
    /// Tabs become four spaces, and the escape sequences that programs colour their output with
    /// are taken out.
    package init(lines text: String) {
        let lines = Sanitizer.withoutSequences(text).split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        description = lines.map { line in
            Sanitizer.line(String(line.replacing("\t", with: "    ")))
        }.joined(separator: "\n")
    }

    /// The text with each line after the first behind this many spaces, and, where there is a width,
    /// wrapped to it.
    package func hanging(_ indent: Int, width: Int?) -> SafeText {
        let blanks = String(repeating: " ", count: indent)
        let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { line in
                width.map { Columns.wrap(String(line), max(8, $0 - indent)) } ?? [String(line)]
            }
        return SafeText(trusted: lines.joined(separator: "\n" + blanks))
    }

    /// A line of a log for programs, which keeps its meaning: JSON stays the same JSON, anything
    /// else is made safe.
    package init(record line: String) {
        description = line.first == "{" ? Sanitizer.json(line) : Sanitizer.line(line)
    }

    /// Whether there is no text.
    package var isEmpty: Bool { description.isEmpty }

    /// Joins two texts.
    package static func + (left: SafeText, right: SafeText) -> SafeText {
        SafeText(trusted: left.description + right.description)
    }

    /// Appends a text.
    package static func += (left: inout SafeText, right: SafeText) { left = left + right }
}

extension SafeText: ExpressibleByStringInterpolation {
    /// Takes a literal.
    package init(stringLiteral value: String) { description = value }

    /// Takes a literal with texts in it, which were made safe.
    package init(stringInterpolation: StringInterpolation) {
        description = stringInterpolation.text
    }

    /// A literal with texts in it.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        /// Appends a safe text as it is.
        package mutating func appendInterpolation(_ value: SafeText) { text += value.description }

        /// Appends a text of several lines, each of which is made safe.
        package mutating func appendInterpolation(lines value: String) {
            text += SafeText(lines: value).description
        }

        /// Appends anything else in one safe line.
        package mutating func appendInterpolation<Value>(_ value: Value) {
            text += Sanitizer.line("\(value)")
        }
    }
}

extension Sequence<SafeText> {
    /// The texts with a separator between them.
    package func joined(separator: SafeText = "") -> SafeText {
        SafeText(trusted: map(\.description).joined(separator: separator.description))
    }
}
