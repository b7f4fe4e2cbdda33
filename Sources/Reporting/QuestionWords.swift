package import Orchestration

/// Words for tasks that ask a person.
package enum QuestionWords {
    /// The most questions that are listed, and the most characters of each.
    private static let (most, length) = (20, 400)

    /// Returns the command that answers a task.
    package static func command(_ task: String) -> String { "quire answer \(task) \"…\"" }

    /// Returns the tasks of a leg that ask.
    private static func asking(_ tasks: [TaskRecord]) -> [TaskRecord] {
        tasks.filter { $0.outcome == .needsYou && !$0.isLeftOut }
    }

    /// Returns the questions of tasks, and how to answer them; a line each.
    package static func lines(_ tasks: [TaskRecord]) -> [SafeText] {
        let asking = asking(tasks)
        guard !asking.isEmpty else { return [] }
        var lines: [SafeText] = [""]
        for task in asking.prefix(most) {
            lines.append("\(task.name) \((task.reason ?? "it asks").asked.oneLine(length))")
            lines.append("    to answer: \(command(task.name))")
        }
        if asking.count > most {
            lines.append(
                "… and \(Format.count(asking.count - most, "more question")); see quire status"
            )
        }
        return lines
    }
}

extension TaskRecord {
    /// The reason for the task's state, and where it needs a person, how to answer.
    var wordsAndAdvice: String {
        guard outcome == .needsYou, !isLeftOut else { return words }
        return "\(words); to answer: \(QuestionWords.command(name))"
    }
}

extension String {
    /// The reason of a task that asks, to follow its name.
    fileprivate var asked: String {
        hasPrefix("it ") ? String(dropFirst(3)) : self
    }
}
