/// A task's move to the next model of its ladder (`models`), recorded with the session that begins on it.
package struct ModelMove: Hashable, Sendable, Codable {
    /// The kind of evidence that the model before was not enough.
    package enum Evidence: String, Hashable, Sendable, Word {
        /// The task's check failed on the model's work, again and again.
        case redCheck = "red_check"
        /// The sessions made no progress.
        case stall
    }

    /// The model that the task had before.
    package var from: String
    /// The evidence.
    package var evidence: Evidence
    /// The evidence in words that follow "since".
    package var reason: String

    /// Makes a move; see the properties.
    package init(from: String, _ evidence: Evidence, _ reason: String) {
        (self.from, self.evidence, self.reason) = (from, evidence, reason)
    }
}
