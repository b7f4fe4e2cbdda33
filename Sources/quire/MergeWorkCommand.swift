import Application
import ArgumentParser
import Autonomous
import Driver
import EventLoop
import FileAccess
import Orchestration
import Reporting
import Trees

extension MergeStrategy: ExpressibleByArgument {}

/// `quire merge`.
struct MergeWorkCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge the work of tasks with trees of their own.",
        discussion: """
            Takes the tasks named, or all whose checklists are complete. Their branches are merged one \
            on another in a tree of its own, each behind those that it builds on; the check, if there \
            is one, runs on the whole. What conflicts and what breaks the check are left out and listed. \
            Then the branch moves, once. Killed at any moment, the same command goes on.

            Exit status: 0 everything merged; 64 errors in the call; 69 something it needs is missing; \
            101 something was left out.
            """
    )

    @Argument(help: "The tasks; all complete ones unless given.")
    var tasks: [String] = []

    @Option(
        help: ArgumentHelp(
            "The branch to merge into, instead of the one checked out.",
            valueName: "branch"
        )
    )
    var into: String?

    @Option(
        help: ArgumentHelp(
            "A shell command that must succeed on what is merged.",
            valueName: "command"
        )
    )
    var check: String?

    @Option(
        help: "A merge commit for each task, one commit each (squash), or its commits (rebase)."
    )
    var strategy: MergeStrategy = .merge

    @Flag(help: "Try everything, and move no branch.")
    var dryRun = false

    @OptionGroup var state: StateOptions

    func run() throws {
        let workspace = WorkspacePlace(state).workspace(around: ".".resolvedPath)
        guard let directory = try workspace.directories.state("trees"),
            let scratch = try workspace.directories.state("worktrees")
        else {
            throw Trouble(
                "no task of \(workspace.root) has a tree of its own; \"isolation: worktree\" in the "
                    + "manifest gives it one",
                status: ExitStatus.missing
            )
        }
        let isLeftOut: Bool? = try directory.alone {
            try merge(TreeRecords(directory), in: workspace, scratch)
        }
        guard let isLeftOut else {
            throw Trouble(
                "another \"quire merge\" is at work in \(workspace.root); wait for its end",
                status: ExitStatus.missing
            )
        }
        if isLeftOut { throw ExitCode(ExitStatus.unfinished) }
    }

    /// Merges what there is, repository by repository; returns whether something was left out.
    private func merge(
        _ records: TreeRecords,
        in workspace: Workspace,
        _ scratch: Directory
    ) throws -> Bool {
        let chosen = try chosen(from: try records.all(), in: workspace)
        if chosen.isEmpty {
            Terminal.say(
                "no task with a tree of its own is complete; name one to merge what it has so far"
            )
        }
        let git = try ManifestFile.git()
        var isLeftOut = false
        for (common, group) in Dictionary(grouping: chosen, by: \.repository).sorted(by: {
            $0.key < $1.key
        }) {
            let repository = Repository(common: common, topLevel: group[0].topLevel, prefix: "")
            let merge = RepositoryMerge(
                repository: repository,
                records: records,
                scratch: scratch,
                git: git,
                command: self
            )
            isLeftOut = try merge.run(group) || isLeftOut
        }
        return isLeftOut
    }

    /// Returns the records of the tasks named, or of all whose checklists are complete.
    private func chosen(from all: [TreeRecord], in workspace: Workspace) throws -> [TreeRecord] {
        guard tasks.isEmpty else {
            return try tasks.map { name in
                guard let record = all.first(where: { $0.task == name }) else {
                    let near = all.map(\.task).joined(separator: ", ")
                    throw Trouble(
                        "task \"\(name)\" has no tree of its own; those that have: \(near)",
                        status: ExitStatus.usage
                    )
                }
                return record
            }
        }
        return all.filter { record in
            // The name under which a tree is kept may be longer than a task's.
            guard let name = try? TaskName(given: record.task) else { return false }
            let look = workspace.taskDirectory(name).checklistAsItLies(knowing: KnownLists())
            return look.progress?.isComplete ?? false
        }
    }
}

/// The merge of tasks' work in one repository.
private struct RepositoryMerge {
    let repository: Repository
    let records: TreeRecords
    let scratch: Directory
    let git: Git
    let command: MergeWorkCommand

    /// Merges, and says what came of it; returns whether something was left out.
    func run(_ group: [TreeRecord]) throws -> Bool {
        let strip = LandingStrip(git: git, repository: repository, records: records)
        try strip.recover()
        let target = try command.into ?? current()
        let old = try repository.commit("refs/heads/\(target)", git)
        // Records that the recovery has changed.
        let group = try group.compactMap { try records.record(of: $0.task) }
        let sorted = try MergeCandidates(group, into: target, of: repository, git)
        for task in sorted.landed { Terminal.say("\(task): is in \(target) already") }
        for task in sorted.unchanged { Terminal.say("\(task): has changed nothing") }
        guard !sorted.candidates.isEmpty else {
            Terminal.say("nothing to merge into \(target)")
            return false
        }
        let outcome = try outcome(of: sorted.candidates, onto: old)
        tell(outcome, target)
        guard !outcome.merged.isEmpty, !command.dryRun else { return !outcome.leftOut.isEmpty }
        let tips = Dictionary(sorted.candidates.map { ($0.task, $0.tip) }) { first, _ in first }
            .filter { outcome.merged.contains($0.key) }
        try strip.land(Landing(target: target, old: old, new: outcome.tip, tips: tips))
        Terminal.say("\(target) is at \(outcome.tip.prefix(12)) now")
        return !outcome.leftOut.isEmpty
    }

    /// Returns the branch that the repository's work tree has checked out.
    private func current() throws -> String {
        let answer = git.call(
            ["symbolic-ref", "--quiet", "--short", "HEAD"],
            in: repository.topLevel
        )
        let name = ShortCommand.firstLine(answer.output)
        guard answer.status == 0, let name else {
            throw Trouble(
                "\(repository.topLevel) has no branch checked out; name one with --into",
                status: ExitStatus.usage
            )
        }
        return name
    }

    private func outcome(of candidates: [MergeCandidate], onto old: String) throws -> MergeOutcome {
        let tree = try ScratchTree(
            in: scratch,
            of: repository,
            at: old,
            strategy: command.strategy,
            git
        ) { try passes(in: $0) }
        defer { tree.remove() }
        return try MergeQueue.outcome(
            of: candidates,
            onto: old,
            in: tree,
            isChecked: command.check != nil
        )
    }

    /// Runs the check.
    ///
    /// - Throws: `Trouble` if it can't run: neither passed nor failed.
    private func passes(in directory: String) throws -> Bool {
        let launch = ChildProcess.Launch(
            executable: "/bin/sh",
            arguments: ["sh", "-c", command.check ?? "true"],
            inherited: .handedOn,
            environment: [],
            directory: directory,
            input: []
        )
        let end = ShortProgram(launch, patience: .seconds(24 * 3600)).run()
        switch end.termination {
        case .exited(0): return true
        case .exited(126), .exited(127), .signaled, .notStarted:
            let words = String(decoding: end.standardError.end, as: UTF8.self)
            throw Trouble(
                "the check could not run in \(directory): \(words); nothing was merged",
                status: ExitStatus.missing
            )
        case .exited: return false
        }
    }

    private func tell(_ outcome: MergeOutcome, _ target: String) {
        if outcome.isTargetRed {
            return Terminal.say(
                "\(target) fails the check itself, so nothing was merged; mend it first"
            )
        }
        let verb = command.dryRun ? "would be merged" : "merged"
        for task in outcome.merged { Terminal.say("\(task): \(verb)") }
        for leftOut in outcome.leftOut {
            let record = try? records.record(of: leftOut.task)
            Terminal.say("\(leftOut.task): left out, \(leftOut.reason.words)")
            if let record {
                Terminal.say("    look: quire diff \(leftOut.task); its branch is \(record.branch)")
            }
        }
    }
}

extension MergeOutcome.Reason {
    /// The reason for people.
    fileprivate var words: String {
        switch self {
        case .conflict(let paths):
            let names = paths.prefix(5).joined(separator: ", ")
            let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
            return "since it conflicts in \(names)\(more)"
        case .breaksCheck: return "since the check fails with it, and passes without it"
        case .needs(let task): return "since it builds on \(task), which was left out"
        }
    }
}
