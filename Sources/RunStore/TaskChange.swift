import GRDB
import Orchestration

/// The change that a transaction's facts make to a task's row.
struct TaskChange {
    var outcome = ColumnChange<String>.keep
    var reason = ColumnChange<String>.keep
    var ticked = ColumnChange<Int>.keep
    var total = ColumnChange<Int>.keep
    var running = ColumnChange<Int>.keep
    var thread = ColumnChange<String>.keep
    /// The new value; `nil` keeps the column, as in `active`.
    var sessions: Int?
    var active: Int64?
    /// The increments of the columns, from here on.
    private var charged = 0
    private var retries = 0
    private var tokens: Int64 = 0
    private var seconds = 0.0

    mutating func inspected(_ fact: TaskInspected) {
        let progress = fact.checklist.progress
        ticked = ColumnChange(progress?.ticked)
        total = ColumnChange(progress?.total)
        thread = ColumnChange(fact.thread)
    }

    mutating func ended(_ fact: SessionEnded, _ wall: Int64) {
        running = .clear
        active = wall
        if let progress = fact.progress {
            ticked = .set(progress.ticked)
            total = .set(progress.total)
        }
        charged += fact.charge == .session ? 1 : 0
        retries += fact.charge == .retry ? 1 : 0
        tokens += fact.usage?.total ?? 0
        seconds += fact.seconds
    }

    func write(run: String, _ task: String, to database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE task SET
                outcome = iif(?, outcome, ?), reason = iif(?, reason, ?),
                ticked = iif(?, ticked, ?), total = iif(?, total, ?),
                running = iif(?, running, ?), thread = iif(?, thread, ?),
                sessions = coalesce(?, sessions), active = coalesce(?, active),
                charged = charged + ?, retries = retries + ?, tokens = tokens + ?,
                seconds = seconds + ?
                WHERE run = ? AND name = ?
                """
        ).execute(arguments: [
            outcome.keeps, outcome.value, reason.keeps, reason.value,
            ticked.keeps, ticked.value, total.keeps, total.value,
            running.keeps, running.value, thread.keeps, thread.value,
            sessions, active, charged, retries, tokens, seconds, run, task,
        ])
    }
}
