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
        discussion: "Reads what the run records; works while it runs and after it was killed."
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

    @OptionGroup var look: LookOptions

    func validate() throws {
        if shard != nil, manifest == nil {
            throw ValidationError("--shard is one of a manifest; name it")
        }
    }

    fileprivate struct Status: Encodable {
        /// A change that a person made while the leg ran.
        struct Change: Encodable {
            var at: WallTime
            var action: String
            var by: Steerer
            var tasks: [String]?
            var words: String
        }

        /// A gate that is closed.
        struct Gate: Encodable {
            var gate: String
            var account: String?
            var reason: String
            var until: WallTime?
            var secondsLeft: Double?
        }

        /// The time and tokens spent over all legs.
        struct Spent: Encodable {
            var wallSeconds: Double
            var sessions: Int
            var sessionSeconds: Double
            var tokens: Int64
            var usage: TokenUsage
            /// The part of the tokens that is estimated, since the session did not report them itself.
            var estimatedTokens: Int64
            /// The cost; `nil` without prices.
            var cost: Double?
            var held: [GateTimes.Held]
        }

        var run: LegRecord
        var status: String
        var spent: Spent
        var gates: [Gate]
        /// The changes in concurrency during this leg.
        var concurrency: [RunHolds.Change]
        /// The newest changes that people made during this leg; `nil` for none.
        var steering: [Change]?
        /// The reasons why the newest leg could not go on, or can't while a disk is full.
        var troubles: [String]
        /// Warnings of this leg that concern the whole run.
        var warnings: [String]
        var tasks: [TaskRecord]
        /// The checks that run or are to run; `nil` for none.
        var checks: [OpenCheck]?
        /// Runs of the same manifest that hold other tasks, such as its other shards; `nil` for none.
        var otherRuns: [Status]?
    }

    func run() throws {
        do {
            let (reader, runs) = try look.runs(manifest, shard, in: look.reader(of: manifest))
            var parts: [Part] = []
            var seen: Set<String> = []
            for run in runs {
                // An older run of the manifest whose tasks are all in newer runs is history.
                let part = try self.part(run, reader)
                guard parts.isEmpty || !seen.isSuperset(of: part.names) else { continue }
                seen.formUnion(part.names)
                parts.append(part)
            }
            if look.json {
                var status = parts[0].status
                status.otherRuns = parts.count > 1 ? parts.dropFirst().map(\.status) : nil
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

    /// Everything that is shown of one run.
    private struct Part {
        var status: Status
        var record: RunRecord
        /// The reason why a living run can record nothing now; `nil` if it can.
        var diskTrouble: String?
        /// The part of the manifest that a run without tasks carries out; `nil` for any other.
        var whole: RunPart?

        var names: Set<String> { Set(status.tasks.map(\.name)) }
    }

    private func part(_ run: LegRecord, _ reader: StoreReader) throws -> Part {
        let place = look.place(of: manifest)
        let state = run.status(in: stateDirectory)
        let isRunning = state == "running"
        let record = try reader.glance(at: run)
        // While the disk is full, the run can't record that its starts are held.
        let diskTrouble = isRunning ? StoreReader.shortage(in: stateDirectory) : nil
        let checks = try record.tasks.compactMap { try check(of: $0, run, isRunning, reader) }
        let status = Status(
            run: run,
            status: state,
            spent: Status.Spent(record, isRunning: isRunning, at: SystemClock.wall),
            gates: record.holds.gates.map { Status.Gate($0, at: SystemClock.wall) },
            concurrency: record.holds.concurrency,
            steering: record.holds.steering.isEmpty
                ? nil : record.holds.steering.map { Status.Change(of: $0) },
            troubles: record.holds.troubles + (diskTrouble.map { [$0] } ?? []),
            warnings: record.holds.warnings,
            tasks: isRunning
                ? record.tasks
                : Redactor.redact(
                    record.tasks.mapSideBySide { $0.asLies(in: place) },
                    recorded: record.tasks,
                    of: run.run
                ),
            checks: checks.isEmpty ? nil : checks
        )
        // Only the journal has it.
        let whole = record.tasks.isEmpty ? try reader.record(of: run)?.part : nil
        return Part(status: status, record: record, diskTrouble: diskTrouble, whole: whole)
    }

    /// Returns the check that an open task waits for; `nil` for none.
    private func check(
        of task: TaskRecord,
        _ run: LegRecord,
        _ isRunning: Bool,
        _ reader: StoreReader
    ) throws(StoreError) -> OpenCheck? {
        guard task.isOpen, task.running == nil else { return nil }
        let sessions =
            task.sessions > 0 ? try reader.sessions(of: run.run, task: task.name) : []
        return OpenCheck(
            of: task.name,
            sessions.last?.check,
            isComplete: task.progress?.isComplete == true,
            isRunning: isRunning
        )
    }

    private var stateDirectory: String { look.state.directory(in: look.place(of: manifest)) }

    private func show(_ part: Part) {
        let (status, holds, spent) = (part.status, part.record.holds, part.record.spent)
        let run = status.run
        Terminal.say(
            "run \"\(run.name)\" \(status.status) (\(run.run), process \(run.pid), leg \(run.number))"
        )
        for trouble in holds.troubles { Terminal.say("it can't go on: \(trouble)") }
        if let disk = part.diskTrouble {
            Terminal.say("starts are held, and nothing is recorded: \(disk)")
        }
        for gate in holds.gates {
            let hold = GateWords.hold(
                gate,
                at: SystemClock.wall,
                offset: LocalTime.offset
            )
            Terminal.say("starts are held\(hold): \(gate.reason)")
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
        if !status.tasks.isEmpty {
            let lines = table(of: status)
                .lines(width: Terminal.columns, usesColor: Terminal.usesColor)
            Terminal.say(lines.joined(separator: "\n") + "\n")
        }
        let counts = Dictionary(grouping: status.tasks) { $0.outcome?.rawValue ?? "unfinished" }
        let words = counts.map { "\($0.value.count) \($0.key)" }.sorted().joined(separator: ", ")
        let tasks = Format.count(status.tasks.count, "task")
        Terminal.say("\(tasks)\(words.isEmpty ? "" : ": \(words)")")
        if let empty = ShardWords.empty(part.whole, tasks: status.tasks.count) {
            Terminal.say("\(empty)")
        }
        let tokens = SpentWords.tokens(spent.usage, estimated: spent.estimated, run.prices)
        let wall = Format.duration(Duration(inSeconds: status.spent.wallSeconds))
        Terminal.say("\(Format.count(spent.sessions, "session")) · \(tokens) · \(wall)")
        if let held = SpentWords.held(status.spent.held) { Terminal.say("\(held)") }
        let uncommitted = TreeWords.uncommitted(status.tasks)
        for warning in status.warnings + uncommitted { Terminal.say("warning: \(warning)") }
        for line in QuestionWords.lines(status.tasks) { Terminal.say(line) }
    }

    /// Returns the tasks, a row each.
    private func table(of status: Status) -> Table {
        let changes = TreeWords.columns(status.tasks)
        let figures: [Table.Column] = [
            .init("TASK"), .init("STATE"), .init("ENTRIES", isRight: true),
            .init("SESSIONS", isRight: true), .init("TOKENS", isRight: true),
            .init("TIME", isRight: true),
        ]
        var table = Table(figures + changes + [Table.Column("REASON")])
        let checks = Dictionary(
            (status.checks ?? []).map { ($0.task, $0.state.words) },
            uniquingKeysWith: { $1 }
        )
        for task in status.tasks {
            let isRunning = task.running != nil && status.status == "running"
            let state =
                task.outcome?.rawValue
                ?? (isRunning ? "session \(task.running ?? 0)" : "waiting")
            let isLeftOut = task.outcome == nil && task.isLeftOut
            let figures = [
                task.name, state, task.progress.map { "\($0.ticked)/\($0.total)" } ?? "-",
                "\(task.sessions)", Format.tokens(task.tokens),
                Format.duration(Duration(inSeconds: task.seconds)),
            ]
            table.add(
                figures + (changes.isEmpty ? [] : [task.changes])
                    + [
                        task.reason ?? checks[task.name]
                            ?? (isLeftOut ? "left out of the newest leg" : "")
                    ],
                isFailure: task.outcome?.isFailure ?? false
            )
        }
        return table
    }
}

extension StatusCommand.Status.Spent {
    fileprivate init(_ record: RunRecord, isRunning: Bool, at now: WallTime) {
        let spent = record.spent
        let (wall, held) = record.times.total(until: now, isRunning: isRunning)
        self.init(
            wallSeconds: wall.inSeconds,
            sessions: spent.sessions,
            sessionSeconds: spent.sessionSeconds,
            tokens: spent.usage.total,
            usage: spent.usage,
            estimatedTokens: spent.estimated,
            cost: record.leg?.prices?.cost(of: spent.usage),
            held: held
        )
    }
}

extension StatusCommand.Status.Change {
    fileprivate init(of change: RunHolds.Steering) {
        let fact = change.fact
        self.init(
            at: change.at,
            action: fact.action.rawValue,
            by: fact.by,
            tasks: fact.tasks,
            words: fact.words
        )
    }
}

extension StatusCommand.Status.Gate {
    fileprivate init(_ closed: GateClosed, at now: WallTime) {
        self.init(
            gate: closed.gate.rawValue,
            account: closed.account,
            reason: closed.reason,
            until: closed.until,
            secondsLeft: closed.until.map { max(0, ($0 - now).inSeconds) }
        )
    }
}

// A task as JSON.
extension TaskRecord: Encodable {
    private enum CodingKeys: CodingKey {
        case name, outcome, reason, ticked, total, sessions, charged, retries, running, thread
        case tokens, seconds, active, work
    }

    /// Writes the record without the group, the history, and what only the next leg needs.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(outcome, forKey: .outcome)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encodeIfPresent(progress?.ticked, forKey: .ticked)
        try container.encodeIfPresent(progress?.total, forKey: .total)
        try container.encode(sessions, forKey: .sessions)
        try container.encode(sums.charged, forKey: .charged)
        try container.encode(sums.retries, forKey: .retries)
        try container.encodeIfPresent(running, forKey: .running)
        try container.encodeIfPresent(thread, forKey: .thread)
        try container.encode(sums.tokens, forKey: .tokens)
        try container.encode(sums.seconds, forKey: .seconds)
        try container.encodeIfPresent(active, forKey: .active)
        try container.encodeIfPresent(work, forKey: .work)
    }
}

extension GateTimes.Held: Encodable {
    private enum CodingKeys: CodingKey {
        case gate, account, times, seconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(gate, forKey: .gate)
        try container.encodeIfPresent(account, forKey: .account)
        try container.encode(times, forKey: .times)
        try container.encode(time.inSeconds, forKey: .seconds)
    }
}
