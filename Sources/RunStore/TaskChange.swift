import FileAccess
import GRDB
import Orchestration

/// The change that a transaction's facts make to a task's row.
struct TaskChange {
    var outcome = ColumnChange<String>.keep
    var reason = ColumnChange<String>.keep
    var ticked = ColumnChange<Int>.keep
    var total = ColumnChange<Int>.keep
    /// Stamp of the list's file that `ticked` and `total` are from.
    var stamp = ColumnChange<String>.keep
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
        stamp = ColumnChange(progress == nil ? nil : fact.listFile)
        thread = ColumnChange(fact.thread)
    }

    mutating func ended(_ fact: TaskEnded) {
        outcome = .set(fact.outcome.rawValue)
        reason = .set(fact.reason)
        // The next leg goes by it, too: see `DirectoryReview`.
        if let file = fact.list.flatMap(FileStamp.first(of:)) { stamp = .set(file) }
    }

    /// Forgets how the task ended, and with `beginsAnew` its checklist, too.
    mutating func reopened(_ fact: TaskReopened) {
        (outcome, reason) = (.clear, .clear)
        if fact.beginsAnew == true { (ticked, total, stamp) = (.clear, .clear, .clear) }
    }

    mutating func ended(_ fact: SessionEnded, _ wall: Int64) {
        running = .clear
        active = wall
        if let progress = fact.progress {
            ticked = .set(progress.ticked)
            total = .set(progress.total)
        }
        // Without progress the columns are older than the list.
        stamp = ColumnChange(fact.progress == nil ? nil : fact.listFile)
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
                stamp = iif(?, stamp, ?),
                running = iif(?, running, ?), thread = iif(?, thread, ?),
                sessions = coalesce(?, sessions), active = coalesce(?, active),
                charged = charged + ?, retries = retries + ?, tokens = tokens + ?,
                seconds = seconds + ?
                WHERE run = ? AND name = ?
                """
        ).execute(arguments: [
            outcome.keeps, outcome.value, reason.keeps, reason.value,
            ticked.keeps, ticked.value, total.keeps, total.value,
            stamp.keeps, stamp.value,
            running.keeps, running.value, thread.keeps, thread.value,
            sessions, active, charged, retries, tokens, seconds, run, task,
        ])
    }
}
