package import Orchestration

/// A virtual world around the real decisions: simulated agents, a clock that jumps, faults.
///
/// It never decides anything itself. The same plan, faults and seed give the same history.
package struct World: Sendable {
    /// One durable batch.
    package struct Batch: Hashable, Sendable {
        /// When it was decided.
        package var at: Moment
        /// Its facts.
        package var events: [RunEvent]
    }

    private struct Happening: Comparable, Hashable, Sendable {
        var at: Duration
        var sequence: Int
        var event: Event

        static func < (left: Happening, right: Happening) -> Bool {
            (left.at, left.sequence) < (right.at, right.sequence)
        }
    }

    /// The decisions under test.
    package private(set) var orchestrator: Orchestrator
    /// Everything recorded, in order.
    package private(set) var journal: [Batch] = []
    /// How the run ended; `nil` while it goes on.
    package private(set) var ending: Ending?
    /// Calls of `handle` so far.
    package private(set) var turns = 0
    /// What the checker found; empty in a correct program.
    package var violations: [String] { checker.violations }

    private let faults: Faults
    private var generator: SplitMix64
    private var now = Duration.zero
    private var sequence = 0
    private var queue: [Happening] = []
    private var agents: [String: Agent] = [:]
    private var hanging: [SessionKey: Bool] = [:]
    private var checker: Checker

    /// Makes a world in which the plan's run is about to begin.
    ///
    /// The entries of each task's checklist are drawn from `entries`.
    package init(plan: RunPlan, faults: Faults, seed: UInt64, entries: ClosedRange<Int> = 1...8) {
        self.faults = faults
        generator = SplitMix64(seed: seed)
        orchestrator = Orchestrator(seed: seed)
        checker = Checker(plan: plan)
        for task in plan.tasks {
            agents[task.name] = Agent(entries: Int.random(in: entries, using: &generator))
        }
        begin(plan)
    }

    /// Plays on until the run has ended or `turns` more turns are over.
    package mutating func run(turns limit: Int) {
        let last = turns + limit
        while ending == nil, turns < last, step() {}
    }

    /// Asks for the run's end at this turn.
    package mutating func requestShutdown(_ signal: ShutdownSignal) {
        schedule(.shutdownRequested(signal), after: .zero)
    }

    /// Kills the runner: everything that was not recorded is forgotten, all sessions are dead, and
    /// a new leg begins from the journal.
    package mutating func crash(plan: RunPlan) {
        var state = RunState()
        for batch in journal { state.apply(batch.events, at: batch.at) }
        orchestrator = Orchestrator(recovering: state, seed: generator.next())
        queue = []
        hanging = [:]
        ending = nil
        checker.crashed()
        begin(plan)
    }

    private mutating func begin(_ plan: RunPlan) {
        let began = RunBegan(
            run: "simulated",
            name: "simulated",
            pid: 1,
            quireVersion: "0",
            plan: plan
        )
        schedule(.runBegan(began), after: .zero)
        for name in orchestrator.state.tasksToOpen(plan: plan, retryFailed: false) {
            let found = agents[name]?.checklist ?? .missing
            schedule(.taskInspected(TaskInspected(task: name, checklist: found)), after: .zero)
        }
    }

    private mutating func schedule(_ event: Event, after delay: Duration) {
        sequence += 1
        let happening = Happening(at: now + delay, sequence: sequence, event: event)
        let place = queue.partitioningIndex { happening < $0 }
        queue.insert(happening, at: place)
    }

    /// Plays one turn; false when nothing will ever happen again.
    private mutating func step() -> Bool {
        let times = [queue.first?.at, orchestrator.nextDeadline].compactMap(\.self)
        guard let next = times.min() else {
            checker.violations.append("nothing will ever happen again")
            return false
        }
        now = max(now, next)
        let due = queue.partitioningIndex { $0.at > now }
        let events = queue[..<due].map(\.event)
        queue.removeFirst(due)
        let moment = Moment(
            awake: now,
            wall: WallTime(millisecondsSinceEpoch: now.wholeMilliseconds)
        )
        turns += 1
        let commands = orchestrator.handle(events, at: moment)
        keep(commands, at: moment)
        checker.check(commands, state: orchestrator.state)
        for command in commands { carryOut(command) }
        return true
    }

    private mutating func keep(_ commands: [Command], at moment: Moment) {
        let facts = commands.compactMap { command in
            if case .record(let fact) = command { fact } else { nil }
        }
        if !facts.isEmpty { journal.append(Batch(at: moment, events: facts)) }
    }

    private mutating func carryOut(_ command: Command) {
        switch command {
        case .startSession(let start): begin(start)
        case .terminateSession(let key):
            if let ignores = hanging[key], !ignores { end(key, signal: 15) }
        case .killSession(let key):
            if hanging[key] != nil { end(key, signal: 9) }
        case .endRun(let ending): self.ending = ending
        case .record, .releaseTask: break
        }
    }

    private mutating func begin(_ start: SessionStarted) {
        guard var agent = agents[start.task] else { return }
        let before = agent.checklist
        let course = agent.course(of: start.role, faults: faults, using: &generator)
        switch course {
        case .ends(let duration, let failure):
            let result = SessionResult(
                termination: .exited(failure == nil ? 0 : 1),
                failure: failure
            )
            schedule(.sessionEnded(start.key, result, agent.checklist), after: duration)
        case .hangs(let ignores):
            agent.checklist = before
            hanging[start.key] = ignores
        case .waitsForNetwork:
            agent.checklist = before
            hanging[start.key] = false
            schedule(.sessionWaitsForNetwork(start.key), after: .seconds(5))
        }
        agents[start.task] = agent
    }

    private mutating func end(_ key: SessionKey, signal: Int32) {
        hanging[key] = nil
        let result = SessionResult(
            termination: .signaled(signal),
            failure: Failure(.killed, "killed by signal \(signal)")
        )
        let checklist = agents[key.task]?.checklist ?? .missing
        schedule(.sessionEnded(key, result, checklist), after: .milliseconds(20))
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
