/// The state of a run: the fold of its facts.
///
/// The state changes through `apply` alone, live and in recovery alike, so that the state after a
/// crash is what the journal says.
package struct RunState: Sendable {
    struct Delayed: Hashable, Comparable, Sendable, Codable {
        var until: Duration
        var task: Int

        static func < (left: Delayed, right: Delayed) -> Bool {
            (left.until, left.task) < (right.until, right.task)
        }
    }

    /// The commits that new trees begin from.
    package struct Bases: Hashable, Sendable {
        /// The commits by the top level of the work tree: those of the leg that first had tasks there.
        package internal(set) var commits: [String: String] = [:]
        /// The signatures of the checks of untouched bases, by `CheckEnded.base`; empty for those that
        /// passed.
        package internal(set) var checks: [String: String] = [:]
    }

    /// The plan of the newest leg.
    package internal(set) var plan = RunPlan()
    /// The tasks, in the plan's order.
    package internal(set) var tasks: [TaskState] = []
    /// The running sessions.
    package internal(set) var running: [SessionKey: Running] = [:]
    /// The closed gates, and what probes and limits tell of them.
    package internal(set) var gates = Gates()
    /// The newest leg.
    package internal(set) var leg = Leg()
    /// The commits that new trees begin from, and their checks.
    package internal(set) var bases = Bases()
    /// Number of tasks that the leg has work to do on.
    package internal(set) var unfinished = 0
    /// Look-ups that follow from the plan.
    package private(set) var index = PlanIndex()
    var absent: [String: TaskState] = [:]
    var delayed = BinaryHeap<Delayed>()
    var slots = Slots()
    /// The spending of the run and its groups.
    package internal(set) var spending = RunSpending()
    /// The scheduler, which knows the waiting tasks of the leg.
    package internal(set) var scheduler = Scheduler(plan: RunPlan())
    /// The replacements for what plans say, for comparisons.
    package var comparison: Comparison

    /// Makes the state before the first fact; `rule` and `settings` replace those of the plans,
    /// for comparisons.
    package init(
        rule: (any SchedulingRule)? = nil,
        settings: Scheduler.Settings = Scheduler.Settings()
    ) {
        comparison = Comparison(rule: rule, settings: settings)
    }

    /// The task of this name in the newest leg; `nil` when the plan has none.
    ///
    /// A copy: where a task's state is needed often, its place in `tasks` is found once.
    package func task(_ name: String) -> TaskState? {
        place(of: name).map { tasks[$0] }
    }

    /// Returns the index of the task of this name; `nil` when the plan has none.
    func place(of name: String) -> Int? { index.places[name] }

    /// All tasks that any leg had.
    package var knownTasks: [TaskState] { tasks + absent.values }

    /// Returns the state of the task of this name in any leg; `nil` if no leg had one.
    package func known(_ name: String) -> TaskState? { task(name) ?? absent[name] }

    /// Folds one batch of the journal in.
    package mutating func apply(_ batch: [RunEvent], at moment: Moment) {
        wake(at: moment)
        for fact in batch { apply(fact, at: moment) }
        noteTurn(at: moment)
    }

    /// Notes that the facts of a turn are all folded in.
    ///
    /// Not called for each fact: a leg begins with facts about the leg before, whose clock was another.
    mutating func noteTurn(at moment: Moment) { spending.clock.note(moment) }

    /// Hands the tasks whose delay is over to the scheduler, and frees the slots that have rested.
    mutating func wake(at moment: Moment) {
        slots.wake(at: moment.awake)
        while let first = delayed.first, first.until <= moment.awake {
            _ = delayed.pop()
            enqueueIfReady(first.task, at: moment)
        }
    }

    /// Awake time at which the next delay or the rest of the next slot is over.
    var nextWake: Duration? {
        guard let slot = slots.nextWake else { return delayed.first?.until }
        return min(delayed.first?.until ?? slot, slot)
    }

    /// Returns the scheduler's next start; `nil` if nothing may run or no slot is free.
    mutating func nextStart(at now: WallTime) -> SessionStarted? {
        guard running.count < leg.concurrencyLimit, let slot = slots.first else { return nil }
        guard let choice = scheduler.next(slot: slot) else { return nil }
        return placed(start(of: choice.task, slot: slot, choice.stream), choice.task, at: now)
    }

    func start(of place: Int, slot: Int, _ stream: Scheduler.Stream) -> SessionStarted {
        var start = SessionStarted(
            task: tasks[place].plan.name,
            session: tasks[place].sessions + 1,
            slot: slot,
            role: tasks[place].nextRole,
            progress: tasks[place].checklist.progress,
            resumes: tasks[place].nextThread,
            stream: stream
        )
        if let next = tasks[place].nextModel { (start.model, start.move) = (next.model, next.move) }
        return start
    }

    /// True if a task makes no progress, and so runs only by its age or when nothing else waits.
    func isParked(_ place: Int) -> Bool { scheduler.isParked(place) }

    /// Returns the tasks that need this one directly and that the leg has work to do on.
    func openDependents(of name: String) -> [TaskState] {
        guard let place = index.places[name] else { return [] }
        return index.dependents[place].map { tasks[$0] }.filter(\.isOpen)
    }

    mutating func apply(_ fact: RunEvent, at moment: Moment) {
        switch fact {
        case .runBegan(let fact): beginLeg(fact, at: moment)
        case .sessionUsed(let fact): use(fact)
        case .taskReopened(let fact): reopen(fact)
        case .taskInspected(let fact): inspect(fact, at: moment)
        case .sessionStarted(let fact): start(fact, at: moment)
        case .threadStarted(let fact): update(fact.task, at: moment) { $0.thread = fact.thread }
        case .sessionEnded(let fact): end(fact, at: moment)
        case .checkpointMade(let fact): update(fact.task, at: moment) { $0.work = fact.work }
        case .checkBegan(let fact): update(fact.task, at: moment) { $0.check = .running }
        case .checkEnded(let fact): end(fact, at: moment)
        case .hookBegan(let fact): leg.hooks.apply(fact)
        case .hookEnded(let fact): leg.hooks.apply(fact)
        case .taskEnded(let fact): end(fact, at: moment)
        case .gateClosed(let fact): close(fact, at: moment)
        case .gateOpened(let fact): open(fact.key, at: moment)
        case .limitRead(let fact): gates.readings[fact.gate] = fact
        case .concurrencyChanged(let fact): leg.concurrencyLimit = fact.limit
        case .shutdownAdvanced(let fact): leg.shutdown = fact
        case .runEnded(let fact): leg.ending = fact.ending
        case .steered(let fact): apply(fact, at: moment)
        case .sessionSpawned(let fact): spawn(fact)
        case .sessionSignalled, .warned: break
        }
    }
}

extension RunState {
    private mutating func beginLeg(_ fact: RunBegan, at moment: Moment) {
        for task in tasks { absent[task.plan.name] = task }
        // A crash counts as an interrupt: only after a normal end are caps fresh.
        let freshCaps = fact.plan.freshCaps || leg.ending == .finished
        scheduler = Scheduler(
            plan: fact.plan,
            rule: comparison.rule,
            settings: comparison.settings,
            keeping: (scheduler, plan)
        )
        plan = fact.plan.sharingTerms()
        tasks = plan.tasks.map { plan in
            var task = absent.removeValue(forKey: plan.name) ?? TaskState(plan: plan)
            task.beginLeg(plan: plan, freshCaps: freshCaps)
            return task
        }
        beginBudgets(freshCaps: freshCaps, at: moment)
        fillBucket(at: moment)
        derive()
        countNeeds()
        leg = Leg(after: leg, fact, at: moment.wall)
        bases.commits.merge(fact.bases ?? [:]) { first, _ in first }
        gates.beginLeg()
        delayed = BinaryHeap()
        // Sessions of an earlier leg hold no slot of this one.
        slots = Slots(plan.concurrency)
    }

    /// Computes all that follows from the plan and the tasks.
    mutating func derive() {
        index = PlanIndex(plan)
        unfinished = tasks.count { $0.isOpen }
    }

    private mutating func countNeeds() {
        // A task that is left out was complete when the leg was planned, whatever the journal says.
        for needed in tasks.indices
        where tasks[needed].outcome != .complete && tasks[needed].plan.isLeftOut != true {
            for dependent in index.dependents[needed] { tasks[dependent].pendingNeeds += 1 }
        }
    }

    private mutating func reopen(_ fact: TaskReopened) {
        leg.hooks.noteReopening(of: fact.task)
        guard let place = index.places[fact.task] else { return }
        let wasComplete = tasks[place].outcome == .complete
        if let outcome = tasks[place].outcome {
            tasks[place].reopen()
            if tasks[place].isOpen { unfinished += 1 }
            // No task of the leg is inspected yet, so none that needs this one waits for a slot.
            if outcome == .complete, tasks[place].plan.isLeftOut != true {
                for dependent in index.dependents[place] { tasks[dependent].pendingNeeds += 1 }
            }
        }
        if fact.isRetried == true { tasks[place].freshenCaps() }
        guard fact.beginsAnew == true else { return }
        tasks[place].beginAnew()
        scheduler.forget(place, wasComplete: wasComplete)
    }

    private mutating func inspect(_ fact: TaskInspected, at moment: Moment) {
        if let place = index.places[fact.task], tasks[place].isOpen {
            scheduler.comes(place)
            if let progress = fact.checklist.progress {
                scheduler.inspect(place, done: progress.ticked, total: progress.total)
            }
        }
        update(fact.task, at: moment) { $0.apply(fact) }
    }

    private mutating func start(_ fact: SessionStarted, at moment: Moment) {
        guard let place = index.places[fact.task] else { return }
        var session = Running(
            start: fact,
            since: moment.awake,
            resumedUsage: fact.resumes == nil ? nil : tasks[place].threadUsage
        )
        reserve(for: place, &session)
        takeTokens(for: &session, at: moment)
        running[fact.key] = session
        tasks[place].apply(fact)
        if fact.isProbe == true {
            gates.probes[domain(of: fact.task)] = fact.key
            // A probe's task is not among the waiting ones if its account's tasks are held.
            scheduler.enqueue(place)
        }
        scheduler.sessionStarted(place, slot: fact.slot)
        slots.take(fact.slot)
        holdGroup(of: place)
    }

    private mutating func spawn(_ fact: SessionSpawned) {
        let key = SessionKey(task: fact.task, number: fact.session)
        running[key]?.process = fact
        if let usage = fact.resumedUsage { running[key]?.resumedUsage = usage }
    }

    private mutating func end(_ fact: SessionEnded, at moment: Moment) {
        let session = running.removeValue(forKey: fact.key)
        if let session { settleService(session, fact, at: moment) }
        guard let place = index.places[fact.task] else {
            if let session, fact.verdict != .lost { slots.giveBack(session.start.slot) }
            return updateAbsent(fact.task) { $0.apply(fact, at: moment) }
        }
        if let session {
            settle(session, fact, of: place)
            if fact.verdict != .lost { end(session, fact, of: place, at: moment) }
        }
        // After the scheduler has learned from the fact, on which the task's new key depends.
        update(place, at: moment) { $0.apply(fact, at: moment) }
        holdGroup(of: place)
    }

    private mutating func end(
        _ session: Running,
        _ fact: SessionEnded,
        of place: Int,
        at moment: Moment
    ) {
        if fact.failure?.kind.has(.losesSlot) == true {
            let retries = tasks[place].plan.retries
            slots.giveBackLost(session.start.slot, retries: retries, at: moment.awake)
        } else {
            slots.giveBack(session.start.slot)
        }
        if !gates.probes.isEmpty {
            let domain = domain(of: fact.task)
            if gates.probes[domain] == fact.key { gates.probes[domain] = nil }
        }
        scheduler.sessionEnded(place, seconds: fact.seconds, report: fact.report)
    }

    private mutating func end(_ fact: CheckEnded, at moment: Moment) {
        if fact.isOfBase == true {
            guard let base = fact.base else { return }
            bases.checks[base] = fact.result == .passed ? "" : fact.signature
            return
        }
        update(fact.task, at: moment) { $0.apply(fact) }
        guard let place = index.places[fact.task], let progress = fact.progress,
            fact.result.takesTicksBack || fact.result == .withdrawn
        else { return }
        scheduler.inspect(place, done: progress.ticked, total: progress.total)
    }

    private mutating func end(_ fact: TaskEnded, at moment: Moment) {
        guard let place = index.places[fact.task], tasks[place].outcome == nil else { return }
        tasks[place].phase = .ended(fact.outcome)
        tasks[place].reason = fact.reason
        tasks[place].list = fact.list
        leg.hooks.noteEnd(of: fact.task, fact.outcome, tasks[place].plan.hooks)
        steering.stopping[fact.task] = nil
        // The leg counts no task that it leaves out.
        guard tasks[place].plan.isLeftOut != true else { return }
        scheduler.taskEnded(place)
        unfinished -= 1
        guard fact.outcome == .complete else { return }
        for dependent in index.dependents[place] {
            tasks[dependent].pendingNeeds -= 1
            enqueueIfReady(dependent, at: moment)
        }
    }

    private mutating func update(
        _ name: String,
        at moment: Moment,
        _ change: (inout TaskState) -> Void
    ) {
        guard let place = index.places[name] else { return updateAbsent(name, change) }
        update(place, at: moment, change)
    }

    private mutating func update(
        _ place: Int,
        at moment: Moment,
        _ change: (inout TaskState) -> Void
    ) {
        change(&tasks[place])
        scheduler.setRunningAway(place, tasks[place].isRunningAway)
        enqueueIfReady(place, at: moment)
    }

    private mutating func updateAbsent(_ name: String, _ change: (inout TaskState) -> Void) {
        guard var task = absent[name] else { return }
        change(&task)
        absent[name] = task
    }

    mutating func enqueueIfReady(_ place: Int, at moment: Moment) {
        guard tasks[place].mayRun, !scheduler.isWaiting(place) else { return }
        if let until = tasks[place].notBefore, until > moment.awake {
            // Also for a task of a held account: it may be the only one that can probe.
            delayed.push(Delayed(until: until, task: place))
        } else if !isHeld(place) {
            scheduler.enqueue(place)
        }
    }
}

extension SessionEnded {
    /// The scheduler's lesson from the session; `nil` if there is none: the checklist is missing,
    /// or the end was nobody's fault.
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
