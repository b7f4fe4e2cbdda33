import Orchestration
import Yams

/// The command of a hook, as a manifest has it.
struct HookTexts {
    /// A command for the shell, or the words of one, which the shell takes as they are.
    enum Command {
        case text(Template)
        case words([Template])
    }

    let command: Command
    let timeout: Duration
    let directory: String?
}

extension HookTexts.Command {
    /// The texts that it is made of.
    var templates: [Template] {
        switch self {
        case .text(let text): [text]
        case .words(let words): words
        }
    }

    /// Returns the text for the shell, with values put in.
    func shellText(_ values: Template.Values) -> String {
        switch self {
        case .text(let text): text.text(values)
        case .words(let words): words.map { $0.text(values).shellWord }.joined(separator: " ")
        }
    }

    /// The words of the shell's own that are seldom programs, too.
    private static let shellWords: Set = [
        ".", "case", "cd", "command", "eval", "exec", "export", "for", "if", "set", "trap",
        "ulimit",
        "umask", "unset", "until", "while",
    ]

    /// The program, where the shell does nothing to its word; `nil` if only the shell knows it.
    fileprivate var program: String? {
        switch self {
        case .text(let template):
            let first = template.text([:]).prefix { !$0.isWhitespace }
            let isPlain = first.allSatisfy {
                $0.isLetter || $0.isNumber || "/._-+".contains($0)
            }
            return isPlain && !Self.shellWords.contains(String(first)) ? String(first) : nil
        case .words(let words): return words.first?.text([:])
        }
    }
}

// The commands that run on occasions.
extension Reader {
    /// The time that a hook may take unless said otherwise.
    private static let hookTime = Duration.seconds(60)
    private static let ofManifest = "the manifest's directory"

    /// Reads the hooks of a task: its own, and those of the defaults that it does not replace.
    func hooks(
        _ own: Node?,
        _ defaults: Node?,
        template: (String, Node) -> Template
    ) -> [Hook: HookTexts] {
        var hooks: [Hook: HookTexts] = [:]
        for node in [defaults, own] {
            for (hook, node) in members(of: node, among: Hook.ofTasks) {
                hooks[hook] = self.hook(node, hook.rawValue, template: template)
            }
        }
        return hooks
    }

    /// Reads the hooks of the run.
    func runHooks(_ node: Node?) -> [Hook: HookCommand] {
        var hooks: [Hook: HookCommand] = [:]
        for (hook, node) in members(of: node, among: Hook.ofRuns) {
            let texts = self.hook(node, hook.rawValue, template: Self.asItIs)
            hooks[hook] = texts.map {
                let command = $0.command.shellText([:])
                return HookCommand(
                    UserCommand(command, timeout: $0.timeout),
                    directory: $0.directory
                )
            }
        }
        return hooks
    }

    /// Reads the command that takes messages to a person: a text, a list, or one of them with settings.
    func notify(_ node: Node?) -> NotifyCommand? {
        guard let node, !node.isNull else { return nil }
        var members = ["command": node]
        if case .mapping = node {
            members = self.members(node, "\"notify\"", keys: Keys.notify)
        }
        let words = NotifyTopic.allCases.map(\.rawValue)
        let topics = list(members["on"], "\"on\"").compactMap { node in
            choice(node, "\"on\"", of: words).flatMap(NotifyTopic.init)
        }
        if let on = members["on"], topics.isEmpty, list(on, "\"on\"").isEmpty {
            fail(on, "\"on\" names nothing; list some of \(words.joined(separator: ", "))")
        }
        guard let command = members["command"],
            let text = commandText(command, "notify", template: Self.asItIs)
        else {
            if members["command"] == nil { fail(node, "\"notify\" needs a \"command\"") }
            return nil
        }
        return NotifyCommand(
            HookCommand(
                UserCommand(
                    // The title and the text of a message follow.
                    text.shellText([:]) + #" "$@""#,
                    timeout: limit(members["timeout"])
                ),
                directory: innerDirectory(
                    members["directory"],
                    of: "notify",
                    from: Self.ofManifest
                )
            ),
            program: text.program,
            topics: members["on"] == nil ? NotifyTopic.usual : topics
        )
    }

    /// A text without placeholders.
    private static func asItIs(_ text: String, _ node: Node) -> Template {
        Template(text, keys: [])
    }

    private func members(of node: Node?, among hooks: [Hook]) -> [(Hook, Node)] {
        members(node, "\"hooks\"", keys: hooks.map(\.rawValue)).compactMap { name, node in
            Hook(rawValue: name).map { ($0, node) }
        }
    }

    /// Reads a hook: a text, a list, or one of them with settings; `nil` for none.
    private func hook(
        _ node: Node,
        _ name: String,
        template: (String, Node) -> Template
    ) -> HookTexts? {
        guard !node.isNull else { return nil }
        var members = ["command": node]
        if case .mapping = node {
            members = self.members(node, "\"\(name)\"", keys: Keys.hook)
        }
        guard let command = members["command"] else {
            fail(node, "\"\(name)\" needs a \"command\": a line for the shell, or a list of words")
            return nil
        }
        guard let text = commandText(command, name, template: template) else { return nil }
        return HookTexts(
            command: text,
            timeout: limit(members["timeout"]),
            directory: innerDirectory(
                members["directory"],
                of: name,
                from: Hook.ofRuns.contains { $0.rawValue == name }
                    ? Self.ofManifest : "the task's directory"
            )
        )
    }

    private func limit(_ node: Node?) -> Duration {
        let limit = duration(node, "\"timeout\"") ?? Self.hookTime
        if limit == .zero { fail(node, "\"timeout\" must be longer than 0") }
        return limit
    }

    /// Reads a command: a line for the shell, or a list of words.
    private func commandText(
        _ node: Node,
        _ name: String,
        template: (String, Node) -> Template
    ) -> HookTexts.Command? {
        if case .sequence = node {
            let words = strings(node, "\"\(name)\"") ?? []
            guard let program = words.first, !program.isEmpty else {
                fail(node, "\"\(name)\" is empty; write the program and its words, or leave it out")
                return nil
            }
            return .words(words.map { template($0, node) })
        }
        guard let text = word(node, "\"\(name)\"") else { return nil }
        refuseNoCommand(node, name)
        guard !text.allSatisfy(\.isWhitespace) else {
            fail(node, "\"\(name)\" is empty; write the command, or leave it out")
            return nil
        }
        return .text(template(text, node))
    }
}

extension String {
    /// The text as one word of a POSIX shell's command.
    fileprivate var shellWord: String {
        let isPlain =
            !isEmpty
            && allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "/._-,:@%+".contains($0))
            }
        return isPlain ? self : "'" + replacing("'", with: #"'\''"#) + "'"
    }
}
