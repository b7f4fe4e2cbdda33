import Agent
package import Manifest
import Orchestration
import Reporting

/// The commands, sandboxes and variables that a manifest would use, each with the tasks that it is for.
package struct PlanDetails {
    /// The settings of a task's sessions.
    package struct Work: Encodable {
        var name: String
        var directory: String
        var sandbox: String
        var env: [String: String]
        var arguments: [String]
        /// The models, one after the other; `nil` without a ladder.
        var models: [String]?
        /// True if sessions end with a statement on their work.
        var verdict: Bool
        /// The command that sets the task's tree up; `nil` for none.
        var setup: String?
        /// The command that checks the task's work; `nil` for none.
        var verify: String?
        /// True if the check runs within sessions, too; `nil` without a check.
        var verifyInSession: Bool?
        /// The commands of the task's hooks; `nil` for none.
        var hooks: [String: String]?
        /// The manifest's prompt; `nil` unless prompts were requested.
        var prompt: String?
        /// The whole prompts of an initializer and an executor, with the manifest's in them; `nil` unless
        /// requested.
        var initializerPrompt: String?
        var executorPrompt: String?

        fileprivate init(
            _ task: Manifest.Task,
            arguments: [String],
            prompts: (initializer: String, executor: String)?,
            redact: (String) -> String
        ) {
            name = task.plan.name
            directory = task.directory
            sandbox = task.sandbox.rawValue
            env = Dictionary(
                uniqueKeysWithValues: task.environment.map {
                    ($0, SecretVariable.isSecret($0) ? Redactor.mark : redact($1))
                }
            )
            (models, verdict) = (task.plan.models, task.settings.states)
            setup = (task.tree?.setup?.command).map(redact)
            verify = (task.check?.command.command).map(redact)
            verifyInSession = task.check.map { $0.inSession != nil }
            hooks = task.hooks.commands?.mapValues(redact)
            self.arguments = arguments.map(redact)
            prompt = prompts.map { _ in Terminal.redactor.redact(task.prompt) }
            (initializerPrompt, executorPrompt) = (prompts?.initializer, prompts?.executor)
        }
    }

    /// The agent's program and its first words, as the manifest has them.
    package let agent: [String]
    /// The launcher's words; empty for none.
    package let launcher: [String]
    /// The commands of the run's hooks, and of messages to a person; `nil` for none.
    package let hooks: [String: String]?
    private let runHooks: [Hook: HookCommand]
    private let kind: any Agent
    private let tasks: [Manifest.Task]
    private let worktrees: String
    private let redactor: Redactor

    /// Makes the details of a manifest, without the secrets of an environment.
    ///
    /// The manifest's own `redact` and `env` take nothing out: they could hide a command.
    package init(_ manifest: Manifest, environment: [String: String] = Terminal.environment) {
        let redactor = Redactor(environment: [environment], isForCommands: true)
        self.redactor = redactor
        kind = manifest.agent.kind
        agent = kind.program.words.map(redactor.redact)
        launcher = manifest.launcher.map(redactor.redact)
        var hooks = manifest.hooks
        hooks[.notify] = manifest.notify?.command
        (self.hooks, runHooks) = (hooks.commands?.mapValues(redactor.redact), hooks)
        tasks = manifest.tasks
        worktrees = manifest.worktrees ?? ".autonomous/.quire/worktrees"
    }

    /// Returns the work of a task, with its sessions' prompts if they were requested.
    package func work(
        of task: Manifest.Task,
        prompts: (initializer: String, executor: String)? = nil
    ) -> Work {
        Work(
            task,
            arguments: arguments(of: task),
            prompts: prompts,
            redact: redactor.redact
        )
    }

    /// Returns the arguments after the agent's own; the task's directory is a placeholder.
    private func arguments(of task: Manifest.Task) -> [String] {
        var session = AgentSession(
            sandbox: task.sandbox,
            directories: [".autonomous/TASK"],
            model: task.plan.models?.first ?? task.model,
            extra: task.codexArguments
        )
        session.settings = task.settings
        return kind.arguments(for: session)
    }

    /// The lines for people.
    package var lines: [String] {
        guard !tasks.isEmpty else { return ["nothing would run"] }
        let commands = groups { (agent + arguments(of: $0)).shellCommand }
        let sandboxes = groups(\.sandbox.rawValue)
        var variables: [String: [String]] = [:]
        for task in tasks {
            for (name, value) in task.environment {
                variables[Self.assignment(name, value), default: []].append(task.plan.name)
            }
        }
        var lines = ["commands that would run, with the prompt as standard input:"]
        lines += commands.map { "  \($0.text)\(suffix($0.names))" }
        if !launcher.isEmpty { lines += ["through the launcher:", "  \(launcher.shellCommand)"] }
        lines += ["sandbox:"] + sandboxes.map { "  \($0.text)\(suffix($0.names))" }
        if !variables.isEmpty {
            lines += ["variables that are set:"]
            lines += variables.sorted { $0.key < $1.key }.map { "  \($0)\(suffix($1))" }
        }
        lines += section("models, each after evidence against the one before:") {
            $0.plan.models?.joined(separator: ", ")
        }
        lines += treeLines + hookLines
        // A value must not break its line.
        return lines.map { Sanitizer.line(redactor.redact($0)) }
    }

    /// The lines on trees, what sets them up, and commits.
    private var treeLines: [String] {
        section("trees, below \(worktrees):") { $0.tree?.words(task: $0.plan.name) }
            + section("work that is committed to the branch that is checked out, in:") {
                $0.commits == nil ? nil : $0.directory
            }
            + section("files kept from complete tasks:") {
                $0.artifacts.joined(separator: ", ")
            }
            + section("commands that would set trees up, without a sandbox:") {
                $0.tree?.setup?.words
            }
            + section("commands that would check work, without a sandbox:") { task in
                task.check.map {
                    let occasion = task.plan.check?.occasion.rawValue ?? ""
                    return "\($0.command.words), on \(occasion)\(inSession($0))"
                }
            }
    }

    /// Returns the words on a check within sessions; empty for one that does not run there.
    private func inSession(_ check: CheckCommand) -> String {
        guard let run = check.inSession else { return "" }
        return launcher.isEmpty
            ? ", and within sessions (at most \(run.limit.forPeople))"
            : ", not within sessions, as they have a launcher"
    }

    /// The lines on the commands that run on occasions.
    private var hookLines: [String] {
        let ofTasks = Hook.ofTasks.flatMap { hook in
            section("") { $0.hooks[hook].map { "\(hook.rawValue): \($0.words)" } }.dropFirst()
        }
        let ofRun = (Hook.ofRuns + [.notify]).compactMap { hook in
            runHooks[hook].map { "  \(hook.rawValue): \($0.words)" }
        }
        let all = ofTasks + ofRun
        return all.isEmpty ? [] : ["commands that would run as hooks, without a sandbox:"] + all
    }

    /// Returns a title, and a line for each text of tasks; empty without any.
    private func section(_ title: String, _ text: (Manifest.Task) -> String?) -> [String] {
        let found = groups { text($0) ?? "" }.filter { !$0.text.isEmpty }
        return found.isEmpty ? [] : [title] + found.map { "  \($0.text)\(suffix($0.names))" }
    }

    /// Returns the tasks grouped by a text of theirs, in the order of each group's first task.
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

    /// Returns the tasks that a line is for, in words; empty if it is for all.
    private func suffix(_ names: [String]) -> String {
        names.count < tasks.count ? "  (\(Format.names(names)))" : ""
    }

    private static func assignment(_ name: String, _ value: String) -> String {
        "\(name)=\(SecretVariable.isSecret(name) ? Redactor.mark : value.shellQuoted)"
    }
}

extension UserCommand {
    /// The command and its limit, for people.
    fileprivate var words: String { "\(command)  (at most \(timeout.forPeople))" }
}

extension HookCommand {
    /// The command, its directory and its limit, for people.
    fileprivate var words: String {
        directory.map { "in \($0): \(command.words)" } ?? command.words
    }
}

extension [Hook: HookCommand] {
    /// The commands by the words for their occasions; `nil` for none.
    fileprivate var commands: [String: String]? {
        let pairs = map { ($0.rawValue, $1.command.command) }
        return pairs.isEmpty ? nil : [String: String](uniqueKeysWithValues: pairs)
    }
}

extension TreeSettings {
    /// The tree of a task, for people; tasks whose trees differ in their names alone have the same words.
    fileprivate func words(task: String) -> String {
        let branch = branch.replacing(task, with: "TASK")
        let copies = include.isEmpty ? "" : ", with copies of \(include.joined(separator: ", "))"
        let commits = commits == nil ? ", without commits" : ""
        return "TASK, on a branch \(branch) from \(base)\(copies)\(commits)"
    }
}

extension String {
    /// Returns the text in lines of at most this many columns; for `nil`, unchanged.
    package func wrapped(to columns: Int?) -> String {
        guard let columns else { return self }
        return split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { String($0).wrapped(columns) }.joined(separator: "\n")
    }

    /// Returns the text in lines of at most this many columns, broken at spaces if there are any; all lines
    /// but the first are indented.
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
            // A break within the indentation would leave an empty line.
            let space = rest[..<end].lastIndex(of: " ").flatMap { place in
                rest[..<place].contains { $0 != " " } ? place : nil
            }
            lines.append(String(rest[..<(space ?? end)]))
            rest = "    " + rest[(space ?? end)...].drop { $0 == " " }
        }
        return lines + [String(rest)]
    }
}
