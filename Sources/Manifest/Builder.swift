import Foundation
import Orchestration
import Yams

/// Turns a document into a manifest.
struct Builder {
    /// What a manifest needs of the file system.
    struct Files {
        var read: (String) -> String?
        var isDirectory: (String) -> Bool
    }

    let reader: Reader
    let path: String
    let files: Files

    private var directory: String { (path as NSString).deletingLastPathComponent }

    func build(_ root: Node) -> Manifest {
        let top = reader.members(root, "the manifest", keys: Keys.top)
        checkVersion(top["version"], root)
        let run = reader.members(top["run"], "\"run\"", keys: Keys.run)
        let groups = groups(top["groups"])
        let defaults = reader.members(top["defaults"], "\"defaults\"", keys: Keys.defaults)
        let name = reader.string(run["name"], "\"name\"")
        var manifest = Manifest(
            path: path,
            name: name ?? ((path as NSString).lastPathComponent as NSString).deletingPathExtension,
            concurrency: concurrency(run["concurrency"]),
            agent: agent(run["agent"]),
            scheduler: scheduler(run["scheduler"]),
            prompts: prompts(run["prompts"]),
            grace: reader.duration(run["grace"], "\"grace\"") ?? .seconds(10),
            drainTimeout: reader.duration(run["drain_timeout"], "\"drain_timeout\""),
            groups: groups,
            tasks: [],
            warnings: []
        )
        guard let list = top["tasks"], !list.isNull else {
            reader.fail(top["tasks"] ?? root, "there are no tasks; list them under \"tasks:\"")
            return manifest
        }
        var expansion = TaskExpansion(
            reader: reader,
            defaults: defaults,
            directory: directory,
            files: files,
            groups: groups.map(\.name)
        )
        for node in reader.list(list, "\"tasks\"") { expansion.add(node) }
        if expansion.tasks.isEmpty, reader.errors.isEmpty {
            reader.fail(list, "there are no tasks; list at least one under \"tasks:\"")
        }
        manifest.tasks = expansion.resolved()
        return manifest
    }

    private func checkVersion(_ node: Node?, _ root: Node) {
        guard let node else {
            return reader.fail(
                root,
                "\"version\" is missing; begin the manifest with \"version: 1\""
            )
        }
        if node.string != "1" {
            reader.fail(node, "this Quire reads version 1 of the manifest, not \(node.kind)")
        }
    }

    private func concurrency(_ node: Node?) -> Int {
        reader.integer(node, "\"concurrency\"", in: 1...100_000) ?? 4
    }

    private func agent(_ node: Node?) -> Manifest.Agent {
        guard let node else { return .codex }
        guard case .mapping = node else {
            let word = reader.choice(node, "\"agent\"", of: ["codex", "simulated"])
            return word == "simulated" ? .simulated : .codex
        }
        let members = reader.members(node, "\"agent\"", keys: Keys.agent)
        guard let command = reader.strings(members["command"], "\"command\""), !command.isEmpty
        else {
            reader.fail(node, "\"agent\" needs a \"command\": a list with the program's path first")
            return .codex
        }
        return .command(command)
    }

    private func scheduler(_ node: Node?) -> SchedulerName? {
        let names = SchedulerName.allCases.map(\.rawValue)
        return reader.choice(node, "\"scheduler\"", of: names).flatMap(SchedulerName.init)
    }

    private func prompts(_ node: Node?) -> Manifest.Prompts {
        let members = reader.members(node, "\"prompts\"", keys: Keys.prompts)
        func file(_ key: String) -> String? {
            guard let text = reader.string(members[key], "\"\(key)\"") else { return nil }
            let path = text.absolute(in: directory)
            if files.read(path) == nil {
                reader.fail(
                    members[key],
                    "the template \"\(path)\" can't be read; correct its path"
                )
            }
            return path
        }
        return Manifest.Prompts(initializer: file("initializer"), executor: file("executor"))
    }

    private func groups(_ node: Node?) -> [GroupPlan] {
        reader.entries(node, "\"groups\"").map { key, name, value in
            let members = reader.members(value, "group \"\(name)\"", keys: Keys.group)
            if name.isEmpty { reader.fail(key, "a group needs a name") }
            return GroupPlan(
                name: name,
                weight: reader.weight(members["weight"], "\"weight\"") ?? 1,
                maxConcurrent: reader.integer(
                    members["max_concurrent"],
                    "\"max_concurrent\"",
                    in: 1...100_000
                )
            )
        }
    }
}

extension String {
    /// The path, relative ones taken from a directory.
    func absolute(in directory: String) -> String {
        let joined = hasPrefix("/") ? self : directory + "/" + self
        return (joined as NSString).standardizingPath
    }
}
