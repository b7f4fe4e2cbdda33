import ArgumentParser
import Autonomous
import Foundation
import Glibc
import Orchestration
import Reporting
import RunStore

/// Which workspace to look at, and how to print.
struct LookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The workspace (default: the git top level, or here).", valueName: "dir")
    )
    var workspace: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var state: StateOptions

    var place: Workspace {
        Workspace.containing((workspace ?? ".").absolutePath)
    }

    /// The store to read; `nil` where nothing was ever run.
    func reader() throws -> StoreReader? {
        do {
            return try StoreReader.open(directory: state.directory(in: place))
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// The run to look at: the named manifest's, or a shard of it, or the newest.
    func run(
        _ manifest: String?,
        _ shard: Shard? = nil,
        in reader: StoreReader?
    ) throws -> (StoreReader, RunRow) {
        let rows: [RunRow]
        do {
            rows = try reader?.runs() ?? []
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        let path = manifest?.absolutePath
        let row = rows.first { row in
            guard let path else { return true }
            guard let shard else { return RunName.isRun(row.id, of: path) }
            return row.id == RunName.of(path, shard)
        }
        guard let reader, let row else {
            let what = path.map { "of \(shard.map { "shard \($0) of " } ?? "")\($0) " } ?? ""
            throw Trouble(
                "no run \(what)is recorded in "
                    + "\(state.directory(in: place)); start one: quire run MANIFEST",
                status: ExitStatus.missing
            )
        }
        return (reader, row)
    }

    /// Prints a value as JSON with snake_case keys.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        Terminal.say(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

extension RunRow {
    /// What the run does now: a run whose process is gone without an end was killed.
    var status: String {
        if let ending { return ending }
        return kill(pid, 0) == 0 || errno == EPERM ? "running" : "killed"
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
        let listing = try listing()
        if look.json { return try LookOptions.printJSON(listing) }
        if !listing.runs.isEmpty { printRuns(listing.runs) }
        if listing.tasks.isEmpty {
            Terminal.say("no tasks in \(look.place.autonomousDirectory)")
        }
        for task in look.place.tasks() {
            let line = TaskList.line(
                name: task.name.description,
                progress: task.checklist.progress,
                thread: task.thread
            )
            if case .damaged(let words) = task.checklist {
                Terminal.say("✗ \(task.name) (\(words))")
            } else {
                Terminal.say(line)
            }
        }
    }

    private func printRuns(_ runs: [Listing.Run]) {
        var table = Table([
            .init("RUN"), .init("STATUS"), .init("LEGS", isRight: true), .init("BEGAN"),
            .init("MANIFEST"),
        ])
        for run in runs {
            table.add([
                run.name, run.status, "\(run.legs)", Format.timestamp(run.began), run.id,
            ])
        }
        Terminal.say(table.lines(width: Terminal.columns).joined(separator: "\n") + "\n")
    }

    private func listing() throws -> Listing {
        let runs: [RunRow]
        do {
            runs = try look.reader()?.runs() ?? []
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        return Listing(
            workspace: look.place.root,
            runs: runs.map { row in
                Listing.Run(
                    id: row.id,
                    name: row.name,
                    status: row.status,
                    legs: row.legs,
                    pid: row.pid,
                    began: row.began,
                    ended: row.ended
                )
            },
            tasks: look.place.tasks().map { task in
                var damage: String?
                if case .damaged(let words) = task.checklist { damage = words }
                return Listing.Task(
                    name: task.name.description,
                    ticked: task.checklist.progress?.ticked,
                    total: task.checklist.progress?.total,
                    damage: damage,
                    thread: task.thread,
                    lastActivity: task.lastActivity
                )
            }
        )
    }
}
