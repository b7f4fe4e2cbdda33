package import Orchestration

/// A virtual world around the real decisions: simulated agents, a clock that jumps, a disk and
/// processes that fail.
///
/// It stands in for the driver and never decides anything itself: a turn's facts are written, and
/// only then its starts are carried out; signals go out at once. The same plan, faults and seed give
/// the same history.
package struct World: Sendable {
    /// One durable batch.
    package struct Batch: Hashable, Sendable {
        /// When it was decided.
        package var at: Moment
        /// Its facts.
        package var events: [RunEvent]
    }

    /// A mistake that a driver could make, to see the checker find it.
    package enum PlantedBug: Sendable, CaseIterable {
        /// Sessions start before their start is durable.
        case startsUnrecorded
        /// After a crash the sessions that ran go on running.
        case sparesSurvivors
        /// The last durable batch is forgotten in a crash.
        case losesABatch
        /// Deadlines are noticed a day late.
        case oversleeps
    }

    /// The decisions under test.
    package private(set) var orchestrator: Orchestrator
    /// Everything durable, in order.
    package internal(set) var journal: [Batch] = []
    /// How the leg ended; `nil` while it goes on.
    package internal(set) var ending: Ending?
    /// Calls of `handle` so far.
    package private(set) var turns = 0
    /// What the checker found; empty in a correct program.
    package var violations: [String] { checker.violations }
    /// The mistake that is made on purpose.
    package var bug: PlantedBug?

    var plan: RunPlan
    var faults: Faults
    var generator: SplitMix64
    var now = Duration.zero
    /// What people and time servers did to the wall clock, and what was slept through.
    private var wallOffset = Duration.zero
    private var sequence = 0
    private var queue: [Happening] = []
    var agents: [String: Agent] = [:]
    var processes = ProcessTable()
    var disk = Disk()
    /// The state as it once was, and how many batches were durable then.
    var snapshot: (state: RunSnapshot, batches: Int)?
    var checker: Checker

    /// Makes a world in which the plan's run is about to begin.
    ///
    /// The entries of each task's checklist are drawn from `entries`.
    package init(plan: RunPlan, faults: Faults, seed: UInt64, entries: ClosedRange<Int> = 1...8) {
        self.plan = plan
        self.faults = faults
        generator = SplitMix64(seed: seed)
        orchestrator = Orchestrator(seed: seed)
        checker = Checker(plan: plan)
        for task in plan.tasks {
            agents[task.name] = Agent(entries: Int.random(in: entries, using: &generator))
        }
        begin()
    }

    /// Plays on until the leg has ended or `turns` more turns are over.
    package mutating func run(turns limit: Int) {
        let last = turns + limit
        while ending == nil, turns < last, step() {}
    }

    /// Plays on until the leg has ended or so many batches are durable.
    package mutating func run(untilBatches count: Int, turns limit: Int = 100_000) {
        let last = turns + limit
        while ending == nil, journal.count < count, turns < last, step() {}
    }

    /// Asks for the run's end at this turn.
    package mutating func requestShutdown(_ signal: ShutdownSignal) {
        schedule(.event(.shutdownRequested(signal)), after: .zero)
    }

    /// Lets nothing go wrong from now on.
    package mutating func calm() {
        faults = Faults()
        freeDisk()
    }

    /// Kills the runner: what was not durable is forgotten, all sessions die, and a new leg begins
    /// from the journal.
    package mutating func crash() {
        if bug == .losesABatch { _ = journal.popLast() }
        queue = []
        disk = Disk()
        if bug != .sparesSurvivors { endAllProcesses() }
        beginAgain(isCrash: true)
    }

    /// Begins a new leg after one that ended.
    package mutating func goOn() {
        queue = []
        beginAgain(isCrash: false)
    }

    /// Plays legs without faults until the run is over, and looks at what it came to.
    ///
    /// - Returns: false where it does not end.
    package mutating func finish(turns limit: Int = 20_000) -> Bool {
        calm()
        for _ in 0..<20 {
            run(turns: limit)
            guard let ending else { break }
            if ending == .finished {
                let lists = agents.mapValues(\.checklist)
                checker.finished(orchestrator.state, checklists: lists)
                return true
            }
            goOn()
        }
        checker.note("it never ends", at: now)
        return false
    }

    private mutating func beginAgain(isCrash: Bool) {
        let state = recover()
        orchestrator = Orchestrator(recovering: state, seed: generator.next())
        ending = nil
        checker.beginLeg(recovered: state, isCrash: isCrash)
        begin()
    }

    /// Folds the journal, from the snapshot on where there is one.
    private mutating func recover() -> RunState {
        func fold(_ batches: some Sequence<Batch>, into state: RunState) -> RunState {
            batches.reduce(into: state) { $0.apply($1.events, at: $1.at) }
        }
        let whole = fold(journal, into: RunState())
        guard let snapshot, snapshot.batches <= journal.count else { return whole }
        guard let start = RunState(snapshot.state) else {
            checker.note("the snapshot can't be read", at: now)
            return whole
        }
        let state = fold(journal[snapshot.batches...], into: start)
        checker.expectSame(whole, state, "the journal and the snapshot disagree", at: now)
        return state
    }

    private mutating func begin() {
        let began = RunBegan(
            run: "simulated",
            name: "simulated",
            pid: 1,
            quireVersion: "0",
            plan: plan
        )
        schedule(.event(.runBegan(began)), after: .zero)
        for name in orchestrator.state.tasksToOpen(plan: plan, retryFailed: false) {
            let found = agents[name]?.checklist ?? .missing
            let inspected = TaskInspected(task: name, checklist: found)
            let isLate = happens(faults.lateDirectories)
            if isLate, happens(faults.heldDirectories) {
                let held = Event.taskHeld(task: name, reason: "another process owns it")
                schedule(.event(held), after: .zero)
                checker.noteHeld(name)
            }
            let delay = isLate ? Int.random(in: 0...600, using: &generator) : 0
            schedule(.event(.taskInspected(inspected)), after: .seconds(delay))
        }
    }

    // MARK: - Time

    mutating func schedule(_ what: Happening.What, after delay: Duration) {
        sequence += 1
        let happening = Happening(at: now + delay, sequence: sequence, what: what)
        let place = queue.partitioningIndex { happening < $0 }
        queue.insert(happening, at: place)
    }

    /// What the driver has yet to tell of a session, out of turn.
    mutating func takeReports(of key: SessionKey) -> [Event] {
        let reports = queue.filter { $0.what.session == key }
        queue.removeAll { $0.what.session == key }
        return reports.compactMap { if case .event(let event) = $0.what { event } else { nil } }
    }

    /// Plays one turn; false when nothing will ever happen again.
    private mutating func step() -> Bool {
        let sleep = bug == .oversleeps ? Duration.seconds(86_400) : .zero
        let deadline = orchestrator.nextDeadline.map { $0 + sleep }
        let times = [queue.first?.at, deadline].compactMap(\.self)
        guard let next = times.min() else {
            checker.note("nothing will ever happen again", at: now)
            return false
        }
        now = max(now, next)
        let due = queue.partitioningIndex { $0.at > now }
        let happenings = queue[..<due].map(\.what)
        queue.removeFirst(due)
        let events = happenings.flatMap { happen($0) }
        disturbClock()
        let moment = Moment(awake: now, wall: wall)
        turns += 1
        let commands = orchestrator.handle(events, at: moment)
        checker.check(commands, state: orchestrator.state, at: now)
        checkIdleness(at: moment)
        carryOut(commands, at: moment)
        return true
    }

    /// What the wall clock says.
    var wall: WallTime { WallTime(millisecondsSinceEpoch: 0) + now + wallOffset }

    private mutating func disturbClock() {
        guard happens(faults.clockJumps) else { return }
        let day = 86_400
        // A clock that was set, or a machine that slept: its awake clock stood still meanwhile.
        wallOffset += .seconds(Int.random(in: -day...day, using: &generator))
    }

    /// Asked again at once, a correct scheduler has nothing to add.
    private mutating func checkIdleness(at moment: Moment) {
        guard ending == nil, turns % 8 == 0 else { return }
        var again = orchestrator
        for case .startSession(let start) in again.handle([], at: moment) {
            checker.note("\(start.key) could have started before", at: now)
        }
    }

    func happens(_ share: Double, _ generator: inout SplitMix64) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &generator) < share
    }

    mutating func happens(_ share: Double) -> Bool {
        share > 0 && Double.random(in: 0..<1, using: &generator) < share
    }

    /// What happens outside of the decisions; returns what the driver tells of it.
    private mutating func happen(_ what: Happening.What) -> [Event] {
        switch what {
        case .event(let event): return [event]
        case .written: return write()
        case .exited(let key): return exit(key)
        }
    }

    private mutating func carryOut(_ commands: [Command], at moment: Moment) {
        var batch = WaitingBatch(at: moment)
        for command in commands {
            switch command {
            case .record(let fact): batch.events.append(fact)
            case .terminateSession(let key): terminate(key)
            case .killSession(let key): kill(key)
            case .startSession, .endRun: batch.commands.append(command)
            case .readMachine: readMachine()
            case .releaseTask: break
            }
        }
        if !batch.events.isEmpty { append(batch) }
    }

    /// Compares the durable history with what is known, where nothing waits to be durable.
    mutating func checkReplay() {
        if disk.waiting.isEmpty { checker.compare(orchestrator.state, at: now) }
    }
}

/// Something that happens at a time.
struct Happening: Comparable, Sendable {
    enum What: Sendable {
        /// The driver tells the decisions.
        case event(Event)
        /// The disk is done, or tried again.
        case written
        /// The driver learns of a process's end.
        case exited(SessionKey)

        /// The living session that this is a report of.
        fileprivate var session: SessionKey? {
            switch self {
            case .event(.sessionSpawned(let fact)):
                SessionKey(task: fact.task, number: fact.session)
            case .event(.threadStarted(let fact)):
                SessionKey(task: fact.task, number: fact.session)
            case .event(.sessionUsed(let fact)): fact.key
            case .event(.sessionActive(let key)), .event(.sessionWaitsForNetwork(let key)),
                .event(.sessionAnswered(let key)):
                key
            default: nil
            }
        }
    }

    var at: Duration
    var sequence: Int
    var what: What

    static func == (left: Happening, right: Happening) -> Bool {
        left.sequence == right.sequence
    }

    static func < (left: Happening, right: Happening) -> Bool {
        (left.at, left.sequence) < (right.at, right.sequence)
    }
}

extension Array {
    /// The first index whose element satisfies the predicate, in an array in which all elements
    /// that don't come first.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
