import Autonomous
import FileAccess
import Orchestration
import Synchronization

/// The words of people for a session, from right before it starts until nothing of it is left.
///
/// The functions that take and settle block.
final class GivenWords: Sendable {
    private let directory: TaskDirectory
    private let taken = Mutex(TaskDirectory.Words())

    init(in directory: TaskDirectory) { self.directory = directory }

    /// The words for the prompt; empty for none.
    var text: String { taken.withLock { $0.text } }

    /// Takes the words; returns what people should know of them.
    func take() -> [String] {
        let words = directory.takeWords()
        taken.withLock { $0 = words }
        return words.warnings
    }

    /// Notes that the session got the words, if it completed its turn, and returns its question, in one
    /// line, and what people should know.
    func settle(isCompleted: Bool) -> (question: String?, warnings: [String]) {
        let warnings = isCompleted ? directory.settle(text) : []
        let asked = directory.shortQuestion
        return (asked.question, warnings + asked.warnings)
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
