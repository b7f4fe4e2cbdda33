/// A run as far as it has come: the fold of its facts.
///
/// The state changes through `apply` alone, live and in recovery alike, so that what a run knows
/// after a crash is what its journal says.
package struct RunState: Sendable {
    /// A session that has started and not ended.
    package struct Running: Hashable, Sendable {
        /// The fact that it started.
        package var start: SessionStarted
        /// When that was, awake.
        package var since: Duration
        /// The session time its group was charged in advance, in seconds.
        var expected: Double
        /// The usage that the resumed thread had reported before; `nil` for a fresh context.
        package var resumedUsage: TokenUsage?
        /// Its process, once it lives.
        package var process: SessionSpawned?
    }

    private struct Delayed: Hashable, Comparable, Sendable {
        var until: Duration
        var task: Int

        static func < (left: Delayed, right: Delayed) -> Bool {
            (left.until, left.task) < (right.until, right.task)
        }
    }

    /// The plan of the newest leg.
    package private(set) var plan = RunPlan()
    /// The tasks, in the plan's order.
    package private(set) var tasks: [TaskState] = []
    /// The sessions that run.
    package private(set) var running: [SessionKey: Running] = [:]
    /// The gates that are closed.
    package private(set) var gates: [Gate: GateClosed] = [:]
    /// How far the leg's shutdown has come; `nil` while there is none.
    package private(set) var shutdown: ShutdownAdvanced?
    /// How the newest leg ended; `nil` while it runs, and after a crash.
    package private(set) var ending: Ending?
    /// Legs so far.
    package private(set) var legs = 0
    /// Tasks that have not ended.
    package private(set) var unfinished = 0

    private var places: [String: Int] = [:]
    private var dependents: [[Int]] = []
    private var absent: [String: TaskState] = [:]
    private var delayed = BinaryHeap<Delayed>()
    private var freeSlots = BinaryHeap<Int>()
    private var scheduler = Scheduler(plan: RunPlan())

    /// Makes the state before the first fact.
    package init() {}

    /// The task of this name in the newest leg; `nil` when the plan has none.
    package func task(_ name: String) -> TaskState? {
        places[name].map { tasks[$0] }
    }

    /// The names of the tasks that a new leg would go on with, and whose directories it must open.
    package func tasksToOpen(plan: RunPlan, retryFailed: Bool) -> [String] {
        plan.tasks.map(\.name).filter { name in
            let outcome = (task(name) ?? absent[name])?.outcome
            return outcome.map { $0.isReopened(retryFailed: retryFailed) } ?? true
        }
    }

    /// Folds one batch of the journal in.
    package mutating func apply(_ batch: [RunEvent], at moment: Moment) {
        wake(at: moment)
        for fact in batch { apply(fact, at: moment) }
    }

    /// Hands the tasks whose delay is over to the scheduler.
    mutating func wake(at moment: Moment) {
        while let first = delayed.first, first.until <= moment.awake {
            _ = delayed.pop()
            enqueueIfReady(first.task, at: moment)
        }
    }

    /// When the next delayed task wakes.
    var nextWake: Duration? { delayed.first?.until }

    /// The start that the scheduler wants next; `nil` when nothing may run or no slot is free.
    mutating func nextStart() -> SessionStarted? {
        guard let slot = freeSlots.first, let place = scheduler.next() else { return nil }
        let task = tasks[place]
        return SessionStarted(
            task: task.plan.name,
            session: task.sessions + 1,
            slot: slot,
            role: task.nextRole,
            progress: task.checklist.progress,
            resumes: task.nextThread
        )
    }

    /// The tasks that need this one and have not ended, directly.
    func openDependents(of name: String) -> [TaskState] {
        guard let place = places[name] else { return [] }
        return dependents[place].map { tasks[$0] }.filter { $0.outcome == nil }
    }

    mutating func apply(_ fact: RunEvent, at moment: Moment) {
        switch fact {
        case .runBegan(let fact): beginLeg(fact)
        case .taskReopened(let fact): reopen(fact.task)
        case .taskInspected(let fact): update(fact.task, at: moment) { $0.apply(fact) }
        case .sessionStarted(let fact): start(fact, at: moment)
        case .threadStarted(let fact): update(fact.task, at: moment) { $0.thread = fact.thread }
        case .sessionEnded(let fact): end(fact, at: moment)
        case .taskEnded(let fact): end(fact, at: moment)
        case .gateClosed(let fact): gates[fact.gate] = fact
        case .gateOpened(let fact): gates[fact.gate] = nil
        case .shutdownAdvanced(let fact): shutdown = fact
        case .runEnded(let fact): ending = fact.ending
        case .sessionSpawned(let fact):
            running[SessionKey(task: fact.task, number: fact.session)]?.process = fact
        case .sessionSignalled, .warned: break
        }
    }
}

extension RunState {
    private mutating func beginLeg(_ fact: RunBegan) {
        for task in tasks { absent[task.plan.name] = task }
        // A crash is an interrupt too: caps are fresh after a normal end alone.
        let freshCaps = fact.plan.freshCaps || ending == .finished
        plan = fact.plan
        tasks = plan.tasks.map { plan in
            var task = absent.removeValue(forKey: plan.name) ?? TaskState(plan: plan)
            task.beginLeg(plan: plan, freshCaps: freshCaps)
            return task
        }
        places = [:]
        for (place, task) in plan.tasks.enumerated() { places[task.name] = place }
        legs += 1
        gates = [:]
        shutdown = nil
        ending = nil
        resetQueues()
        linkNeeds()
    }

    private mutating func resetQueues() {
        scheduler = Scheduler(plan: plan)
        delayed = BinaryHeap()
        freeSlots = BinaryHeap()
        for slot in 0..<plan.concurrency { freeSlots.push(slot) }
        // Sessions of an earlier leg hold no slot of this one.
        unfinished = tasks.count { $0.outcome == nil }
    }

    private mutating func linkNeeds() {
        dependents = Array(repeating: [], count: tasks.count)
        for place in tasks.indices {
            for need in tasks[place].plan.needs {
                guard let needed = places[need] else { continue }
                dependents[needed].append(place)
                if tasks[needed].outcome != .complete { tasks[place].pendingNeeds += 1 }
            }
        }
    }

    private mutating func reopen(_ name: String) {
        guard let place = places[name], tasks[place].outcome != nil else { return }
        tasks[place].reopen()
        unfinished += 1
    }

    private mutating func start(_ fact: SessionStarted, at moment: Moment) {
        guard let place = places[fact.task] else { return }
        running[fact.key] = Running(
            start: fact,
            since: moment.awake,
            expected: scheduler.expectedSeconds,
            resumedUsage: fact.resumes == nil ? nil : tasks[place].threadUsage
        )
        tasks[place].apply(fact)
        scheduler.sessionStarted(place)
        if freeSlots.first == fact.slot { _ = freeSlots.pop() }
    }

    private mutating func end(_ fact: SessionEnded, at moment: Moment) {
        let session = running.removeValue(forKey: fact.key)
        // The task waits again before its group's session ends, so that the group counts as busy
        // all along and keeps its standing.
        update(fact.task, at: moment) { $0.apply(fact, at: moment) }
        if let session, fact.verdict != .lost {
            freeSlots.push(session.start.slot)
            if let place = places[fact.task] {
                scheduler.sessionEnded(place, seconds: fact.seconds, charged: session.expected)
            }
        }
    }

    private mutating func end(_ fact: TaskEnded, at moment: Moment) {
        guard let place = places[fact.task], tasks[place].outcome == nil else { return }
        tasks[place].phase = .ended(fact.outcome)
        tasks[place].reason = fact.reason
        scheduler.dequeue(place)
        unfinished -= 1
        guard fact.outcome == .complete else { return }
        for dependent in dependents[place] {
            tasks[dependent].pendingNeeds -= 1
            enqueueIfReady(dependent, at: moment)
        }
    }

    private mutating func update(
        _ name: String,
        at moment: Moment,
        _ change: (inout TaskState) -> Void
    ) {
        guard let place = places[name] else {
            if var task = absent[name] {
                change(&task)
                absent[name] = task
            }
            return
        }
        change(&tasks[place])
        enqueueIfReady(place, at: moment)
    }

    private mutating func enqueueIfReady(_ place: Int, at moment: Moment) {
        let task = tasks[place]
        guard task.phase == .waiting, task.isInspected, task.pendingNeeds == 0 else { return }
        guard !scheduler.isWaiting(place) else { return }
        if let until = task.notBefore, until > moment.awake {
            delayed.push(Delayed(until: until, task: place))
        } else {
            scheduler.enqueue(place)
        }
    }
}

extension Outcome {
    /// Whether a new leg goes on with a task that ended this way.
    func isReopened(retryFailed: Bool) -> Bool {
        switch self {
        case .complete: false
        case .failed, .stalled, .damaged: retryFailed
        case .capped, .blocked, .cancelled: true
        }
    }
}
