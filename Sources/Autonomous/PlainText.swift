import Orchestration

/// Words from one side for the other: a person's for agents, or an agent's for a person.
package enum PlainText {
    /// The most bytes that one of them may say at once.
    package static let sizeLimit = 65_536

    /// Returns the words of a person, as an agent gets them.
    ///
    /// - Throws: `Refusal` if there are none, or more than the limit.
    package static func checked(_ bytes: [UInt8]) throws(Refusal) -> String {
        guard bytes.count <= sizeLimit else {
            throw Refusal(
                description: "that is more than 64 KiB of text; put it into a file of the project, "
                    + "and say here which"
            )
        }
        let text = visible(bytes)
        if text.isEmpty { throw Refusal(description: "there is no text in it") }
        return text
    }

    /// Returns a text in which nothing is hidden and nothing steers a terminal, without white space at
    /// its ends; what exceeds the limit is cut off.
    package static func visible(_ bytes: [UInt8]) -> String {
        var text = ""
        for scalar in String(decoding: bytes.prefix(sizeLimit), as: UTF8.self)
            .replacing("\r\n", with: "\n").unicodeScalars
        {
            switch scalar.properties.generalCategory {
            case .lineSeparator, .paragraphSeparator: text += "\n"
            default: text += scalar == "\n" || scalar == "\t" ? String(scalar) : scalar.shown
            }
        }
        let trimmed = String(decoding: Array(text.utf8)[...].trimmed, as: UTF8.self)
        return bytes.count > sizeLimit ? trimmed + "\n[the rest was cut off]" : trimmed
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
