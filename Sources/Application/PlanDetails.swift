import CodexEvents
package import Manifest
import Orchestration
import Reporting

/// What a manifest would start: commands, sandboxes and variables, each with the tasks that it is for.
package struct PlanDetails {
    /// How a task's sessions are carried out.
    package struct Work: Encodable {
        var name: String
        var directory: String
        var sandbox: String
        var env: [String: String]
        var arguments: [String]
        /// The manifest's prompt; `nil` where nobody asked for prompts.
        var prompt: String?
        /// The whole prompts of an initializer and of an executor, the manifest's within the templates;
        /// `nil` where nobody asked for them.
        var initializerPrompt: String?
        var executorPrompt: String?

        /// Makes the work of a task; with the prompts that its sessions get, if they are asked for.
        package init(
            _ task: Manifest.Task,
            prompts: (initializer: String, executor: String)? = nil
        ) {
            name = task.plan.name
            directory = task.directory
            sandbox = task.sandbox
            env = task.environment
            arguments = Self.arguments(of: task)
            prompt = prompts.map { _ in task.prompt }
            (initializerPrompt, executorPrompt) = (prompts?.initializer, prompts?.executor)
        }

        /// The arguments after the agent's own words; the task's directory is only indicated.
        static func arguments(of task: Manifest.Task) -> [String] {
            CodexCommand(
                sandbox: Sandbox(rawValue: task.sandbox) ?? .workspaceWrite,
                directories: [".autonomous/TASK"],
                model: task.model,
                extra: task.codexArguments
            ).arguments
        }
    }

    /// The agent's program and its first words, as the manifest has them.
    package let agent: [String]
    /// The launcher's words; empty for none.
    package let launcher: [String]
    private let tasks: [Manifest.Task]

    /// Makes the details of a manifest.
    package init(_ manifest: Manifest) {
        agent =
            switch manifest.agent {
            case .codex: ["codex"]
            case .simulated: ["quire", "codex-sim"]
            case .command(let words): words
            }
        launcher = manifest.launcher
        tasks = manifest.tasks
    }

    /// The lines for people.
    package var lines: [String] {
        guard !tasks.isEmpty else { return ["nothing would run"] }
        let commands = groups { Self.shell(agent + Work.arguments(of: $0)) }
        let sandboxes = groups(\.sandbox)
        var variables: [String: [String]] = [:]
        for task in tasks {
            for (name, value) in task.environment {
                variables[Self.assignment(name, value), default: []].append(task.plan.name)
            }
        }
        var lines = ["commands that would run, with the prompt as standard input:"]
        lines += commands.map { "  \($0.text)\(suffix($0.names))" }
        if !launcher.isEmpty { lines += ["through the launcher:", "  \(Self.shell(launcher))"] }
        lines += ["sandbox:"] + sandboxes.map { "  \($0.text)\(suffix($0.names))" }
        if !variables.isEmpty {
            lines += ["variables that are set:"]
            lines += variables.sorted { $0.key < $1.key }.map { "  \($0)\(suffix($1))" }
        }
        // Whatever a value holds stays on its line.
        return lines.map(Sanitizer.line)
    }

    /// The tasks by something they have, in the order of the first of each.
    private func groups(_ text: (Manifest.Task) -> String) -> [(text: String, names: [String])] {
        var places: [String: Int] = [:]
        var result: [(text: String, names: [String])] = []
        for task in tasks {
            let text = text(task)
            if let place = places[text] {
                result[place].names.append(task.plan.name)
            } else {
                places[text] = result.count
                result.append((text, [task.plan.name]))
            }
        }
        return result
    }

    /// Which tasks something is for; nothing where it is for all.
    private func suffix(_ names: [String]) -> String {
        guard names.count < tasks.count else { return "" }
        let some = names.prefix(3).joined(separator: ", ")
        return "  (\(some)\(names.count > 3 ? " and \(names.count - 3) more" : ""))"
    }

    private static func shell(_ words: [String]) -> String {
        words.map(\.shellQuoted).joined(separator: " ")
    }

    private static func assignment(_ name: String, _ value: String) -> String {
        "\(name)=\(value.shellQuoted)"
    }
}

extension String {
    /// The text in lines of at most so many columns; as it is for `nil`.
    package func wrapped(to columns: Int?) -> String {
        guard let columns else { return self }
        return split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { String($0).wrapped(columns) }.joined(separator: "\n")
    }

    /// The text in lines of at most so many columns, broken at spaces where there are any; those that
    /// follow are indented.
    fileprivate func wrapped(_ columns: Int) -> [String] {
        let most = max(20, columns)
        var lines: [String] = []
        var rest = self[...]
        while Columns.count(String(rest)) > most {
            var (used, end) = (0, rest.startIndex)
            while end < rest.endIndex, used + Columns.count(String(rest[end])) <= most {
                used += Columns.count(String(rest[end]))
                end = rest.index(after: end)
            }
            // A break in the indentation would be none.
            let space = rest[..<end].lastIndex(of: " ").flatMap { place in
                rest[..<place].contains { $0 != " " } ? place : nil
            }
            lines.append(String(rest[..<(space ?? end)]))
            rest = "    " + rest[(space ?? end)...].drop { $0 == " " }
        }
        return lines + [String(rest)]
    }
}
