package import Manifest
package import Orchestration
package import Reporting

/// The table of the tasks that a manifest would run, a row each.
package struct PlanTable {
    /// The most characters of a prompt that are shown: a table tells prompts apart, `--prompts` shows them.
    private static let mostOfPrompt = 400
    /// The characters behind the shown ones in which the end of a secret is looked for.
    private static let margin = 4096

    private let tasks: [Manifest.Task]
    private let redactor: Redactor
    /// The newest prompt and its beginning: tasks that stand beside each other often share theirs, in memory,
    /// too.
    private var last: (prompt: String, beginning: String)?

    /// Makes the table of a manifest's tasks.
    package init(_ manifest: Manifest, redactor: Redactor) {
        (tasks, self.redactor) = (manifest.tasks, redactor)
    }

    /// Returns the lines, the titles first; empty without tasks.
    ///
    /// On a terminal, which has a width, a row is one line, and columns in which all tasks are alike are left
    /// out; `likeness` tells what they say. Without a width, no name is left out and nothing is cut but
    /// prompts, whose ends are marked.
    package mutating func lines(width: Int?, usesColor: Bool = false) -> [SafeText] {
        guard !tasks.isEmpty else { return [] }
        let columns = self.columns.filter { width == nil || $0.isShown }
        var table = Table(
            [Table.Column("TASK")]
                + columns.map { Table.Column($0.title, isRight: $0.isRight) }
                + [Table.Column("PROMPT")]
        )
        for task in tasks {
            table.add(
                [task.plan.name] + columns.map { $0.text(task, width) }
                    + [beginning(of: task.prompt)]
            )
        }
        return table.lines(width: width, shrinking: width != nil, usesColor: usesColor)
    }

    /// The properties that all tasks have alike and a terminal's table leaves out, in words; `nil` for none.
    package var likeness: String? {
        let words = columns.filter { !$0.isShown }.compactMap(\.likeness)
        return words.isEmpty ? nil : "all tasks: " + words.joined(separator: ", ")
    }

    private struct Column {
        var title: String
        var isRight = false
        /// The words for what all tasks have; `nil` if it is not worth telling.
        var likeness: String?
        /// False if a terminal's table can do without the column.
        var isShown: Bool
        var text: (Manifest.Task, _ width: Int?) -> String
    }

    private var columns: [Column] {
        func differs<Value: Equatable>(_ property: (Manifest.Task) -> Value) -> Bool {
            guard let first = tasks.first.map(property) else { return false }
            return tasks.contains { property($0) != first }
        }
        let first = tasks.first?.plan
        return [
            Column(
                title: "GROUP",
                likeness: first?.group.map { "group \($0)" },
                isShown: differs(\.plan.group)
            ) { task, _ in task.plan.group ?? "-" },
            Column(
                title: "PRIORITY",
                isRight: true,
                likeness: first?.priority == 0 ? nil : "priority \(first?.priority ?? 0)",
                isShown: differs(\.plan.priority)
            ) { task, _ in "\(task.plan.priority)" },
            Column(
                title: "SESSIONS",
                isRight: true,
                likeness: first.map {
                    $0.maxSessions == 0
                        ? "no limit on sessions"
                        : "at most \(Format.count($0.maxSessions, "session"))"
                },
                isShown: differs(\.plan.maxSessions)
            ) { task, _ in
                task.plan.maxSessions == 0 ? "no limit" : "≤ \(task.plan.maxSessions)"
            },
            Column(title: "NEEDS", isShown: tasks.contains { !$0.plan.needs.isEmpty }) {
                task,
                width in
                let needs = task.plan.needs
                guard width != nil else {
                    return needs.isEmpty ? "-" : needs.joined(separator: " ")
                }
                return needs.isEmpty ? "-" : StandingWords.few(needs)
            },
            Column(
                title: "DIRECTORY",
                likeness: tasks.first.map { "in \($0.directory)" },
                isShown: differs(\.directory)
            ) { task, _ in
                task.directory
            },
        ]
    }

    /// Returns the beginning of a prompt without its secrets.
    private mutating func beginning(of prompt: String) -> String {
        // Of texts that are one in memory, this compares no characters.
        if let last, last.prompt == prompt { return last.beginning }
        let part = String(prompt.prefix(Self.mostOfPrompt + Self.margin))
        let shown = redactor.redact(part)
        let beginning =
            shown.count > Self.mostOfPrompt ? "\(shown.prefix(Self.mostOfPrompt))…" : shown
        last = (prompt, beginning)
        return beginning
    }
}
