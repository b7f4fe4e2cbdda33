package import Autonomous
import FileAccess
package import Manifest
import Orchestration
import Reporting

/// The texts of a manifest that need approval if it is somebody else's.
///
/// One row for each kind: a further key that runs a command gets its kind in `GuardedText` and its row
/// here, and everything else follows.
package struct GuardedTexts {
    /// The texts of a row; each is a list of parts.
    private typealias Found = [[GuardedText.Part]]
    private typealias RunRow = @Sendable (Manifest, Surroundings) -> Found
    private typealias TaskRow = @Sendable (Manifest.Task, Surroundings) -> Found

    /// The rows of what a manifest says once.
    private static let ofRun: [(GuardedText.Kind, RunRow)] = [
        (
            .agent,
            { manifest, around in
                guard case .command(let words) = manifest.agent else { return [] }
                return [around.program(words)]
            }
        ),
        (
            .launcher,
            { manifest, around in
                manifest.launcher.isEmpty ? [] : [around.program(manifest.launcher)]
            }
        ),
        (
            .hooks,
            { manifest, _ in
                hooks(manifest.hooks) { [.init(text: $0)] }
            }
        ),
        (
            .notify,
            { manifest, _ in
                manifest.notify.map { hooks([.notify: $0.command]) { [.init(text: $0)] } } ?? []
            }
        ),
        (
            .template,
            { manifest, around in
                [manifest.prompts.initializer, manifest.prompts.executor].compactMap(\.self)
                    .filter { !around.holds($0) }.map { [.init(text: $0)] }
            }
        ),
        (
            .promptFile,
            { manifest, around in
                manifest.promptFiles.filter { !around.holds($0) }.map { [.init(text: $0)] }
            }
        ),
        (
            .worktrees,
            { manifest, around in
                guard let name = manifest.worktrees, !around.holds(around.path(of: name)) else {
                    return []
                }
                return [[.init(text: around.path(of: name))]]
            }
        ),
        (
            .accounts,
            { manifest, _ in
                manifest.accounts.map { [.init(text: $0)] }
            }
        ),
    ]

    /// The rows of what each task has for itself.
    private static let ofTasks: [(GuardedText.Kind, TaskRow)] = [
        (
            .setup,
            { task, _ in
                task.tree?.setup.map { [command($0.command, [:], of: task)] } ?? []
            }
        ),
        (
            .verify,
            { task, _ in
                guard let check = task.check else { return [] }
                let place = check.directory.map { GuardedText.Part(label: "in", text: $0) }
                var parts = command(check.command.command, check.environment, of: task)
                if let place { parts.insert(place, at: 1) }
                return [parts]
            }
        ),
        (
            .hooks,
            { task, _ in
                hooks(task.hooks) { command($0, [:], of: task) }
            }
        ),
        (
            .variable,
            { task, _ in
                task.environment.sorted { $0.key < $1.key }
                    .filter { GuardedVariables.contain($0.key) }
                    .map { [.init(text: "\($0.key)=\($0.value)")] }
            }
        ),
        (
            .codexArguments,
            { task, around in
                around.isSimulated || GuardedArguments.areHarmless(task.codexArguments)
                    ? [] : [[.init(text: task.codexArguments.shellCommand)]]
            }
        ),
        (
            .sandbox,
            { task, around in
                around.isSimulated || task.sandbox != .dangerFullAccess
                    ? [] : [[.init(text: task.sandbox.rawValue)]]
            }
        ),
        (
            .simulation,
            { task, around in
                around.isSimulated ? around.writes(of: task).map { [.init(text: $0)] } : []
            }
        ),
        (
            .directory,
            { task, around in
                around.holds(task.directory) ? [] : [[.init(text: task.directory)]]
            }
        ),
    ]

    private var texts: [GuardedText] = []
    private var places: [GuardedText.Content: Int] = [:]

    /// Returns the texts of a manifest, each once, with the tasks that it is for.
    ///
    /// `home` is the user's home directory, for paths that begin with `~`.
    package static func of(
        _ manifest: Manifest,
        in workspace: Workspace,
        home: String
    ) -> [GuardedText] {
        let around = Surroundings(manifest, workspace, home: home)
        var found = GuardedTexts()
        for (kind, row) in ofRun {
            for parts in row(manifest, around) { found.add(kind, parts, task: nil) }
        }
        for (kind, row) in ofTasks {
            for task in manifest.tasks {
                for parts in row(task, around) { found.add(kind, parts, task: task) }
            }
        }
        return found.texts
    }

    private mutating func add(
        _ kind: GuardedText.Kind,
        _ parts: [GuardedText.Part],
        task: Manifest.Task?
    ) {
        let content = GuardedText.Content(kind: kind, parts: parts)
        if let place = places[content] {
            if let task { texts[place].tasks.append(task.plan.name) }
            return
        }
        places[content] = texts.count
        texts.append(
            GuardedText(
                content: content,
                tasks: task.map { [$0.plan.name] } ?? [],
                line: task?.line ?? 0
            )
        )
    }

    /// Returns the commands of hooks, made of their texts by `command`, each with its occasion and directory.
    private static func hooks(
        _ hooks: [Hook: HookCommand],
        _ command: (String) -> [GuardedText.Part]
    ) -> Found {
        hooks.sorted { $0.key.rawValue < $1.key.rawValue }.map { hook, called in
            let place = called.directory.map { [GuardedText.Part(label: "in", text: $0)] } ?? []
            return command(called.command.command)
                + [GuardedText.Part(label: "as", text: hook.rawValue)] + place
        }
    }

    /// Returns a command for the shell with the variables that are set for it.
    ///
    /// Of the variables of the task's sessions those count that the command names: another value of one makes
    /// it another command.
    private static func command(
        _ text: String,
        _ own: [String: String],
        of task: Manifest.Task
    ) -> [GuardedText.Part] {
        let named = task.environment.filter { text.contains($0.key) }.merging(own) { $1 }
        return [.init(text: text)]
            + named.sorted { $0.key < $1.key }.map { .init(label: "with", text: "\($0)=\($1)") }
    }
}

/// The directories that decide where a manifest's texts lead.
private struct Surroundings {
    let isSimulated: Bool
    private let manifest: String
    private let workspace: Workspace
    private let root: String
    private let home: String
    private let newest = Newest()

    /// The prompt that was looked through last, and what was found.
    private final class Newest {
        var last: (prompt: String, directory: String, writes: [String])?
    }

    init(_ manifest: Manifest, _ workspace: Workspace, home: String) {
        isSimulated = manifest.agent == .simulated
        self.manifest = manifest.path.parentPath
        self.workspace = workspace
        root = workspace.root.resolved(in: "/")
        self.home = home
    }

    /// Indicates whether a path is within the workspace, and not in git's own files there.
    func holds(_ path: String) -> Bool {
        let path = path.resolved(in: "/")
        guard path != root else { return true }
        let start = root == "/" ? "/" : root + "/"
        // As bytes: a slash and an accent are one character.
        guard path.utf8.starts(with: start.utf8) else { return false }
        let names = path.utf8.dropFirst(start.utf8.count).split(separator: UInt8(ascii: "/"))
        return !names.contains { $0.elementsEqual(".git".utf8) }
    }

    /// Returns the directives in a task's prompt by which a simulated agent writes elsewhere; it has no sandbox.
    func writes(of task: Manifest.Task) -> [String] {
        // A hundred thousand tasks may share a long prompt, which is one in memory then.
        if let last = newest.last, last.prompt == task.prompt, last.directory == task.directory {
            return last.writes
        }
        let writes = directives(of: task)
        newest.last = (task.prompt, task.directory, writes)
        return writes
    }

    private func directives(of task: Manifest.Task) -> [String] {
        guard task.prompt.contains("sim:") else { return [] }
        // Whichever line the words are on: what ends a line is the simulator's own matter.
        return task.prompt.split(whereSeparator: \.isWhitespace)
            .map { String($0.hasPrefix("sim:") ? $0.dropFirst(4) : $0) }
            .filter { word in
                ["work=", "evidence="].contains { name in
                    word.hasPrefix(name)
                        && !holds(
                            word.dropFirst(name.count).description.absolute(in: task.directory)
                        )
                }
            }
    }

    /// Returns the path of a directory for trees.
    func path(of name: String) -> String { workspace.path(of: name, home: home) }

    /// Returns a command of words, with the path of its program where the words don't tell it.
    func program(_ words: [String]) -> [GuardedText.Part] {
        let line = GuardedText.Part(text: words.shellCommand)
        guard let name = words.first, name.contains("/"), !name.hasPrefix("/") else {
            return [line]
        }
        return [line, .init(label: "which is", text: name.absolute(in: manifest))]
    }
}
