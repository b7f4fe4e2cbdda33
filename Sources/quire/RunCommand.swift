import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import EventLoop
import FileAccess
import Foundation
import Manifest
import Orchestration
import Reporting
import RunStore

/// The ways to show a run's progress.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    case auto, plain, none
}

/// `quire run`.
struct RunCommand: WorkingCommand {
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

    @Argument(
        help: "The manifest: YAML or JSON.",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String

    @Option(help: ArgumentHelp("Sessions at once, instead of the manifest's.", valueName: "n"))
    var concurrency: Int?

    @Option(help: "How to show progress: auto draws on a terminal and prints lines elsewhere.")
    var progress: ProgressStyle = .auto

    @Option(
        help: ArgumentHelp(
            "Append every fact as JSON Lines to this file; - is stdout.",
            valueName: "file"
        ),
        completion: .file(),
        transform: Names.path(given:)
    )
    var events: String?

    @Option(
        help: ArgumentHelp(
            "How long sessions may finish after a signal, such as 90s, instead of the manifest's.",
            valueName: "time"
        ),
        transform: Self.duration
    )
    var drainTimeout: Duration?

    @Flag(help: "Go on with tasks that failed, stalled, were damaged or cancelled, too.")
    var retryFailed = false

    @Flag(help: "Leave the run in the background once it has begun; quire watch shows it.")
    var detach = false

    @Option(help: .private)
    var begunDescriptor: String?

    @OptionGroup var failures: FailureOptions

    @OptionGroup(title: "Selection options") var selection: SelectionOptions

    @OptionGroup(title: "Checklist options") var prompts: PromptOptions

    @OptionGroup var trust: TrustOptions

    @OptionGroup(title: "Report options") var ciReports: ReportOptions

    @OptionGroup var state: StateOptions

    @OptionGroup var durability: DurabilityOption

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = Quantity.duration(text) else {
            throw ValidationError("\"\(text)\" is no time such as 90s, 10m or 1h30m")
        }
        return duration
    }

    func validate() throws {
        if let concurrency, !(1...100_000).contains(concurrency) {
            throw ValidationError("--concurrency is \(concurrency), but must be from 1 to 100000")
        }
    }

    func run() throws {
        let manifest = try ManifestFile.load(self.manifest)
        if detach { return try startDetached(manifest) }
        try NestedRun.refuse(manifest.agent)
        for warning in manifest.warnings { Terminal.complain("\(warning)") }
        var workspace = WorkspacePlace(state).workspace(ofManifest: manifest.path)
        workspace.isDurable = durability.durable
        let stateDirectory = state.directory(in: workspace)
        let selected = try selection.select(
            from: manifest,
            in: workspace,
            stateDirectory: stateDirectory
        )
        for warning in selected.warnings { Terminal.complain("warning: \(warning)") }
        try ManifestApproval(selected.manifest, named: self.manifest, in: workspace).require(trust)
        var request = try request(selected, of: manifest, in: workspace)
        request.artifacts = stateDirectory + "/artifacts"
        request.manifest = growth(of: manifest, in: workspace, stateDirectory)
        try CommitAuthor.refuse(
            selected.manifest,
            workspace,
            stateDirectory: stateDirectory,
            redone: request.redo,
            retryFailed: retryFailed
        )
        if progress == .none {
            for warning in request.warnings { Terminal.complain("warning: \(warning)") }
        }
        let eventsFile = try events.map {
            try ReportFile(option: "--events", path: $0, format: .events)
        }
        let ciReports = try ciReports.open(events: eventsFile, manifest: manifest.path)
        tell(workspace, of: manifest, to: ciReports.output)
        let session = RunSession(
            request: request,
            stateDirectory: stateDirectory,
            refuse: { [call, work = request.work] in
                $0.refusal(call) { work[$0]?.description }
            },
            durable: durability.durable
        )
        let desk = TaskDesk(
            run: request.run,
            in: workspace,
            stateDirectory: stateDirectory,
            redactor: request.redactor
        )
        let reports = reports(to: ciReports.output, eventsFile, desk)
        let (result, isWhole) = try ciReports.guarding { try show(session, reports) }
        try ciReports.write { try Self.report(of: request.run, in: stateDirectory) }
        if let words = result.state.reasonNotToWait { Terminal.complain("\(words)") }
        let status = isWhole ? ExitStatus.of(result.ending, result.view) : ExitStatus.missing
        throw ExitCode(Terminal.status(status, reportedOn: ciReports.output))
    }

    private static func report(of run: String, in stateDirectory: String) throws -> RunReport {
        do {
            return try RunReport(run: run, in: stateDirectory)
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func reports(
        to output: StandardStream,
        _ file: ReportFile?,
        _ desk: TaskDesk
    ) -> RunReports {
        RunReports(
            progress: progress,
            events: events,
            file: file,
            output: output,
            desk: desk,
            begun: begunDescriptor.flatMap(DetachedRun.descriptor)
        )
    }

    /// Has a process of its own carry the leg out.
    private func startDetached(_ manifest: Manifest) throws {
        let workspace = WorkspacePlace(state).workspace(ofManifest: manifest.path)
        try DetachedRun(
            name: manifest.name,
            workspace: workspace,
            stateDirectory: state.directory(in: workspace)
        ).start(Array(ProgramArguments.all.dropFirst()))
    }

    /// Returns the request for the leg.
    private func request(
        _ selected: SelectedTasks,
        of manifest: Manifest,
        in workspace: Workspace
    ) throws -> RunRequest {
        var request = try ManifestFile.request(
            selected,
            workspace: workspace,
            concurrency: concurrency,
            retryFailed: retryFailed
        )
        request.plan.maxFailures = failures.most
        try Companies.refuseSharedCommits(
            selected.manifest,
            named: self.manifest,
            concurrency: request.plan.concurrency
        )
        request.warnings += selected.manifest.sharedDirectories(
            named: self.manifest,
            concurrency: request.plan.concurrency
        ).map(\.description)
        SessionChecks.prepare(&request, of: selected.manifest)
        if let words = AgentLookup.refusal(of: manifest.notify, in: request.manifestDirectory) {
            request.warnings.append(words)
        }
        request.redo = try prompts.redone(of: selected, in: manifest)
        request.promptPolicy = prompts.policy
        if let drainTimeout {
            request.plan.drainAfterInterrupt = drainTimeout
            request.plan.drainAfterTerminate = drainTimeout
        }
        return request
    }

    /// Returns what the run takes new tasks from while it runs; `nil` for a manifest that is no file.
    private func growth(
        of manifest: Manifest,
        in workspace: Workspace,
        _ stateDirectory: String
    ) -> GrowingManifest? {
        guard !Manifest.isStream(self.manifest) else { return nil }
        let path = manifest.path
        return GrowingManifest(
            path: path,
            stamp: { ManifestFile.stamp(path) },
            load: { [self] in
                do {
                    let manifest = try ManifestFile.load(path)
                    let selected = try selection.select(
                        from: manifest,
                        in: workspace,
                        stateDirectory: stateDirectory
                    )
                    let approval = try ManifestApproval(
                        selected.manifest,
                        named: path,
                        in: workspace
                    )
                    if let refusal = approval.refusal, !trust.trust { throw refusal }
                    return .success(try request(selected, of: manifest, in: workspace))
                } catch let trouble as Trouble {
                    return .failure(GrowingManifest.Refusal("\(trouble.message)"))
                } catch {
                    return .failure(GrowingManifest.Refusal("\(error)"))
                }
            }
        )
    }

    /// Prints the workspace's path if it is not the manifest's directory.
    private func tell(
        _ workspace: Workspace,
        of manifest: Manifest,
        to output: StandardStream
    ) {
        let directory = (manifest.path as NSString).deletingLastPathComponent
        guard progress != .none, workspace.root != directory,
            FileIdentity(workspace.root) != FileIdentity(directory)
        else { return }
        let why =
            workspace.root == Workspace.containing(directory).root
            ? "the top level of the git repository" : "as the run has it since it began"
        output.write(
            "the workspace is \(workspace.root), \(why); task directories are in "
                + "\(workspace.autonomousDirectory)\n"
        )
    }

    /// Carries a leg out and shows it; `isWhole` is false if `--events` lacks anything.
    private func show(
        _ session: RunSession,
        _ reports: RunReports
    ) throws -> (RunSession.Result, isWhole: Bool) {
        var reports = reports
        let result = try session.run { loop in
            try reports.open(on: loop, run: session.request.run)
        }
        reports.tellLosses()
        if progress != .none {
            let hasTrees = session.request.work.all.values.contains { $0.tree != nil }
            reports.output.write(summary(result, of: session.request.part, hasTrees: hasTrees))
        }
        if let loss = reports.outputLoss { StandardStream.output.giveUp(loss) }
        return (result, !reports.lacksEvents)
    }

    /// The command line that was called, for hints.
    private var call: CalledCommand { .run(manifest: manifest) }

    private func summary(
        _ result: RunSession.Result,
        of part: RunPart?,
        hasTrees: Bool
    ) -> SafeText {
        var hints: [SafeText] = []
        if hasTrees, result.view.tasks.contains(where: { $0.outcome == .complete }) {
            hints.append(
                "to look at a task's work: quire diff TASK; to merge what is complete: quire merge"
            )
        }
        // The hints are about selected tasks only: the others belong to another command.
        let tasks = result.view.tasks.filter { !$0.isLeftOut }
        let left = result.view.tasks.count - tasks.count
        if left > 0 {
            let were = Format.word(for: left, "was", "were")
            hints.append(
                "this leg took \(Format.count(tasks.count, "task")); \(left) \(were) not selected"
            )
        }
        if let words = ShardWords.empty(part, tasks: tasks.count) {
            hints.append("\(words)")
        }
        let overdraft = result.state.plan.budget.flatMap {
            SpentWords.overdraft(result.state.spending.ledger.spent, of: $0.limits)
        }
        if let overdraft { hints.append("\(overdraft)") }
        if tasks.contains(where: { $0.outcome?.isFailure ?? false }) {
            let command = call.goingOn(adding: ["--retry-failed"])
            hints.append("to try the failed tasks again\(call.condition): \(command)")
        } else if tasks.contains(where: { $0.outcome != .complete }) {
            hints.append("to go on\(call.condition): \(call.goingOn())")
        }
        return "\n"
            + FinalTable.render(
                view: result.view,
                width: Terminal.columns,
                usesColor: Terminal.usesColor,
                hints: hints
            )
    }
}

extension RunState {
    /// The reason why a leg ended with work left although usage will be back; `nil` for any other.
    fileprivate var reasonNotToWait: String? {
        guard let reaction = plan.limits?.onLimit, reaction != .wait, leg.ending == .finished,
            unfinished > 0, let until = gates.closed.values.compactMap(\.until).min()
        else { return nil }
        return
            "usage is out until \(LocalTime.stamp(until)), and the run is not to wait (on_limit: "
            + "\(reaction.rawValue)); run it again then"
    }
}
