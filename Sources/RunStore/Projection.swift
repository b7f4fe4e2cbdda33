import GRDB
import Orchestration

/// Folds facts into the tables that people look at.
struct Projection {
    let database: Database
    let run: String
    let wall: Int64

    func apply(_ event: RunEvent) throws {
        switch event {
        case .runBegan(let fact): try began(fact)
        case .taskReopened(let fact):
            try task(fact.task, "outcome = NULL, reason = NULL", [])
        case .taskInspected(let fact):
            let progress = fact.checklist.progress
            try task(
                fact.task,
                "ticked = ?, total = ?, thread = ?",
                [progress?.ticked, progress?.total, fact.thread]
            )
        case .sessionStarted(let fact): try started(fact)
        case .sessionSpawned(let fact): try session(fact.task, fact.session, "pid = ?", [fact.pid])
        case .threadStarted(let fact):
            try session(fact.task, fact.session, "thread = ?", [fact.thread])
            try task(fact.task, "thread = ?, active = ?", [fact.thread, wall])
        case .sessionEnded(let fact): try ended(fact)
        case .taskEnded(let fact):
            try task(
                fact.task,
                "outcome = ?, reason = ?",
                [fact.outcome.rawValue, fact.reason]
            )
        case .runEnded(let fact):
            try execute(
                "UPDATE run SET ended = ?, ending = ? WHERE id = ?",
                [wall, fact.ending.rawValue, run]
            )
        case .sessionSignalled, .gateClosed, .gateOpened, .shutdownAdvanced, .warned: break
        }
    }

    func attach(_ attachment: SessionAttachment) throws {
        try session(
            attachment.key.task,
            attachment.key.number,
            "stderr_bytes = ?, stderr_head = ?, stderr_tail = ?",
            [attachment.total, attachment.head.blob, attachment.tail.blob]
        )
    }

    private func began(_ fact: RunBegan) throws {
        try execute(
            """
            INSERT INTO run (id, name, legs, pid, began, concurrency) VALUES (?, ?, 1, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, legs = legs + 1,
            pid = excluded.pid, began = excluded.began, ended = NULL, ending = NULL,
            concurrency = excluded.concurrency
            """,
            [run, fact.name, fact.pid, wall, fact.plan.concurrency]
        )
        try execute("UPDATE task SET place = -1, running = NULL WHERE run = ?", [run])
        for (place, task) in fact.plan.tasks.enumerated() {
            try execute(
                """
                INSERT INTO task (run, name, place) VALUES (?, ?, ?)
                ON CONFLICT (run, name) DO UPDATE SET place = excluded.place
                """,
                [run, task.name, place]
            )
        }
    }

    private func started(_ fact: SessionStarted) throws {
        try execute(
            """
            INSERT OR REPLACE INTO session (run, task, number, role, slot, began, ticked_before)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run, fact.task, fact.session, fact.role.rawValue, fact.slot, wall,
                fact.progress?.ticked,
            ]
        )
        try task(
            fact.task,
            "sessions = ?, running = ?, active = ?",
            [fact.session, fact.session, wall]
        )
    }

    private func ended(_ fact: SessionEnded) throws {
        try session(
            fact.task,
            fact.session,
            """
            ended = ?, seconds = ?, verdict = ?, charge = ?, failure = ?, message = ?,
            thread = coalesce(?, thread), ticked_after = ?, output_leaked = ?
            """,
            [
                wall, fact.seconds, fact.verdict.rawValue, fact.charge.rawValue,
                fact.failure?.kind.rawValue, fact.failure?.message, fact.thread,
                fact.progress?.ticked, fact.outputLeaked,
            ]
        )
        if let usage = fact.usage {
            try session(
                fact.task,
                fact.session,
                """
                input_tokens = ?, cached_input_tokens = ?, output_tokens = ?,
                reasoning_output_tokens = ?
                """,
                [usage.input, usage.cachedInput, usage.output, usage.reasoningOutput]
            )
        }
        try task(
            fact.task,
            """
            running = NULL, active = ?, ticked = coalesce(?, ticked), total = coalesce(?, total),
            charged = charged + ?, retries = retries + ?, tokens = tokens + ?,
            seconds = seconds + ?
            """,
            [
                wall, fact.progress?.ticked, fact.progress?.total,
                fact.charge == .session ? 1 : 0, fact.charge == .retry ? 1 : 0,
                fact.usage?.total ?? 0, fact.seconds,
            ]
        )
    }

    private func task(
        _ name: String,
        _ assignments: String,
        _ values: [(any DatabaseValueConvertible)?]
    ) throws {
        try execute(
            "UPDATE task SET \(assignments) WHERE run = ? AND name = ?",
            values + [run, name]
        )
    }

    private func session(
        _ task: String,
        _ number: Int,
        _ assignments: String,
        _ values: [(any DatabaseValueConvertible)?]
    ) throws {
        try execute(
            "UPDATE session SET \(assignments) WHERE run = ? AND task = ? AND number = ?",
            values + [run, task, number]
        )
    }

    private func execute(_ sql: String, _ values: [(any DatabaseValueConvertible)?]) throws {
        let statement = try database.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values))
    }
}
