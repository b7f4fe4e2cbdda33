import Orchestration
import Yams

/// The texts of a task entry that may contain placeholders, read once for all tasks of its matrix.
struct TaskTexts {
    let prompt: Template?
    let promptFile: Template?
    let directory: Template?
    let group: Template?
    let model: Template?
    let setup: (command: Template, timeout: Duration)?
    let check: CheckTexts?
    let hooks: [Hook: HookTexts]
    let needs: [Template]
    let codexArguments: [Template]
    let artifacts: [Template]
    let environment: [String: Template]

    /// All texts but the path of the prompt file.
    var all: [Template] {
        let single = [prompt, directory, group, model, setup?.command, check?.command]
        let variables = Array(environment.values) + Array(check?.environment.values ?? [:].values)
        let others = needs + codexArguments + artifacts + hooks.values.flatMap(\.command.templates)
        return single.compactMap(\.self) + variables + others
    }

    /// Reads the texts of an entry or the defaults; reports placeholders that are no key of the matrix.
    init(_ own: [String: Node], _ defaults: [String: Node], _ reader: Reader, _ keys: Set<String>) {
        func value(_ key: String) -> Node? { own[key] ?? defaults[key] }
        func template(_ text: String, _ node: Node?) -> Template {
            let template = Template(text, keys: keys)
            for word in template.unknown { reader.fail(node, placeholder: word, keys) }
            return template
        }
        func text(_ key: String, _ node: Node?) -> Template? {
            let place = "\"\(key)\""
            // A prompt may contain NUL: it is no argument, the agent reads it.
            let read = key == "prompt" ? reader.string(node, place) : reader.word(node, place)
            let template = read.map { template($0, node) }
            // A path with a mistake is not looked up.
            return template?.unknown.isEmpty == true ? template : nil
        }
        func command(_ node: Node, _ key: String) -> Template? {
            let text = reader.word(node, "\"\(key)\"")
            if text?.allSatisfy(\.isWhitespace) == true {
                reader.fail(node, "\"\(key)\" is empty; write the command, or leave it out")
            }
            return text.map { template($0, node) }
        }
        func words(_ key: String, _ node: Node?) -> [Template] {
            (reader.strings(node, "\"\(key)\"") ?? []).map { template($0, node) }
        }
        prompt = text("prompt", own["prompt"])
        promptFile = text("prompt_file", own["prompt_file"])
        directory = text("directory", value("directory"))
        group = text("group", value("group"))
        // A ladder of the task's own takes the place of the defaults' model.
        model = text("model", own["models"]?.isNull ?? true ? value("model") : own["model"])
        setup = reader.setup(value("setup")).flatMap { setup in
            command(setup.command, "setup").map { (command: $0, timeout: setup.timeout) }
        }
        // A name with placeholders stands for all tasks of that entry.
        needs = (reader.strings(own["needs"], "\"needs\"") ?? []).map { text in
            let template = Template(text, keys: keys)
            return template.unknown.isEmpty ? template : Template(text, keys: [])
        }
        artifacts = reader.artifacts(value("artifacts")).map { template($0, value("artifacts")) }
        codexArguments = words("codex_args", value("codex_args"))
        func variables(_ nodes: [Node?]) -> [String: Template] {
            var variables: [String: Template] = [:]
            for (key, name, value) in nodes.flatMap({ reader.entries($0, "\"env\"") }) {
                guard !name.isEmpty, !name.contains("="), !name.contains("\0") else {
                    reader.fail(key, "\"\(name)\" can't be a variable's name")
                    continue
                }
                variables[name] = reader.word(value, "\"\(name)\"").map { template($0, value) }
            }
            return variables
        }
        environment = variables([defaults["env"], own["env"]])
        hooks = reader.hooks(own["hooks"], defaults["hooks"], template: template)
        check = reader.check(value("verify"), command: command, variables: variables)
    }
}

// Placeholders that are no key of the matrix.
extension Reader {
    /// Reports an unknown placeholder in a node's text.
    func fail(_ node: Node?, placeholder name: String, _ keys: Set<String>) {
        fail(node, about: "{\(name)}", Self.words(forPlaceholder: name, keys))
    }

    /// Returns the message about an unknown placeholder; `keys` are the matrix's.
    static func words(forPlaceholder name: String, _ keys: Set<String>) -> String {
        guard !keys.isEmpty else { return "{\(name)} names nothing: the task has no matrix" }
        let known = keys.sorted().map { "{\($0)}" }.joined(separator: ", ")
        let near = Keys.suggestion(for: name, among: keys.sorted())
        let advice = near.map { "did you mean {\($0)}?" } ?? "it has \(known)"
        return "{\(name)} names nothing in the task's matrix; \(advice); for the text itself write "
            + "{{\(name)}}"
    }
}
