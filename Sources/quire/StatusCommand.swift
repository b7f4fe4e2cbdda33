import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import Foundation
import Orchestration
import Reporting
import RunStore

/// `quire status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how a run stands: the newest, or a manifest's.",
        discussion: """
            Says of each task whether it runs, waits (and for what) or is done, and how long the rest \
            takes. Reads what the run records; works while it runs and after it was killed.
            """
    )

    @Argument(
        help: "The manifest (default: the newest run).",
        completion: .manifest,
        transform: Names.path(given:)
    )
    var manifest: String?

    @Option(
        help: ArgumentHelp("The shard of the manifest.", valueName: "k/n"),
        transform: Shard.init(argument:)
    )
    var shard: Shard?

    @Flag(help: "Only the tasks that failed, stalled or were damaged.")
    var failed = false

    @Flag(help: "Only the tasks that wait.")
    var waiting = false

    @Option(
        help: ArgumentHelp("Only tasks whose names match, such as 'port-*'.", valueName: "pattern"),
        completion: .task
    )
    var only: [String] = []

    @OptionGroup var look: LookOptions

    func validate() throws {
        if shard != nil, manifest == nil {
            throw ValidationError(
                "--shard is a part of a manifest; name that: quire status MANIFEST --shard K/N"
            )
        }
    }

    func run() throws {
        do {
            let (reader, runs) = try look.runs(manifest, shard, in: look.reader(of: manifest))
            var parts: [Part] = []
            var seen: Set<String> = []
            for run in runs {
                // An older run of the manifest whose tasks are all in newer runs is history.
                let part = try self.part(run, reader)
                let names = Set(part.record.tasks.map(\.name))
                guard parts.isEmpty || !seen.isSuperset(of: names) else { continue }
                seen.formUnion(names)
                parts.append(part)
            }
            try checkPatterns(among: seen)
            if look.json {
                var status = parts[0].status
                status.tasks.removeAll { !isWanted($0) }
                status.otherRuns =
                    parts.count > 1
                    ? parts.dropFirst().map { part in
                        var status = part.status
                        status.tasks.removeAll { !isWanted($0) }
                        return status
                    } : nil
                return try LookOptions.printJSON(status)
            }
            for (place, part) in parts.enumerated() {
                if place > 0 { Terminal.say("") }
                show(part)
            }
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func checkPatterns(among names: Set<String>) throws {
        for pattern in only.flatMap(\.patterns)
        where !names.contains(where: { $0.matches(pattern) }) {
            throw Trouble(
                "no task of the run matches --only \(pattern); quire status without it shows all names",
                status: ExitStatus.usage
            )
        }
    }

    private func isWanted(_ task: RunStatus.Task) -> Bool {
        let isNamed =
            only.isEmpty || only.flatMap(\.patterns).contains { task.record.name.matches($0) }
        let isFailure = task.record.outcome?.isFailure ?? false
        let isAsked =
            !failed && !waiting || failed && isFailure
            || waiting && task.standing.phase == .waiting
        return isNamed && isAsked
    }

    /// Everything that is shown of one run.
    private struct Part {
        var status: RunStatus
        var record: RunRecord
        /// The estimate of the time left; `nil` for none.
        var left: TimeLeft?
        /// The reason why a living run can record nothing now; `nil` if it can.
        var diskTrouble: String?
        /// The part of the manifest that a run without tasks carries out; `nil` for any other.
        var whole: RunPart?
    }

    private func part(_ run: LegRecord, _ reader: StoreReader) throws -> Part {
        let place = look.place(of: manifest)
        let state = run.status(in: stateDirectory)
        let isRunning = state == "running"
        let record = try reader.glance(at: run, plansOfOpen: isRunning)
        let now = SystemClock.wall
        // While the disk is full, the run can't record that its starts are held.
        let diskTrouble = isRunning ? StoreReader.shortage(in: stateDirectory) : nil
        var around = RunSurroundings(isRunning: isRunning, now: now)
        around.isEnding = isRunning ? try reader.isAskedToEnd(run.run) : false
        let checks = try note(record.tasks, of: run, in: &around, reader)
        let tasks =
            isRunning
            ? record.tasks
            : Redactor.redact(
                record.tasks.mapSideBySide { $0.asLies(in: place) },
                recorded: record.tasks,
                of: run.run
            )
        let left =
            isRunning
            ? TimeLeft(
                ticked: try reader.ticked(in: run.run, since: run.began),
                in: now - run.began,
                of: tasks
            ) : nil
        let status = RunStatus(
            run: run,
            status: state,
            spent: RunStatus.Spent(record, isRunning: isRunning, at: now),
            left: left.map(RunStatus.Left.init),
            gates: record.holds.gates.map { RunStatus.Gate($0, at: now) },
            limits: record.holds.limits.isEmpty ? nil : record.holds.limits,
            concurrency: record.holds.concurrency,
            steering: record.holds.steering.isEmpty
                ? nil : record.holds.steering.map(RunStatus.Change.init),
            troubles: record.holds.troubles + (diskTrouble.map { [$0] } ?? []),
            warnings: record.holds.warnings,
            tasks: zip(tasks, record.standings(of: tasks, around)).map(RunStatus.Task.init),
            checks: checks.isEmpty ? nil : checks
        )
        // Only the journal has it.
        let whole = record.tasks.isEmpty ? try reader.record(of: run)?.part : nil
        return Part(
            status: status,
            record: record,
            left: left,
            diskTrouble: diskTrouble,
            whole: whole
        )
    }

    /// Notes the newest sessions of open tasks that do not run, and their checks; returns the checks.
    private func note(
        _ tasks: [TaskRecord],
        of run: LegRecord,
        in around: inout RunSurroundings,
        _ reader: StoreReader
    ) throws(StoreError) -> [OpenCheck] {
        var checks: [OpenCheck] = []
        for task in tasks where task.isOpen && task.running == nil {
            let latest =
                task.sessions > 0 ? try reader.sessions(of: run.run, task: task.name).last : nil
            around.latest[task.name] = latest
            let check = OpenCheck(
                of: task.name,
                latest?.check,
                isComplete: task.progress?.isComplete == true,
                isRunning: around.isRunning
            )
            around.checks[task.name] = check?.state
            if let check { checks.append(check) }
        }
        return checks
    }

    private var stateDirectory: String { look.state.directory(in: look.place(of: manifest)) }

    private func show(_ part: Part) {
        let (status, holds, spent) = (part.status, part.record.holds, part.record.spent)
        let run = status.run
        let left = part.left.map { ", \($0.words)" } ?? ""
        let isFailure = status.status == "killed" || run.ending == .unable
        let headline: SafeText =
            "run \"\(run.name)\" \(status.status) (\(run.run), process \(run.pid), leg \(run.number))\(left)"
        say(headline, isFailure ? .failure : nil)
        for trouble in holds.troubles { say("it can't go on: \(trouble)", .failure) }
        if let disk = part.diskTrouble {
            say("starts are held, and nothing is recorded: \(disk)", .failure)
        }
        for gate in holds.gates {
            let hold = GateWords.hold(gate, at: SystemClock.wall, offset: LocalTime.offset)
            say("starts are held\(hold): \(gate.reason)", .warning)
        }
        if let line = LimitWords.line(holds.limits, at: SystemClock.wall) {
            Terminal.say("\(line)")
        }
        if let change = holds.concurrency.last {
            Terminal.say(
                "at most \(Format.count(change.limit, "session")) at once: \(change.reason)"
            )
        }
        for change in holds.steering.suffix(5) {
            let time = change.at.timeOfDay(offset: LocalTime.offset(at: change.at))
            Terminal.say("\(time) \(change.fact.words)")
        }
        Terminal.say("")
        let wanted = status.tasks.filter(isWanted)
        if !wanted.isEmpty {
            let lines = table(of: wanted)
                .lines(width: Terminal.columns, usesColor: Terminal.usesColor)
            Terminal.say(lines.joined(separator: "\n") + "\n")
        }
        if wanted.count < status.tasks.count {
            Terminal.say(
                "shown: \(wanted.count) of \(Format.count(status.tasks.count, "task"))"
            )
        }
        Terminal.say("\(counts(status))")
        if let empty = ShardWords.empty(part.whole, tasks: status.tasks.count) {
            Terminal.say("\(empty)")
        }
        let tokens = SpentWords.tokens(spent.usage, estimated: spent.estimated, run.prices)
        let wall = Format.duration(Duration(inSeconds: status.spent.wallSeconds))
        Terminal.say("\(Format.count(spent.sessions, "session")) · \(tokens) · \(wall)")
        if let held = SpentWords.held(status.spent.held) { Terminal.say("\(held)") }
        let records = status.tasks.map(\.record)
        for warning in status.warnings + TreeWords.uncommitted(records) {
            say("warning: \(warning)", .warning)
        }
        for line in QuestionWords.lines(records) { Terminal.say(line) }
    }

    private func say(_ line: SafeText, _ paint: Paint?) {
        Terminal.say(line.painted(paint, if: Terminal.usesColor))
    }

    /// Returns the tasks by how they stand, in a line; those of a run that goes on as its live view does.
    private func counts(_ status: RunStatus) -> String {
        let outcomes = Outcome.allCases.compactMap { outcome in
            let count = status.tasks.count { $0.record.outcome == outcome }
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }
        let open = status.tasks.filter { $0.standing.phase != .done }
        let checked = open.count { $0.standing.state == "checked" }
        let running = open.count { $0.standing.phase == .running } - checked
        let waiting = open.count { $0.standing.phase == .waiting }
        let others =
            status.status == "running"
            ? StandingWords.counts(running: running, checked: checked, waiting: waiting)
            : open.isEmpty ? [] : ["\(open.count) unfinished"]
        let words = (outcomes + others).joined(separator: ", ")
        let tasks = Format.count(status.tasks.count, "task")
        return "\(tasks)\(words.isEmpty || status.tasks.isEmpty ? "" : ": \(words)")"
    }

    /// Returns the tasks, a row each.
    private func table(of tasks: [RunStatus.Task]) -> Table {
        let changes = TreeWords.columns(tasks.map(\.record))
        let figures: [Table.Column] = [
            .init("TASK"), .init("STATE"), .init("ENTRIES", isRight: true),
            .init("SESSIONS", isRight: true), .init("TOKENS", isRight: true),
            .init("TIME", isRight: true),
        ]
        var table = Table(figures + changes + [Table.Column("REASON")])
        for task in tasks {
            let (record, standing) = (task.record, task.standing)
            let figures = [
                record.name, standing.state, Format.progress(record.progress),
                "\(record.sessions)", Format.tokens(record.tokens),
                Format.duration(Duration(inSeconds: record.seconds)),
            ]
            table.add(
                figures + (changes.isEmpty ? [] : [record.changes]) + [standing.reason],
                paint: record.outcome?.paint
            )
        }
        return table
    }
}
