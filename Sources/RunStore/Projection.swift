import GRDB
import Orchestration

/// Facts of the journal that are to be written to the tables that people read: each row is written
/// once, however often it changed.
struct Projection {
    /// The rows of the journal that are folded in: after the first number, up to the second.
    private var rows: (after: Int64, upTo: Int64) = (0, 0)
    /// The facts, split where a leg began, for that changes every task's row.
    private var parts = [ProjectionPart()]
    private(set) var isEmpty = true
    /// The count of facts that are folded in.
    private(set) var facts = 0
    /// The rows of the journal that hold facts of a run, not of tasks and sessions alone, and the kinds of
    /// those facts.
    private var marks: [(row: Int64, run: String, kinds: Int64)] = []
    /// True once rows of another process lie between those folded in.
    private var hasGaps = false

    /// Folds in a row of the journal, which must be later than those before.
    mutating func fold(_ batch: JournalBatch, row: Int64) {
        if isEmpty {
            rows.after = row - 1
        } else if row != rows.upTo + 1 {
            hasGaps = true
        }
        rows.upTo = row
        isEmpty = false
        facts += batch.events.count
        let kinds = batch.events.reduce(Int64.zero) { $0 | ($1.isOfRun ? $1.kind.bit : 0) }
        if kinds != 0 { marks.append((row, batch.run, kinds)) }
        for fact in batch.events {
            if case .runBegan = fact { parts.append(ProjectionPart()) }
            parts[parts.count - 1].fold(
                fact,
                run: batch.run,
                batch.at.wall.millisecondsSinceEpoch
            )
        }
    }

    /// Writes the folded facts; if another process wrote to the journal, catches up from it instead.
    func write(to database: Database) throws {
        guard !hasGaps, try Self.written(in: database) == rows.after else {
            return try Self.catchUp(in: database)
        }
        try writeRows(to: database)
    }

    private func writeRows(to database: Database) throws {
        for part in parts { try part.write(to: database) }
        let mark = try database.cachedStatement(
            sql: "INSERT INTO mark (sequence, run, kinds) VALUES (?, ?, ?)"
        )
        for (row, run, kinds) in marks { try mark.execute(arguments: [row, run, kinds]) }
        try database.cachedStatement(sql: "UPDATE projected SET sequence = ?")
            .execute(arguments: [rows.upTo])
    }

    /// Returns the number of the newest journal row that the tables include.
    private static func written(in database: Database) throws -> Int64 {
        let select = try database.cachedStatement(sql: "SELECT sequence FROM projected")
        return try Int64.fetchOne(select) ?? 0
    }

    /// Returns true if the journal has rows that the tables lack.
    static func isBehind(in database: Database) throws -> Bool {
        let newest = try Int64.fetchOne(database, sql: "SELECT max(sequence) FROM journal") ?? 0
        return try written(in: database) < newest
    }

    /// Brings the tables up to the journal.
    static func catchUp(in database: Database) throws {
        var projection = Projection()
        try Journal.forEach(after: try written(in: database), in: database) { row, batch in
            projection.fold(batch, row: row)
        }
        if !projection.isEmpty { try projection.writeRows(to: database) }
    }

    /// Makes the tables anew from the whole journal.
    static func rebuild(in database: Database) throws {
        for table in ["session", "task", "run", "mark"] {
            try database.execute(sql: "DELETE FROM \(table)")
        }
        try database.execute(sql: "UPDATE projected SET sequence = 0")
        try catchUp(in: database)
    }
}

extension [Projection] {
    /// The number of facts after which the next projection begins: some twenty sessions.
    ///
    /// The journal can't be written during a projection's transaction, and starts of sessions wait for
    /// the journal: so each transaction must be short, however many facts wait.
    static var mostFacts: Int { 64 }

    /// Folds a row of the journal, later than those before, into the last projection or a new one.
    mutating func fold(_ batch: JournalBatch, row: Int64) {
        if last.map({ $0.facts >= Self.mostFacts }) ?? true { append(Projection()) }
        self[count - 1].fold(batch, row: row)
    }
}

/// The facts between two legs' beginnings.
private struct ProjectionPart {
    private struct TaskKey: Hashable {
        var run: String
        var task: String
    }

    private struct SessionRowKey: Hashable {
        var run: String
        var session: SessionKey
    }

    private var began: (run: String, fact: RunBegan, wall: Int64)?
    private var ended: [(run: String, fact: RunEnded, wall: Int64)] = []
    private var tasks: [TaskKey: TaskChange] = [:]
    private var sessions: [SessionRowKey: SessionChange] = [:]
    /// The number of sessions that began.
    private var begun = 0

    func write(to database: Database) throws {
        if let (run, fact, wall) = began { try begin(run, fact, wall, in: database) }
        // SQLite numbers the rows in the order of insertion.
        for (key, change) in sessions.sorted(by: { $0.value.place < $1.value.place }) {
            try change.write(run: key.run, key.session, to: database)
        }
        for (key, change) in tasks { try change.write(run: key.run, key.task, to: database) }
        for (run, fact, wall) in ended {
            try database.execute(
                sql: "UPDATE run SET ended = ?, ending = ? WHERE id = ?",
                arguments: [wall, fact.ending.rawValue, run]
            )
        }
    }

    mutating func fold(_ fact: RunEvent, run: String, _ wall: Int64) {
        switch fact {
        case .runBegan(let fact): began = (run, fact, wall)
        case .runEnded(let fact): ended.append((run, fact, wall))
        case .taskReopened(let fact): task(run, fact.task) { $0.reopened(fact) }
        case .taskInspected(let fact): task(run, fact.task) { $0.inspected(fact) }
        case .sessionStarted(let fact):
            begun += 1
            session(run, fact.task, fact.session) { [begun] in
                $0 = SessionChange(fact, wall, place: begun)
            }
            task(run, fact.task) {
                $0.sessions = fact.session
                $0.running = .set(fact.session)
                $0.active = wall
            }
        case .sessionSpawned(let fact): session(run, fact.task, fact.session) { $0.pid = fact.pid }
        case .sessionUsed: break
        case .threadStarted(let fact):
            session(run, fact.task, fact.session) { $0.thread = fact.thread }
            task(run, fact.task) {
                $0.thread = .set(fact.thread)
                $0.active = wall
            }
        case .sessionEnded(let fact):
            session(run, fact.task, fact.session) { $0.ended(fact, wall) }
            task(run, fact.task) { $0.ended(fact, wall) }
        case .taskEnded(let fact): task(run, fact.task) { $0.ended(fact) }
        case .sessionSignalled, .gateClosed, .gateOpened, .concurrencyChanged, .shutdownAdvanced,
            .warned:
            break
        }
    }

    private mutating func task(
        _ run: String,
        _ name: String,
        _ change: (inout TaskChange) -> Void
    ) {
        change(&tasks[TaskKey(run: run, task: name), default: TaskChange()])
    }

    private mutating func session(
        _ run: String,
        _ task: String,
        _ number: Int,
        _ change: (inout SessionChange) -> Void
    ) {
        let key = SessionRowKey(run: run, session: SessionKey(task: task, number: number))
        change(&sessions[key, default: SessionChange()])
    }

    private func begin(
        _ run: String,
        _ fact: RunBegan,
        _ wall: Int64,
        in database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO run
                (id, name, legs, pid, began, concurrency, workspace, prices, runner)
                VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, legs = legs + 1,
                pid = excluded.pid, began = excluded.began, ended = NULL, ending = NULL,
                concurrency = excluded.concurrency, workspace = excluded.workspace,
                prices = excluded.prices, runner = excluded.runner
                """,
            arguments: [
                run, fact.name, fact.pid, wall, fact.plan.concurrency, fact.workspace,
                try fact.plan.prices.map { try FactEncoder.json($0) }, fact.runner,
            ]
        )
        try database.execute(
            sql: "UPDATE task SET place = -1, running = NULL WHERE run = ?",
            arguments: [run]
        )
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO task (run, name, place, left_out) VALUES (?, ?, ?, ?)
                ON CONFLICT (run, name) DO UPDATE SET place = excluded.place,
                left_out = excluded.left_out
                """
        )
        for (place, task) in fact.plan.tasks.enumerated() {
            try insert.execute(arguments: [run, task.name, place, task.isLeftOut])
        }
    }
}

/// The change of a column that may be empty.
enum ColumnChange<Value: Hashable & Sendable>: Hashable, Sendable {
    case keep, clear
    case set(Value)

    init(_ value: Value?) {
        self = value.map { .set($0) } ?? .clear
    }

    /// The column's new value; `nil` where it gets none.
    var value: Value? {
        if case .set(let value) = self { value } else { nil }
    }

    /// True if the column keeps its value.
    var keeps: Bool { self == .keep }
}

extension RunEvent {
    /// True for facts of the run, and not of a task or a session alone.
    fileprivate var isOfRun: Bool {
        switch self {
        case .runBegan, .gateClosed, .gateOpened, .concurrencyChanged, .shutdownAdvanced, .runEnded:
            true
        case .warned(let fact): fact.task == nil
        case .taskReopened, .taskInspected, .sessionStarted, .sessionSpawned, .sessionUsed,
            .threadStarted, .sessionSignalled, .sessionEnded, .taskEnded:
            false
        }
    }
}
