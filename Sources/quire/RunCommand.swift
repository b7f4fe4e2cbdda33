import ArgumentParser
import Autonomous
import CodexEvents
import Driver
import EventLoop
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting

/// Where Quire keeps what is its own.
struct StateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where the run database lies (default: .autonomous/.quire in the workspace).",
            valueName: "dir"
        )
    )
    var stateDir: String?

    /// The state directory: the option, then `QUIRE_STATE_DIR`, then the workspace's own.
    func directory(in workspace: Workspace) -> String {
        let given = stateDir ?? Terminal.environment["QUIRE_STATE_DIR"]
        guard let given, !given.isEmpty else { return workspace.stateDirectory }
        return given.absolutePath
    }
}

/// How a run is shown.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    case auto, plain, none
}

/// `quire run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a manifest, or continue it.",
        discussion: """
            Drives every task of the manifest through as many sessions as it needs, many at once. \
            Running the same manifest again continues where it stopped; complete tasks stay \
            complete. Ctrl-C lets running sessions finish, a second one ends them, a third one \
            kills them.

            Exit status: 0 every task complete; 64 errors in the manifest or the call; 69 something \
            it needs is missing; 100 some task failed, stalled or was damaged; 101 work is left and \
            nothing failed; 130 or 143 ended by a signal.
            """
    )

    @Argument(help: "The manifest: YAML or JSON.")
    var manifest: String

    @Option(help: ArgumentHelp("Sessions at once, instead of the manifest's.", valueName: "n"))
    var concurrency: Int?

    @Option(help: "How to show progress: auto draws on a terminal and prints lines elsewhere.")
    var progress: ProgressStyle = .auto

    @Option(
        help: ArgumentHelp(
            "Append every fact as JSON Lines to this file; - is stdout.",
            valueName: "file"
        )
    )
    var events: String?

    @Flag(help: "Go on with tasks that failed, stalled or were damaged, too.")
    var retryFailed = false

    @OptionGroup var state: StateOptions

    func validate() throws {
        if let concurrency, !(1...100_000).contains(concurrency) {
            throw ValidationError("--concurrency is \(concurrency), but must be from 1 to 100000")
        }
    }

    func run() throws {
        let manifest = try ManifestFile.load(self.manifest)
        for warning in manifest.warnings { Terminal.complain("\(warning)") }
        let workspace = Workspace.containing((manifest.path as NSString).deletingLastPathComponent)
        let request = try ManifestFile.request(
            manifest,
            workspace: workspace,
            concurrency: concurrency,
            retryFailed: retryFailed
        )
        let session = RunSession(
            request: request,
            stateDirectory: state.directory(in: workspace)
        )
        var eventsReport: EventsReport?
        let result = try session.run { loop in
            eventsReport = try self.eventsReport(loop, request)
            return try reports(loop, request) + [eventsReport].compactMap(\.self)
        }
        if let failure = eventsReport?.failure {
            Terminal.complain("warning: the events of --events are not complete: \(failure)")
        }
        if progress != .none {
            let output = events == "-" ? STDERR_FILENO : STDOUT_FILENO
            Terminal.write(summary(result), to: output)
        }
        throw ExitCode(ExitStatus.of(result.ending, result.view))
    }

    private func reports(_ loop: Loop, _ request: RunRequest) throws -> [any Report] {
        var reports: [any Report] = []
        let output = events == "-" ? STDERR_FILENO : STDOUT_FILENO
        switch progress {
        case .none: break
        case .auto where Terminal.canDraw && events != "-":
            reports.append(
                try LiveReport(
                    loop: loop,
                    descriptor: STDOUT_FILENO,
                    usesColor: Terminal.usesColor
                )
            )
        case .auto, .plain: reports.append(PlainReport(loop: loop, descriptor: output))
        }
        return reports
    }

    private func eventsReport(_ loop: Loop, _ request: RunRequest) throws -> EventsReport? {
        guard let events else { return nil }
        if events == "-" {
            return EventsReport(loop: loop, descriptor: STDOUT_FILENO, run: request.run)
        }
        do {
            return try EventsReport(loop: loop, path: events.absolutePath, run: request.run)
        } catch {
            throw Trouble("--events: \(error); name another file", status: ExitStatus.missing)
        }
    }

    private func summary(_ result: RunSession.Result) -> String {
        var hint: String?
        let bad: [Outcome] = [.failed, .stalled, .damaged]
        if result.view.tasks.contains(where: { $0.outcome.map(bad.contains) ?? false }) {
            hint = "to try the failed tasks again: quire run \(manifest) --retry-failed"
        } else if result.view.tasks.contains(where: { $0.outcome != .complete }) {
            hint = "to go on: quire run \(manifest)"
        }
        return "\n"
            + FinalTable.render(
                view: result.view,
                width: Terminal.columns,
                hint: hint
            )
    }
}

/// A manifest on its way to a run.
enum ManifestFile {
    /// Reads a manifest.
    ///
    /// - Throws: `Trouble` with status 64 that tells everything that is wrong with it.
    static func load(_ path: String) throws -> Manifest {
        do {
            return try Manifest.load(path: path)
        } catch {
            let count = error.diagnostics.count
            throw Trouble(
                "\(error)\n\(count == 1 ? "1 error" : "\(count) errors") in \(path)",
                status: ExitStatus.usage
            )
        }
    }

    /// What a manifest asks for.
    static func request(
        _ manifest: Manifest,
        workspace: Workspace,
        concurrency: Int?,
        retryFailed: Bool
    ) throws -> RunRequest {
        var plan = manifest.plan
        plan.concurrency = concurrency ?? plan.concurrency
        let directory = (manifest.path as NSString).deletingLastPathComponent
        return RunRequest(
            run: manifest.path,
            name: manifest.name,
            version: Quire.version,
            plan: plan,
            work: Dictionary(
                manifest.tasks.map { ($0.plan.name, work($0)) },
                uniquingKeysWith: { $1 }
            ),
            workspace: workspace,
            agent: try AgentLookup.command(for: manifest.agent, in: directory),
            prompts: prompts(manifest.prompts),
            environment: Terminal.environment,
            retryFailed: retryFailed
        )
    }

    private static func work(_ task: Manifest.Task) -> TaskWork {
        TaskWork(
            description: task.prompt,
            directory: task.directory,
            sandbox: Sandbox(rawValue: task.sandbox) ?? .workspaceWrite,
            environment: task.environment,
            arguments: task.codexArguments,
            model: task.model
        )
    }

    private static func prompts(_ files: Manifest.Prompts) -> PromptTemplates {
        func text(_ path: String?) -> String? {
            path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }
        }
        return PromptTemplates(
            initializer: text(files.initializer) ?? PromptTemplates.embedded.initializer,
            executor: text(files.executor) ?? PromptTemplates.embedded.executor
        )
    }
}

extension String {
    /// The path, relative ones taken from the working directory.
    var absolutePath: String {
        let path = hasPrefix("/") ? self : FileManager.default.currentDirectoryPath + "/" + self
        return (path as NSString).standardizingPath
    }
}
