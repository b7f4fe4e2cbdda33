import Foundation
package import Orchestration

/// The words that tell an agent its role.
///
/// `{task_dir}` and `{task_name}` stand for the task directory and the task's name; other braces
/// are left alone.
package struct PromptTemplates: Hashable, Sendable {
    /// For the session that writes the checklist.
    package var initializer: String
    /// For the sessions that carry it out.
    package var executor: String

    /// Makes templates out of their texts.
    package init(initializer: String, executor: String) {
        self.initializer = initializer
        self.executor = executor
    }

    /// The prompt of one session: who it is, where everything lies, how far the task has come, then
    /// the role's template.
    ///
    /// It tells the agent to read the files and does not repeat them.
    package func prompt(for brief: SessionBrief) -> String {
        let isFirst = brief.role == .initializer
        var lines: [String] = []
        if !brief.description.isEmpty { lines.append("Task: \(brief.description)") }
        lines.append("Task Name: \(brief.name)")
        lines.append("Task Directory: \(brief.directory)")
        if let progress = brief.progress, !isFirst {
            lines.append("Current Progress: \(progress.ticked)/\(progress.total)")
        }
        lines.append("")
        lines.append("You are the \(isFirst ? "Initializer Agent" : "Executor Agent").")
        lines.append("")
        let template = (isFirst ? initializer : executor)
            .replacingOccurrences(of: "{task_dir}", with: brief.directory)
            .replacingOccurrences(of: "{task_name}", with: brief.name)
        return lines.joined(separator: "\n") + "\n" + template
    }
}

/// What one session is about.
package struct SessionBrief: Hashable, Sendable {
    /// What the session is to do.
    package var role: Role
    /// The task in words; empty for one that was begun elsewhere: an executor finds all it needs in
    /// the list.
    package var description: String
    /// The task's name.
    package var name: String
    /// The task's directory.
    package var directory: String
    /// The checklist's progress; `nil` for an initializer.
    package var progress: Orchestration.Progress?

    /// Makes a brief; see the properties.
    package init(
        role: Role,
        description: String,
        name: String,
        directory: String,
        progress: Orchestration.Progress?
    ) {
        self.role = role
        self.description = description
        self.name = name
        self.directory = directory
        self.progress = progress
    }
}
