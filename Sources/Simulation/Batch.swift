package import Orchestration

/// A workload played by the real decisions on virtual time.
package struct Batch: Sendable {
    /// A start.
    package struct Dispatch: Hashable, Sendable {
        /// When, in seconds.
        package var at: Double
        /// The task's place.
        package var task: Int
        /// The session's number within its task.
        package var session: Int
        /// Where it runs.
        package var slot: Int
        /// Why it was chosen.
        package var stream: Scheduler.Stream
    }

    /// What is played.
    package let workload: Workload
    /// All starts, in order.
    package private(set) var dispatches: [Dispatch] = []
    /// When each task was complete, in seconds; `nil` for one that never was.
    package private(set) var completions: [Double?]
    /// What it amounts to.
    package private(set) var meter: BatchMeter

    private var orchestrator: Orchestrator
    private let plan: RunPlan
    private let places: [String: Int]
    private var events = SortedEvents()
    private var ended: [Bool]
    private var isOver = false

    /// Makes a batch; its rule and settings are the run's unless given.
    package init(
        _ workload: Workload,
        plan: RunPlan? = nil,
        rule: (any SchedulingRule)? = nil,
        settings: Scheduler.Settings = Scheduler.Settings()
    ) {
        self.workload = workload
        self.plan = plan ?? workload.plan()
        completions = Array(repeating: nil, count: workload.tasks.count)
        ended = Array(repeating: false, count: workload.tasks.count)
        meter = BatchMeter(workload)
        places = Dictionary(
            self.plan.tasks.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let state = RunState(rule: rule, settings: settings)
        let seed = UInt64(bitPattern: Int64(workload.seed))
        orchestrator = Orchestrator(recovering: state, seed: seed)
    }

    /// Plays the batch to its end.
    package mutating func run() {
        let began = RunBegan(
            run: "simulated",
            name: workload.name,
            pid: 1,
            quireVersion: "0",
            plan: plan
        )
        for task in workload.tasks {
            events.add(at: .nearestMillisecond(task.arrival), task.id, session: 0)
        }
        carryOut([.runBegan(began)], at: .zero)
        while !isOver, let next = nextTime {
            var happened: [Event] = []
            for happening in events.take(until: next) { happened += event(happening) }
            carryOut(happened, at: next)
        }
    }

    /// When something happens, or a decision is due.
    private var nextTime: Duration? {
        [events.first, orchestrator.nextDeadline].compactMap(\.self).min()
    }

    private mutating func carryOut(_ events: [Event], at now: Duration) {
        let moment = Moment(
            awake: now,
            wall: WallTime(millisecondsSinceEpoch: now.wholeMilliseconds)
        )
        for command in orchestrator.handle(events, at: moment) {
            switch command {
            case .record(.sessionEnded(let fact)): end(fact, at: now)
            case .record(.taskEnded(let fact)): end(fact, at: now)
            case .startSession(let start): begin(start, at: now)
            case .endRun: isOver = true
            default: break
            }
        }
        meter.turnEnded(at: now.inSeconds)
    }

    private mutating func begin(_ start: SessionStarted, at now: Duration) {
        guard let task = places[start.task] else { return }
        let seconds = workload.tasks[task].sessions[start.session - 1].seconds
        events.add(at: now + .nearestMillisecond(seconds), task, session: start.session)
        let dispatch = Dispatch(
            at: now.inSeconds,
            task: task,
            session: start.session,
            slot: start.slot,
            stream: start.stream ?? .rank
        )
        dispatches.append(dispatch)
        meter.began(dispatch)
    }

    private mutating func end(_ fact: SessionEnded, at now: Duration) {
        guard let task = places[fact.task] else { return }
        meter.ended(task, session: fact.session, at: now.inSeconds)
    }

    private mutating func end(_ fact: TaskEnded, at now: Duration) {
        guard let task = places[fact.task] else { return }
        ended[task] = true
        if fact.outcome == .complete { completions[task] = now.inSeconds }
        meter.taskEnded(task, isComplete: fact.outcome == .complete, at: now.inSeconds)
    }

    /// What the decisions are told.
    private mutating func event(_ happening: SortedEvents.Happening) -> [Event] {
        let task = workload.tasks[happening.task]
        let name = plan.tasks[happening.task].name
        guard happening.session > 0 else {
            meter.arrived(task.id, at: task.arrival)
            return [.taskInspected(TaskInspected(task: name, checklist: .missing))]
        }
        let session = task.sessions[happening.session - 1]
        let failure = session.crashed ? Failure(.killed, "it crashed") : nil
        let result = SessionResult(
            termination: session.crashed ? .signaled(9) : .exited(0),
            failure: failure,
            usage: TokenUsage(output: Int64(session.tokens))
        )
        let progress = Progress(ticked: session.done, total: max(1, session.total))
        let key = SessionKey(task: name, number: happening.session)
        let end = Event.sessionEnded(key, result, .good(progress))
        let isLast = happening.session >= task.sessions.count
        if isLast && task.completesAfter == nil {
            return [end, .taskUnavailable(task: name, reason: "it is never complete")]
        }
        return [end]
    }
}

/// What is to happen, by time and by when it was added.
private struct SortedEvents: Sendable {
    struct Happening: Hashable, Comparable, Sendable {
        var at: Duration
        var sequence: Int
        var task: Int
        /// The session that ends; 0 where the task comes.
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

    /// What happens until then, in order.
    mutating func take(until time: Duration) -> [Happening] {
        var taken: [Happening] = []
        while let first = heap.first, first.at <= time {
            taken.append(first)
            _ = heap.pop()
        }
        return taken
    }
}

extension Duration {
    /// So many seconds, to the millisecond: sums of them are exact.
    fileprivate static func nearestMillisecond(_ seconds: Double) -> Duration {
        .milliseconds(Int64((seconds * 1000).rounded()))
    }
}
