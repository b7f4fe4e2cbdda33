import Orchestration

/// A text of a manifest by which it runs a command, or leaves its workspace; somebody else's runs only once
/// the user has approved that very text.
package struct GuardedText: Sendable {
    /// The part of a manifest that a text is from; the raw value is its name in the manifest.
    package enum Kind: String, CaseIterable, Sendable {
        case agent, launcher, setup, verify, hooks, notify
        case variable = "env"
        case codexArguments = "codex_args"
        case sandbox, directory
        case promptFile = "prompt_file"
        case template = "prompts"
        case simulation = "prompt"
        case worktrees, accounts

        /// The effect of the text, for people.
        package var effect: String {
            switch self {
            case .agent: "a program that runs in place of codex"
            case .launcher: "a command that starts the agent"
            case .setup: "a command that runs in each new tree, without a sandbox"
            case .verify: "a command that checks the work, without a sandbox"
            case .hooks: "a command that runs on an occasion, without a sandbox"
            case .notify: "a command that takes messages, without a sandbox"
            case .variable: "a variable by which programs load or run others"
            case .codexArguments: "arguments of the agent that are not known to be harmless"
            case .sandbox: "agents without a sandbox"
            case .directory: "agents that work outside of the workspace"
            case .promptFile, .template: "a prompt from outside of the workspace"
            case .simulation: "files outside of the workspace that a simulated agent writes to"
            case .worktrees: "trees outside of the workspace"
            case .accounts: "directories with logins and settings of the agent"
            }
        }
    }

    /// A piece of a text, with a word for people in front, such as "in" before a directory.
    struct Part: Hashable, Sendable {
        var label = ""
        var text: String
    }

    /// The kind, and the whole text: two that are equal are one text.
    struct Content: Hashable, Sendable {
        var kind: Kind
        var parts: [Part]
    }

    let content: Content
    /// The tasks that the text is for, in the manifest's order; empty if it is the run's.
    package internal(set) var tasks: [String]
    /// The line of the first of the tasks; 0 for a text of the run's.
    package let line: Int

    /// The kind.
    package var kind: Kind { content.kind }

    /// The text, with one line or more for each of its parts.
    package var text: String {
        content.parts.map { $0.label.isEmpty ? $0.text : "\($0.label) \($0.text)" }
            .joined(separator: "\n")
    }

    /// The beginning of the text, in one line.
    package var summary: String { text.oneLine(120) }

    /// The position in the manifest, for people.
    package var place: String {
        guard let first = tasks.first else {
            return kind == .promptFile ? kind.rawValue : "run.\(kind.rawValue)"
        }
        let more = tasks.count > 1 ? " and \(tasks.count - 1) more" : ""
        return "\(kind.rawValue) of \(first)\(more), line \(line)"
    }

    /// The SHA-256 of the kind and the whole text, the name by which it is approved.
    package var key: String {
        // With their lengths before them, no parts come to the bytes of others.
        let fields = [kind.rawValue] + content.parts.flatMap { [$0.label, $0.text] }
        var bytes = Array("quire trust 1\n".utf8)
        for field in fields {
            let text = Array(field.utf8)
            bytes += Array("\(text.count):".utf8) + text
        }
        return SHA256.hex(of: bytes)
    }
}
