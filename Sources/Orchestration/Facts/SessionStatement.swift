/// The statement of a session on its own work, in the form that it was given; it proves nothing.
package struct SessionStatement: Hashable, Sendable, Codable {
    /// The standing of the task, as the session has it.
    package enum Status: String, Hashable, Sendable, Word {
        /// The whole task is done.
        case done
        /// Some of the work is done.
        case progress
        /// A person must answer first.
        case blocked
    }

    /// The standing of the task.
    package var status: Status
    /// The question to a person; `nil` for none.
    package var question: String?
    /// The reason to believe it; `nil` for none.
    package var evidence: String?

    /// Makes a statement; see the properties.
    package init(_ status: Status, question: String? = nil, evidence: String? = nil) {
        (self.status, self.question, self.evidence) = (status, question, evidence)
    }

    /// The question, if the session can't go on without an answer; `nil` otherwise.
    package var asked: String? {
        guard status == .blocked, question?.allSatisfy(\.isWhitespace) == false else { return nil }
        return question
    }

    /// The statement with each text in one line, as facts have it.
    var shortened: SessionStatement {
        SessionStatement(
            status,
            question: question?.oneLine(TaskEnded.questionLength),
            evidence: evidence?.oneLine(TaskEnded.questionLength)
        )
    }

    /// The statement for people, in words that follow "it says:".
    package var words: String {
        ([status.rawValue] + [evidence].compactMap(\.self)).joined(separator: ", ").oneLine(300)
    }

    /// Returns the objection of a checklist to the statement, in words that follow the session; `nil` for none.
    func objection(of checklist: ChecklistState) -> String? {
        switch status {
        case .progress: return nil
        case .blocked: return asked == nil ? "says that it is blocked, and asks nothing" : nil
        case .done:
            guard let progress = checklist.progress else {
                return "says that the task is done, but there is no whole list: the list decides"
            }
            guard !progress.isComplete else { return nil }
            let open = Format.count(progress.left, "entry")
            let are = Format.word(for: progress.left, "is", "are")
            return "says that the task is done, but \(open) \(are) not ticked: the list decides"
        }
    }
}
