import GRDB
import Orchestration

/// Facts of the journal that are to be written to the tables that people read, in one transaction.
struct Projection {
    /// The rows of the journal, without what sessions wrote to standard error.
    private var batches: [(row: Int64, batch: JournalBatch)] = []
    /// The count of facts in these rows.
    private(set) var facts = 0

    /// Adds a row of the journal, which must be later than those before.
    mutating func add(_ batch: JournalBatch, row: Int64) {
        facts += batch.events.count
        batches.append((row, JournalBatch(run: batch.run, at: batch.at, events: batch.events)))
    }

    /// Folds the facts into the tables; if another process wrote to the journal before or between
    /// them, catches up from the journal instead.
    func write(to database: Database) throws {
        guard let first = batches.first?.row, let last = batches.last?.row else { return }
        guard last - first == batches.count - 1, try Self.written(in: database) == first - 1 else {
            return try Self.catchUp(in: database)
        }
        var tables = ChangedTables(database)
        for (row, batch) in batches { try tables.fold(batch, row: row) }
        try tables.flush()
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
        var tables = ChangedTables(database)
        try Journal.forEach(after: try written(in: database), in: database) { row, batch in
            try tables.fold(batch, row: row)
        }
        try tables.flush()
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

    /// Adds a row of the journal, later than those before, to the last projection or a new one.
    mutating func add(_ batch: JournalBatch, row: Int64) {
        if last.map({ $0.facts >= Self.mostFacts }) ?? true { append(Projection()) }
        self[count - 1].add(batch, row: row)
    }
}

/// The tables as the facts of a transaction change them: the records of tasks and sessions are read
/// when a fact changes them first, and written once.
private struct ChangedTables {
    private struct Key: Hashable {
        var run: String
        var task: String
        /// The session's number; 0 for the task itself.
        var session = 0
    }

    private let database: Database
    private var tasks: [Key: TaskRecord] = [:]
    private var sessions: [Key: SessionRecord] = [:]
    /// The sessions that began, in order: SQLite numbers their rows in the order of insertion.
    private var begun: [Key] = []
    /// The newest row of the journal that is folded in.
    private var newest: Int64?

    init(_ database: Database) { self.database = database }

    mutating func fold(_ batch: JournalBatch, row: Int64) throws {
        newest = row
        try mark(batch, row: row)
        let (run, time) = (batch.run, batch.at.wall)
        for fact in batch.events {
            if case .runBegan(let fact) = fact { try begin(run, fact, at: time) }
            if case .runEnded(let fact) = fact { try end(run, fact, at: time) }
            if case .steered(let fact) = fact { try add(fact.added ?? [], to: run) }
            if let task = fact.recordedTask { try fold(fact, into: task, of: run, at: time) }
            for task in fact.steeredTasks { try fold(fact, into: task, of: run, at: time) }
            if let session = fact.recordedSession {
                try fold(fact, into: session, of: run, at: time)
            }
        }
    }

    /// Marks a row of the journal that holds facts of a run, not of tasks and sessions alone.
    private func mark(_ batch: JournalBatch, row: Int64) throws {
        let kinds = batch.events.reduce(Int64.zero) { $0 | ($1.isOfRun ? $1.kind.bit : 0) }
        guard kinds != 0 else { return }
        try database.cachedStatement(
            sql: "INSERT INTO mark (sequence, run, kinds) VALUES (?, ?, ?)"
        ).execute(arguments: [row, batch.run, kinds])
    }

    /// Writes the changed records.
    mutating func flush() throws {
        for key in begun {
            try sessions.removeValue(forKey: key)?.write(run: key.run, to: database)
        }
        for (key, record) in sessions { try record.write(run: key.run, to: database) }
        for (key, record) in tasks { try record.write(run: key.run, to: database) }
        (tasks, sessions, begun) = ([:], [:], [])
        guard let newest else { return }
        try database.cachedStatement(sql: "UPDATE projected SET sequence = ?")
            .execute(arguments: [newest])
    }

    private mutating func fold(
        _ fact: RunEvent,
        into task: String,
        of run: String,
        at time: WallTime
    ) throws {
        let key = Key(run: run, task: task)
        if tasks[key] == nil {
            let row = "task WHERE run = ? AND name = ?"
            tasks[key] = try database.first(row, [run, task], TaskRecord.init)
        }
        tasks[key]?.apply(fact, at: time)
    }

    private mutating func fold(
        _ fact: RunEvent,
        into session: SessionKey,
        of run: String,
        at time: WallTime
    ) throws {
        let key = Key(run: run, task: session.task, session: session.number)
        if case .sessionStarted(let fact) = fact {
            sessions[key] = SessionRecord(fact, at: time)
            return begun.append(key)
        }
        if sessions[key] == nil {
            let row = "session WHERE run = ? AND task = ? AND number = ?"
            sessions[key] = try database.first(row, [run, session.task, session.number]) {
                try SessionRecord($0)
            }
        }
        sessions[key]?.apply(fact, at: time)
    }

    private func leg(of run: String) throws -> LegRecord? {
        try database.first("run WHERE id = ?", [run], LegRecord.init)
    }

    private func end(_ run: String, _ fact: RunEnded, at time: WallTime) throws {
        var leg = try leg(of: run)
        leg?.end(fact, at: time)
        try leg?.write(to: database)
    }

    /// Begins a leg, which changes the row of every task.
    private mutating func begin(_ run: String, _ fact: RunBegan, at time: WallTime) throws {
        try flush()
        let number = try (leg(of: run)?.number ?? 0) + 1
        var leg = LegRecord(fact, number: number, at: time)
        leg.run = run
        try leg.write(to: database)
        try database.execute(
            sql: "UPDATE task SET place = -1, running = NULL WHERE run = ?",
            arguments: [run]
        )
        try insert(fact.plan.tasks, into: run, from: 0)
    }

    /// Adds the rows of tasks that a run gets while it runs.
    private mutating func add(_ tasks: [TaskPlan], to run: String) throws {
        guard !tasks.isEmpty else { return }
        try flush()
        let last = "SELECT max(place) FROM task WHERE run = ?"
        let place = try Int.fetchOne(database, sql: last, arguments: [run]) ?? -1
        try insert(tasks, into: run, from: place + 1)
    }

    private func insert(_ tasks: [TaskPlan], into run: String, from first: Int) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO task (run, name, place, left_out) VALUES (?, ?, ?, ?)
                ON CONFLICT (run, name) DO UPDATE SET place = excluded.place,
                left_out = excluded.left_out
                """
        )
        for (place, task) in tasks.enumerated() {
            try insert.execute(arguments: [run, task.name, first + place, task.isLeftOut])
        }
    }
}

extension RunEvent {
    /// True for facts of the run, and not of a task or a session alone.
    fileprivate var isOfRun: Bool {
        switch self {
        case .runBegan, .gateClosed, .gateOpened, .limitRead, .concurrencyChanged,
            .shutdownAdvanced,
            .steered, .runEnded:
            true
        case .warned(let fact): fact.task == nil
        case .hookBegan(let fact): fact.task == nil
        case .hookEnded(let fact): fact.task == nil
        case .taskReopened, .taskInspected, .sessionStarted, .sessionSpawned, .sessionUsed,
            .threadStarted, .sessionSignalled, .checkpointMade, .sessionEnded, .checkBegan,
            .checkEnded, .taskEnded:
            false
        }
    }
}
