package import Orchestration

/// A workload played by the real orchestrator on virtual time.
package struct Batch: Sendable {
    /// A session's start.
    package struct Dispatch: Hashable, Sendable {
        /// Time, in seconds.
        package var at: Double
        /// The task's index.
        package var task: Int
        /// The session's number within its task.
        package var session: Int
        /// The slot that the session occupies.
        package var slot: Int
        /// The scheduler's reason for the choice.
        package var stream: Scheduler.Stream
        /// The session's length, in seconds; the time it ran, once a limit has cut it short.
        package var seconds: Double
    }

    /// The workload played.
    package let workload: Workload
    /// All starts, in order.
    package private(set) var dispatches: [Dispatch] = []
    /// Completion time of each task, in seconds; `nil` for a task that never was complete.
    package private(set) var completions: [Double?]
    /// The figures gathered so far.
    package private(set) var meter: BatchMeter

    /// Usage of all sessions; zero without prices.
    private(set) var usage = TokenUsage.zero
    /// The limits' state and effects; `nil` without limits.
    var limited: LimitedBatch?
    private var orchestrator: Orchestrator
    let plan: RunPlan
    /// Number of each task's sessions in an earlier run; empty without one.
    private var before: [Int] = []
    private var events = SortedEvents()
    private var ended: [Bool]
    private var isOver = false

    /// Makes a batch; plan, rule and settings default to a run's, and without `limits` the service
    /// accepts everything.
    ///
    /// With an earlier run of the same tasks, which must be over, all tasks begin anew, and the
    /// scheduler knows of that run what it would in a later leg.
    package init(
        _ workload: Workload,
        plan: RunPlan? = nil,
        rule: (any SchedulingRule)? = nil,
        settings: Scheduler.Settings = Scheduler.Settings(),
        limits: ServiceLimits? = nil,
        after earlier: Batch? = nil
    ) {
        var plan = plan ?? workload.plan()
        // Simulated work has nothing to check, and nobody runs its hooks.
        plan.hooks = nil
        for place in plan.tasks.indices {
            if plan.tasks[place].check != nil { plan.tasks[place].check = nil }
            if plan.tasks[place].hooks != nil { plan.tasks[place].hooks = nil }
        }
        (self.workload, self.plan) = (workload, plan)
        completions = Array(repeating: nil, count: workload.tasks.count)
        ended = Array(repeating: false, count: workload.tasks.count)
        meter = BatchMeter(workload)
        var state = earlier?.orchestrator.state ?? RunState(rule: rule, settings: settings)
        state.comparison.rule = rule
        if earlier != nil { before = plan.tasks.map { state.known($0.name)?.sessions ?? 0 } }
        let seed = UInt64(bitPattern: Int64(workload.seed))
        limited = limits.map { LimitedBatch($0, plan, seed: seed) }
        orchestrator = Orchestrator(recovering: state, seed: seed)
    }

    /// Plays the batch to its end.
    package mutating func run() {
        let began = RunBegan(
            run: "simulated",
            name: workload.name,
            pid: 1,
            quireVersion: "0",
            plan: plan,
            retryFailed: !before.isEmpty,
            anew: before.isEmpty ? nil : plan.tasks.map(\.name)
        )
        for task in workload.tasks {
            events.add(at: .nearestMillisecond(task.arrival), task.id, session: 0)
        }
        carryOut([.runBegan(began)], at: .zero)
        // One array for all turns.
        var happened: [Event] = []
        while !isOver, let next = nextTime {
            happened.removeAll(keepingCapacity: true)
            while let happening = events.next(until: next) { tell(of: happening, in: &happened) }
            if limited != nil { tellLimited(until: next, in: &happened) }
            carryOut(happened, at: next)
        }
    }

    /// Time of the next event or due decision.
    private var nextTime: Duration? {
        let decision = orchestrator.nextDeadline
        let next = events.first.map { happening in decision.map { min($0, happening) } ?? happening
        }
        guard let service = limited?.service.next else { return next ?? decision }
        return min(next ?? decision ?? service, service)
    }

    private mutating func carryOut(_ events: [Event], at now: Duration) {
        let seconds = now.inSeconds
        let moment = Moment(
            awake: now,
            wall: WallTime(millisecondsSinceEpoch: now.wholeMilliseconds)
        )
        for command in orchestrator.handle(events, at: moment) {
            if limited != nil, case .record(let fact) = command {
                limited?.note(fact, at: moment.wall)
            }
            switch command {
            case .record(.sessionEnded(let fact)): end(fact, at: seconds)
            case .record(.taskEnded(let fact)): end(fact, at: seconds)
            case .startSession(let start): begin(start, at: now, seconds)
            case .endRun: isOver = true
            default: break
            }
        }
        limited?.turnEnded(at: now, orchestrator.state)
        meter.turnEnded(at: seconds)
    }

    private mutating func begin(_ start: SessionStarted, at now: Duration, _ seconds: Double) {
        guard let task = orchestrator.place(of: start.task) else { return }
        let session = start.session - (before.isEmpty ? 0 : before[task])
        var dispatch = Dispatch(
            at: seconds,
            task: task,
            session: session,
            slot: start.slot,
            stream: start.stream ?? .rank,
            seconds: 0
        )
        if limited == nil {
            dispatch.seconds = workload.tasks[task].sessions[session - 1].seconds
            let end = now + .nearestMillisecond(dispatch.seconds)
            events.add(at: end, task, session: session)
        } else {
            dispatch.seconds = beginLimited(start, task, at: now, dispatch: dispatches.count)
        }
        dispatches.append(dispatch)
        meter.began(dispatch)
    }

    private mutating func end(_ fact: SessionEnded, at seconds: Double) {
        guard let task = orchestrator.place(of: fact.task) else { return }
        if plan.prices != nil, let used = fact.usage { usage = usage + used }
        guard let limited else {
            let session = fact.session - (before.isEmpty ? 0 : before[task])
            let drawn = workload.tasks[task].sessions[session - 1]
            return meter.ended(task, drawn.seconds, tokens: drawn.tokens, at: seconds)
        }
        let tokens = Double(fact.usage?.total ?? 0)
        meter.ended(task, fact.seconds, tokens: tokens, at: seconds)
        dispatches[limited.tasks[task].dispatch].seconds = fact.seconds
    }

    private mutating func end(_ fact: TaskEnded, at seconds: Double) {
        guard let task = orchestrator.place(of: fact.task) else { return }
        ended[task] = true
        if fact.outcome == .complete { completions[task] = seconds }
        meter.taskEnded(task, isComplete: fact.outcome == .complete, at: seconds)
    }

    /// Adds the events that tell the orchestrator of a happening.
    private mutating func tell(of happening: SortedEvents.Happening, in events: inout [Event]) {
        let task = happening.task
        guard happening.session > 0 else {
            let name = plan.tasks[task].name
            meter.arrived(task, at: workload.tasks[task].arrival)
            return events.append(
                .taskInspected(TaskInspected(task: name, checklist: .missing))
            )
        }
        let result = result(of: task, place: happening.session - 1)
        let number = happening.session + (before.isEmpty ? 0 : before[task])
        tellEnd(of: task, number, place: happening.session - 1, result, in: &events)
    }

    /// Returns the result of a task's drawn session at an index.
    func result(of task: Int, place: Int) -> SessionResult {
        let session = workload.tasks[task].sessions[place]
        return SessionResult(
            termination: session.crashed ? .signaled(9) : .exited(0),
            failure: session.crashed ? Failure(.killed, "it crashed") : nil,
            usage: workload.tasks[task].usage(of: session.tokens)
        )
    }

    /// Adds the events that tell the orchestrator of a session that did its drawn work.
    func tellEnd(
        of task: Int,
        _ number: Int,
        place: Int,
        _ result: SessionResult,
        in events: inout [Event]
    ) {
        let session = workload.tasks[task].sessions[place]
        let name = plan.tasks[task].name
        let progress = Progress(ticked: session.done, total: max(1, session.total))
        events.append(
            .sessionEnded(SessionKey(task: name, number: number), result, .good(progress))
        )
        let isLast = place + 1 >= workload.tasks[task].sessions.count
        if isLast && workload.tasks[task].completesAfter == nil {
            events.append(.taskUnavailable(task: name, reason: "it is never complete"))
        }
    }
}

/// Happenings to come, ordered by time and then by insertion.
private struct SortedEvents: Sendable {
    struct Happening: Hashable, Comparable, Sendable {
        var at: Duration
        var sequence: Int
        var task: Int
        /// The session that ends; 0 for the task's arrival.
        var session: Int

        static func < (left: Happening, right: Happening) -> Bool {
            (left.at, left.sequence) < (right.at, right.sequence)
        }
    }

    private var heap = BinaryHeap<Happening>()
    private var sequence = 0

    var first: Duration? { heap.first?.at }

    mutating func add(at time: Duration, _ task: Int, session: Int) {
        sequence += 1
        heap.push(Happening(at: time, sequence: sequence, task: task, session: session))
    }

    /// Removes and returns the first happening until a time; `nil` if there is none.
    mutating func next(until time: Duration) -> Happening? {
        guard let first, first <= time else { return nil }
        return heap.pop()
    }
}

extension Duration {
    /// Rounds seconds to the millisecond, so that sums are exact.
    static func nearestMillisecond(_ seconds: Double) -> Duration {
        .milliseconds(Int64((seconds * 1000).rounded()))
    }
}
