import Orchestration

/// An independent model of what people may do to a leg that runs.
struct SteeringChecker: Sendable {
    /// The number of sessions at once that may run now.
    private var limit: Int
    /// The largest number since the leg began: sessions of that time may still run.
    private(set) var most: Int
    private var isPaused = false
    private var isDrained = false
    private var skipped: Set<String> = []
    private var stopping: Set<String> = []
    private var stopped: Set<String> = []
    private var running: Set<SessionKey> = []
    private var answered: Set<Int> = []

    init(_ plan: RunPlan) { (limit, most) = (plan.concurrency, plan.concurrency) }

    /// Makes the model of the leg after another one, which may have died while tasks were being stopped.
    init(_ plan: RunPlan, after last: SteeringChecker) {
        self.init(plan)
        stopped = last.stopped
    }

    /// True while nothing may start.
    var holdsStarts: Bool { isPaused || isDrained }

    /// Returns false for a task that may not start.
    func mayStart(_ task: String) -> Bool { !skipped.contains(task) && !stopping.contains(task) }

    /// Returns true if a person had the task end in this leg.
    func hasStopped(_ task: String) -> Bool { stopped.contains(task) }

    /// Notes a decision; returns the rule that it violates, if any.
    mutating func check(_ command: Command) -> String? {
        switch command {
        case .record(.steered(let fact)): apply(fact)
        case .record(.taskEnded(let fact)):
            stopping.remove(fact.task)
            if fact.outcome == .cancelled, !stopped.contains(fact.task) {
                return "\(fact.task) is cancelled by nobody"
            }
        case .record(.sessionStarted(let fact)):
            running.insert(fact.key)
            if isPaused { return "\(fact.key) starts in a pause" }
            if isDrained { return "\(fact.key) starts in a drain" }
            if !mayStart(fact.task) { return "\(fact.key) starts, which nobody wants any more" }
            if running.count > limit {
                return "\(fact.key) is one more than \(Format.count(limit, "session"))"
            }
        case .record(.sessionEnded(let fact)): running.remove(fact.key)
        case .answer(let id, _):
            if !answered.insert(id).inserted { return "request \(id) is answered twice" }
        default: break
        }
        return nil
    }

    private mutating func apply(_ fact: Steered) {
        let tasks = fact.tasks ?? []
        switch fact.action {
        case .pause: isPaused = true
        case .resume: (isPaused, isDrained) = (false, false)
        case .drain: isDrained = true
        case .stop:
            stopping.formUnion(tasks)
            stopped.formUnion(tasks)
        case .skip: skipped.formUnion(tasks)
        case .retry: skipped.subtract(tasks)
        case .set:
            limit = fact.concurrency ?? limit
            most = max(most, limit)
        case .tell, .answer, .add: break
        }
    }
}
