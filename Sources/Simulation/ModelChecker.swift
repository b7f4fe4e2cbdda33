import Orchestration

/// An independent model of the ladders of models: which model each session may have.
struct ModelChecker: Sendable {
    private struct Standing: Sendable {
        var model: String?
        /// Charged sessions without a new tick since the newest tick or move.
        var idle = 0
        var bestTicked = 0
        var hasList = false
    }

    private let plans: [String: TaskPlan]
    private var standings: [String: Standing] = [:]

    init(_ plan: RunPlan) {
        plans = Dictionary(uniqueKeysWithValues: plan.tasks.map { ($0.name, $0) })
    }

    /// Begins a leg with what is recovered: decisions that were not durable are void.
    mutating func beginLeg(recovered: RunState) {
        standings = [:]
        for task in recovered.tasks {
            standings[task.plan.name] = Standing(
                model: task.rung.model,
                idle: task.idle,
                bestTicked: task.bestTicked,
                hasList: task.checklist != .missing
            )
        }
    }

    /// Notes a fact; returns the rule that it violates, if any.
    mutating func check(_ fact: RunEvent) -> String? {
        switch fact {
        case .sessionStarted(let fact): return check(fact)
        case .sessionEnded(let fact): note(fact)
        case .taskReopened(let fact):
            standings[fact.task]?.idle = 0
            if fact.beginsAnew == true { standings[fact.task] = nil }
        case .taskInspected(let fact):
            let progress = fact.checklist.progress
            standings[fact.task, default: Standing()].hasList = fact.checklist != .missing
            if let progress { standings[fact.task]?.bestTicked = progress.ticked }
        default: break
        }
        return nil
    }

    private mutating func check(_ fact: SessionStarted) -> String? {
        guard let plan = plans[fact.task], let models = plan.models else {
            return fact.model == nil && fact.move == nil
                ? nil : "\(fact.key) has a model without a ladder"
        }
        var standing = standings[fact.task] ?? Standing()
        defer { standings[fact.task] = standing }
        let place = standing.model.flatMap(models.firstIndex)
        let most = standing.hasList ? plan.stallAfter : plan.initializerAttempts
        let isDue = standing.idle >= most && place.map { $0 + 1 < models.count } ?? false
        let expected = models[isDue ? (place ?? 0) + 1 : place ?? 0]
        guard fact.model == expected, fact.move?.from == (isDue ? standing.model : nil) else {
            return "\(fact.key) has \(fact.model ?? "no model") after \(standing)"
        }
        guard !isDue || fact.resumes == nil else {
            return "the thread of another model is resumed: \(fact.key)"
        }
        standing.model = expected
        if isDue { standing.idle = 0 }
        return nil
    }

    private mutating func note(_ fact: SessionEnded) {
        var standing = standings[fact.task] ?? Standing()
        let ticked = fact.progress?.ticked ?? 0
        if ticked > standing.bestTicked || fact.verdict == .initialized {
            standing.idle = 0
        } else if fact.charge == .session {
            standing.idle += 1
        }
        standing.bestTicked = max(standing.bestTicked, ticked)
        if fact.progress != nil { standing.hasList = true }
        standings[fact.task] = standing
    }
}
