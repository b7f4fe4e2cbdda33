import Orchestration

/// A run whose sessions use tokens, played session by session.
struct SpendingRun {
    var orchestrator = Orchestrator(seed: 1)
    private(set) var running: [SessionKey] = []
    private(set) var spent: Int64 = 0
    private(set) var starts = 0
    /// When the last session started, in seconds.
    private(set) var lastStart = 0.0
    private(set) var signalled: [SessionKey: String] = [:]
    private(set) var ended: [SessionEnded] = []
    private(set) var warnings: [String] = []
    private(set) var ending: Ending?
    private var awake = Duration.zero
    private let plan: RunPlan

    init(_ plan: RunPlan, state: RunState = RunState()) {
        self.plan = plan
        orchestrator = Orchestrator(recovering: state, seed: 1)
        let list = ChecklistState.good(Progress(ticked: 0, total: 1000))
        play(
            [.runBegan(RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan))]
                + state.tasksToOpen(plan: plan, retryFailed: false).map {
                    .taskInspected(TaskInspected(task: $0, checklist: list))
                }
        )
    }

    var state: RunState { orchestrator.state }

    mutating func play(_ events: [Event], after seconds: Double = 1) {
        awake += .seconds(seconds)
        let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000) + awake
        for command in orchestrator.handle(events, at: Moment(awake: awake, wall: wall)) {
            switch command {
            case .startSession(let start):
                running.append(start.key)
                starts += 1
                lastStart = awake.inSeconds
            case .record(.sessionSignalled(let fact)):
                signalled[SessionKey(task: fact.task, number: fact.session)] = fact.reason
            case .record(.sessionEnded(let fact)): ended.append(fact)
            case .record(.warned(let fact)): warnings.append(fact.message)
            case .endRun(let ending): self.ending = ending
            default: break
            }
        }
    }

    mutating func use(_ key: SessionKey, _ tokens: Int64) {
        let usage = TokenUsage(input: tokens)
        play([.sessionUsed(SessionUsed(task: key.task, session: key.number, usage: usage))])
    }

    /// Ends a session; `tellsUsage` is false for one that was killed.
    mutating func end(
        _ key: SessionKey,
        tokens: Int64,
        tellsUsage: Bool = true,
        after seconds: Double = 1
    ) {
        running.removeAll { $0 == key }
        spent = spent.addingClamped(tokens)
        let result = SessionResult(
            termination: tellsUsage ? .exited(0) : .signaled(9),
            failure: tellsUsage ? nil : Failure(.killed, "killed by signal 9"),
            usage: tellsUsage ? TokenUsage(input: tokens) : nil
        )
        let ticked = (state.task(key.task)?.checklist.progress?.ticked ?? 0) + 1
        let list = ChecklistState.good(Progress(ticked: ticked, total: 1000))
        play([.sessionEnded(key, result, list)], after: seconds)
    }

    /// Ends a session whose stream was cut.
    mutating func cut(_ key: SessionKey, thread: String) {
        end(key, Failure(.streamCut, "cut"), thread: thread)
    }

    /// Ends a session that does not tell what it used.
    mutating func end(_ key: SessionKey, _ failure: Failure?, thread: String? = nil) {
        running.removeAll { $0 == key }
        let result = SessionResult(
            termination: .exited(failure == nil ? 0 : 1),
            failure: failure,
            thread: thread
        )
        play([.sessionEnded(key, result, state.task(key.task)?.checklist ?? .missing)])
    }
}

/// A plan of so many tasks whose sessions are retried at once.
func spendingPlan(_ tasks: Int, slots: Int, budget: RunBudget?) -> RunPlan {
    var plan = RunPlan(concurrency: slots, tasks: (0..<tasks).map { TaskPlan(name: "t\($0)") })
    plan.budget = budget
    for task in plan.tasks.indices { plan.tasks[task].retries.delay = .zero }
    return plan
}
