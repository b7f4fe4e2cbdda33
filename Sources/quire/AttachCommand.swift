import Agent
import Application
import ArgumentParser
import Autonomous
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting
import Trees

/// `quire attach`.
struct AttachCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Continue a task's thread yourself, at this terminal.",
        discussion: """
            Opens the agent (codex resume) on the task's newest thread, where its sessions work and \
            with their sandbox and model. No session of the task runs meanwhile, and its checklist is \
            looked at afterwards. Exits as the agent does.
            """
    )

    @Argument(help: "The task's name.", completion: .task)
    var task: String

    @OptionGroup var place: AddressedTasksOptions
    @OptionGroup var trust: TrustOptions

    func run() throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw Trouble(
                "attach needs a terminal; to say something to the task without one: quire tell \(task) \"…\"",
                status: ExitStatus.usage
            )
        }
        let attached = try AttachedTask(task, place, trust)
        let status = try AddressedTasks.told { try attached.handOver() }
        throw ExitCode(status)
    }
}

/// A task whose thread is handed to a person.
private struct AttachedTask {
    private let directory: TaskDirectory
    /// The agent's program.
    private let program: PlainProgram
    /// The directory that it works in.
    private let place: String
    private let history: TaskHistory.Found
    private let stateDirectory: String

    /// Finds the task's thread, and the program that continues it.
    ///
    /// - Throws: `Trouble` if there is none, or the manifest needs approval.
    init(_ task: String, _ options: AddressedTasksOptions, _ trust: TrustOptions) throws {
        let place = WorkspacePlace(options.state)
        let given = options.manifest?.resolvedPath
        let workspace =
            given.map(place.workspace(ofManifest:)) ?? place.workspace(around: ".".resolvedPath)
        stateDirectory = options.state.directory(in: workspace)
        let name: TaskName
        do {
            name = try TaskName(given: task)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.usage)
        }
        guard let found = try TaskHistory(in: stateDirectory)[task] else {
            throw Trouble(
                "no run in \(stateDirectory) has a task \"\(task)\"; see quire list",
                status: ExitStatus.missing
            )
        }
        history = found
        directory = workspace.taskDirectory(name)
        let thread = try AddressedTasks.told { [directory] in
            try directory.savedThread() ?? found.task.thread
        }
        guard let thread else {
            throw Trouble(
                "\(task) has no thread yet: no session of it has begun one; see quire explain \(task)",
                status: ExitStatus.missing
            )
        }
        (program, self.place) = try Self.program(
            for: thread,
            of: directory,
            manifest: given ?? found.manifest,
            workspace,
            trust
        )
    }

    // MARK: - The program

    private static func program(
        for thread: String,
        of task: TaskDirectory,
        manifest path: String,
        _ workspace: Workspace,
        _ trust: TrustOptions
    ) throws -> (PlainProgram, place: String) {
        // A single task of quire task has no manifest: its run is named by its directory.
        let settings =
            FileKind(path) == .directory
            ? nil : try settings(of: task.name, in: path, workspace, trust)
        let kind = settings?.agent ?? .codex
        try NestedRun.refuse(kind)
        let base = settings.map { ($0.manifest.path as NSString).deletingLastPathComponent }
        let command = try AgentLookup.command(
            for: kind,
            in: base ?? workspace.root,
            searching: settings.flatMap { SearchPath(of: $0.task) } ?? .own
        )
        let place = try tree(of: task, settings?.task, workspace)
        let session = AgentSession(
            sandbox: settings?.task.sandbox ?? .workspaceWrite,
            directories: [task.path],
            model: settings?.task.model,
            extra: settings?.task.codexArguments ?? []
        )
        guard
            let words = command.kind.arguments(attachingTo: thread, in: place, for: session)
        else {
            throw Trouble(
                "the agent of \(task.name) has no way for a person to continue a thread; to tell its "
                    + "next session something: quire tell \(task.name) \"…\"",
                status: ExitStatus.missing
            )
        }
        let own = settings?.task.environment ?? [:]
        var program = PlainProgram(
            command.executable,
            [command.executable] + command.arguments + words
        )
        program.environment = InheritedEnvironment.handedOn.without(own.keys)
        program.variables = own.map { "\($0.key)=\($0.value)" }
        return (program, place)
    }

    private typealias Settings = (
        manifest: Manifest, task: Manifest.Task, agent: Manifest.Agent
    )

    private static func settings(
        of task: TaskName,
        in path: String,
        _ workspace: Workspace,
        _ trust: TrustOptions
    ) throws -> Settings {
        let manifest = try ManifestFile.load(path)
        try ManifestApproval(manifest, named: path, in: workspace).require(trust)
        guard let found = manifest.tasks.first(where: { $0.plan.name == "\(task)" }) else {
            throw Trouble(
                "\(path) has no task \"\(task)\" any more; name its manifest: --manifest FILE",
                status: ExitStatus.missing
            )
        }
        guard manifest.launcher.isEmpty else {
            throw Trouble(
                "the sessions of \(task) run through a launcher (run.launcher), and their threads are where "
                    + "it leads: start the agent there (codex resume); the thread is in \(task)'s session.id",
                status: ExitStatus.missing
            )
        }
        return (manifest, found, manifest.agent)
    }

    /// Returns the directory that the task's sessions work in.
    private static func tree(
        of task: TaskDirectory,
        _ settings: Manifest.Task?,
        _ workspace: Workspace
    ) throws -> String {
        let own = settings?.directory ?? workspace.root
        guard settings?.tree != nil,
            let records = try AddressedTasks.told({ try workspace.directories.state("trees") }),
            let record = try TreeRecords(records).record(of: "\(task.name)")
        else { return own }
        let inner = own.hasPrefix(record.topLevel) ? own.dropFirst(record.topLevel.count) : ""
        let place = record.path + inner
        guard FileKind(place) == .directory else {
            throw Trouble(
                "the tree of \(task.name), \(place), is not there any more; the next run makes it anew",
                status: ExitStatus.missing
            )
        }
        return place
    }

    // MARK: - Handing over

    /// Runs the agent for the person, and returns its exit status.
    ///
    /// - Throws: `Trouble` if somebody else works on the task, or the agent can't be started.
    func handOver() throws -> Int32 {
        let name = directory.name
        let isLive = history.leg.status(in: stateDirectory) == "running"
        if isLive, let session = history.task.running {
            throw Trouble(
                "session \(session) of \(name) is at work now; to end it and take the task out of the run: "
                    + "quire stop \(name); to end all sessions for a while: quire pause",
                status: ExitStatus.missing
            )
        }
        do {
            _ = try directory.acquireLock()
        } catch let error as LockError {
            let advice: SafeText =
                isLive ? "; to take the task out of the run that holds it: quire stop \(name)" : ""
            throw Trouble("\(error)" + advice, status: ExitStatus.missing)
        }
        defer { directory.releaseLock() }
        let before = directory.checklistAsItLies()
        let status = try runAgent()
        tell(before, directory.checklistAsItLies())
        return status
    }

    private func runAgent() throws -> Int32 {
        // The program begins in this process's directory, which needs none of its own any more.
        guard chdir(place) == 0 else {
            throw Trouble(
                "the directory \(place) can't be entered: \(String(cString: strerror(errno)))",
                status: ExitStatus.missing
            )
        }
        do {
            return try PlainProgram.ignoringKeys { () throws(LoopError) in
                PlainProgram.wait(for: try program.start())
            }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Says what became of the list.
    private func tell(_ before: ChecklistState, _ now: ChecklistState) {
        let name = directory.name
        let next = "to go on: quire run \(history.manifest.shellQuoted)"
        switch now {
        case .missing: Terminal.say("\(name) has no checklist; \(next)")
        case .damaged(let words):
            Terminal.say(
                "the checklist of \(name) is damaged: \(words); mend it before the next run"
            )
        case .good(let progress):
            let entries = Format.count(progress.ticked, of: progress.total, "entry")
            let was = before.progress.map { "\($0.ticked)/\($0.total)" }
            let change =
                before == now ? "as before" : "it was \(was ?? "not in order") before"
            Terminal.say("\(name): \(entries) ticked, \(change); \(next)")
        }
    }
}
