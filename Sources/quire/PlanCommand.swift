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
        abstract: "Check a manifest and show what would run.",
        discussion: "Starts nothing and changes nothing. Exit status: 0, or 64 with all errors."
    )

    @Argument(help: "The manifest: YAML or JSON.")
    var manifest: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let manifest = try ManifestFile.load(self.manifest)
        for warning in manifest.warnings + manifest.sharedDirectories(named: self.manifest) {
            Terminal.complain("warning: \(warning)")
        }
        json ? try printJSON(manifest) : printTable(manifest)
    }

    private func printTable(_ manifest: Manifest) {
        let workspace = Workspace.containing((manifest.path as NSString).deletingLastPathComponent)
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
            "\(manifest.tasks.count) tasks, \(manifest.concurrency) sessions at once, "
                + "task directories in \(workspace.autonomousDirectory)"
        )
    }

    private func printJSON(_ manifest: Manifest) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        Terminal.say(String(decoding: try encoder.encode(manifest.plan), as: UTF8.self))
    }
}
