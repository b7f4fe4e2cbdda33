import Foundation
import GRDB
import Orchestration

/// The facts of one transaction, folded into the rows that people look at: each row is written
/// once, however often it changed.
struct Projection {
    private struct TaskKey: Hashable {
        var run: String
        var task: String
    }

    private struct SessionRowKey: Hashable {
        var run: String
        var session: SessionKey
    }

    private var tasks: [TaskKey: TaskChange] = [:]
    private var sessions: [SessionRowKey: SessionChange] = [:]

    /// Folds a batch in; the rows of runs themselves are written at once, with those of tasks and
    /// sessions that changed before.
    mutating func fold(_ batch: JournalBatch, into database: Database) throws {
        let wall = batch.at.wall.millisecondsSinceEpoch
        for fact in batch.events {
            switch fact {
            case .runBegan(let fact):
                try write(to: database)
                try begin(batch.run, fact, wall, in: database)
            case .runEnded(let fact):
                try database.cachedStatement(
                    sql: "UPDATE run SET ended = ?, ending = ? WHERE id = ?"
                ).execute(arguments: [wall, fact.ending.rawValue, batch.run])
            default: fold(fact, run: batch.run, wall)
            }
        }
        for attachment in batch.attachments {
            session(batch.run, attachment.key.task, attachment.key.number) {
                $0.standardError = attachment
            }
        }
    }

    /// Writes what was folded.
    mutating func write(to database: Database) throws {
        for (key, change) in sessions {
            try change.write(run: key.run, key.session, to: database)
        }
        for (key, change) in tasks { try change.write(run: key.run, key.task, to: database) }
        sessions.removeAll(keepingCapacity: true)
        tasks.removeAll(keepingCapacity: true)
    }

    private mutating func fold(_ fact: RunEvent, run: String, _ wall: Int64) {
        switch fact {
        case .taskReopened(let fact):
            task(run, fact.task) {
                $0.outcome = .clear
                $0.reason = .clear
            }
        case .taskInspected(let fact): task(run, fact.task) { $0.inspected(fact) }
        case .sessionStarted(let fact):
            session(run, fact.task, fact.session) { $0 = SessionChange(fact, wall) }
            task(run, fact.task) {
                $0.sessions = fact.session
                $0.running = .set(fact.session)
                $0.active = wall
            }
        case .sessionSpawned(let fact): session(run, fact.task, fact.session) { $0.pid = fact.pid }
        case .threadStarted(let fact):
            session(run, fact.task, fact.session) { $0.thread = fact.thread }
            task(run, fact.task) {
                $0.thread = .set(fact.thread)
                $0.active = wall
            }
        case .sessionEnded(let fact):
            session(run, fact.task, fact.session) { $0.ended(fact, wall) }
            task(run, fact.task) { $0.ended(fact, wall) }
        case .taskEnded(let fact):
            task(run, fact.task) {
                $0.outcome = .set(fact.outcome.rawValue)
                $0.reason = .set(fact.reason)
            }
        case .runBegan, .runEnded, .sessionSignalled, .gateClosed, .gateOpened, .shutdownAdvanced,
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
                INSERT INTO run (id, name, legs, pid, began, concurrency) VALUES (?, ?, 1, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, legs = legs + 1,
                pid = excluded.pid, began = excluded.began, ended = NULL, ending = NULL,
                concurrency = excluded.concurrency
                """,
            arguments: [run, fact.name, fact.pid, wall, fact.plan.concurrency]
        )
        try database.execute(
            sql: "UPDATE task SET place = -1, running = NULL WHERE run = ?",
            arguments: [run]
        )
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO task (run, name, place) VALUES (?, ?, ?)
                ON CONFLICT (run, name) DO UPDATE SET place = excluded.place
                """
        )
        for (place, task) in fact.plan.tasks.enumerated() {
            try insert.execute(arguments: [run, task.name, place])
        }
    }
}

/// What becomes of a column that may be empty.
enum ColumnChange<Value: Hashable & Sendable>: Hashable, Sendable {
    case keep, clear
    case set(Value)

    init(_ value: Value?) {
        self = value.map { .set($0) } ?? .clear
    }

    /// The column's new value, where it gets one.
    var value: Value? {
        if case .set(let value) = self { value } else { nil }
    }

    /// Whether the column keeps its value.
    var keeps: Bool { self == .keep }
}
