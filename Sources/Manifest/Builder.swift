import FileAccess
import Foundation
import Orchestration
import Yams

/// Builds a manifest from a YAML document.
struct Builder {
    /// A manifest's access to the file system.
    struct Files {
        var read: (String) throws(ManifestSource.Refusal) -> String
        var isDirectory: (String) -> Bool
    }

    /// Memory of a simulated session, in bytes (measured: 22 MB).
    private static let simulatedSession: Int64 = 24 << 20
    /// Memory of a launcher on this machine, in bytes (`ssh` and `srun`: 5 to 10 MB).
    private static let launcherSession: Int64 = 16 << 20

    let reader: Reader
    let path: String
    let files: Files

    private var directory: String { (path as NSString).deletingLastPathComponent }

    /// Name of a run without one: the manifest file's, or, for a stream, the directory's.
    private var ownName: String {
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        return name == "-" ? (directory as NSString).lastPathComponent : name
    }

    func build(_ root: Node) -> Manifest {
        let top = reader.members(root, "the manifest", keys: Keys.top)
        checkVersion(top["version"], root)
        let run = reader.members(top["run"], "\"run\"", keys: Keys.run)
        let groups = groups(top["groups"])
        let defaults = reader.members(top["defaults"], "\"defaults\"", keys: Keys.defaults)
        let name = reader.string(run["name"], "\"name\"")
        let concurrency = concurrency(run["concurrency"])
        var manifest = Manifest(
            path: path,
            name: name ?? ownName,
            concurrency: concurrency.most,
            leastConcurrency: concurrency.least,
            tokensPerMinute: reader.count(run["tokens_per_minute"], "\"tokens_per_minute\"")
                .map { Int(clamping: $0) },
            agent: agent(run["agent"]),
            launcher: reader.launcher(run["launcher"]),
            scheduler: scheduler(run["scheduler"]),
            prompts: prompts(run["prompts"]),
            grace: reader.duration(run["grace"], "\"grace\"") ?? .seconds(10),
            drainTimeout: reader.duration(run["drain_timeout"], "\"drain_timeout\""),
            budget: reader.runBudget(run["budget"]),
            prices: reader.prices(run["prices"]),
            admission: admission(run),
            worktrees: reader.worktrees(run["worktrees"]),
            promptFiles: [],
            redact: reader.redact(run["redact"]),
            checkSlots: reader.integer(run["check_slots"], "\"check_slots\"", in: 1...1000),
            groups: groups,
            tasks: [],
            warnings: []
        )
        manifest.hooks = reader.runHooks(run["hooks"])
        manifest.notify = reader.notify(run["notify"])
        reader.readLimits(of: run, into: &manifest)
        guard let list = top["tasks"], !list.isNull else {
            reader.fail(top["tasks"] ?? root, "there are no tasks; list them under \"tasks:\"")
            return manifest
        }
        var expansion = TaskExpansion(
            reader: reader,
            defaults: defaults,
            directory: directory,
            files: files,
            groups: groups.map(\.name),
            run: manifest.name
        )
        for node in reader.list(list, "\"tasks\"") { expansion.add(node) }
        if expansion.tasks.isEmpty, reader.errors.isEmpty {
            reader.fail(list, "there are no tasks; list at least one under \"tasks:\"")
        }
        manifest.tasks = expansion.resolved()
        manifest.promptFiles = expansion.promptFiles
        checkPrices(manifest, root)
        checkMemory(manifest, run["launcher"])
        warnOfChecksInSession(manifest, run["launcher"])
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

    /// Refuses a budget of cost without prices, as the cost would be unknown.
    private func checkPrices(_ manifest: Manifest, _ root: Node) {
        guard manifest.prices == nil, reader.errors.isEmpty else { return }
        let budgets =
            [manifest.budget?.limits] + manifest.groups.map(\.budget)
            + manifest.tasks.flatMap { [$0.plan.budget, $0.plan.sessionBudget] }
        if budgets.contains(where: { $0?.cost != nil }) {
            reader.fail(
                root,
                "a budget limits \"cost\", but \"run\" has no \"prices\"; add "
                    + "prices: {input: …, cached_input: …, output: …} per million tokens"
            )
        }
    }

    /// Refuses a launcher with `{memory}` unless every task states its memory.
    private func checkMemory(_ manifest: Manifest, _ node: Node?) {
        guard manifest.launcher.contains(where: { $0.contains("{memory}") }),
            let task = manifest.tasks.first(where: { $0.memory == nil })
        else { return }
        reader.fail(
            node,
            "the launcher has {memory}, but task \"\(task.plan.name)\" has no \"memory\"; add "
                + "memory: 2G to it or to \"defaults\""
        )
    }

    /// Warns of checks within sessions that a launcher brings to where Quire is not.
    private func warnOfChecksInSession(_ manifest: Manifest, _ node: Node?) {
        guard let node, !manifest.launcher.isEmpty,
            manifest.tasks.contains(where: { $0.check?.inSession != nil })
        else { return }
        reader.warn(
            node,
            "\"verify_in_session\" has no effect with a launcher, as Quire is not where sessions run; the "
                + "checks run after sessions alone"
        )
    }

    private func concurrency(_ node: Node?) -> (least: Int?, most: Int) {
        let range = 1...100_000
        if node?.string == "auto" { return (1, 16) }
        guard let node, case .mapping = node else {
            return (nil, reader.integer(node, "\"concurrency\"", in: range) ?? 4)
        }
        let members = reader.members(node, "\"concurrency\"", keys: Keys.concurrency)
        let least = reader.integer(members["min"], "\"min\"", in: range) ?? 1
        guard let most = reader.integer(members["max"], "\"max\"", in: range) else {
            if members["max"] == nil {
                reader.fail(node, "\"concurrency\" needs a \"max\": the most sessions at once")
            }
            return (nil, 4)
        }
        if least > most {
            reader.fail(members["min"], "\"min\" is \(least), but must be at most \"max\", \(most)")
        }
        return (least, most)
    }

    private func agent(_ node: Node?) -> Manifest.Agent {
        guard let node else { return .codex }
        guard case .mapping = node else {
            let named = Manifest.Agent.named
            let word = reader.choice(node, "\"agent\"", of: named.map(\.key))
            return named.first { $0.key == word }?.value ?? .codex
        }
        let members = reader.members(node, "\"agent\"", keys: Keys.agent)
        guard let command = reader.strings(members["command"], "\"command\""), !command.isEmpty
        else {
            // A command with a mistake was reported already.
            if case .sequence(let words)? = members["command"], !words.isEmpty { return .codex }
            reader.fail(node, "\"agent\" needs a \"command\": a list with the program's path first")
            return .codex
        }
        return .command(command)
    }

    private func admission(_ run: [String: Node]) -> AdmissionPlan {
        var admission = reader.admission(run["admission"])
        if run["agent"]?.string == "simulated" { admission.sessionMemory = Self.simulatedSession }
        // Most launchers start the agent on another machine, whose memory is not ours to guard.
        if run["launcher"] != nil { admission.sessionMemory = Self.launcherSession }
        return admission
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
            do throws(ManifestSource.Refusal) {
                checkTemplate(try files.read(path), path)
            } catch {
                reader.fail(
                    members[key],
                    "the template \"\(path)\" can't be used: \(error.message)"
                )
            }
            return path
        }
        return Manifest.Prompts(initializer: file("initializer"), executor: file("executor"))
    }

    /// Refuses braces that are a misspelt placeholder; all other braces in a template are text.
    private func checkTemplate(_ text: String, _ path: String) {
        for match in text.matches(of: /{([A-Za-z_]+)}/) {
            let name = String(match.1)
            guard !Keys.templates.contains(name),
                let near = Keys.suggestion(for: name, among: Keys.templates)
            else { continue }
            let offset = text.utf8.distance(from: text.startIndex, to: match.range.lowerBound)
            reader.fail(
                in: path,
                at: ManifestText.place(ofByte: offset, in: Array(text.utf8)),
                "the template has no {\(name)}; did you mean {\(near)}?"
            )
        }
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
                ),
                budget: reader.budget(members["budget"], "\"budget\"")
            )
        }
    }
}
