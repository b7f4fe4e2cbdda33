import Application
import ArgumentParser
import Autonomous
import Driver
import Foundation
import Manifest
import Orchestration
import Reporting

/// `quire plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Check a manifest and show what would run, and what it would take.",
        discussion: """
            Starts nothing, and changes nothing but approvals (--trust). Exit status: 0, or 64 with all errors. Above the table \
            stands what it would take, below it every command, sandbox and variable that would be used, and what of a manifest of \
            somebody else's you have not approved yet (quire trust).

            Sessions, tokens, cost and time are estimated by playing the run several times, as \
            "quire simulate" does: from earlier runs, then from "size", then from what is usual.
            """
    )

    @Argument(
        help: "The manifest: YAML or JSON; - reads it from standard input.",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print the whole prompts that the sessions of each task get.")
    var prompts = false

    @OptionGroup(title: "Selection options") var selection: SelectionOptions

    @OptionGroup(title: "Checklist options") var lists: PromptOptions

    @OptionGroup var trust: TrustOptions

    @OptionGroup var state: StateOptions

    func run() throws {
        let whole = try ManifestFile.load(self.manifest)
        let workspace = WorkspacePlace(state).workspace(ofManifest: whole.path)
        let selected = try selection.select(
            from: whole,
            in: workspace,
            stateDirectory: state.directory(in: workspace)
        )
        let manifest = selected.manifest
        let notes = manifest.warnings + manifest.sharedDirectories(named: self.manifest)
        var warnings = notes.map(\.description) + selected.warnings
        let history = history(manifest, workspace, &warnings)
        let redone = try lists.redone(of: selected, in: whole)
        let planned = PlannedTasks(manifest, history, in: workspace, redone: redone)
        let left = manifest.keeping(planned.left)
        let estimate = PlanEstimate(left, history, complete: planned.complete)
        warnings += estimate?.warnings ?? []
        let directory = (manifest.path as NSString).deletingLastPathComponent
        warnings += [AgentLookup.refusal(of: manifest.notify, in: directory)].compactMap(\.self)
        let room = treeRoom(left, workspace, &warnings)
        let approval = try ManifestApproval(manifest, named: self.manifest, in: workspace)
        if let words = try CommitAuthor.trouble(of: left) { warnings.append(words) }
        if json {
            try printJSON(manifest, estimate, room, workspace, approval.planned)
        } else {
            // What people look for comes first: below the table of many tasks nobody sees it.
            if let estimate {
                say(estimate.lines)
                Terminal.say("")
            }
            printTable(selected, workspace)
            let empty = ShardWords.empty(selected.part, tasks: manifest.tasks.count)
            let others = [room?.words, planned.words, empty].compactMap(\.self)
            say([""] + PlanDetails(left).lines + others)
            if !approval.planLines.isEmpty { say([""] + approval.planLines) }
            let limits = try LimitsCommand.told(by: manifest)
            if let line = LimitWords.line(limits, at: SystemClock.wall) { say([line]) }
            if prompts { try printPrompts(manifest, workspace) }
        }
        // Warnings come last, where people see them.
        for warning in warnings { Terminal.complain("warning: \(warning)") }
        try Companies.refuseSharedCommits(manifest, named: self.manifest)
        try refuse(selected, workspace, redone)
        if trust.trust { try approval.require(trust) }
    }

    /// Measures the trees that would be made; what can't be measured is told as a warning.
    private func treeRoom(
        _ manifest: Manifest,
        _ workspace: Workspace,
        _ warnings: inout [String]
    ) -> TreeRoom? {
        do {
            let room = try TreeRoom(manifest, in: workspace)
            if let words = room?.warning { warnings.append(words) }
            return room
        } catch {
            warnings.append("no tree of a task can be made now: \(error)")
            return nil
        }
    }

    /// Prints a paragraph, wrapped to the terminal's width.
    private func say(_ lines: [String]) {
        Terminal.say(SafeText(lines: lines.joined(separator: "\n").wrapped(to: Terminal.columns)))
    }

    private func printPrompts(_ manifest: Manifest, _ workspace: Workspace) throws {
        let templates = try ManifestFile.templates(manifest.prompts)
        let companies = Companies(of: manifest)
        for task in manifest.tasks {
            let prompts = PlannedPrompts(task, templates, companies.of(task), in: workspace)
            for (role, text) in [
                (Role.initializer, prompts.initializer), (.executor, prompts.executor),
            ] {
                Terminal.say("\nprompt of \(task.plan.name) as \(role.rawValue):\n")
                Terminal.say(SafeText(lines: text))
            }
        }
    }

    /// Refuses the manifest if `quire run` would refuse it before starting anything.
    private func refuse(
        _ selected: SelectedTasks,
        _ workspace: Workspace,
        _ redone: Set<String>
    ) throws {
        let tasks = selected.manifest.tasks
        let texts = Dictionary(tasks.map { ($0.plan.name, $0.prompt) }) { first, _ in first }
        let review = DirectoryReview(
            of: tasks.map(\.plan),
            prompts: { texts[$0] },
            in: workspace,
            state: RunState(),
            redo: redone,
            policy: lists.policy
        )
        let refusal = review.refusal(.run(manifest: self.manifest)) { texts[$0] }
        if let refusal { throw refusal }
    }

    /// Returns the history of earlier runs; empty, with a warning, if the database can't be read.
    private func history(
        _ manifest: Manifest,
        _ workspace: Workspace,
        _ warnings: inout [String]
    ) -> ManifestHistory {
        do {
            let directory = state.directory(in: workspace)
            return try ManifestHistory(directory: directory, manifest: manifest.path)
        } catch {
            warnings.append("the estimate knows of no earlier run: \(error)")
            return ManifestHistory()
        }
    }

    private func printTable(_ selected: SelectedTasks, _ workspace: Workspace) {
        let manifest = selected.manifest
        var table = PlanTable(manifest, redactor: Terminal.redactor)
        let lines = table.lines(width: Terminal.columns)
        // In pieces: in one, the text of a hundred thousand tasks would be in memory several times.
        for start in stride(from: 0, to: lines.count, by: 1000) {
            Terminal.say(lines[start..<min(start + 1000, lines.count)].joined(separator: "\n"))
        }
        if !lines.isEmpty { Terminal.say("") }
        let shard =
            selected.part.map { "shard \($0.shard) of \(Format.count($0.tasks, "task")), " } ?? ""
        let least = manifest.leastConcurrency.map { "\($0) to " } ?? ""
        let summary =
            "\(Format.count(manifest.tasks.count, "task")), \(shard)\(least)"
            + "\(Format.count(manifest.concurrency, "session")) at once, "
            + "task directories in \(workspace.autonomousDirectory)"
        // A pipe gets all columns.
        let likeness = Terminal.columns == nil ? nil : table.likeness
        say([summary] + [likeness].compactMap(\.self))
    }

    private func printJSON(
        _ manifest: Manifest,
        _ estimate: PlanEstimate?,
        _ room: TreeRoom?,
        _ workspace: Workspace,
        _ notApproved: [ManifestApproval.Needed]?
    ) throws {
        /// The plan's own keys, and the estimate.
        struct Answer: Encodable {
            var plan: RunPlan
            var estimate: PlanEstimate?
            var room: TreeRoom?
            var details: PlanDetails
            var work: [PlanDetails.Work]
            var notApproved: [ManifestApproval.Needed]?

            func encode(to encoder: any Encoder) throws {
                try plan.encode(to: encoder)
                var container = encoder.container(keyedBy: Keys.self)
                try container.encodeIfPresent(estimate, forKey: .estimate)
                try container.encodeIfPresent(room, forKey: .room)
                try container.encode(details.agent, forKey: .agent)
                try container.encode(details.launcher, forKey: .launcher)
                try container.encode(work, forKey: .work)
                try container.encodeIfPresent(notApproved, forKey: .notApproved)
                try container.encodeIfPresent(details.hooks, forKey: .hooks)
            }

            enum Keys: String, CodingKey {
                case room = "trees"
                case hooks = "run_hooks"
                case estimate, agent, launcher, work, notApproved
            }
        }
        let templates = try ManifestFile.templates(manifest.prompts)
        let companies = Companies(of: manifest)
        func whole(_ task: Manifest.Task) -> (initializer: String, executor: String)? {
            guard prompts else { return nil }
            let prompts = PlannedPrompts(task, templates, companies.of(task), in: workspace)
            return (prompts.initializer, prompts.executor)
        }
        let details = PlanDetails(manifest)
        try LookOptions.printJSON(
            Answer(
                plan: manifest.plan,
                estimate: estimate,
                room: room,
                details: details,
                work: manifest.tasks.map { details.work(of: $0, prompts: whole($0)) },
                notApproved: notApproved
            )
        )
    }
}
