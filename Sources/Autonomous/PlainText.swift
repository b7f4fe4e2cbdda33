import Orchestration

/// Words from one side for the other: a person's for agents, or an agent's for a person.
package enum PlainText {
    /// The most bytes that one of them may say at once.
    package static let sizeLimit = 65_536

    /// Returns the words of a person, as an agent gets them.
    ///
    /// - Throws: `Refusal` if there are none, or more than the limit.
    package static func checked(_ bytes: [UInt8]) throws(Refusal) -> String {
        let (text, isCut) = expanded(bytes)
        // Hidden characters take more room once they are seen.
        if isCut {
            throw Refusal(
                description: "that is more than 64 KiB of text; put it into a file of the project, "
                    + "and say here which"
            )
        }
        if text.isEmpty { throw Refusal(description: "there is no text in it") }
        return text
    }

    /// Returns a text in which nothing is hidden and nothing steers a terminal, without white space at
    /// its ends; what exceeds the limit is cut off, as it is read and as it is shown.
    package static func visible(_ bytes: [UInt8]) -> String {
        let (text, isCut) = expanded(bytes)
        return isCut ? text + "\n[the rest was cut off]" : text
    }

    private static func expanded(_ bytes: [UInt8]) -> (text: String, isCut: Bool) {
        var text = ""
        var isCut = bytes.count > sizeLimit
        for scalar in String(decoding: bytes.prefix(sizeLimit), as: UTF8.self)
            .replacing("\r\n", with: "\n").unicodeScalars
        {
            let shown = shown(scalar)
            guard text.utf8.count + shown.utf8.count <= sizeLimit else {
                isCut = true
                break
            }
            text += shown
        }
        return (String(decoding: Array(text.utf8)[...].trimmed, as: UTF8.self), isCut)
    }

    private static func shown(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .lineSeparator, .paragraphSeparator: "\n"
        default: scalar == "\n" || scalar == "\t" ? String(scalar) : scalar.shown
        }
    }

    /// Returns a text as a quotation, so that no line of it passes for another's words.
    static func quoted(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.isEmpty ? ">\n" : "> \(line)\n"
        }.joined()
    }

    /// The reason why a text is not passed on.
    package struct Refusal: Error, Hashable, CustomStringConvertible {
        /// The reason, and what to do.
        package var description: String
    }
}
