import Orchestration

/// An independent model of what a run may do; records every violation of a rule.
struct Checker: Sendable {
    private(set) var violations: [String] = []
    private let plan: RunPlan
    private let needs: [String: [String]]
    private let groups: [String: String]
    // Decided so far.
    private var slots: [Int: SessionKey] = [:]
    private var running: [SessionKey: Int] = [:]
    private var complete: Set<String> = []
    private var ended: Set<String> = []
    private var isStopping = false
    private var hasEnded = false
    private var spent: Int64 = 0
    private var now = Duration.zero
    /// Since when a task could have started and none did, and whether a gate was closed.
    private var wait: (since: Duration, isHeld: Bool)?
    // Durable so far.
    private var durable = RunState()
    private var startsOnDisk: Set<SessionKey> = []
    private var begun: Set<SessionKey> = []
    private var newest: [String: Int] = [:]
    private var isGivenUp = false
    /// Tasks of this leg whose directory could not be inspected; they may be complete unnoticed.
    private var held: Set<String> = []

    init(plan: RunPlan) {
        self.plan = plan
        let named = plan.tasks.map { ($0.name, $0) }
        needs = Dictionary(uniqueKeysWithValues: named.map { ($0, $1.needs) })
        groups = Dictionary(
            uniqueKeysWithValues: named.compactMap { name, task in task.group.map { (name, $0) } }
        )
    }

    mutating func note(_ violation: String, at time: Duration) {
        violations.append("after \(time): \(violation)")
    }

    private mutating func expect(_ condition: Bool, _ violation: @autoclosure () -> String) {
        if !condition { note(violation(), at: now) }
    }

    /// Begins a new leg with the recovered state.
    mutating func beginLeg(recovered: RunState, isCrash: Bool) {
        expect(isGivenUp || recovered.tasks == durable.tasks, "what was durable is not recovered")
        slots = [:]
        running = [:]
        isStopping = false
        hasEnded = false
        isGivenUp = false
        held = []
        wait = nil
        durable = recovered
        spent = recovered.ending == .finished ? 0 : Int64(recovered.ledger.spent.tokens)
        // Decisions that were not durable are void.
        complete = Set(recovered.tasks.filter { $0.outcome == .complete }.map(\.plan.name))
        ended = Set(recovered.tasks.filter { $0.outcome != nil }.map(\.plan.name))
        for key in recovered.running.keys { running[key] = -1 }
    }

    // MARK: - Decisions

    mutating func check(_ commands: [Command], state: RunState, at time: Duration) {
        checkWait(until: time)
        now = time
        for command in commands { check(command) }
        noteWait(state, hasStarted: commands.contains(where: \.isStart))
        if running.count > plan.concurrency {
            note("\(running.count) sessions in \(plan.concurrency) slots", at: now)
        }
        for group in plan.groups { checkCap(group) }
        expect(
            Set(state.running.keys) == Set(running.keys),
            "the state and the commands disagree about what runs"
        )
    }

    /// Longest time in which a startable task may wait for a retry's delay and a full disk.
    private static let longestWait = Duration.seconds(3600)
    /// Longest time in which a startable task may wait for a gate.
    ///
    /// Gates open at a time of the wall clock, which faults can set back by a day more than once.
    private static let longestHold = Duration.seconds(4 * 86_400)

    private mutating func checkWait(until time: Duration) {
        guard let wait else { return }
        let passed = time - wait.since
        guard passed > (wait.isHeld ? Self.longestHold : Self.longestWait) else { return }
        note("for \(passed) nothing has started that could have", at: time)
    }

    private mutating func noteWait(_ state: RunState, hasStarted: Bool) {
        let isHeld = !state.gates.isEmpty
        guard !isStopping, !hasEnded, state.legs > 0, running.count < state.concurrencyLimit,
            plan.tasks.contains(where: isReady)
        else {
            wait = nil
            return
        }
        if hasStarted || wait?.isHeld != isHeld { wait = (now, isHeld) }
    }

    private func isReady(_ task: TaskPlan) -> Bool {
        guard !ended.contains(task.name), task.needs.allSatisfy(complete.contains),
            !running.keys.contains(where: { $0.task == task.name })
        else { return false }
        guard let group = plan.groups.first(where: { $0.name == task.group }),
            let cap = group.maxConcurrent
        else { return true }
        return running.keys.count { groups[$0.task] == group.name } < cap
    }

    private mutating func checkCap(_ group: GroupPlan) {
        guard let cap = group.maxConcurrent else { return }
        let count = running.keys.count { groups[$0.task] == group.name }
        expect(count <= cap, "\(count) sessions in group \(group.name)")
    }

    private mutating func check(_ command: Command) {
        expect(!hasEnded, "something is decided after the end")
        switch command {
        case .record(let fact): check(fact)
        case .startSession(let start):
            expect(running[start.key] != nil, "\(start.key) starts without a fact")
        case .endRun:
            expect(running.isEmpty, "the run ends with sessions running")
            hasEnded = true
        case .terminateSession, .killSession, .releaseTask, .readMachine: break
        }
    }

    private mutating func check(_ fact: RunEvent) {
        switch fact {
        case .sessionStarted(let fact): started(fact)
        case .sessionEnded(let fact): endedSession(fact)
        case .taskReopened(let fact): ended.remove(fact.task)
        case .taskEnded(let fact):
            expect(ended.insert(fact.task).inserted, "\(fact.task) ends twice")
            if fact.outcome == .complete { complete.insert(fact.task) }
        case .shutdownAdvanced: isStopping = true
        case .warned(let fact):
            expect(!fact.message.contains("[this is a bug]"), fact.message)
        default: break
        }
    }

    private mutating func started(_ fact: SessionStarted) {
        expect(!isStopping, "\(fact.key) starts in a shutdown")
        expect(slots[fact.slot] == nil, "slot \(fact.slot) is taken twice")
        expect((0..<plan.concurrency).contains(fact.slot), "there is no slot \(fact.slot)")
        expect(!running.keys.contains { $0.task == fact.task }, "\(fact.task) runs twice")
        expect(!ended.contains(fact.task), "\(fact.task) starts after its end")
        let open = (needs[fact.task] ?? []).filter { !complete.contains($0) }
        expect(open.isEmpty, "\(fact.task) starts before \(open)")
        if let most = plan.budget?.limits.tokens {
            let spent = spent
            expect(spent < most, "\(fact.key) starts after \(spent) of \(most) tokens")
        }
        slots[fact.slot] = fact.key
        running[fact.key] = fact.slot
    }

    private mutating func endedSession(_ fact: SessionEnded) {
        guard let slot = running.removeValue(forKey: fact.key) else {
            return note("\(fact.key) ends without running", at: now)
        }
        if slots[slot] == fact.key { slots[slot] = nil }
        spent += fact.usage?.total ?? 0
    }

    // MARK: - Effects of the decisions

    /// Notes that facts are durable.
    mutating func wrote(_ events: [RunEvent], at moment: Moment) {
        durable.apply(events, at: moment)
        for case .sessionStarted(let fact) in events { startsOnDisk.insert(fact.key) }
    }

    /// Checks the start of a session's process beside those that live.
    mutating func begins(_ start: SessionStarted, living: [SessionKey], at time: Duration) {
        now = time
        let key = start.key
        expect(startsOnDisk.contains(key), "\(key) starts before its record")
        expect(begun.insert(key).inserted, "\(key) starts twice")
        expect(!living.contains { $0.task == key.task }, "\(key) starts beside another of its task")
        expect(newest[key.task, default: 0] < key.number, "\(key) starts after a later one")
        newest[key.task] = key.number
        expect(living.count < plan.concurrency, "\(living.count + 1) processes live")
    }

    /// Notes that a task's directory can't be inspected for some time.
    mutating func noteHeld(_ task: String) { held.insert(task) }

    /// Notes that the run knowingly gave up facts that the disk did not accept.
    mutating func gaveUp() { isGivenUp = true }

    /// Compares the durable state with the orchestrator's; nothing may be waiting for the disk.
    mutating func compare(_ state: RunState, at time: Duration) {
        expectSame(durable, state, "the journal and the state disagree", at: time)
    }

    mutating func expectSame(
        _ one: RunState,
        _ other: RunState,
        _ complaint: String,
        at time: Duration
    ) {
        now = time
        expect(one.tasks == other.tasks, "\(complaint) about tasks")
        expect(one.running == other.running, "\(complaint) about what runs")
        expect(one.gates == other.gates, "\(complaint) about gates")
        for place in one.tasks.indices {
            // One of them may have been woken by a turn that recorded nothing.
            guard let left = one.scheduler.standing(of: place),
                let right = other.scheduler.standing(of: place)
            else { continue }
            expect(left.rank == right.rank, "\(complaint) about who goes next")
            expect(left.isGroupHeld == right.isGroupHeld, "\(complaint) about held groups")
        }
    }

    /// Checks that every task of a finished run has the right outcome.
    mutating func finished(_ state: RunState, checklists: [String: ChecklistState]) {
        for task in state.tasks {
            let name = task.plan.name
            let isComplete = checklists[name]?.progress?.isComplete == true
            expect(task.outcome != nil, "\(name) has no outcome")
            expect(
                (task.outcome == .complete) == isComplete || task.outcome == .blocked
                    || task.outcome == .capped && held.contains(name),
                "\(name) is \(task.outcome?.rawValue ?? "open") with \(checklists[name] ?? .missing)"
            )
        }
    }
}

extension Command {
    fileprivate var isStart: Bool { if case .startSession = self { true } else { false } }
}
