import Codec
import GRDB
import Orchestration

// The tables that outsiders may read hold records, a row each.

extension LegRecord {
    private static let columns = [
        "id", "name", "legs", "pid", "began", "ended", "ending", "concurrency", "workspace",
        "prices", "runner",
    ]
    private static let upsert = SQL.upsert(into: "run", key: 1, columns)

    init(_ row: Row) throws {
        self.init(
            run: row["id"],
            name: row["name"],
            number: row["legs"],
            pid: row["pid"],
            began: WallTime(millisecondsSinceEpoch: row["began"]),
            concurrency: row["concurrency"]
        )
        (ended, ending) = (row.time("ended"), try row.word("ending"))
        (workspace, runner) = (row["workspace"], row["runner"])
        // Prices that can't be read are unknown: costs are shown for convenience only.
        prices = (row["prices"] as String?).flatMap {
            try? FactDecoder.decode(Prices.self, from: $0)
        }
    }

    func write(to database: Database) throws {
        try database.cachedStatement(sql: Self.upsert).execute(arguments: [
            run, name, number, pid, began.millisecondsSinceEpoch, ended?.millisecondsSinceEpoch,
            ending?.rawValue, concurrency, workspace, try prices.map { try FactEncoder.json($0) },
            runner,
        ])
    }
}

extension TaskRecord {
    init(_ row: Row) throws {
        self.init(name: row["name"], isLeftOut: row["left_out"] ?? false)
        (outcome, reason) = (try row.word("outcome"), row["reason"])
        progress = (row["total"] as Int?).map { Progress(ticked: row["ticked"] ?? 0, total: $0) }
        stamp = row["stamp"]
        sessions = row["sessions"]
        (sums.charged, sums.retries) = (row["charged"], row["retries"])
        (running, thread) = (row["running"], row["thread"])
        (sums.tokens, sums.seconds) = (row["tokens"], row["seconds"])
        newest.active = row.time("active")
        newest.model = row["model"]
        work = try CheckpointedWork(row)
    }

    /// Writes what facts of the task change; a leg's beginning has made the row.
    func write(run: String, to database: Database) throws {
        try database.cachedStatement(
            sql: """
                UPDATE task SET outcome = ?, reason = ?, ticked = ?, total = ?, stamp = ?,
                sessions = ?, charged = ?, retries = ?, running = ?, thread = ?, tokens = ?,
                seconds = ?, active = ?, files_changed = ?, lines_added = ?, lines_removed = ?,
                uncommitted = ?, left_out = ?, model = ? WHERE run = ? AND name = ?
                """
        ).execute(arguments: [
            outcome?.rawValue, reason, progress?.ticked, progress?.total, stamp,
            sessions, sums.charged, sums.retries, running, thread, sums.tokens,
            sums.seconds, newest.active?.millisecondsSinceEpoch, work?.changes?.files,
            work?.changes?.added, work?.changes?.removed,
            try work.map { try FactEncoder.json($0.uncommitted) }, isLeftOut ? true : nil,
            newest.model, run, name,
        ])
    }
}

extension CheckpointedWork {
    /// Reads the work in a task's row; `nil` for a task without a checkpoint.
    fileprivate init?(_ row: Row) throws {
        guard let words: String = row["uncommitted"] else { return nil }
        self.init(uncommitted: try FactDecoder.decode([String].self, from: words))
        guard let files: Int = row["files_changed"] else { return }
        var changes = Changes()
        changes.files = files
        (changes.added, changes.removed) = (row["lines_added"] ?? 0, row["lines_removed"] ?? 0)
        self.changes = changes
    }
}

extension SessionRecord {
    private static let columns = [
        "run", "task", "number", "role", "slot", "began", "ticked_before", "pid", "thread",
        "ended", "seconds", "verdict", "charge", "failure", "message", "ticked_after",
        "output_leaked", "input_tokens", "cached_input_tokens", "output_tokens",
        "reasoning_output_tokens", "usage_partial", "usage_estimated", "checkpoint", "check_result",
        "check_message", "model", "model_move", "statement",
    ]
    private static let upsert = SQL.upsert(into: "session", key: 3, columns)

    init(_ row: Row) throws {
        let start = SessionStarted(
            task: row["task"],
            session: row["number"],
            slot: row["slot"],
            role: try row.word("role") ?? .executor
        )
        self.init(start, at: WallTime(millisecondsSinceEpoch: row["began"]))
        tickedBefore = row["ticked_before"]
        (pid, thread, commit) = (row["pid"], row["thread"], row["checkpoint"])
        if let result: String = row["check_result"] {
            check = Check(
                result.isEmpty ? nil : try row.word("check_result"),
                message: row["check_message"]
            )
        }
        model = row["model"]
        move = try row.fact("model_move")
        end = try End(row)
        end?.statement = try row.fact("statement")
    }

    func write(run: String, to database: Database) throws {
        try database.cachedStatement(sql: Self.upsert).execute(arguments: [
            run, key.task, key.number, role.rawValue, slot, began.millisecondsSinceEpoch,
            tickedBefore, pid, thread, end?.time.millisecondsSinceEpoch, end?.seconds,
            end?.verdict.rawValue, end?.charge.rawValue, end?.failure?.rawValue, end?.message,
            end?.ticked, end?.outputLeaked ?? false, end?.usage?.input, end?.usage?.cachedInput,
            end?.usage?.output, end?.usage?.reasoningOutput, end?.isUsagePartial,
            end?.isUsageEstimated, commit, check.map { $0.result?.rawValue ?? "" }, check?.message,
            model, try move.map { try FactEncoder.json($0) },
            try end?.statement.map { try FactEncoder.json($0) },
        ])
    }
}

extension SessionRecord.End {
    /// Reads the end of the session in a row; `nil` where none is recorded.
    fileprivate init?(_ row: Row) throws {
        guard let time = row.time("ended"), let verdict: Verdict = try row.word("verdict"),
            let charge: Charge = try row.word("charge")
        else { return nil }
        self.init(at: time, seconds: row["seconds"] ?? 0, verdict, charge)
        (failure, message) = (try row.word("failure"), row["message"])
        ticked = row["ticked_after"]
        usage = (row["input_tokens"] as Int64?).map { input in
            TokenUsage(
                input: input,
                cachedInput: row["cached_input_tokens"] ?? 0,
                output: row["output_tokens"] ?? 0,
                reasoningOutput: row["reasoning_output_tokens"] ?? 0
            )
        }
        (isUsagePartial, isUsageEstimated) = (row["usage_partial"], row["usage_estimated"])
        outputLeaked = row["output_leaked"]
    }
}

private enum SQL {
    /// Returns a statement that writes a row whole; the first `key` columns identify it.
    static func upsert(into table: String, key: Int, _ columns: [String]) -> String {
        let values = columns.map { _ in "?" }.joined(separator: ", ")
        let news = columns.dropFirst(key).map { "\($0) = excluded.\($0)" }
        return """
            INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(values))
            ON CONFLICT (\(columns.prefix(key).joined(separator: ", "))) DO UPDATE SET
            \(news.joined(separator: ", "))
            """
    }
}

extension Database {
    /// Returns the record in the row that a condition names; `nil` where there is none.
    func first<Record>(
        _ condition: String,
        _ arguments: StatementArguments,
        _ make: (Row) throws -> Record
    ) throws -> Record? {
        let select = try cachedStatement(sql: "SELECT * FROM \(condition)")
        let rows = try Row.fetchCursor(select, arguments: arguments)
        // A row is empty once its cursor has gone.
        return try withExtendedLifetime(rows) { try rows.next().map(make) }
    }
}

extension Row {
    fileprivate func time(_ column: String) -> WallTime? {
        (self[column] as Int64?).map(WallTime.init(millisecondsSinceEpoch:))
    }

    /// Reads a part of a fact, as JSON.
    fileprivate func fact<Value: Decodable>(_ column: String) throws -> Value? {
        try (self[column] as String?).map { try FactDecoder.decode(Value.self, from: $0) }
    }

    /// Reads a word of the facts; an unknown one is a newer Quire's.
    fileprivate func word<Value: Word>(_ column: String) throws -> Value? {
        guard let text: String = self[column] else { return nil }
        guard let word = Value(rawValue: text) else {
            throw NewerFormat("\"\(column)\": \"\(text)\"")
        }
        return word
    }
}
