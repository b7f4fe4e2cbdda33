import Agent
import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Version
import Reporting

/// `quire task`: the original system's script, argument for argument.
struct TaskCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Run or continue a single task, without a manifest.",
        discussion: """
            Takes the arguments of the original autonomous-skill script and keeps its task \
            directories: either can continue what the other began.

              quire task "Build a REST API for a todo app"
              quire task --continue
              quire task --task-name build-a-rest-api --continue --resume-last

            Exit status: 0 when complete, and with work left when a cap ended it; 1 for bad input \
            or a damaged task; 101 when it asks you (quire answer); the agent's own when it failed; \
            130 on Ctrl-C.
            """
    )

    @Argument(help: "The task in words.")
    var description: String?

    @Option(
        name: [.customShort("n"), .long],
        help: "The task's name; an existing one is continued.",
        completion: .task
    )
    var taskName: String?

    @Flag(
        name: [.customShort("c"), .customLong("continue")],
        help: "Continue a task; without a name, the most recent one."
    )
    var continues = false

    @Flag(help: "Stop after one session.")
    var noAutoContinue = false

    @Option(help: ArgumentHelp("Stop after this many sessions; 0 for no limit.", valueName: "n"))
    var maxSessions = 0

    @Flag(help: "Resume the last thread in the first session; implies --continue.")
    var resumeLast = false

    @Flag(help: "Allow the network: switches the sandbox off (danger-full-access).")
    var network = false

    @Flag(name: .shortAndLong, help: "List the workspace's tasks.")
    var list = false

    @Option(
        help: ArgumentHelp("The agent's program, instead of codex.", valueName: "path"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var agent: String?

    @OptionGroup var state: StateOptions

    @OptionGroup var durability: DurabilityOption

    private static let pause = Duration.seconds(3)

    func run() throws {
        let directory = WorkingDirectory.path
        var workspace = WorkspacePlace(state).workspace(around: directory)
        workspace.isDurable = durability.durable
        if list { return try Self.printList(workspace) }
        try NestedRun.refuse(agent.map { .command([$0]) } ?? .codex)
        if maxSessions < 0 { throw Trouble("--max-sessions can't be negative", status: 1) }
        let name = try name(in: workspace)
        let task = workspace.taskDirectory(name)
        try check(task)
        if network {
            Terminal.say("⚠ Network access enabled: the sandbox is off (danger-full-access)")
        }
        let session = RunSession(
            request: try request(task, directory),
            stateDirectory: state.directory(in: workspace),
            refuse: warn,
            exclusive: .task,
            durable: durability.durable
        )
        let reporter = TaskReporter(directory: task.path, maxSessions: sessionLimit)
        var stream: ReportStream?
        let result: RunSession.Result
        do {
            result = try session.run { loop in
                let opened = ReportStream(
                    loop: loop,
                    descriptor: STDOUT_FILENO,
                    name: "standard output"
                )
                let troubles = TroubleReport(loop: loop)
                opened.onTrouble = troubles.warn
                stream = opened
                return [TaskReport(opened, reporter: reporter), troubles]
            }
        } catch let trouble as Trouble {
            throw Trouble(trouble.message, status: 1)
        }
        if let words = stream?.untold { Terminal.complain("⚠ \(words)") }
        if let failure = stream?.failure { StandardStream.output.giveUp(failure) }
        // Lost output counts as a failure, even if the end of the output could be written.
        defer { if let loss = stream?.loss { StandardStream.output.giveUp(loss) } }
        try leave(result, task)
    }

    /// Warns of a checklist that was written for another description; as in the original, work continues on
    /// it.
    private func warn(_ review: DirectoryReview) -> Trouble? {
        if !review.unreadable.isEmpty {
            return Trouble(SafeText(lines: review.unreadable.joined(separator: "\n")), status: 1)
        }
        for task in review.otherPrompts {
            Terminal.complain(
                "⚠ The checklist of \(task) was written for another description (see "
                    + "prompt.md beside it), and work on it continues; for a new task, use another name"
            )
        }
        return nil
    }

    private var sessionLimit: Int { noAutoContinue ? 1 : maxSessions }

    private static func printList(_ workspace: Workspace) throws {
        let tasks = try files { try workspace.tasks() }
        Terminal.say("AUTONOMOUS TASKS in \(workspace.autonomousDirectory)")
        if tasks.isEmpty { Terminal.say("⚠ No tasks found") }
        for task in tasks {
            if case .damaged(let words) = task.checklist {
                Terminal.say("  ✗ \(task.name) (\(words))")
            } else {
                let line = TaskList.line(
                    name: task.name.description,
                    progress: task.checklist.progress,
                    thread: task.thread
                )
                Terminal.say("  " + line)
            }
        }
    }

    private func name(in workspace: Workspace) throws -> TaskName {
        do {
            if let taskName { return try TaskName(given: taskName) }
        } catch {
            throw Trouble("✗ \(error)", status: 1)
        }
        if continues || resumeLast {
            guard let recent = try Self.files({ try workspace.mostRecentTask() }) else {
                throw Trouble(
                    "✗ No task name provided and no existing tasks found in "
                        + "\(workspace.autonomousDirectory); begin one: quire task \"description\"",
                    status: 1
                )
            }
            Terminal.say("ℹ Continuing most recent task: \(recent.name)")
            return recent.name
        }
        guard let description, !description.isEmpty else {
            throw Trouble(
                "✗ No task description or name provided; see quire task --help",
                status: 1
            )
        }
        return generatedName(description, in: workspace)
    }

    private func generatedName(_ description: String, in workspace: Workspace) -> TaskName {
        let base = workspace.autonomousDirectory
        let made = TaskName.generated(
            from: description,
            stamp: LocalTime.compactStamp(SystemClock.wall),
            isTaken: { FileManager.default.fileExists(atPath: "\(base)/\($0)") }
        )
        if let warning = made.warning { Terminal.complain("⚠ \(warning)") }
        Terminal.say("ℹ Generated task name: \(made.name)")
        return made.name
    }

    /// Runs file operations; an error ends the command as in the original.
    private static func files<Value>(_ look: () throws -> Value) throws -> Value {
        do { return try look() } catch { throw Trouble("✗ \(error)", status: 1) }
    }

    /// Refuses a task that can't be begun or continued.
    private func check(_ task: TaskDirectory) throws {
        let hasList = try Self.files { try task.hasList() }
        if !hasList, (description ?? "").isEmpty {
            throw Trouble(
                "✗ Task '\(task.name)' not found in \(task.workspace.autonomousDirectory) and no "
                    + "description provided; begin it: quire task --task-name \(task.name) \"…\"",
                status: 1
            )
        }
        if hasList, !(try Self.files { try task.hasNotes() }) {
            throw Trouble(
                "✗ \(task.progressPath) is missing; restore it, or create it empty to go on",
                status: 1
            )
        }
    }

    private func request(_ task: TaskDirectory, _ directory: String) throws -> RunRequest {
        let name = task.name.description
        var plan = TaskPlan(
            name: name,
            maxSessions: sessionLimit,
            // As in the original, a damaged list ends the task; here it is put back, too.
            tamperLimit: 1,
            initializerAttempts: 1,
            resumeFirst: resumeLast
        )
        // `--no-auto-continue` means one session, whatever its result; only a failed resume may be repeated.
        if noAutoContinue { plan.retries.limit = resumeLast ? 1 : 0 }
        let command: AgentCommand
        do {
            command = try AgentLookup.command(
                for: agent.map { .command([$0]) } ?? .codex,
                in: directory
            )
        } catch let trouble as Trouble {
            throw Trouble("✗ \(trouble.message)", status: 1)
        }
        var request = RunRequest(
            run: task.path,
            name: name,
            version: Version.number,
            plan: RunPlan(concurrency: 1, tasks: [plan], pause: Self.pause, freshCaps: true),
            work: [
                name: TaskWork(
                    description: description ?? "",
                    directory: directory,
                    sandbox: network ? .dangerFullAccess : .workspaceWrite
                )
            ],
            workspace: task.workspace,
            agent: command,
            prompts: .embedded,
            environment: .handedOn,
            retryFailed: true
        )
        request.promptPolicy = .ignore
        request.redactor = Redactor(environment: [Terminal.environment])
        return request
    }

    private func leave(_ result: RunSession.Result, _ task: TaskDirectory) throws {
        let name = task.name.description
        let again = again(name)
        if result.ending == .interrupted || result.ending == .terminated {
            Terminal.say("Interrupted. To continue: \(again)")
            throw ExitCode(
                result.ending == .interrupted ? ExitStatus.interrupted : ExitStatus.terminated
            )
        }
        guard let state = result.state.task(name) else { throw ExitCode(1) }
        switch state.outcome {
        case .complete:
            Terminal.say("Final task list:\n" + SafeText(lines: task.taskListText()))
        case .capped: Terminal.say("To continue: \(again)")
        case .needsYou:
            Terminal.say("To answer: quire answer \(name) \"…\"; then, to continue: \(again)")
            throw ExitCode(ExitStatus.unfinished)
        case .damaged: throw ExitCode(1)
        case .failed, .stalled, .blocked, .unchecked, .cancelled, nil:
            try fail(state, task, again)
        }
    }

    /// Returns the command line that continues a task with the same options.
    private func again(_ name: String) -> SafeText {
        var words = ["--task-name", name, "--continue"]
        if network { words.append("--network") }
        if maxSessions > 0 { words += ["--max-sessions", "\(maxSessions)"] }
        if noAutoContinue { words.append("--no-auto-continue") }
        if let agent { words += ["--agent", agent] }
        if let directory = state.stateDir { words += ["--state-dir", directory] }
        if durability.durable { words.append("--durable") }
        return "quire task \(words.shellCommand)"
    }

    private func fail(_ state: TaskState, _ task: TaskDirectory, _ again: SafeText) throws {
        if state.checklist == .missing {
            Terminal.say(
                "✗ Initializer did not create required files (task_list.md, progress.md) in "
                    + "\(task.path)"
            )
            throw ExitCode(1)
        }
        Terminal.say("To continue: \(again)")
        let status = state.lastExitStatus ?? 1
        throw ExitCode(status == 0 && !noAutoContinue ? 1 : status)
    }
}
