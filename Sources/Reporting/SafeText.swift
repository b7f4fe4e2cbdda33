package import Orchestration

/// Text that is safe to write where a terminal or a CI system reads it.
///
/// A literal is safe. The interpolation makes each value in it safe, in one line (`Sanitizer.line`), and the
/// writers accept nothing but this type: text from outside (names, paths, messages, agents' words) can't get
/// around it. Text of several lines comes from `init(lines:)`.
package struct SafeText: Hashable, Sendable, CustomStringConvertible {
    /// The text; it may hold newlines, and escape sequences only where Quire itself put them.
    package let description: String
    /// True for text that programs read: its signs mean themselves, whatever the locale.
    private(set) var isForPrograms = false

    /// Makes safe text of JSON that was made safe.
    init(programText text: String) { (description, isForPrograms) = (text, true) }

    /// Makes safe text of a text that was sanitized, or that is Quire's own.
    init(trusted text: String) { description = text }

    /// Makes each line of a text safe, and keeps its newlines.
    ///
    /// Tabs become four spaces; escape sequences, which programs colour their output with, are removed.
    package init(lines text: String) {
        let lines = Sanitizer.withoutSequences(text).split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        description = lines.map { line in
            Sanitizer.line(String(line.replacing("\t", with: "    ")))
        }.joined(separator: "\n")
    }

    /// Returns the text with each line after the first indented, and wrapped to the width if there is one.
    package func hanging(_ indent: Int, width: Int?) -> SafeText {
        let blanks = String(repeating: " ", count: indent)
        let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { line in
                width.map { Columns.wrap(String(line), max(8, $0 - indent)) } ?? [String(line)]
            }
        return SafeText(trusted: lines.joined(separator: "\n" + blanks))
    }

    /// The lines of the text.
    package var separateLines: [SafeText] {
        description.split(separator: "\n", omittingEmptySubsequences: false)
            .map { SafeText(trusted: String($0)) }
    }

    /// Makes a line of a log for programs safe: JSON keeps its meaning, any other line is sanitized.
    package init(record line: String) {
        description = line.first == "{" ? Sanitizer.json(line) : Sanitizer.line(line)
        isForPrograms = true
    }

    /// Returns the text without its secrets.
    package func redacted(by redactor: Redactor) -> SafeText {
        SafeText(trusted: redactor.redact(description))
    }

    /// True if there is no text.
    package var isEmpty: Bool { description.isEmpty }

    /// Joins two texts.
    package static func + (left: SafeText, right: SafeText) -> SafeText {
        var both = SafeText(trusted: left.description + right.description)
        both.isForPrograms = left.isForPrograms || right.isForPrograms
        return both
    }

    /// Appends a text.
    package static func += (left: inout SafeText, right: SafeText) { left = left + right }
}

extension SafeText: ExpressibleByStringInterpolation {
    /// Makes safe text of a literal.
    package init(stringLiteral value: String) { description = value }

    /// Makes safe text of a literal with interpolated values, which the interpolation made safe.
    package init(stringInterpolation: StringInterpolation) {
        description = stringInterpolation.text
    }

    /// A literal with interpolated values.
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
    /// Returns the texts with a separator between them.
    package func joined(separator: SafeText = "") -> SafeText {
        SafeText(trusted: map(\.description).joined(separator: separator.description))
    }
}
