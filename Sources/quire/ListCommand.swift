import Application
import ArgumentParser
import Autonomous
import Dates
import FileAccess
import Foundation
import Orchestration
import Reporting
import RunStore

/// Options of commands that read: the workspace, its state directory, and JSON.
struct LookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The workspace (default: the git top level, or here).",
            valueName: "dir"
        ),
        completion: .directory,
        transform: Names.path(given:)
    )
    var workspace: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var state: StateOptions

    /// The workspace that the options select.
    var place: Workspace {
        WorkspacePlace(state).workspace(around: (workspace ?? ".").resolvedPath)
    }

    /// Returns the workspace of a manifest's run, or without a manifest the one that the options select.
    func place(of manifest: String?) -> Workspace {
        guard workspace == nil, let manifest else { return place }
        return WorkspacePlace(state).workspace(ofManifest: manifest.resolvedPath)
    }

    /// Returns a workspace's tasks; `known` are the checklists of its runs.
    func tasks(of place: Workspace, knowing known: KnownLists) throws -> [TaskListing] {
        do {
            return try place.tasks(knowing: known)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Returns the state directory for a manifest's run, or for the selected workspace.
    func stateDirectory(of manifest: String? = nil) -> String {
        state.directory(in: place(of: manifest))
    }

    /// Opens the store; `nil` if nothing was ever run.
    func reader(of manifest: String? = nil) throws -> StoreReader? {
        do {
            return try StoreReader.open(directory: stateDirectory(of: manifest))
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Returns the selected runs, the newest first.
    ///
    /// Only the runs of one manifest count: the named one, or the newest run's. With `shard`, only that
    /// shard's run does.
    ///
    /// - Throws: `Trouble` if there is none.
    func runs(
        _ manifest: String?,
        _ shard: Shard? = nil,
        in reader: StoreReader?
    ) throws -> (StoreReader, [LegRecord]) {
        let rows: [LegRecord]
        do {
            rows = try reader?.runs() ?? []
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        let path = manifest?.resolvedPath ?? rows.first.map { RunName.manifest(of: $0.run) }
        func isWanted(_ row: LegRecord, of path: String) -> Bool {
            guard let shard else { return RunName.isRun(row.run, of: path) }
            return row.run == RunName.of(path, shard)
        }
        var found: [LegRecord] = []
        if let path {
            found = rows.filter { isWanted($0, of: path) }
            if found.isEmpty {
                found = rows.filter { row in
                    formerPath(of: path, row).map { isWanted(row, of: $0) } ?? false
                }
            }
        }
        guard let reader, !found.isEmpty else {
            let what: SafeText =
                manifest.map { "of \(shard.map { "shard \($0) of " } ?? "")\($0.resolvedPath) " }
                ?? ""
            throw Trouble(
                "no run \(what)is recorded in \(stateDirectory(of: manifest)); start one: quire run "
                    + "MANIFEST",
                status: ExitStatus.missing
            )
        }
        return (reader, found)
    }

    /// Returns the newest of the selected runs.
    func run(_ manifest: String?, in reader: StoreReader?) throws -> (StoreReader, LegRecord) {
        let (reader, runs) = try runs(manifest, in: reader)
        return (reader, runs[0])
    }

    /// Returns a manifest's path at the time of a run, if the project was moved or mounted elsewhere since;
    /// `nil` if the run's workspace is unknown.
    private func formerPath(of path: String, _ row: LegRecord) -> String? {
        let root = place(of: path).root
        guard path.hasPrefix(root + "/"), let former = row.workspace else { return nil }
        return former + path.dropFirst(root.count)
    }

    /// Prints an answer as JSON with keys in snake case.
    static func printJSON(_ value: some Encodable) throws {
        Terminal.say(try JSONText.answer(value))
    }
}

extension LegRecord {
    /// Returns the run's state ("running", "killed" or its ending), given the directory of its store.
    ///
    /// A run without an ending is alive while its process holds the lock on its work, or while a process with
    /// its pid and start time lives. The pid alone proves nothing: it may have been reused.
    func status(in directory: String) -> String {
        ending?.rawValue
            ?? (isHeld(in: directory) || LivingQuire.lives(runner) ? "running" : "killed")
    }

    private func isHeld(in directory: String) -> Bool {
        [Exclusive.run, .task].contains { exclusive in
            let holder = OwnerLock.holder(exclusive.path(of: run, in: directory))
            return holder?.pid == pid && holder?.work == run
        }
    }
}

/// `quire list`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the workspace's runs and its tasks."
    )

    @OptionGroup var look: LookOptions

    private struct Listing: Encodable {
        struct Task: Encodable {
            var name: String
            var ticked: Int?
            var total: Int?
            var damage: String?
            var thread: String?
            var question: String?
            var lastActivity: WallTime
        }

        struct Run: Encodable {
            var id: String
            var name: String
            var status: String
            var legs: Int
            var pid: Int32
            var began: WallTime
            var ended: WallTime?
        }

        var workspace: String
        var runs: [Run]
        var tasks: [Task]
    }

    func run() throws {
        let place = look.place
        let listing = try listing(of: place)
        if listing.tasks.isEmpty, listing.runs.isEmpty, FileKind(place.root) != .directory {
            throw Trouble(
                "there is no directory \(place.root); check the path",
                status: ExitStatus.missing
            )
        }
        if look.json { return try LookOptions.printJSON(listing) }
        if !listing.runs.isEmpty { printRuns(listing.runs) }
        if listing.tasks.isEmpty {
            Terminal.say("no tasks in \(place.autonomousDirectory)")
        }
        // At once: a write for each of thousands of lines takes its time.
        let lines = listing.tasks.map(line)
        if !lines.isEmpty { Terminal.say(lines.joined(separator: "\n")) }
    }

    private func line(of task: Listing.Task) -> SafeText {
        if let damage = task.damage {
            let line: SafeText = "✗ \(task.name) (\(damage))"
            return line.painted(.failure, if: Terminal.usesColor)
        }
        let progress = task.total.map { Progress(ticked: task.ticked ?? 0, total: $0) }
        let line = TaskList.line(name: task.name, progress: progress, thread: task.thread)
        return task.question.map {
            let asking: SafeText = "\(line) asks: \($0) (\(QuestionWords.command(task.name)))"
            return asking.painted(.warning, if: Terminal.usesColor)
        } ?? line
    }

    private func printRuns(_ runs: [Listing.Run]) {
        var table = Table([
            .init("RUN"), .init("STATUS"), .init("LEGS", isRight: true), .init("BEGAN"),
            .init("MANIFEST"),
        ])
        for run in runs {
            let isFailure = ["killed", Ending.unable.rawValue].contains(run.status)
            table.add(
                [run.name, run.status, "\(run.legs)", LocalTime.stamp(run.began), run.id],
                paint: isFailure ? .failure : nil
            )
        }
        let lines = table.lines(width: Terminal.columns, usesColor: Terminal.usesColor)
        Terminal.say(lines.joined(separator: "\n") + "\n")
    }

    private func listing(of place: Workspace) throws -> Listing {
        let runs: [LegRecord]
        var known = KnownLists()
        let stateDirectory = look.state.directory(in: place)
        do {
            let reader = try StoreReader.open(directory: stateDirectory)
            runs = try reader?.runs() ?? []
            if let reader { known = try reader.knownLists() }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        return Listing(
            workspace: place.root,
            runs: runs.map { row in
                Listing.Run(
                    id: row.run,
                    name: row.name,
                    status: row.status(in: stateDirectory),
                    legs: row.number,
                    pid: row.pid,
                    began: row.began,
                    ended: row.ended
                )
            },
            tasks: listed(try look.tasks(of: place, knowing: known), of: runs)
        )
    }

    /// Returns the tasks without the secrets of their runs in what agents have written.
    private func listed(_ tasks: [TaskListing], of runs: [LegRecord]) -> [Listing.Task] {
        var redactor: Redactor?
        func redact(_ text: String) -> String {
            // Nothing is read for those who have nothing to say.
            let known = redactor ?? Redactor(ofRuns: runs.map(\.run))
            redactor = known
            return known.redact(text)
        }
        return tasks.map { task in
            var damage: String?
            if case .damaged(let words) = task.checklist { damage = redact(words) }
            return Listing.Task(
                name: task.name.description,
                ticked: task.checklist.progress?.ticked,
                total: task.checklist.progress?.total,
                damage: damage,
                thread: task.thread,
                question: task.question.map(redact),
                lastActivity: task.lastActivity
            )
        }
    }
}
