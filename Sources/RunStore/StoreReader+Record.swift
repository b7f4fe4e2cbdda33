import GRDB
package import Orchestration

// Records of runs, read from the tables and from few rows of the journal.
extension StoreReader {
    /// Returns the record of a run whose newest leg is `leg`, without its shard, the tasks' plans and their
    /// histories.
    ///
    /// Only the few rows of the journal that hold facts of gates and legs are decoded; with `plansOfOpen`
    /// the tasks' plans, too, if any task is open.
    package func glance(
        at leg: LegRecord,
        plansOfOpen: Bool = false
    ) throws(StoreError) -> RunRecord {
        var tasks = try tasks(of: leg.run)
        if plansOfOpen, tasks.contains(where: \.isOpen), let began = try beginning(of: leg.run) {
            Self.note(began.plan.tasks + (try addedTasks(of: leg.run)), in: &tasks)
        }
        return try record(leg, part: nil, tasks)
    }

    /// Returns the number of entries that sessions have ticked which began at an instant or later.
    package func ticked(in run: String, since began: WallTime) throws(StoreError) -> Int {
        try read { database in
            let sum = try Double.fetchOne(
                database,
                sql: """
                    SELECT total(max(0, ticked_after - ticked_before)) FROM session
                    WHERE run = ? AND began >= ?
                    """,
                arguments: [run, began.millisecondsSinceEpoch]
            )
            return Int(clamping: sum ?? 0)
        }
    }

    private static func note(_ planned: [TaskPlan], in tasks: inout [TaskRecord]) {
        let plans = Dictionary(
            planned.map { ($0.name, TaskRecord.Planned($0)) },
            uniquingKeysWith: { first, _ in first }
        )
        for place in tasks.indices {
            tasks[place].planned = plans[tasks[place].name] ?? TaskRecord.Planned()
        }
    }

    /// Returns the whole record of a run; `nil` if the journal lacks the newest leg's beginning.
    package func record(of leg: LegRecord) throws(StoreError) -> RunRecord? {
        guard let began = try beginning(of: leg.run) else { return nil }
        let sessions = Dictionary(grouping: try sessions(of: leg.run), by: \.key.task)
        var tasks = try tasks(of: leg.run)
        Self.note(began.plan.tasks + (try addedTasks(of: leg.run)), in: &tasks)
        for place in tasks.indices { tasks[place].history = sessions[tasks[place].name] ?? [] }
        return try record(leg, part: began.part, tasks)
    }

    private func record(
        _ leg: LegRecord,
        part: RunPart?,
        _ tasks: [TaskRecord]
    ) throws(StoreError) -> RunRecord {
        let facts = try read { try JournalledParts(of: leg.run, in: $0) }
        return RunRecord(
            leg,
            part: part,
            tasks: tasks,
            holds: facts.holds,
            spent: facts.spent,
            times: facts.times
        )
    }

    /// Returns the first fact of a run's newest leg; `nil` if the journal lacks it.
    package func beginning(of run: String) throws(StoreError) -> RunBegan? {
        try read { database in
            guard let leg = try Journal.legs(of: run, in: database).last else { return nil }
            let kinds: [RunEvent.Kind] = [.runBegan]
            for batch in try Journal.batches(of: run, in: leg.rows, with: kinds, in: database) {
                for case .runBegan(let fact) in batch.events { return fact }
            }
            return nil
        }
    }

    /// Returns true if the newest leg of a run was asked to end.
    package func isAskedToEnd(_ run: String) throws(StoreError) -> Bool {
        var isDrained = false
        for fact in try newestFacts(of: run, [.shutdownAdvanced, .steered]) {
            if case .shutdownAdvanced = fact { return true }
            guard case .steered(let fact) = fact else { continue }
            if fact.action == .drain { isDrained = true }
            if fact.action == .resume { isDrained = false }
        }
        return isDrained
    }

    /// Returns the tasks that the newest leg got while it ran.
    private func addedTasks(of run: String) throws(StoreError) -> [TaskPlan] {
        var added: [TaskPlan] = []
        for case .steered(let fact) in try newestFacts(of: run, [.steered]) {
            added += fact.added ?? []
        }
        return added
    }

    /// Returns the facts of some kinds in the newest leg of a run.
    private func newestFacts(
        of run: String,
        _ kinds: [RunEvent.Kind]
    ) throws(StoreError) -> [RunEvent] {
        try read { database -> [RunEvent] in
            guard let leg = try Journal.legs(of: run, in: database).last else { return [] }
            return try Journal.batches(of: run, in: leg.rows, with: kinds, in: database)
                .flatMap(\.events)
        }
    }
}

/// The parts of a run's record that no table has.
private struct JournalledParts {
    var holds = RunHolds()
    var times = LegTimes()
    var spent = RunSpent()

    private static let ofGates: [RunEvent.Kind] = [.gateClosed, .gateOpened]
    private static let ofHolds =
        ofGates + [.limitRead, .concurrencyChanged, .steered, .warned, .runEnded]

    init(of run: String, in database: Database) throws {
        try addSessions(of: run, in: database)
        let legs = try Journal.legs(of: run, in: database)
        for (number, leg) in legs.enumerated() {
            let isNewest = number == legs.count - 1
            times.beginLeg(at: leg.began)
            let kinds = isNewest ? Self.ofHolds : Self.ofGates
            for batch in try Journal.batches(of: run, in: leg.rows, with: kinds, in: database) {
                for fact in batch.events {
                    times.apply(fact, at: batch.at.wall)
                    if isNewest { holds.apply(fact, at: batch.at.wall) }
                }
            }
            times.note(leg.last)
        }
    }

    private mutating func addSessions(of run: String, in database: Database) throws {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT count(*) AS sessions, total(seconds) AS seconds,
                total(input_tokens) AS input,
                total(cached_input_tokens) AS cached,
                total(output_tokens) AS output,
                total(reasoning_output_tokens) AS reasoning,
                total(CASE WHEN usage_partial OR usage_estimated
                    THEN 0.0 + input_tokens + output_tokens END) AS estimated
                FROM session WHERE run = ?
                """,
            arguments: [run]
        )
        guard let row else { return }
        (spent.sessions, spent.sessionSeconds) = (row["sessions"], row["seconds"])
        // SQLite's `sum` of integers can overflow; `total` is a floating-point number.
        func count(_ column: String) -> Int64 { Int64(clamping: row[column] as Double) }
        spent.estimated = count("estimated")
        spent.usage = TokenUsage(
            input: count("input"),
            cachedInput: count("cached"),
            output: count("output"),
            reasoningOutput: count("reasoning")
        )
    }
}
