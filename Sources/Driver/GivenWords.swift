import Autonomous
import FileAccess
import Orchestration
import Synchronization

/// The words of people for a session, from right before it starts until nothing of it is left.
///
/// The functions that take and settle block.
final class GivenWords: Sendable {
    private let directory: TaskDirectory
    /// The words, and whether an answer stood beside them that could not be taken.
    private let taken = Mutex((words: TaskDirectory.Words(), leavesAnswer: true))

    init(in directory: TaskDirectory) { self.directory = directory }

    /// The words for the prompt; empty for none.
    var text: String { taken.withLock { $0.words.text } }

    /// Takes the words; returns what people should know of them.
    func take() -> [String] {
        let words = directory.takeWords()
        let leavesAnswer = directory.hasAnswer
        taken.withLock { $0 = (words, leavesAnswer) }
        return words.warnings
    }

    /// Notes that the session got the words, if it completed its turn, and returns its question, in one
    /// line, and what people should know.
    ///
    /// A question that the session `asked` in its statement becomes that of the task, if it has none.
    func settle(isCompleted: Bool, asked: String? = nil) -> (question: String?, warnings: [String])
    {
        var warnings = isCompleted ? directory.settle(text) : []
        // A session can't answer for a person.
        if !taken.withLock(\.leavesAnswer), let refusal = directory.refuseAnswer() {
            warnings.append(refusal)
        }
        if let asked, let trouble = directory.ask(asked) { warnings.append(trouble) }
        let found = directory.shortQuestion
        return (found.question, warnings + found.warnings)
    }
}

extension TaskDirectory {
    /// The question that waits for an answer, in one line, or the reason why it can't be read.
    var shortQuestion: (question: String?, warnings: [String]) {
        do throws(FileError) {
            guard let question = try question() else { return (nil, []) }
            let line = question.oneLine(TaskEnded.questionLength)
            // Questions that differ further on are not the same.
            let isCut = question.utf8.count > TaskEnded.questionLength && line.hasSuffix("…")
            return (isCut ? "\(line) [\(Fingerprint(question).text)]" : line, [])
        } catch {
            return (nil, ["its question is not heard: \(error)"])
        }
    }
}
