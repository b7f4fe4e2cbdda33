package import Orchestration
package import Reporting
package import RunStore

/// A run as recorded in its store.
package struct StoredRun {
    /// The run's row.
    package let row: RunRow
    /// The directory of its store.
    package let directory: String
    /// The beginning of its newest leg.
    package let began: RunBegan
    /// The tasks and their results; for a shard, only the selected ones, since the others are in other
    /// shards.
    package let tasks: [RunReport.Task]

    /// Reads a run.
    ///
    /// - Throws: `StoreError`, or `Trouble` if the journal lacks the run's beginning.
    package init(_ row: RunRow, in directory: String, _ reader: StoreReader) throws {
        guard let began = try reader.beginning(of: row.id) else {
            throw Trouble(
                "the journal in \(directory) does not say how \(row.id) began [this is a bug]",
                status: ExitStatus.missing
            )
        }
        (self.row, self.directory, self.began) = (row, directory, began)
        let groups = Dictionary(
            began.plan.tasks.map { ($0.name, $0.group) },
            uniquingKeysWith: { first, _ in first }
        )
        let leftOut = Set(began.plan.tasks.filter { $0.isLeftOut == true }.map(\.name))
        let isShard = began.part != nil
        let sessions = Dictionary(grouping: try reader.sessions(of: row.id), by: \.task)
        tasks = try reader.tasks(of: row.id).compactMap { task in
            let isLeftOut = leftOut.contains(task.name)
            guard !(isShard && isLeftOut) else { return nil }
            return RunReport.Task(
                task,
                group: groups[task.name] ?? nil,
                shard: began.part?.shard,
                isLeftOut: isLeftOut,
                sessions: sessions[task.name] ?? []
            )
        }
    }

    /// The run as a part of a report.
    package var part: RunReport.Part {
        RunReport.Part(
            shard: began.part?.shard,
            directory: directory,
            ending: row.ending.flatMap(Ending.init),
            began: row.began,
            ended: row.ended,
            legs: row.legs
        )
    }
}

extension RunReport {
    /// Reads the results of a run over all its legs.
    ///
    /// - Throws: `StoreError`, or `Trouble` if the store has no such run.
    package init(run: String, in directory: String) throws {
        guard let reader = try StoreReader.open(directory: directory),
            let row = try reader.runs().first(where: { $0.id == run })
        else {
            throw Trouble("\(directory) knows no run \(run)", status: ExitStatus.missing)
        }
        let stored = try StoredRun(row, in: directory, reader)
        self.init(name: row.name, parts: [stored.part], tasks: stored.tasks)
    }
}

extension RunReport.Task {
    fileprivate init(
        _ row: TaskRow,
        group: String?,
        shard: Shard?,
        isLeftOut: Bool,
        sessions: [SessionRow]
    ) {
        self.init(
            name: row.name,
            group: group,
            shard: shard,
            isLeftOut: isLeftOut,
            outcome: row.outcome.flatMap(Outcome.init),
            reason: row.reason,
            progress: row.progress,
            tokens: row.tokens,
            seconds: row.seconds,
            sessions: sessions.map(RunReport.Session.init)
        )
    }
}

extension RunReport.Session {
    fileprivate init(_ row: SessionRow) {
        self.init(
            number: row.number,
            role: row.role,
            verdict: row.verdict.flatMap(Verdict.init),
            charge: row.charge.flatMap(Charge.init),
            failure: row.failure,
            message: row.message,
            seconds: row.seconds,
            tokens: row.usage?.total,
            thread: row.thread
        )
    }
}
