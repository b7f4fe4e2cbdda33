import Application
import ArgumentParser
import Autonomous
import Dates
import FileAccess
import Manifest
import Orchestration
import Reporting
import RunStore
import Trees

/// `quire prune`.
struct PruneCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove what finished tasks leave: trees and branches, archives, logs.",
        discussion: """
            The tree and the branch of a task go when it is complete and merged, or its directory was \
            deleted; and only if everything in them is somewhere else, too. So do the directories of \
            tasks that began anew, and the logs of complete tasks, both when they are 30 days old. \
            What stays is listed with the reason; look with --dry-run first.

            Exit status: 0, also where something stays; 64 errors in the call; 69 something could not be \
            removed, or is missing.
            """
    )

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Only what nothing has changed for this long, such as 14d (default: 30d for archives and "
                + "logs, 0 for trees).",
            valueName: "time"
        ),
        transform: {
            guard let time = Quantity.duration($0) else {
                throw ValidationError("\"\($0)\" is no time such as 14d or 12h.")
            }
            return time
        }
    )
    var olderThan: Duration?

    @Option(
        help: ArgumentHelp("Only what takes at least this much, such as 100M.", valueName: "size"),
        transform: {
            guard let bytes = Quantity.bytes($0) else {
                throw ValidationError("\"\($0)\" is no size such as 100M or 2G.")
            }
            return bytes
        }
    )
    var largerThan: Int64 = 0

    @OptionGroup var state: StateOptions

    func run() throws {
        let isWell = try TreeTasks.told {
            let workspace = WorkspacePlace(state).workspace(around: ".".resolvedPath)
            var pruning = Pruning(self, in: workspace, live: try live(in: workspace))
            try pruning.pruneTrees()
            try pruning.pruneArchives()
            try pruning.pruneLogs()
            pruning.tellSum()
            return pruning.isWell
        }
        if !isWell { throw ExitCode(ExitStatus.missing) }
    }

    /// Returns the tasks that living runs hold.
    private func live(in workspace: Workspace) throws -> Set<String> {
        var names: Set<String> = []
        do {
            for place in Set([state.directory(in: workspace), workspace.stateDirectory]) {
                guard let reader = try StoreReader.open(directory: place) else { continue }
                defer { reader.close() }
                for run in try reader.runs() where run.status(in: place) == "running" {
                    names.formUnion(try reader.tasks(of: run.run).map(\.name))
                }
            }
        } catch {
            throw Trouble(
                "whose trees are in use can't be told: \(error)",
                status: ExitStatus.missing
            )
        }
        return names
    }
}

/// One cleaning up of a workspace.
private struct Pruning {
    private static let usualAge = Duration.seconds(30 * 86_400)

    private let command: PruneCommand
    private let workspace: Workspace
    private let live: Set<String>
    private var freed: Int64 = 0
    private var removed = 0
    /// The number of things of each kind that are too young or too small.
    private var spared: [String: Int] = [:]
    /// False if something could not be removed.
    private(set) var isWell = true

    init(_ command: PruneCommand, in workspace: Workspace, live: Set<String>) {
        (self.command, self.workspace, self.live) = (command, workspace, live)
    }

    // MARK: - Trees

    mutating func pruneTrees() throws {
        guard let directory = try workspace.directories.state("trees") else { return }
        let records = TreeRecords(directory)
        let git = try ManifestFile.git()
        let isDone: Void? = try directory.alone {
            var places: Set = [workspace.stateDirectory + "/worktrees"]
            var known: Set<String> = []
            for name in try records.names() {
                do {
                    guard let record = try records.record(of: name) else { continue }
                    places.insert(record.path.parentPath)
                    known.insert(record.path)
                    try prune(record, records, git)
                } catch {
                    keep("the tree of \(name)", "\(error)")
                }
            }
            for place in places.sorted() { try tellStrangers(in: place, known) }
        }
        if isDone == nil { keep("all trees", "another command is at work on them") }
    }

    private mutating func prune(_ record: TreeRecord, _ records: TreeRecords, _ git: Git) throws {
        let what = "the tree of \(record.task)"
        guard !live.contains(record.task) else { return keep(what, "a run works on it") }
        let place = record.path.parentPath
        let trees = TaskTrees(git: git, records: records, place: place)
        let directory = workspace.taskDirectory(try TaskName(given: record.task))
        try directory.owned { exists in
            let isComplete = directory.checklistAsItLies().progress?.isComplete ?? false
            let standing: TaskStanding = exists ? isComplete ? .complete : .open : .deleted
            let isPruned = record.isPruned == true
            if isPruned, standing != .deleted { return }
            switch try trees.fate(of: record, standing) {
            case .stays(let reason): keep(what, reason)
            case .goes(let removal) where isPruned:
                // Only the record is left of it.
                if !command.dryRun { try trees.remove(removal) }
            case .goes(let removal):
                let size = try Directory.open(place, made: false)?
                    .diskUse(of: String(record.path.dropFirst(place.count + 1)))
                let changed = records.lastChange(of: record.task) ?? .now
                let commits =
                    removal.kept.isEmpty
                    ? "" : "; its commits stay as \(record.keepsake)-\(removal.kept[0].prefix(12))"
                offer(
                    "\(what) and its branch \(record.branch)\(commits)",
                    kind: "tree",
                    OldFiles(changed: changed, bytes: size ?? 0),
                    from: .zero
                ) { try trees.remove(removal) }
            }
        }
    }

    /// Tells of directories beside the trees that no record names.
    private mutating func tellStrangers(in place: String, _ known: Set<String>) throws {
        // Quire's own scratch tree, and what a killed merge or prune has left of it.
        guard let directory = try Directory.open(place, made: false) else { return }
        for name in try directory.names() where !known.contains(place + "/" + name) {
            if name.hasPrefix(".") { continue }
            keep(
                "\(place)/\(name)",
                "no record says whose it is; remove it by hand if you need nothing of it"
            )
        }
    }

    // MARK: - Archives and logs

    mutating func pruneArchives() throws {
        for (name, files) in try workspace.archives() {
            guard let files else {
                keep("\(workspace.stateDirectory)/archive/\(name)", "it has no name of an archive")
                continue
            }
            let workspace = workspace
            offer("the archive \(name)", kind: "archive", files, from: Self.usualAge) {
                try workspace.removeArchive(name)
            }
        }
    }

    mutating func pruneLogs() throws {
        for task in try workspace.tasks() where task.checklist.progress?.isComplete == true {
            let directory = workspace.taskDirectory(task.name)
            guard !live.contains("\(task.name)"), let log = try directory.oldLog() else { continue }
            offer("the log of \(task.name)", kind: "log", log, from: Self.usualAge) {
                try directory.owned { _ in try directory.removeLog() }
            }
        }
    }

    // MARK: - What is done

    /// Removes something, unless it is too young or too small, or nothing is to be removed.
    private mutating func offer(
        _ what: String,
        kind: String,
        _ files: OldFiles,
        from age: Duration,
        remove: () throws -> Void
    ) {
        guard WallTime.now - files.changed >= command.olderThan ?? age,
            files.bytes >= command.largerThan
        else {
            spared[kind, default: 0] += 1
            return
        }
        do {
            if !command.dryRun { try remove() }
        } catch {
            isWell = false
            return keep(what, "it can't be removed: \(error)")
        }
        (freed, removed) = (freed + files.bytes, removed + 1)
        let verb = command.dryRun ? "would remove" : "removed"
        Terminal.say("\(verb) \(what) (\(files.bytes.bytesForPeople))")
    }

    private func keep(_ what: String, _ reason: String) { Terminal.say("kept \(what): \(reason)") }

    func tellSum() {
        for (kind, count) in spared.sorted(by: { $0.key < $1.key }) {
            Terminal.say(
                "kept \(Format.count(count, kind)): younger or smaller than asked for; see --older-than "
                    + "and --larger-than"
            )
        }
        let verb = command.dryRun ? "would free" : "freed"
        Terminal.say(removed == 0 ? "nothing to remove" : "\(verb) \(freed.bytesForPeople)")
    }
}
