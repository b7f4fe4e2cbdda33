package import Orchestration

/// A leg of a run for display while it goes on: its record, and its sessions' signs of life.
package struct RunView: Sendable {
    /// The signs of life of a session that runs.
    package struct Slot: Hashable, Sendable {
        /// The session.
        package var key: SessionKey
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

        /// Makes the signs of life of a session that has begun.
        package init(key: SessionKey, since: Duration, lastActivity: Duration) {
            (self.key, self.since, self.lastActivity) = (key, since, lastActivity)
        }
    }

    /// Sums over the sessions of the leg.
    package struct Totals: Hashable, Sendable {
        /// Entries ticked.
        package var ticked = 0
        /// Sessions that ended.
        package var sessions = 0
        /// The usage of these sessions, as far as it is known.
        package var usage = TokenUsage.zero
        /// The estimated part of `usage`: from sessions that did not report all their usage themselves.
        package var estimated: Int64 = 0
    }

    /// The record: of the tasks over all legs, of everything else since the beginning of this leg.
    package private(set) var record = RunRecord(keepsHistory: false)
    /// The beginning of the leg.
    package private(set) var began: Moment?
    /// The running sessions by slot.
    package private(set) var slots: [Int: Slot] = [:]
    /// The tasks whose checks run.
    package private(set) var checking: Set<String> = []
    /// The sums over the sessions of this leg.
    package private(set) var totals = Totals()
    /// The time from the leg's beginning to its newest fact.
    package private(set) var elapsed = Duration.zero
    /// True if tasks had sessions in earlier legs; the tasks' counts include those.
    package private(set) var hasEarlierSessions = false
    /// The failures of tasks whose newest session in this leg failed.
    private var failures: [String: Failure] = [:]

    /// Makes the view before the first fact.
    package init() {}

    /// Makes the view of a run that another process carries out, or did, from what is recorded.
    ///
    /// `slots` and `checking` are what runs now, and `ticked` the entries that the newest leg's sessions have
    /// ticked.
    package init(
        _ record: RunRecord,
        slots: [Int: Slot],
        checking: Set<String>,
        ticked: Int,
        at now: Moment
    ) {
        (self.record, self.slots, self.checking) = (record, slots, checking)
        if let leg = record.leg {
            elapsed = max(.zero, (leg.ended ?? now.wall) - leg.began)
            began = Moment(awake: now.awake - elapsed, wall: leg.began)
        }
        totals.ticked = ticked
        (totals.sessions, totals.usage) = (record.spent.sessions, record.spent.usage)
        totals.estimated = record.spent.estimated
    }

    /// The run's name.
    package var name: String { record.leg?.name ?? "" }
    /// The tasks, in the plan's order.
    package var tasks: [TaskRecord] { record.tasks }
    /// The gates that are closed now.
    package var gates: [GateClosed] { record.holds.gates }
    /// The newest step of the shutdown; `nil` for none.
    package var shutdown: ShutdownAdvanced? { record.shutdown }

    /// Returns the task with this name.
    package func task(_ name: String) -> TaskRecord? { record.task(name) }

    /// Returns the reason why a task is where it is, in words; never empty.
    func words(_ task: TaskRecord) -> String {
        task.reason ?? failures[task.name]?.message ?? "work is left"
    }

    /// The time that each gate held starts in this leg.
    package var held: [GateTimes.Held] {
        record.times.newest.map { record.times.total(until: $0, isRunning: true).held } ?? []
    }

    /// The tokens of this leg in words; "in this leg" is added if earlier legs used some, too.
    var tokensHere: String {
        Format.tokenCount(totals.usage.total) + (hasEarlierSessions ? " in this leg" : "")
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

    /// The number of this leg's tasks that have neither an outcome nor a running session or check.
    package var waiting: Int { tasks.count { $0.isOpen && $0.running == nil } - checking.count }

    /// The sessions and checks that run and the tasks that wait, in words.
    var standing: [String] {
        StandingWords.counts(running: slots.count, checked: checking.count, waiting: waiting)
    }

    /// Returns the estimate of the time left in the run; `nil` for none yet.
    package func timeLeft(at now: Moment) -> TimeLeft? {
        guard let began else { return nil }
        // While starts are held, nothing is ticked.
        let held = held.map(\.time).max() ?? .zero
        let elapsed = now.awake - began.awake
        let worked = max(elapsed - held, elapsed * 0.1)
        let hold = gates.compactMap(\.until).map { max(.zero, $0 - now.wall) }.max() ?? .zero
        return TimeLeft(ticked: totals.ticked, in: worked, of: tasks, hold: hold)
    }

    /// Notes a sign of life of a running session.
    ///
    /// Does nothing for a session that has ended.
    package mutating func noteActivity(_ key: SessionKey, summary: String?, at moment: Moment) {
        guard let slot = slot(of: key.task), slots[slot]?.key == key else { return }
        slots[slot]?.lastActivity = moment.awake
        slots[slot]?.waitsForNetwork = false
        if let summary { slots[slot]?.activity = summary }
    }

    /// Notes the newest activity of the session in a slot, by its log.
    package mutating func noteActivity(inSlot slot: Int, _ summary: String?, at time: Duration) {
        slots[slot]?.lastActivity = time
        if let summary { slots[slot]?.activity = summary }
    }

    /// Notes that a running session waits for the network, which is no sign of life.
    package mutating func noteNetworkWaiting(_ key: SessionKey) {
        guard let slot = slot(of: key.task) else { return }
        slots[slot]?.waitsForNetwork = true
    }

    /// Folds a fact in.
    package mutating func apply(_ event: RunEvent, at moment: Moment) {
        if let began { elapsed = moment.awake - began.awake }
        switch event {
        case .runBegan: began = moment
        case .taskReopened(let fact): failures[fact.task] = nil
        case .sessionStarted(let fact):
            slots[fact.slot] = Slot(
                key: fact.key,
                since: moment.awake,
                lastActivity: moment.awake
            )
        case .sessionSignalled(let fact):
            if let slot = slot(of: fact.task) { slots[slot]?.isEnding = true }
        case .checkBegan(let fact): checking.insert(fact.task)
        case .checkEnded(let fact): if fact.isOfBase != true { checking.remove(fact.task) }
        case .sessionEnded(let fact): if fact.verdict != .lost { end(fact) }
        case .taskInspected, .sessionSpawned, .sessionUsed, .threadStarted, .checkpointMade,
            .hookBegan, .hookEnded, .taskEnded, .gateClosed, .gateOpened, .limitRead,
            .concurrencyChanged,
            .shutdownAdvanced, .steered, .warned,
            .runEnded:
            break
        }
        record.apply(event, at: moment.wall)
    }

    /// Takes over the tasks' state from earlier legs.
    package mutating func carry(_ earlier: [TaskState]) {
        hasEarlierSessions = hasEarlierSessions || earlier.contains { $0.sessions > 0 }
        record.carry(earlier)
    }

    private func slot(of task: String) -> Int? {
        // The record keeps no session that has ended.
        record.task(task)?.history.last?.slot
    }

    /// Counts the end of a session of this leg, not of one that an earlier leg lost.
    private mutating func end(_ fact: SessionEnded) {
        totals.sessions += 1
        if let used = fact.usage {
            totals.usage = totals.usage + used
            if !fact.isUsageTold { totals.estimated += used.total }
        }
        let before = task(fact.task)?.progress?.ticked ?? 0
        totals.ticked += max(0, (fact.progress?.ticked ?? 0) - before)
        if let slot = slot(of: fact.task) { slots[slot] = nil }
        failures[fact.task] = fact.failure
    }
}
