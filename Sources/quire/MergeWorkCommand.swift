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
            Takes the tasks named, or all whose checklists are complete and whose checks passed. Their \
            branches are merged one on another in a tree of its own, each behind those that it builds \
            on; the checks (verify) of their manifest, and --check, run on the whole. What conflicts and what breaks the check are left out and listed. \
            Then the branch moves, once. Killed at any moment, the same command goes on.

            With --repair the branch is first merged into each task's own. Where that conflicts, or the \
            check fails with it, the task gets an entry in its checklist; "quire run" resolves it, and \
            the same command then merges.

            Exit status: 0 everything merged; 64 errors in the call; 69 something it needs is missing; \
            101 something was left out; 129, 130, 143 SIGHUP, SIGINT, SIGTERM interrupted the check.
            """
    )

    @Argument(help: "The tasks; all complete ones unless given.", completion: .task)
    var tasks: [String] = []

    @Option(
        help: ArgumentHelp(
            "The branch to merge into, instead of the one checked out.",
            valueName: "branch"
        ),
        completion: .branch
    )
    var into: String?

    @Option(
        help: ArgumentHelp(
            "A shell command that must succeed on what is merged, besides the manifest's checks.",
            valueName: "command"
        )
    )
    var check: String?

    @Flag(help: "Run no checks (verify) of the manifest.")
    var noVerify = false

    @Option(
        help: "A merge commit for each task, one commit each (squash), or its commits (rebase)."
    )
    var strategy: MergeStrategy = .merge

    @Flag(help: "Try everything, and move no branch.")
    var dryRun = false

    @Flag(help: "Let the tasks named resolve what keeps them from being merged.")
    var repair = false

    @OptionGroup var trust: TrustOptions

    @OptionGroup var state: StateOptions

    func validate() throws {
        if repair, tasks.isEmpty {
            throw ValidationError("--repair gives tasks more work; name them")
        }
        if repair, dryRun {
            throw ValidationError(
                "--repair changes files, and --dry-run changes nothing; leave one of them out"
            )
        }
    }

    func run() throws {
        let isLeftOut = try TreeTasks.told {
            let trees = try TreeTasks(state)
            return try trees.alone { try merge(trees) }
        }
        if isLeftOut { throw ExitCode(ExitStatus.unfinished) }
    }

    /// Merges what there is, repository by repository; returns whether something was left out.
    private func merge(_ trees: TreeTasks) throws -> Bool {
        guard let scratch = try trees.workspace.directories.state("worktrees") else {
            throw Trouble(
                "the trees of \(trees.workspace.root) are gone; run the manifest again",
                status: ExitStatus.missing
            )
        }
        let git = try ManifestFile.git()
        let chosen = try trees.chosen(tasks, isChecked: !noVerify || check != nil)
        let tasks = noVerify ? [] : chosen.records.map(\.task)
        for (path, manifest) in chosen.checks.manifests(of: tasks, chosen.history) {
            let approval = try ManifestApproval(
                manifest,
                named: path,
                in: trees.workspace,
                for: .merge
            )
            try approval.require(trust)
        }
        var isLeftOut = chosen.isLeftOut
        for (repository, group) in trees.byRepository(chosen.records) {
            let merge = RepositoryMerge(
                repository: repository,
                trees: trees,
                scratch: scratch,
                git: git,
                command: self,
                checks: try MergeChecks(
                    check,
                    chosen.checks,
                    of: noVerify ? [] : group.map(\.task),
                    in: repository,
                    git
                )
            )
            isLeftOut = try merge.run(group) || isLeftOut
        }
        return isLeftOut
    }
}

/// The merge of tasks' work in one repository.
private struct RepositoryMerge {
    let repository: Repository
    let trees: TreeTasks
    let scratch: Directory
    let git: Git
    let command: MergeWorkCommand
    let checks: MergeChecks

    private var records: TreeRecords { trees.records }

    /// Merges, and says what came of it; returns whether something was left out.
    func run(_ group: [TreeRecord]) throws -> Bool {
        let strip = LandingStrip(git: git, repository: repository, records: records)
        try strip.recover()
        let target = try command.into ?? current()
        guard let old = try repository.tip(of: target, git) else {
            throw Trouble(
                "there is no branch \"\(target)\" in \(repository.topLevel); create it, or name another",
                status: ExitStatus.usage
            )
        }
        // Records that the recovery has changed.
        var group = try group.compactMap { try records.record(of: $0.task) }
        let all = group.count
        group = try group.filter { try isReady($0, target) }
            .compactMap { try records.record(of: $0.task) }
        let uncommitted = try group.filter { try trees.tellUncommitted($0, git, checks.redactor) }
        let sorted = try MergeCandidates(
            group,
            among: records.all(),
            named: Set(command.tasks),
            into: target,
            of: repository,
            git
        )
        let end = command.repair ? "; there is nothing to repair" : ""
        for task in sorted.landed { Terminal.say("\(task): is in \(target) already\(end)") }
        for task in sorted.unchanged { Terminal.say("\(task): has committed nothing\(end)") }
        var isLeftOut = group.count < all || !uncommitted.isEmpty
        guard !sorted.candidates.isEmpty else {
            Terminal.say("nothing to merge into \(target)")
            return isLeftOut
        }
        let outcome = try outcome(of: sorted.candidates, onto: old)
        isLeftOut = isLeftOut || !outcome.leftOut.isEmpty || outcome.isTargetRed
        try tell(outcome, sorted, target)
        guard !outcome.merged.isEmpty, !command.dryRun else { return isLeftOut }
        let tips = Dictionary(sorted.candidates.map { ($0.task, $0.tip) }) { first, _ in first }
            .filter { outcome.merged.contains($0.key) }
        try strip.land(Landing(target: target, old: old, new: outcome.tip, tips: tips))
        for task in outcome.merged {
            Terminal.say("\(task): merged\(note(task, in: outcome, sorted))")
        }
        Terminal.say("\(target) is at \(outcome.tip.prefix(12)) now")
        return isLeftOut
    }

    /// Makes a task ready to be merged, as far as that takes no session; says so if it does take one.
    private func isReady(_ record: TreeRecord, _ target: String) throws -> Bool {
        let repair = TreeRepair(git: git, repository: repository, records: records)
        guard command.repair else {
            let paths = try repair.unresolved(record, at: record.newest(in: repository, git))
            if paths.isEmpty { return try !trees.tellSubmodules(record, in: repository, git) }
            tellConflict(record, target, paths)
            Terminal.say("    \(Self.advice(record.task, command.check))")
            return false
        }
        return try trees.owned(record) {
            let paths = try repair.repair(record, with: target, in: scratchTree)
            guard !paths.isEmpty, let record = try records.record(of: record.task) else {
                return true
            }
            let entry =
                "resolve the conflicts with \(target) (\(record.base.prefix(12))) that are marked in "
                + "\(paths.inWords), so that the work of both sides stays"
            let isDone = try trees.hasDone(entry, record)
            let left = try repair.unresolved(record, at: record.tip)
            if isDone, left.isEmpty { return true }
            tellConflict(record, target, isDone ? left : paths)
            try trees.giveEntry(
                isDone ? "remove the marks of conflicts that are left in \(left.inWords)" : entry,
                to: record,
                check: command.check
            )
            return false
        }
    }

    private func tellConflict(_ record: TreeRecord, _ target: String, _ paths: [String]) {
        Terminal.say(
            "\(record.task): left out, since conflicts with \(target) are marked in \(paths.inWords)"
        )
    }

    private static func advice(_ task: String, _ check: String?) -> SafeText {
        let check = check.map { ["--check", $0] } ?? []
        let words = ["quire", "merge", "--repair"] + check + [task]
        return "let the task mend it: \(words.shellCommand)"
    }

    private func scratchTree(at commit: String) throws -> ScratchTree {
        try ScratchTree(
            in: scratch,
            of: repository,
            at: commit,
            strategy: command.strategy,
            git
        ) { try checks.pass($0, in: $1) }
    }

    /// Returns the branch that the repository's work tree has checked out.
    private func current() throws -> String {
        guard let name = try repository.currentBranch(git) else {
            throw Trouble(
                "\(repository.topLevel) has no branch checked out; name one with --into",
                status: ExitStatus.usage
            )
        }
        return name
    }

    private func outcome(of candidates: [MergeCandidate], onto old: String) throws -> MergeOutcome {
        let tree = try scratchTree(at: old)
        defer { tree.remove() }
        return try MergeQueue.outcome(
            of: candidates,
            onto: old,
            in: tree,
            isChecked: !checks.isEmpty
        )
    }

    /// A note on how a task was merged; empty for none.
    private func note(
        _ task: String,
        in outcome: MergeOutcome,
        _ sorted: MergeCandidates
    ) -> String {
        let form =
            outcome.squashed.contains(task)
            ? ", as one commit, since there are merges among its own" : ""
        guard let brought = sorted.brought[task] else { return form }
        return "\(form), with the work of \(brought.inWords), which it builds on"
    }

    private func tell(
        _ outcome: MergeOutcome,
        _ sorted: MergeCandidates,
        _ target: String
    ) throws {
        if outcome.isTargetRed {
            return Terminal.say(
                "\(target) fails the check itself, so nothing was merged; mend it first"
            )
        }
        // Merged tasks are told once the branch has moved.
        if command.dryRun {
            for task in outcome.merged {
                Terminal.say("\(task): would be merged\(note(task, in: outcome, sorted))")
            }
        }
        for leftOut in outcome.leftOut {
            Terminal.say("\(leftOut.task): left out, \(leftOut.reason.words)")
            guard let record = try records.record(of: leftOut.task) else { continue }
            Terminal.say("    look: quire diff \(leftOut.task); its branch is \(record.branch)")
            switch leftOut.reason {
            case .needs(let need):
                // What is told of the other one says the rest.
                guard !outcome.leftOut.contains(where: { $0.task == need }) else { break }
                try tellNeed(need, of: record)
            case .breaksCheck where command.repair:
                try trees.owned(record) {
                    try trees.giveEntry(
                        "make this check pass, with the work of \(target) merged in: "
                            + checks.line(for: leftOut.task),
                        to: record,
                        check: command.check
                    )
                }
            case .conflict, .breaksCheck:
                Terminal.say("    \(Self.advice(leftOut.task, command.check))")
            }
        }
    }
}

extension RepositoryMerge {
    /// Says how the work of a task that builds on another one can be merged.
    private func tellNeed(_ need: String, of record: TreeRecord) throws {
        if FileKind(trees.workspace.autonomousDirectory + "/" + need) != .nothing {
            let both = ["quire", "merge", need, record.task].shellCommand
            return Terminal.say("    to merge what both have so far: \(both)")
        }
        let redo = try trees.runCommand(of: record, ["--redo", record.task])
        Terminal.say("    that was begun anew; let this task begin anew, too: \(redo)")
    }
}

extension MergeOutcome.Reason {
    /// The reason for people.
    fileprivate var words: String {
        switch self {
        case .conflict(let paths):
            return "since it conflicts in \(paths.inWords)"
        case .breaksCheck: return "since the check fails with it, and passes without it"
        case .needs(let task): return "since it builds on \(task), which is not merged"
        }
    }
}
