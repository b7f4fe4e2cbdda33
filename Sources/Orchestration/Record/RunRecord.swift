/// Record of a run: everything that views show of it, folded from its facts.
///
/// The store's tables hold its parts for those who look: `LegRecord`, `TaskRecord` and
/// `SessionRecord`. A record that was read from them equals the fold of the journal.
package struct RunRecord: Hashable, Sendable {
    /// The newest leg; `nil` before the first fact.
    package private(set) var leg: LegRecord?
    /// The part that the run carries out as one of its shards; `nil` if nobody asked for a part.
    package private(set) var part: RunPart?
    /// The tasks of the newest leg, in the plan's order.
    package private(set) var tasks: [TaskRecord] = []
    /// The newest leg's gates, changes of concurrency and warnings.
    package private(set) var holds = RunHolds()
    /// The sessions, time and tokens of all legs.
    package private(set) var spent = RunSpent()
    /// The times of all legs.
    package private(set) var times = LegTimes()
    /// The newest step of the newest leg's shutdown; `nil` for none.
    package private(set) var shutdown: ShutdownAdvanced?
    /// True if sessions that ended and stamps of lists are kept; a live view needs neither, and
    /// there may be a million tasks.
    package let keepsHistory: Bool

    private var places: [String: Int] = [:]
    /// The tasks of earlier legs that the newest one does not have.
    private var absent: [String: TaskRecord] = [:]

    /// Makes the record before the first fact.
    package init(keepsHistory: Bool = true) { self.keepsHistory = keepsHistory }

    /// Makes the record that a store's tables hold; steps of a shutdown are not in them.
    package init(
        _ leg: LegRecord,
        part: RunPart? = nil,
        tasks: [TaskRecord],
        holds: RunHolds = RunHolds(),
        spent: RunSpent = RunSpent(),
        times: LegTimes = LegTimes()
    ) {
        self.init()
        (self.leg, self.part, self.tasks) = (leg, part, tasks)
        (self.holds, self.spent, self.times) = (holds, spent, times)
        index()
    }

    /// Returns the task of this name in the newest leg.
    package func task(_ name: String) -> TaskRecord? { places[name].map { tasks[$0] } }

    /// The number of sessions that may run at once now.
    package var concurrencyLimit: Int { holds.concurrency.last?.limit ?? leg?.concurrency ?? 0 }

    /// Folds one batch of the journal in.
    package mutating func apply(_ batch: [RunEvent], at moment: Moment) {
        for fact in batch { apply(fact, at: moment.wall) }
        times.note(moment.wall)
    }

    /// Folds a fact in.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        if case .runBegan(let fact) = fact { beginLeg(fact, at: time) }
        times.note(time)
        holds.apply(fact, at: time)
        spent.apply(fact)
        times.apply(fact, at: time)
        if let task = fact.recordedTask ?? fact.recordedSession?.task {
            update(task) { [keepsHistory] in $0.fold(fact, at: time, keepsHistory: keepsHistory) }
        }
        for task in fact.steeredTasks { update(task) { $0.apply(fact, at: time) } }
        switch fact {
        case .runEnded(let fact): leg?.end(fact, at: time)
        case .shutdownAdvanced(let fact): shutdown = fact
        case .steered(let fact): add(fact.added ?? [])
        default: break
        }
    }

    /// Takes over what views show of the tasks from earlier legs, whose facts were not folded in, and adds up
    /// what they spent.
    package mutating func carry(_ earlier: [TaskState]) {
        for state in earlier {
            update(state.plan.name) { task in
                (task.outcome, task.reason) = (state.outcome, state.reason)
                task.progress = state.checklist.progress
                task.sessions = state.sessions
                (task.tokens, task.seconds) = (state.usage.total, state.seconds)
                task.work = state.work
            }
            spent.sessions += state.sessions
            spent.sessionSeconds += state.seconds
            spent.usage = spent.usage + state.usage
        }
    }

    private mutating func beginLeg(_ fact: RunBegan, at time: WallTime) {
        leg = LegRecord(fact, number: (leg?.number ?? 0) + 1, at: time)
        part = fact.part
        shutdown = nil
        times.beginLeg(at: time)
        for task in tasks { absent[task.name] = task }
        tasks = fact.plan.tasks.map { plan in
            var task = absent.removeValue(forKey: plan.name) ?? TaskRecord(name: plan.name)
            (task.planned, task.isLeftOut) = (TaskRecord.Planned(plan), plan.isLeftOut == true)
            task.running = nil
            return task
        }
        index()
    }

    private mutating func add(_ plans: [TaskPlan]) {
        guard !plans.isEmpty else { return }
        tasks += plans.map { plan in
            var task = absent.removeValue(forKey: plan.name) ?? TaskRecord(name: plan.name)
            (task.planned, task.isLeftOut) = (TaskRecord.Planned(plan), plan.isLeftOut == true)
            return task
        }
        index()
    }

    private mutating func index() {
        places = [:]
        for (place, task) in tasks.enumerated() { places[task.name] = place }
    }

    private mutating func update(_ name: String, _ change: (inout TaskRecord) -> Void) {
        if let place = places[name] {
            change(&tasks[place])
        } else if var task = absent[name] {
            change(&task)
            absent[name] = task
        }
    }
}

extension TaskRecord {
    fileprivate mutating func fold(_ fact: RunEvent, at time: WallTime, keepsHistory: Bool) {
        apply(fact, at: time)
        if let number = fact.recordedSession?.number {
            if case .sessionStarted(let fact) = fact {
                history.append(SessionRecord(fact, at: time))
            } else if let place = history.lastIndex(where: { $0.key.number == number }) {
                history[place].apply(fact, at: time)
            }
        }
        guard !keepsHistory else { return }
        history.removeAll { $0.end != nil }
        stamp = nil
    }
}
