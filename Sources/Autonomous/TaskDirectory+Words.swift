package import FileAccess
import Glibc
import Orchestration

// Questions of agents, and the words of people to them.
//
// `question.md` and `answer.md` lie in the task directory, where agents and people find them. What waits
// for the next session is kept where agents have no business, until a session has completed its turn with
// it; then it goes into `answers.md`, for all later sessions. An `answer.md` is a person's only if it comes
// while no session works: an agent could answer itself.
extension TaskDirectory {
    /// Words for a session, and what people should know of them.
    package struct Words: Hashable, Sendable {
        /// The words, ready for the prompt; empty for none.
        package var text = ""
        /// The reasons why something was not read.
        package var warnings: [String] = []

        /// Makes no words.
        package init() {}
    }

    static let questionName = "question.md"
    static let answerName = "answer.md"
    static let answersName = "answers.md"
    /// The most bytes that notes may add to; answers still find room where notes do not.
    private static let mostNotes = 4 * PlainText.sizeLimit
    /// The most bytes that wait for a session, and the most of `answers.md`.
    private static let mostWaiting = 1 << 20
    private static let mostAnswers = 1 << 20

    /// Path of the agent's question.
    package var questionPath: String { path + "/" + Self.questionName }

    /// Returns the question that waits for an answer; `nil` if there is none.
    ///
    /// - Throws: `FileError` if it can't be read, or is no plain file.
    package func question() throws(FileError) -> String? {
        guard let question = try askedQuestion() else { return nil }
        // An answer that is no plain file is none.
        let answer = try? directory().words(of: Self.answerName)
        guard (answer ?? nil) == nil else { return nil }
        return try waitingWords().contains(Self.asked(question)) ? nil : question
    }

    /// Returns the question, answered or not; `nil` if there is none.
    ///
    /// - Throws: `FileError` if it can't be read, or is no plain file.
    package func askedQuestion() throws(FileError) -> String? {
        try directoryIfThere()?.words(of: Self.questionName)
    }

    /// Answers the question, in place of an answer that no session has got yet.
    ///
    /// - Throws: `FileError` if it can't be written, or too much waits already.
    package func answer(_ text: String) throws {
        try changeWords { waiting in
            let question = try askedQuestion()
            let words = Self.exchange(question, text)
            guard let question, let old = waiting.firstRange(of: Self.asked(question)) else {
                return waiting + words
            }
            // The quotation ends with the first line that is none.
            let rest = waiting[old.upperBound...]
            let end = rest.firstRange(of: "\n\n")?.upperBound ?? rest.endIndex
            return "\(waiting[..<old.lowerBound])\(words)\(waiting[end...])"
        }
        // One by hand would be told beside it.
        try directory().remove(Self.answerName)
    }

    /// True if something has the name of an answer.
    package var hasAnswer: Bool {
        ((try? directory().kind(of: Self.answerName)) ?? .nothing) != .nothing
    }

    /// Puts an answer away that no person gave, as it came while a session worked; returns words on it, or
    /// `nil` if there is none.
    package func refuseAnswer() -> String? {
        guard hasAnswer else { return nil }
        let doubt = "its \(Self.answerName) came while a session worked, and may be the agent's own"
        let advice = "to answer: quire answer \(name) \"…\""
        do throws(FileError) {
            let isDurable = workspace.isDurable
            let refused = try workspace.directories.makeState("refused", isDurable: isDurable)
            let place = refused.firstFree("\(name).\(Self.answerName)")
            try directory().move(Self.answerName, to: refused, as: place)
            return "\(doubt): it is in \(refused.path(of: place)), and nobody is told; \(advice)"
        } catch {
            // The next session would be told of an answer that is left there.
            let isGone = (try? directory().remove(Self.answerName)) ?? false
            return "\(doubt): it was \(isGone ? "removed" : "left there") (\(error)); \(advice)"
        }
    }

    /// Adds a note for the next session; the directory need not exist yet.
    ///
    /// - Throws: `FileError` if it can't be written, or more than 256 KiB wait already.
    package func tell(_ text: String) throws {
        try changeWords { waiting in
            let words = "A person tells you:\n\n\(PlainText.quoted(text))\n"
            guard waiting.utf8.count + words.utf8.count <= Self.mostNotes else {
                throw FileError(
                    "\"\(name)\" has more than 256 KiB of notes that no session has read yet; let one "
                        + "begin, or put them into a file of the project"
                )
            }
            return waiting + words
        }
    }

    /// Takes the words for a session that is about to start.
    ///
    /// The words wait in a safe place from then on, until `settle`: whatever happens to this process or to the
    /// session, the next one gets them.
    package func takeWords() -> Words {
        var words = Words()
        do {
            let directory = try directory()
            let question = directory.words(of: Self.questionName, &words.warnings)
            let answer = directory.words(of: Self.answerName, &words.warnings)
            words.text = try waitingWords()
            if let answer {
                words.text = try changeWords { waiting in
                    let words = Self.exchange(question, answer)
                    // Taken before, by a process that died before it had removed both files.
                    let isTaken =
                        waiting.contains(words) || question == nil && waiting.hasSuffix(words)
                    return isTaken ? waiting : waiting + words
                }
            }
            // The question first: without its answer it would be asked once more.
            if question != nil { directory.remove(Self.questionName) }
            if answer != nil { directory.remove(Self.answerName) }
        } catch {
            words.warnings.append("a session began without all that people had to say: \(error)")
        }
        return words
    }

    /// Notes that a session has completed its turn with these words, so that no other one gets them.
    ///
    /// - Returns: words on what went wrong.
    package func settle(_ used: String) -> [String] {
        guard !used.isEmpty else { return [] }
        var warnings: [String] = []
        do {
            let directory = try directory()
            let old = try directory.contents(of: Self.answersName, limit: Self.mostAnswers) ?? []
            let room = max(0, Self.mostAnswers - used.utf8.count)
            let kept = old.count <= room ? old[...] : Self.newest(old, room)
            if !old.ends(with: used.utf8) {
                if kept.count < old.count {
                    warnings.append(
                        "\(Self.answersName) has 1 MiB: the oldest of what people said is out of it"
                    )
                }
                try directory.replace(
                    Self.answersName,
                    with: Array(kept) + used.utf8,
                    isDurable: workspace.isDurable
                )
            }
        } catch {
            warnings.append("what people said is not in \(Self.answersName): \(error)")
        }
        do {
            try changeWords { waiting in
                // Notes may have been added while the session ran.
                guard waiting.utf8.starts(with: used.utf8) else { return waiting }
                return String(decoding: waiting.utf8.dropFirst(used.utf8.count), as: UTF8.self)
            }
        } catch {
            warnings.append("the next session is told again what the last one was: \(error)")
        }
        return warnings
    }

    /// Returns the newest words of an archive that has no room for all, from the beginning of some.
    private static func newest(_ old: [UInt8], _ room: Int) -> ArraySlice<UInt8> {
        let tail = old.suffix(room)
        // No line of a quotation begins so.
        guard let cut = tail.firstRange(of: Array("\n\nA ".utf8)) else { return [] }
        return tail[(cut.lowerBound + 2)...]
    }

    private static let answers = "A person answers:\n\n"

    /// Returns all of an exchange up to the answer, which nothing in a quotation is like.
    private static func asked(_ question: String) -> String {
        "A session before you asked a person:\n\n\(PlainText.quoted(question))\n" + answers
    }

    private static func exchange(_ question: String?, _ answer: String) -> String {
        (question.map(asked) ?? answers) + PlainText.quoted(answer) + "\n"
    }

    /// Returns what waits for the next session; empty for nothing.
    private func waitingWords() throws(FileError) -> String {
        let bytes = try workspace.directories.state("words")?
            .contents(of: copyName, limit: Self.mostWaiting)
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// Changes what waits for the next session, while no other process does, and returns it.
    @discardableResult
    private func changeWords(_ change: (String) throws -> String) throws -> String {
        let isDurable = workspace.isDurable
        let place = try workspace.directories.makeState("words", isDurable: isDurable)
        let words = try place.alone {
            let old = try waitingWords()
            let new = try change(old)
            // A longer text could not be read whole again.
            guard new.utf8.count <= Self.mostWaiting else {
                throw FileError(
                    "\"\(name)\" has 1 MiB of words that no session has completed a turn with; they "
                        + "are in \"\(place.path(of: copyName))\": shorten that file"
                )
            }
            if new.isEmpty {
                place.remove(copyName)
            } else if new != old {
                try place.replace(copyName, with: Array(new.utf8), isDurable: isDurable)
            }
            return new
        }
        guard let words else {
            throw FileError(
                "another process holds \"\(place.path)\" locked all the time (see lslocks)"
            )
        }
        return words
    }
}

extension Directory {
    /// Returns the words in a file; `nil` if there are none.
    ///
    /// - Throws: `FileError` if the file can't be read, or is no plain file.
    fileprivate func words(of name: String) throws(FileError) -> String? {
        // An editor ends the last line; that alone is no reason to cut.
        guard var bytes = try contents(of: name, limit: PlainText.sizeLimit + 1) else { return nil }
        if bytes.count == PlainText.sizeLimit + 1, bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
        }
        let text = PlainText.visible(bytes)
        return text.isEmpty ? nil : text
    }

    /// Returns the words in a file; `nil` if there are none, and with a warning if it can't be read.
    fileprivate func words(of name: String, _ warnings: inout [String]) -> String? {
        do throws(FileError) {
            return try words(of: name)
        } catch {
            warnings.append("\(error)")
            return nil
        }
    }
}

extension Array<UInt8> {
    fileprivate func ends(with other: some BidirectionalCollection<UInt8>) -> Bool {
        reversed().starts(with: other.reversed())
    }
}
