import Orchestration

// The report as JSON.
extension RunReport: Encodable {
    private struct Session: Encodable {
        let number: Int
        let role: Role
        let verdict: Verdict?
        let charge: Charge?
        let failure: FailureClass?
        let message: String?
        let seconds: Double?
        let tokens: Int64?
        let thread: String?
        let commit: String?
        let model: String?
        let move: ModelMove?
        let statement: SessionStatement?

        init(_ session: SessionRecord) {
            (number, role) = (session.key.number, session.role)
            (thread, commit) = (session.thread, session.commit)
            (model, move, statement) = (session.model, session.move, session.end?.statement)
            (verdict, charge) = (session.end?.verdict, session.end?.charge)
            (failure, message) = (session.end?.failure, session.end?.message)
            (seconds, tokens) = (session.end?.seconds, session.end?.usage?.total)
        }
    }

    private struct Task: Encodable {
        let name: String
        let group: String?
        let shard: Shard?
        let isLeftOut: Bool
        let outcome: Outcome?
        let reason: String?
        let progress: Progress?
        let tokens: Int64
        let seconds: Double
        let work: CheckpointedWork?
        let sessions: [Session]

        init(_ task: TaskRecord, shard: Shard?) {
            (name, group, self.shard) = (task.name, task.group, shard)
            (isLeftOut, outcome, reason) = (task.isLeftOut, task.outcome, task.reason)
            (progress, tokens, seconds) = (task.progress, task.tokens, task.seconds)
            work = task.work
            sessions = task.history.map(Session.init)
        }
    }

    private struct Run: Encodable {
        let shard: Shard?
        let directory: String
        let ending: Ending?
        let began: WallTime
        let ended: WallTime?
        let legs: Int

        init(_ part: Part) {
            (shard, directory, legs) = (part.shard, part.directory, part.leg.number)
            (ending, began, ended) = (part.leg.ending, part.leg.began, part.leg.ended)
        }
    }

    private enum CodingKeys: CodingKey {
        case name, parts, missing, missingTasks, tasks
    }

    /// Writes the report without the figures that only the store needs.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(parts.map(Run.init), forKey: .parts)
        try container.encode(missing, forKey: .missing)
        try container.encode(missingTasks, forKey: .missingTasks)
        let tasks = parts.flatMap { part in part.tasks.map { Task($0, shard: part.shard) } }
        try container.encode(tasks, forKey: .tasks)
    }
}
