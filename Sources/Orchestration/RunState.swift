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
    /// Who goes next.
    package private(set) var scheduler = Scheduler(plan: RunPlan())

    private let rule: (any SchedulingRule)?
    private let settings: Scheduler.Settings

    /// Makes the state before the first fact; `rule` and `settings` replace those of the plans,
    /// for comparisons.
    package init(
        rule: (any SchedulingRule)? = nil,
        settings: Scheduler.Settings = Scheduler.Settings()
    ) {
        self.rule = rule
        self.settings = settings
    }

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
        guard let slot = freeSlots.first else { return nil }
        guard let choice = scheduler.next(slot: slot) else { return nil }
        let task = tasks[choice.task]
        return SessionStarted(
            task: task.plan.name,
            session: task.sessions + 1,
            slot: slot,
            role: task.nextRole,
            progress: task.checklist.progress,
            resumes: task.nextThread,
            stream: choice.stream
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
        case .taskInspected(let fact): inspect(fact, at: moment)
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
        scheduler = Scheduler(
            plan: fact.plan,
            rule: rule,
            settings: settings,
            keeping: (scheduler, plan)
        )
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

    private mutating func inspect(_ fact: TaskInspected, at moment: Moment) {
        if let place = places[fact.task], tasks[place].outcome == nil {
            scheduler.comes(place)
            if let progress = fact.checklist.progress {
                scheduler.inspect(place, done: progress.ticked, total: progress.total)
            }
        }
        update(fact.task, at: moment) { $0.apply(fact) }
    }

    private mutating func start(_ fact: SessionStarted, at moment: Moment) {
        guard let place = places[fact.task] else { return }
        running[fact.key] = Running(
            start: fact,
            since: moment.awake,
            resumedUsage: fact.resumes == nil ? nil : tasks[place].threadUsage
        )
        tasks[place].apply(fact)
        scheduler.sessionStarted(place, slot: fact.slot)
        if freeSlots.first == fact.slot { _ = freeSlots.pop() }
    }

    private mutating func end(_ fact: SessionEnded, at moment: Moment) {
        let session = running.removeValue(forKey: fact.key)
        if let session, fact.verdict != .lost {
            freeSlots.push(session.start.slot)
            if let place = places[fact.task] {
                scheduler.sessionEnded(place, seconds: fact.seconds, report: fact.report)
            }
        }
        // After the scheduler has learned from it: the task's new key depends on that.
        update(fact.task, at: moment) { $0.apply(fact, at: moment) }
    }

    private mutating func end(_ fact: TaskEnded, at moment: Moment) {
        guard let place = places[fact.task], tasks[place].outcome == nil else { return }
        tasks[place].phase = .ended(fact.outcome)
        tasks[place].reason = fact.reason
        scheduler.taskEnded(place)
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

extension SessionEnded {
    /// What the scheduler learns from it; `nil` where nothing can be learned: the checklist is
    /// missing, or what happened was nobody's fault.
    fileprivate var report: Estimates.Report? {
        guard charge != .free, let progress else { return nil }
        return Estimates.Report(
            seconds: seconds,
            done: progress.ticked,
            total: progress.total,
            crashed: failure != nil,
            completes: progress.isComplete
        )
    }
}
