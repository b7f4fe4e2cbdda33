import FileAccess
import Orchestration
import Yams

/// Expands task nodes into tasks: fills in defaults, multiplies out matrices, and checks names and
/// needs.
struct TaskExpansion {
    /// Most tasks of a manifest, with all matrices multiplied out.
    static let limit = 100_000
    /// Longest prompt, in bytes: a model reads a fraction of it.
    static let promptLimit = 4 * 1024 * 1024
    /// Most bytes of all texts of a manifest after a matrix's values are inserted.
    static let textLimit = 256 * 1024 * 1024
    /// Most needs of all tasks together.
    static let needsLimit = 1_000_000

    /// A prompt file, read for a matrix with these keys.
    struct PromptUse: Hashable {
        var path: String
        var keys: Set<String>
    }

    /// The files and directories that tasks name, each looked at once.
    struct KnownFiles {
        /// Existing directories, by the path in the manifest.
        var directories: [String: String] = [:]
        /// Contents of the prompt files read, by path.
        var prompts: [String: String] = [:]
        /// Files with the rows of matrices that were read.
        var tables: Set<String> = []
        /// The texts of prompt files, whose placeholders were checked against a matrix's keys.
        var templates: [PromptUse: Template] = [:]
    }

    let reader: Reader
    let defaults: [String: Node]
    let directory: String
    let files: Builder.Files
    let groups: [String]
    /// The run's name, as it stands in the names of branches.
    let runInBranches: String

    private(set) var tasks: [Manifest.Task] = []
    private(set) var nodes: [Node] = []
    private(set) var lines: [String: Int] = [:]
    /// Names by their lower-case form.
    private var spellings: [String: String] = [:]
    /// The names of the tasks that each name with placeholders stands for.
    private(set) var expansions: [String: [String]] = [:]
    var known = KnownFiles()
    /// The files with prompts, or values for them, that were read, in order.
    var promptFiles: [String] { (Array(known.prompts.keys) + known.tables).sorted() }
    /// Bytes of all texts with values inserted.
    var textSize = 0
    /// The plan of a task that sets nothing itself.
    private var usualPlan = TaskPlan(name: "")

    init(
        reader: Reader,
        defaults: [String: Node],
        directory: String,
        files: Builder.Files,
        groups: [String],
        run: String
    ) {
        self.reader = reader
        self.defaults = defaults
        self.directory = directory
        self.files = files
        self.groups = groups
        runInBranches = run.inBranches
        read(defaults, into: &usualPlan)
        reader.refuseTwoModels(defaults)
    }

    mutating func add(_ node: Node) {
        let own = reader.members(node, "a task", keys: Keys.task)
        guard let nameNode = own["name"], let name = reader.string(nameNode, "\"name\"") else {
            if own["name"] == nil { reader.fail(node, "a task needs a \"name\"") }
            return
        }
        guard let source = matrixSource(own["matrix"], name) else {
            return expansions[name] = expansions[name] ?? []
        }
        let keys = source.keys
        guard isFree(ofUnknownPlaceholders: name, nameNode, keys) else { return }
        let matrix = matrix(source, own["matrix"], name)
        // After a mistake in this task, tasks that need it aren't told that it is undefined.
        expansions[name] = expansions[name] ?? []
        reader.refuseTwoModels(own)
        let texts = TaskTexts(own, defaults, reader, keys)
        guard let matrix, hasRoom(for: texts, own["prompt_file"], in: matrix, name, nameNode) else {
            return
        }
        for combination in matrix.combinations { add(name, nameNode, own, texts, combination) }
    }

    /// Reports placeholders in a name that are no key of the matrix; returns whether there were none.
    private func isFree(
        ofUnknownPlaceholders name: String,
        _ node: Node,
        _ keys: Set<String>
    ) -> Bool {
        // Without a matrix, braces in a name can only be meant as placeholders.
        let unknown = Template(name, keys: keys.isEmpty ? [""] : keys).unknown
        for word in unknown { reader.fail(node, placeholder: word, keys) }
        return unknown.isEmpty
    }

    private mutating func add(
        _ template: String,
        _ node: Node,
        _ own: [String: Node],
        _ texts: TaskTexts,
        _ values: Template.Values
    ) {
        let name = Template(template, keys: Set(values.keys)).text(values)
        if let reason = Self.refusal(of: name) {
            let shown = name.count > 60 ? "\(name.prefix(60))…" : name
            return reader.fail(node, "\"\(shown)\" can't be a task's name: \(reason)")
        }
        let line = node.mark?.line ?? 0
        if let earlier = lines[name] {
            return reader.fail(
                node,
                "task \"\(name)\" is already defined on line \(earlier); names must be unique"
            )
        }
        if let other = spellings.updateValue(name, forKey: name.lowercased()) {
            reader.warn(node, "task \"\(name)\" differs from \"\(other)\" in case alone")
        }
        lines[name] = line
        expansions[template, default: []].append(name)
        nodes.append(node)
        tasks.append(task(name, own, texts, values, line: line, node))
    }

    private mutating func task(
        _ name: String,
        _ own: [String: Node],
        _ texts: TaskTexts,
        _ values: Template.Values,
        line: Int,
        _ node: Node
    ) -> Manifest.Task {
        func value(_ key: String) -> Node? { own[key] ?? defaults[key] }
        let sandboxes = Sandbox.allCases.map(\.rawValue)
        let sandbox = reader.choice(value("sandbox"), "\"sandbox\"", of: sandboxes)
        var task = Manifest.Task(
            plan: plan(name, own, texts, values),
            prompt: prompt(name, own, texts, values, node),
            directory: workingDirectory(
                texts.directory.map { $0.text(values) },
                value("directory")
            ),
            sandbox: sandbox.flatMap(Sandbox.init) ?? .workspaceWrite,
            environment: texts.environment.mapValues { $0.text(values) },
            codexArguments: arguments(texts.codexArguments, values, value("codex_args")),
            model: texts.model.map { $0.text(values) },
            memory: reader.memory(value("memory")),
            artifacts: texts.artifacts.map { $0.text(values) },
            tree: reader.tree(
                of: name,
                run: runInBranches,
                setup: texts.setup.map {
                    UserCommand($0.command.text(values), timeout: $0.timeout)
                },
                own,
                defaults
            ),
            commits: reader.commitsWithoutTree(own, defaults),
            line: line
        )
        task.settings = reader.agentSettings(own, defaults)
        task.check = check(of: task, own, texts.check, values)
        task.plan.check?.fingerprint = task.check?.fingerprint
        task.hooks = texts.hooks.mapValues { hook($0, values) }
        return task
    }

    private func plan(
        _ name: String,
        _ own: [String: Node],
        _ texts: TaskTexts,
        _ values: Template.Values
    ) -> TaskPlan {
        var plan = usualPlan
        plan.name = name
        plan.group = group(texts.group?.text(values), own["group"] ?? defaults["group"])
        plan.needs = texts.needs.map { $0.text(values) }
        plan.check = texts.check.map { CheckPlan(on: $0.occasion) }
        plan.hooks = TaskHookPlan(texts.hooks.keys)
        if own["model"] != nil { plan.models = nil }
        read(own, into: &plan)
        return plan
    }

    /// Reads what a task, or the defaults, say of plans except for names; the rest of the plan stays.
    private func read(_ members: [String: Node], into plan: inout TaskPlan) {
        for key in Keys.defaults {
            guard let node = members[key] else { continue }
            func count(from least: Int = 0) -> Int? {
                reader.integer(node, "\"\(key)\"", in: least...1_000_000)
            }
            switch key {
            case "priority":
                plan.priority =
                    reader.integer(node, "\"priority\"", in: -1000...1000) ?? plan.priority
            case "weight": plan.weight = reader.weight(node, "\"weight\"") ?? plan.weight
            case "size": plan.size = reader.size(node, "\"size\"")
            case "max_sessions": plan.maxSessions = count() ?? plan.maxSessions
            case "budget": plan.budget = reader.budget(node, "\"budget\"")
            case "session_budget":
                plan.sessionBudget = reader.budget(node, "\"session_budget\"")
            case "session_timeout":
                plan.sessionTimeout = timeout(node, key) ?? plan.sessionTimeout
            case "idle_timeout": plan.idleTimeout = timeout(node, key) ?? plan.idleTimeout
            case "stall_after": stall(node, &plan)
            case "grow_after": plan.growAfter = count(from: 2) ?? plan.growAfter
            case "growth": growth(node, &plan)
            case "tamper_limit": plan.tamperLimit = count(from: 1) ?? plan.tamperLimit
            case "same_failure": plan.sameFailure = count(from: 1) ?? plan.sameFailure
            case "retries": retries(node, &plan.retries)
            case "models": plan.models = node.isNull ? nil : reader.models(node) ?? plan.models
            case "resume": plan.resume = reader.bool(node, "\"resume\"") ?? plan.resume
            default: break
            }
        }
    }

    private func timeout(_ node: Node?, _ key: String) -> Duration? {
        guard let duration = reader.duration(node, "\"\(key)\"") else { return nil }
        if duration == .zero { reader.fail(node, "\"\(key)\" must be longer than 0") }
        return duration
    }

    private func growth(_ node: Node, _ plan: inout TaskPlan) {
        let text = node.string ?? ""
        if text == "allow" { return plan.growth = nil }
        if text == "refuse" { return plan.growth = 0 }
        guard let share = text.wholeMatch(of: /(1000|[0-9]{1,3})%/) else {
            return reader.fail(
                node,
                "expected \"allow\", \"refuse\" or a share up to 1000% such as 50% for \"growth\", "
                    + "found \(node.kind)"
            )
        }
        plan.growth = Int(share.1)
    }

    /// Reads `stall_after`, which replaces the defaults' as a whole.
    private func stall(_ node: Node, _ plan: inout TaskPlan) {
        let range = 1...1_000_000
        let usual = TaskPlan(name: "")
        (plan.stallAfter, plan.stallTokens, plan.stallTime) = (usual.stallAfter, nil, nil)
        guard case .mapping = node else {
            let count = reader.integer(node, "\"stall_after\"", in: range)
            return plan.stallAfter = count ?? plan.stallAfter
        }
        let members = reader.members(node, "\"stall_after\"", keys: Keys.stall)
        plan.stallAfter =
            reader.integer(members["sessions"], "\"sessions\"", in: range) ?? plan.stallAfter
        plan.stallTokens = reader.count(members["tokens"], "\"tokens\"")
        plan.stallTime = timeout(members["time"], "time")
    }

    private func group(_ name: String?, _ node: Node?) -> String? {
        guard let name else { return nil }
        guard !groups.contains(name) else { return name }
        let near = Keys.suggestion(for: name, among: groups).map { "; did you mean \"\($0)\"?" }
        reader.fail(
            node,
            "there is no group \"\(name)\"\(near ?? "; define it under \"groups:\"")"
        )
        return nil
    }

    private func retries(_ node: Node, _ plan: inout RetryPlan) {
        let members = reader.members(node, "\"retries\"", keys: Keys.retries)
        plan.limit = reader.integer(members["limit"], "\"limit\"", in: 0...1_000_000) ?? plan.limit
        plan.delay = reader.duration(members["delay"], "\"delay\"") ?? plan.delay
        plan.maxDelay = reader.duration(members["max_delay"], "\"max_delay\"") ?? plan.maxDelay
    }

    private mutating func workingDirectory(_ text: String?, _ node: Node?) -> String {
        let text = text ?? "."
        if let path = known.directories[text] { return path }
        let path = text.resolved(in: directory)
        if !files.isDirectory(path) {
            reader.fail(node, "directory \"\(path)\" does not exist; create it or correct the path")
        } else {
            known.directories[text] = path
        }
        return path
    }

    private mutating func prompt(
        _ name: String,
        _ own: [String: Node],
        _ texts: TaskTexts,
        _ values: Template.Values,
        _ node: Node
    ) -> String {
        switch (own["prompt"], own["prompt_file"]) {
        case (let prompt?, nil):
            let text = texts.prompt.map { $0.text(values) } ?? "-"
            if text.allSatisfy(\.isWhitespace) { reader.fail(prompt, "the prompt is empty") }
            checkSize(of: text, prompt)
            return text
        case (nil, let file?):
            guard let path = texts.promptFile?.text(values).absolute(in: directory),
                let text = promptFile(path, file)
            else { return "" }
            checkSize(of: text, file)
            if text.allSatisfy(\.isWhitespace) {
                reader.fail(file, "prompt_file \"\(path)\" is empty; write the task in it")
            }
            return template(path, text, Set(values.keys)).text(values)
        case (nil, nil):
            reader.fail(node, "task \"\(name)\" needs a \"prompt\" or a \"prompt_file\"")
        case (_?, let file?):
            reader.fail(file, "task \"\(name)\" has both a \"prompt\" and a \"prompt_file\"")
        }
        return ""
    }

    private func checkSize(of prompt: String, _ node: Node) {
        guard prompt.utf8.count > Self.promptLimit else { return }
        reader.fail(
            node,
            "the prompt has more than \(Self.promptLimit >> 20) MiB, which no model reads; let it "
                + "name a file that holds what is long"
        )
    }

    /// Returns a prompt file's contents; read once.
    mutating func promptFile(_ path: String, _ node: Node?) -> String? {
        if let text = known.prompts[path] { return text }
        do throws(ManifestSource.Refusal) {
            let text = try files.read(path)
            known.prompts[path] = text
            return text
        } catch {
            reader.fail(node, "prompt_file \"\(path)\" can't be used: \(error.message)")
            return nil
        }
    }

    /// Returns the text of a prompt file, and reports its unknown placeholders; once per set of keys.
    private mutating func template(
        _ path: String,
        _ text: String,
        _ keys: Set<String>
    ) -> Template {
        let use = PromptUse(path: path, keys: keys)
        if let template = known.templates[use] { return template }
        let template = Template(text, keys: keys)
        known.templates[use] = template
        let bytes = Array(text.utf8)
        for word in template.unknown {
            let found = text.firstRange(of: "{\(word)}")?.lowerBound ?? text.startIndex
            let offset = text.utf8.distance(from: text.startIndex, to: found)
            reader.fail(
                in: path,
                at: ManifestText.place(ofByte: offset, in: bytes),
                Reader.words(forPlaceholder: word, keys)
            )
        }
        return template
    }
}
