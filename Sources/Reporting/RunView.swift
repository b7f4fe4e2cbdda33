package import Orchestration

/// The state of a run for display: a fold of its facts and of its sessions' signs of life.
package struct RunView: Sendable {
    /// A session that runs.
    package struct Slot: Hashable, Sendable {
        /// The fact that started the session.
        package var start: SessionStarted
        /// The awake time of the start.
        package var since: Duration
        /// The newest activity, in words for people.
        package var activity: String?
        /// The awake time of the newest activity.
        package var lastActivity: Duration
        /// True once the session has been signalled.
        package var isEnding = false
        /// True while the session waits for the network.
        package var waitsForNetwork = false
    }

    /// A task.
    package struct Task: Hashable, Sendable {
        /// The task's name.
        package var name: String
        /// The task's group; `nil` for none.
        package var group: String?
        /// The outcome; `nil` while the task has work left.
        package var outcome: Outcome?
        /// The reason for the outcome, or for the failure of the last session.
        package var reason: String?
        /// The last progress that was read from an intact checklist.
        package var progress: Progress?
        /// The number of sessions so far, over all legs.
        package var sessions = 0
        /// Tokens of all its sessions.
        package var tokens: Int64 = 0
        /// Seconds of all its sessions.
        package var seconds = 0.0
        /// The awake time before which it does not go on; `nil` for none.
        package var waitsUntil: Duration?
        /// The slot of the running session; `nil` for none.
        package var slot: Int?
        /// True if the task is not selected in this leg.
        package var isLeftOut = false

        /// True while this leg has work to do on the task.
        var isOpen: Bool { outcome == nil && !isLeftOut }
    }

    /// The run's name.
    package private(set) var name = ""
    /// The plan of the leg.
    package private(set) var plan = RunPlan()
    /// The beginning of the leg.
    package private(set) var began: Moment?
    /// The tasks, in the plan's order.
    package private(set) var tasks: [Task] = []
    /// The running sessions by slot.
    package private(set) var slots: [Int: Slot] = [:]
    /// The gates that are closed now.
    package private(set) var gates: [GateClosed] = []
    /// The number of sessions that may run at once now.
    package private(set) var concurrencyLimit = 0
    /// The newest step of the shutdown; `nil` for none.
    package private(set) var shutdown: ShutdownAdvanced?
    /// The time from the leg's beginning to its newest fact.
    package private(set) var elapsed = Duration.zero
    /// The fact that ended the leg; `nil` while the leg is running.
    package private(set) var ended: RunEnded?
    /// Entries ticked in this leg.
    package private(set) var tickedHere = 0
    /// Sessions that ended in this leg.
    package private(set) var sessionsEnded = 0
    /// True if tasks had sessions in earlier legs; the tasks' counts include those.
    package private(set) var hasEarlierSessions = false
    /// The usage of this leg's sessions, as far as it is known.
    package private(set) var usage = TokenUsage.zero
    /// The estimated part of `usage`: from sessions that did not report all their usage themselves.
    package private(set) var estimated: Int64 = 0
    private var gateTimes = GateTimes()
    private var newest = WallTime(millisecondsSinceEpoch: 0)
    private var places: [String: Int] = [:]

    /// The time that each gate held starts in this leg.
    package var held: [GateTimes.Held] { gateTimes.held(at: newest) }

    /// Makes the view before the first fact.
    package init() {}

    /// Returns the task with this name.
    package func task(_ name: String) -> Task? { places[name].map { tasks[$0] } }

    /// The tokens of this leg in words; "in this leg" is added if earlier legs used some, too.
    var tokensHere: String {
        Format.tokenCount(usage.total) + (hasEarlierSessions ? " in this leg" : "")
    }

    /// The ticked entries and all entries of the checklists read so far.
    package var progress: Progress {
        tasks.reduce(into: Progress(ticked: 0, total: 0)) { sum, task in
            sum.ticked = sum.ticked.addingClamped(task.progress?.ticked ?? 0)
            sum.total = sum.total.addingClamped(task.progress?.total ?? 0)
        }
    }

    /// Returns the number of tasks with an outcome.
    package func count(_ outcome: Outcome) -> Int { tasks.count { $0.outcome == outcome } }

    /// The number of this leg's tasks that have neither an outcome nor a running session.
    package var waiting: Int { tasks.count { $0.isOpen && $0.slot == nil } }

    /// Returns the time left in the run, from the entries ticked so far; `nil` until three were ticked.
    ///
    /// A task whose checklist is unknown counts as many entries as the others have on average.
    package func remaining(at now: Moment) -> Duration? {
        guard let began, tickedHere >= 3 else { return nil }
        let open = tasks.filter(\.isOpen)
        let known = tasks.compactMap(\.progress)
        let mean = known.reduce(0) { $0 + Double($1.total) } / Double(max(1, known.count))
        let left = open.reduce(0.0) { sum, task in
            sum + (task.progress.map { Double($0.total) - Double($0.ticked) } ?? mean)
        }
        let rate = Double(tickedHere) / (now.awake - began.awake).inSeconds
        return rate > 0 ? Duration(inSeconds: left / rate) : nil
    }

    /// Notes a sign of life of a running session.
    package mutating func noteActivity(_ key: SessionKey, summary: String?, at moment: Moment) {
        guard let slot = task(key.task)?.slot else { return }
        slots[slot]?.lastActivity = moment.awake
        slots[slot]?.waitsForNetwork = false
        if let summary { slots[slot]?.activity = summary }
    }

    /// Notes that a running session waits for the network, which is no sign of life.
    package mutating func noteNetworkWaiting(_ key: SessionKey) {
        guard let slot = task(key.task)?.slot else { return }
        slots[slot]?.waitsForNetwork = true
    }

    /// Folds a fact in.
    package mutating func apply(_ event: RunEvent, at moment: Moment) {
        if let began { elapsed = moment.awake - began.awake }
        newest = moment.wall
        gateTimes.apply(event, at: moment.wall)
        switch event {
        case .runBegan(let fact): begin(fact, at: moment)
        case .taskReopened(let fact):
            update(fact.task) {
                $0.outcome = nil
                $0.reason = nil
                if fact.beginsAnew == true { $0.progress = nil }
            }
        case .taskInspected(let fact): update(fact.task) { $0.progress = fact.checklist.progress }
        case .sessionStarted(let fact): start(fact, at: moment)
        case .sessionSignalled(let fact):
            if let slot = task(fact.task)?.slot { slots[slot]?.isEnding = true }
        case .sessionEnded(let fact): end(fact, at: moment)
        case .taskEnded(let fact):
            update(fact.task) {
                $0.outcome = fact.outcome
                $0.reason = fact.reason
                $0.sessions = fact.sessions
                $0.progress = fact.progress ?? $0.progress
            }
        case .gateClosed(let fact):
            gates.removeAll { $0.key == fact.key }
            gates.append(fact)
        case .gateOpened(let fact): gates.removeAll { $0.key == fact.key }
        case .concurrencyChanged(let fact): concurrencyLimit = fact.limit
        case .shutdownAdvanced(let fact): shutdown = fact
        case .runEnded(let fact): ended = fact
        case .sessionSpawned, .sessionUsed, .threadStarted, .warned: break
        }
    }

    /// Takes over the tasks' state from earlier legs.
    package mutating func carry(_ earlier: [TaskState]) {
        for task in earlier {
            hasEarlierSessions = hasEarlierSessions || task.sessions > 0
            update(task.plan.name) {
                $0.outcome = task.outcome
                $0.reason = task.reason
                $0.progress = task.checklist.progress
                $0.sessions = task.sessions
                $0.tokens = task.usage.total
                $0.seconds = task.seconds
            }
        }
    }

    private mutating func begin(_ fact: RunBegan, at moment: Moment) {
        name = fact.name
        plan = fact.plan
        concurrencyLimit = plan.concurrency
        began = moment
        tasks = plan.tasks.map {
            Task(name: $0.name, group: $0.group, isLeftOut: $0.isLeftOut == true)
        }
        places = [:]
        for (place, task) in tasks.enumerated() { places[task.name] = place }
    }

    private mutating func update(_ name: String, _ change: (inout Task) -> Void) {
        if let place = places[name] { change(&tasks[place]) }
    }

    private mutating func start(_ fact: SessionStarted, at moment: Moment) {
        slots[fact.slot] = Slot(start: fact, since: moment.awake, lastActivity: moment.awake)
        update(fact.task) {
            $0.slot = fact.slot
            $0.sessions = fact.session
            $0.waitsUntil = nil
        }
    }

    private mutating func end(_ fact: SessionEnded, at moment: Moment) {
        if fact.verdict != .lost { endHere(fact, at: moment) }
        update(fact.task) { task in
            task.tokens = task.tokens.addingClamped(fact.usage?.total ?? 0)
            task.seconds += fact.seconds
        }
    }

    /// Applies the end of a session of this leg, not of one that an earlier leg lost.
    private mutating func endHere(_ fact: SessionEnded, at moment: Moment) {
        sessionsEnded += 1
        if let used = fact.usage {
            usage = usage + used
            if !fact.isUsageTold { estimated += used.total }
        }
        let before = task(fact.task)
        if let slot = before?.slot { slots[slot] = nil }
        tickedHere += max(0, (fact.progress?.ticked ?? 0) - (before?.progress?.ticked ?? 0))
        update(fact.task) { task in
            task.slot = nil
            task.progress = fact.progress ?? task.progress
            task.reason = fact.failure?.message
            task.waitsUntil = fact.retryIn.map { moment.awake + Duration(inSeconds: $0) }
        }
    }
}
