package import Orchestration

/// A virtual world around the real orchestrator: simulated agents, a clock that jumps, and a disk
/// and processes that fail.
///
/// The world stands in for the driver and decides nothing: it writes a turn's facts before it
/// carries out the turn's starts, and sends signals at once. Plan, faults and seed determine the
/// history.
package struct World: Sendable {
    /// A durable batch of facts.
    package struct Batch: Hashable, Sendable {
        /// Time of the decision.
        package var at: Moment
        /// The facts, in order.
        package var events: [RunEvent]
    }

    /// A deliberate mistake of the driver, to prove that the checker finds it.
    package enum PlantedBug: Sendable, CaseIterable {
        /// A session starts before its start is durable.
        case startsUnrecorded
        /// Sessions survive a crash of the runner.
        case sparesSurvivors
        /// A crash loses the last durable batch.
        case losesABatch
        /// Deadlines are noticed a day late.
        case oversleeps
    }

    /// The orchestrator under test.
    package private(set) var orchestrator: Orchestrator
    /// All durable batches, in order.
    package var journal: [Batch] { record.batches }
    /// The leg's ending; `nil` while the leg goes on.
    package internal(set) var ending: Ending?
    /// Calls of `handle` so far.
    package private(set) var turns = 0
    /// Violations that the checker found; empty in a correct program.
    package var violations: [String] { checker.violations }
    /// The planted bug; `nil` for none.
    package var bug: PlantedBug?

    var plan: RunPlan
    var faults: Faults
    var generator: SplitMix64
    private var clock = Clock()
    private var agenda = Agenda()
    var agents: [String: Agent] = [:]
    var processes = ProcessTable()
    var disk = Disk()
    var record = Record()
    var checker: Checker

    private struct Clock: Sendable {
        var awake = Duration.zero
        /// Difference between wall and awake clock, through clock changes and sleep of the machine.
        var wallOffset = Duration.zero
    }

    /// The durable data: the journal, and a snapshot of the state that it folds to.
    struct Record: Sendable {
        var batches: [Batch] = []
        /// Snapshot of the state, and the number of batches that it covers.
        var snapshot: (state: RunSnapshot, batches: Int)?
    }

    /// Makes a world in which a run of the plan is about to begin.
    ///
    /// The number of entries in each task's checklist is drawn from `entries`.
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

    /// Plays until the leg has ended or `turns` more turns are over.
    package mutating func run(turns limit: Int) {
        let last = turns + limit
        while ending == nil, turns < last, step() {}
    }

    /// Plays until the leg has ended or `count` batches are durable.
    package mutating func run(untilBatches count: Int, turns limit: Int = 100_000) {
        let last = turns + limit
        while ending == nil, journal.count < count, turns < last, step() {}
    }

    /// Requests the run's shutdown in the next turn.
    package mutating func requestShutdown(_ signal: ShutdownSignal) {
        schedule(.event(.shutdownRequested(signal)), after: .zero)
    }

    /// Turns all faults off.
    package mutating func calm() {
        faults = Faults()
        freeDisk()
        if ending == nil { steer(.resume) }
    }

    /// Kills the runner with all sessions, loses what was not durable, and begins a new leg from
    /// the journal.
    package mutating func crash() {
        if bug == .losesABatch { _ = record.batches.popLast() }
        (agenda, processes.hooks) = (Agenda(), HookTable())
        disk = Disk()
        if bug != .sparesSurvivors { endAllProcesses() }
        beginAgain(isCrash: true)
    }

    /// Begins a new leg after one that ended.
    package mutating func goOn() {
        agenda = Agenda()
        beginAgain(isCrash: false)
    }

    /// Plays legs without faults until the run is over, and checks its result.
    ///
    /// - Returns: false if the run does not end.
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
        checker.beginLeg(recovered: state, plan: plan, isCrash: isCrash)
        begin()
    }

    /// Folds the journal, and compares the result with the snapshot and the batches after it.
    private mutating func recover() -> RunState {
        func fold(_ batches: some Sequence<Batch>, into state: RunState) -> RunState {
            batches.reduce(into: state) { $0.apply($1.events, at: $1.at) }
        }
        let whole = fold(journal, into: RunState())
        guard let snapshot = record.snapshot, snapshot.batches <= journal.count else {
            return whole
        }
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
        agenda.add(what, at: now + delay)
    }

    /// Removes and returns the driver's outstanding reports about a session.
    mutating func takeReports(of key: SessionKey) -> [Event] { agenda.takeReports(of: key) }

    /// Plays one turn; returns false if nothing will ever happen again.
    private mutating func step() -> Bool {
        let sleep = bug == .oversleeps ? Duration.seconds(86_400) : .zero
        let deadline = orchestrator.nextDeadline.map { $0 + sleep }
        steerAtRandom()
        // Somebody comes back to a run that is paused.
        if agenda.next == nil, deadline == nil, orchestrator.state.steering.pause != nil {
            steer(.resume)
        }
        let times = [agenda.next, deadline].compactMap(\.self)
        guard let next = times.min() else {
            checker.note("nothing will ever happen again", at: now)
            return false
        }
        clock.awake = max(now, next)
        let events = agenda.take(until: now).flatMap { happen($0) }
        disturbClock()
        let moment = Moment(awake: now, wall: wall)
        turns += 1
        let commands = orchestrator.handle(events, at: moment)
        checker.check(commands, state: orchestrator.state, at: now)
        checkIdleness(at: moment)
        carryOut(commands, at: moment)
        return true
    }

    /// The awake clock's time.
    var now: Duration { clock.awake }

    /// The wall clock's time.
    var wall: WallTime { WallTime(millisecondsSinceEpoch: 0) + now + clock.wallOffset }

    private mutating func disturbClock() {
        guard happens(faults.clockJumps) else { return }
        let day = 86_400
        // Either the clock was set, or the machine slept and its awake clock stood still meanwhile.
        clock.wallOffset += .seconds(Int.random(in: -day...day, using: &generator))
    }

    /// Asks the orchestrator again at once: a correct scheduler starts nothing more.
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

    /// Carries out a happening in the world; returns the driver's reports of it.
    private mutating func happen(_ what: Happening.What) -> [Event] {
        switch what {
        case .event(let event): return [event]
        case .written: return write()
        case .exited(let key): return exit(key)
        case .hookEnded(let key, let number): return endedHook(key, number)
        }
    }

    private mutating func carryOut(_ commands: [Command], at moment: Moment) {
        var batch = WaitingBatch(at: moment)
        for command in commands {
            switch command {
            case .record(let fact): batch.events.append(fact)
            case .terminateSession(let key): terminate(key)
            case .killSession(let key): kill(key)
            case .startSession, .endRun, .answer: batch.commands.append(command)
            case .openTask(let task): open(task)
            case .passWords(let call, let tasks): passWords(of: call, to: tasks)
            case .readManifest(let call): readManifest(of: call)
            case .readMachine: readMachine()
            case .startHook(let hook):
                if hook.task == nil { begin(hook) } else { batch.commands.append(command) }
            case .notify: notify()
            case .terminateHook(let key), .killHook(let key): end(key)
            case .releaseTask, .startCheck, .terminateCheck, .killCheck: break
            }
        }
        if !batch.events.isEmpty { append(batch) }
    }

    /// Compares the durable history with the orchestrator's state, unless facts wait for the disk.
    mutating func checkReplay() {
        if disk.waiting.isEmpty { checker.compare(orchestrator.state, at: now) }
    }
}
