/// The decisions of a run: what happened goes in, what is to be done comes out.
///
/// A pure value: no clock, no I/O; chance comes from a seed. The same events at the same moments
/// give the same commands.
package struct Orchestrator: Sendable {
    /// The run as its facts tell it.
    package internal(set) var state: RunState
    var now = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
    var commands: [Command] = []
    var watch = SessionWatch()
    var causes: [SessionKey: EndCause] = [:]
    var gateDeadlines: [Gate: Moment] = [:]
    var rateLimitsInARow = 0
    var networkProbe: Duration?
    var shutdownDeadline: Duration?
    var generator: SplitMix64
    private var hasEnded = false

    /// Makes the decisions' start from a recovered state, or an empty one.
    ///
    /// The state is the fold of the run's journal; all chance comes from the seed.
    package init(recovering state: RunState = RunState(), seed: UInt64) {
        self.state = state
        generator = SplitMix64(seed: seed)
    }

    /// Takes what happened since the last call and decides.
    ///
    /// To be called with all events of one turn together, and without any when `nextDeadline` has
    /// come. Moments never go backwards in awake time.
    package mutating func handle(_ events: [Event], at moment: Moment) -> [Command] {
        now = moment
        commands = []
        state.wake(at: moment)
        for event in events { take(event) }
        expireDeadlines()
        startSessions()
        endRunIfDone()
        return commands
    }

    /// The awake time at which `handle` must be called even if nothing happens; `nil` for never.
    package var nextDeadline: Duration? {
        if hasEnded { return nil }
        let gate = gateDeadlines.values.map { $0.recheck(now: now) }.min()
        return [watch.next, state.nextWake, gate, networkProbe, shutdownDeadline]
            .compactMap(\.self).min()
    }

    mutating func record(_ fact: RunEvent) {
        commands.append(.record(fact))
        state.apply(fact, at: now)
    }

    mutating func warn(_ message: String, task: String? = nil) {
        record(.warned(Warned(task: task, message: message)))
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .runBegan(let fact): beginLeg(fact)
        case .taskInspected(let fact): inspected(fact)
        case .taskUnavailable(let task, let reason): endTask(task, .failed, reason)
        case .sessionSpawned(let fact): spawned(fact)
        case .threadStarted(let fact): threadStarted(fact)
        case .sessionActive(let key): sessionActive(key)
        case .sessionWaitsForNetwork(let key): sessionWaitsForNetwork(key)
        case .sessionEnded(let key, let result, let checklist):
            sessionEnded(key, result, checklist)
        case .shutdownRequested(let signal): shutdownRequested(signal)
        case .storeFailed(let reason): closeGate(.store, until: nil, reason)
        case .warned(let fact): record(.warned(fact))
        }
    }

    private mutating func beginLeg(_ fact: RunBegan) {
        let lost = state.running.values.map(\.start)
            .sorted { ($0.task, $0.session) < ($1.task, $1.session) }
        let reopened = state.tasksToOpen(plan: fact.plan, retryFailed: fact.retryFailed)
        record(.runBegan(fact))
        for start in lost {
            record(
                .sessionEnded(
                    SessionEnded(
                        task: start.task,
                        session: start.session,
                        verdict: .lost,
                        charge: .retry
                    )
                )
            )
        }
        for task in reopened where state.task(task)?.outcome != nil {
            record(.taskReopened(TaskReopened(task: task)))
        }
        for task in state.tasks {
            if let outcome = task.outcome, outcome != .complete {
                blockDependents(of: task.plan.name, outcome)
            }
        }
    }

    private mutating func inspected(_ fact: TaskInspected) {
        record(.taskInspected(fact))
        settle(fact.task)
    }

    private mutating func spawned(_ fact: SessionSpawned) {
        record(.sessionSpawned(fact))
    }

    private mutating func threadStarted(_ fact: ThreadStarted) {
        record(.threadStarted(fact))
        watch.noteActivity(SessionKey(task: fact.task, number: fact.session), at: now.awake)
    }

    private mutating func startSessions() {
        while mayStart, let start = state.nextStart() {
            record(.sessionStarted(start))
            commands.append(.startSession(start))
            if let task = state.task(start.task)?.plan {
                watch.begin(start.key, task: task, at: now.awake)
            }
        }
    }

    private mutating func endRunIfDone() {
        guard !hasEnded, state.legs > 0, state.running.isEmpty else { return }
        guard let ending = endingNow else { return }
        hasEnded = true
        if isStuck { warn("stuck: \(state.unfinished) tasks wait for nothing [this is a bug]") }
        record(
            .runEnded(RunEnded(ending: ending, outcomes: outcomes, unfinished: state.unfinished))
        )
        commands.append(.endRun(ending))
    }

    private var endingNow: Ending? {
        if state.unfinished == 0 { return .finished }
        if state.gates[.authentication] != nil || state.gates[.store] != nil { return .unable }
        guard let shutdown = state.shutdown else { return isStuck ? .unable : nil }
        return shutdown.signal == .interrupt ? .interrupted : .terminated
    }

    /// Whether work is left and nothing would ever start it: an impossible state, but one that must
    /// not hold a run for ever.
    private var isStuck: Bool {
        state.unfinished > 0 && state.shutdown == nil && state.gates.isEmpty
            && state.nextWake == nil
            && state.tasks.allSatisfy { $0.isInspected || $0.outcome != nil }
    }

    private var outcomes: [String: Int] {
        var counts: [String: Int] = [:]
        for task in state.tasks {
            if let outcome = task.outcome { counts[outcome.rawValue, default: 0] += 1 }
        }
        return counts
    }
}
