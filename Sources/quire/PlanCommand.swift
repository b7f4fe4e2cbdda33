import ArgumentParser
import Autonomous
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
            Starts nothing and changes nothing. Exit status: 0, or 64 with all errors.

            Sessions, tokens, cost and time are estimated by playing the run several times, as \
            "quire simulate" does: from earlier runs, then from "size", then from what is usual.
            """
    )

    @Argument(help: "The manifest: YAML or JSON.")
    var manifest: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(title: "Selection options") var selection: SelectionOptions

    @OptionGroup var state: StateOptions

    func run() throws {
        let whole = try ManifestFile.load(self.manifest)
        let workspace = Workspace.containing((whole.path as NSString).deletingLastPathComponent)
        let selected = try selection.select(
            from: whole,
            stateDirectory: state.directory(in: workspace)
        )
        let manifest = selected.manifest
        for warning in manifest.warnings + manifest.sharedDirectories(named: self.manifest) {
            Terminal.complain("warning: \(warning)")
        }
        for warning in selected.warnings { Terminal.complain("warning: \(warning)") }
        let estimate = estimate(manifest, workspace)
        for warning in estimate?.warnings ?? [] { Terminal.complain("warning: \(warning)") }
        if json { return try printJSON(manifest, estimate) }
        printTable(selected, workspace)
        if let estimate { Terminal.say("\n" + estimate.lines.joined(separator: "\n")) }
    }

    /// What the tasks take that are not complete; a database that can't be read is told of, and
    /// tells nothing.
    private func estimate(_ manifest: Manifest, _ workspace: Workspace) -> PlanEstimate? {
        var history = ManifestHistory()
        do {
            let directory = state.directory(in: workspace)
            history = try ManifestHistory(directory: directory, manifest: manifest.path)
        } catch {
            Terminal.complain("warning: the estimate knows of no earlier run: \(error)")
        }
        let left = manifest.tasks.map(\.plan).filter { plan in
            guard let name = try? TaskName(given: plan.name) else { return true }
            let list = workspace.taskDirectory(name).checklistAlone()
            return !(list.progress?.isComplete ?? (history.sizes[plan.name] != nil))
        }
        let complete = manifest.tasks.count - left.count
        return PlanEstimate(manifest.keeping(left), history, complete: complete)
    }

    private func printTable(_ selected: SelectedTasks, _ workspace: Workspace) {
        let manifest = selected.manifest
        var table = Table([
            .init("TASK"), .init("GROUP"), .init("PRIORITY", isRight: true),
            .init("SESSIONS", isRight: true), .init("NEEDS"), .init("DIRECTORY"), .init("PROMPT"),
        ])
        for task in manifest.tasks {
            table.add([
                task.plan.name, task.plan.group ?? "-", "\(task.plan.priority)",
                task.plan.maxSessions == 0 ? "no limit" : "≤ \(task.plan.maxSessions)",
                task.plan.needs.isEmpty ? "-" : task.plan.needs.joined(separator: " "),
                task.directory, task.prompt,
            ])
        }
        Terminal.say(table.lines(width: Terminal.columns ?? 120).joined(separator: "\n"))
        Terminal.say("")
        Terminal.say(
            "\(Format.count(manifest.tasks.count, "task")), "
                + (selected.part.map { "shard \($0.shard) of \(Format.count($0.tasks, "task")), " }
                    ?? "")
                + (manifest.leastConcurrency.map { "\($0) to " } ?? "")
                + "\(manifest.concurrency) sessions at once, "
                + "task directories in \(workspace.autonomousDirectory)"
        )
    }

    private func printJSON(_ manifest: Manifest, _ estimate: PlanEstimate?) throws {
        /// The plan's own keys, and the estimate.
        struct Answer: Encodable {
            var plan: RunPlan
            var estimate: PlanEstimate?

            func encode(to encoder: any Encoder) throws {
                try plan.encode(to: encoder)
                var container = encoder.container(keyedBy: Keys.self)
                try container.encodeIfPresent(estimate, forKey: .estimate)
            }

            enum Keys: CodingKey { case estimate }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        Terminal.say(
            String(
                decoding: try encoder.encode(Answer(plan: manifest.plan, estimate: estimate)),
                as: UTF8.self
            )
        )
    }
}
