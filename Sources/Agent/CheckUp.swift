/// The answer of an agent's program to a question of a check-up.
package enum ProgramAnswer: Hashable, Sendable {
    /// The program succeeded; the first line of its output.
    case said(String)
    /// The program succeeded without a word.
    case silent
    /// The program failed, with its error.
    case failed(String)
    /// The program was ended because it took too long or said too much.
    case unanswered(String)
}

/// A finding of a check-up.
package struct Finding: Hashable, Sendable {
    /// The severity of a finding.
    package enum Mark: String, Sendable {
        /// A run has what it needs.
        case well = "✓"
        /// A run may lack something.
        case doubtful = "⚠"
        /// A run lacks something.
        case missing = "✗"
    }

    /// The severity.
    package var mark: Mark
    /// The subject, in one word.
    package var subject: String
    /// The finding, for people.
    package var words: String

    /// Makes a finding; see the properties.
    package init(_ mark: Mark, _ subject: String, _ words: String) {
        (self.mark, self.subject, self.words) = (mark, subject, words)
    }
}
