import Orchestration

/// An independent model of what a run may do; records every violation of a rule.
struct Checker: Sendable {
    private(set) var violations: [String] = []
    private var plan: RunPlan
    private var needs: [String: [String]] = [:]
    private var groups: [String: String] = [:]
    private var now = Duration.zero
    private var decided = Decided()
    private var durable = Durable()
    private var processes = Processes()
    /// Tasks of this leg whose directory could not be inspected; they may be complete unnoticed.
    private var held: Set<String> = []
    private var hooks = HookChecker()
    private var steering: SteeringChecker
    private var models: ModelChecker

    /// Decisions of the leg so far.
    private struct Decided: Sendable {
        var slots: [Int: SessionKey] = [:]
        var running: [SessionKey: Int] = [:]
        var complete: Set<String> = []
        var ended: Set<String> = []
        var isStopping = false
        var hasEnded = false
        var spent: Int64 = 0
        /// Since when a task could have started and none did, and whether a gate was closed.
        var wait: (since: Duration, isHeld: Bool)?
    }

    /// What is on disk.
    private struct Durable: Sendable {
        var state = RunState()
        var starts: Set<SessionKey> = []
        var isGivenUp = false
    }

    /// The processes that have begun.
    private struct Processes: Sendable {
        var begun: Set<SessionKey> = []
        /// The number of each task's newest session.
        var newest: [String: Int] = [:]
    }

    init(plan: RunPlan) {
        self.plan = plan
        steering = SteeringChecker(plan)
        models = ModelChecker(plan)
        learn(plan.tasks)
    }

    private mutating func learn(_ tasks: [TaskPlan]) {
        for task in tasks {
            needs[task.name] = task.needs
            groups[task.name] = task.group
        }
    }

    mutating func note(_ violation: String, at time: Duration) {
        violations.append("after \(time): \(violation)")
    }

    private mutating func expect(_ condition: Bool, _ violation: @autoclosure () -> String) {
        if !condition { note(violation(), at: now) }
    }

    /// Begins a new leg with the recovered state.
    mutating func beginLeg(recovered: RunState, plan: RunPlan, isCrash: Bool) {
        self.plan = plan
        steering = SteeringChecker(plan, after: steering)
        learn(plan.tasks)
        let isRecovered = durable.isGivenUp || recovered.tasks == durable.state.tasks
        expect(isRecovered, "what was durable is not recovered")
        held = []
        hooks.beginLeg()
        models.beginLeg(recovered: recovered)
        durable.isGivenUp = false
        durable.state = recovered
        // Decisions that were not durable are void.
        decided = Decided()
        decided.spent =
            recovered.leg.ending == .finished ? 0 : Int64(recovered.spending.ledger.spent.tokens)
        decided.complete = Set(recovered.tasks.filter { $0.outcome == .complete }.map(\.plan.name))
        decided.ended = Set(recovered.tasks.filter { $0.outcome != nil }.map(\.plan.name))
        for key in recovered.running.keys { decided.running[key] = -1 }
    }

    // MARK: - Decisions

    mutating func check(_ commands: [Command], state: RunState, at time: Duration) {
        checkWait(until: time)
        now = time
        for command in commands { check(command) }
        noteWait(state, hasStarted: commands.contains(where: \.isStart))
        if decided.running.count > steering.most {
            note("\(decided.running.count) sessions in \(steering.most) slots", at: now)
        }
        for group in plan.groups { checkCap(group) }
        expect(
            Set(state.running.keys) == Set(decided.running.keys),
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
        guard let wait = decided.wait else { return }
        let passed = time - wait.since
        guard passed > (wait.isHeld ? Self.longestHold : Self.longestWait) else { return }
        note("for \(passed) nothing has started that could have", at: time)
    }

    private mutating func noteWait(_ state: RunState, hasStarted: Bool) {
        let isHeld = !state.gates.closed.isEmpty
        guard !decided.isStopping, !decided.hasEnded, state.leg.number > 0, !steering.holdsStarts,
            decided.running.count < state.leg.concurrencyLimit,
            plan.tasks.contains(where: isReady)
        else {
            decided.wait = nil
            return
        }
        if hasStarted || decided.wait?.isHeld != isHeld { decided.wait = (now, isHeld) }
    }

    private func isReady(_ task: TaskPlan) -> Bool {
        guard !decided.ended.contains(task.name), steering.mayStart(task.name),
            task.needs.allSatisfy(decided.complete.contains),
            !decided.running.keys.contains(where: { $0.task == task.name })
        else { return false }
        guard let group = plan.groups.first(where: { $0.name == task.group }),
            let cap = group.maxConcurrent
        else { return true }
        return decided.running.keys.count { groups[$0.task] == group.name } < cap
    }

    private mutating func checkCap(_ group: GroupPlan) {
        guard let cap = group.maxConcurrent else { return }
        let count = decided.running.keys.count { groups[$0.task] == group.name }
        expect(count <= cap, "\(count) sessions in group \(group.name)")
    }

    private mutating func check(_ command: Command) {
        expect(!decided.hasEnded, "something is decided after the end")
        if let violation = hooks.check(command) { note(violation, at: now) }
        if let violation = steering.check(command) { note(violation, at: now) }
        switch command {
        case .record(let fact): check(fact)
        case .startSession(let start):
            expect(decided.running[start.key] != nil, "\(start.key) starts without a fact")
        case .endRun:
            expect(decided.running.isEmpty, "the run ends with sessions running")
            decided.hasEnded = true
        case .terminateSession, .killSession, .releaseTask, .readMachine, .startCheck,
            .terminateCheck, .killCheck, .startHook, .notify, .terminateHook, .killHook, .openTask,
            .passWords, .readManifest, .answer:
            break
        }
    }

    private mutating func check(_ fact: RunEvent) {
        if let violation = models.check(fact) { note(violation, at: now) }
        switch fact {
        case .sessionStarted(let fact): started(fact)
        case .sessionEnded(let fact): endedSession(fact)
        case .taskReopened(let fact): decided.ended.remove(fact.task)
        case .taskEnded(let fact):
            expect(decided.ended.insert(fact.task).inserted, "\(fact.task) ends twice")
            if fact.outcome == .complete { decided.complete.insert(fact.task) }
        case .shutdownAdvanced: decided.isStopping = true
        case .steered(let fact): learn(fact.added ?? [])
        case .warned(let fact):
            expect(!fact.message.contains("[this is a bug]"), fact.message)
        default: break
        }
    }

    private mutating func started(_ fact: SessionStarted) {
        expect(!decided.isStopping, "\(fact.key) starts in a shutdown")
        expect(decided.slots[fact.slot] == nil, "slot \(fact.slot) is taken twice")
        expect((0..<steering.most).contains(fact.slot), "there is no slot \(fact.slot)")
        expect(!decided.running.keys.contains { $0.task == fact.task }, "\(fact.task) runs twice")
        expect(!decided.ended.contains(fact.task), "\(fact.task) starts after its end")
        let open = (needs[fact.task] ?? []).filter { !decided.complete.contains($0) }
        expect(open.isEmpty, "\(fact.task) starts before \(open)")
        if let most = plan.budget?.limits.tokens {
            let spent = decided.spent
            expect(spent < most, "\(fact.key) starts after \(spent) of \(most) tokens")
        }
        decided.slots[fact.slot] = fact.key
        decided.running[fact.key] = fact.slot
    }

    private mutating func endedSession(_ fact: SessionEnded) {
        guard let slot = decided.running.removeValue(forKey: fact.key) else {
            return note("\(fact.key) ends without running", at: now)
        }
        if decided.slots[slot] == fact.key { decided.slots[slot] = nil }
        decided.spent += fact.usage?.total ?? 0
    }

    // MARK: - Effects of the decisions

    /// Notes that facts are durable.
    mutating func wrote(_ events: [RunEvent], at moment: Moment) {
        durable.state.apply(events, at: moment)
        hooks.wrote(events)
        for case .sessionStarted(let fact) in events { durable.starts.insert(fact.key) }
    }

    /// Checks the start of a hook of a task's end.
    mutating func begins(_ hook: HookBegan, at time: Duration) {
        if let violation = hooks.begins(hook) { note(violation, at: time) }
    }

    /// Checks the start of a session's process beside those that live.
    mutating func begins(_ start: SessionStarted, living: [SessionKey], at time: Duration) {
        now = time
        let key = start.key
        expect(durable.starts.contains(key), "\(key) starts before its record")
        expect(processes.begun.insert(key).inserted, "\(key) starts twice")
        expect(!living.contains { $0.task == key.task }, "\(key) starts beside another of its task")
        expect(
            processes.newest[key.task, default: 0] < key.number,
            "\(key) starts after a later one"
        )
        processes.newest[key.task] = key.number
        expect(living.count < steering.most, "\(living.count + 1) processes live")
    }

    /// Notes that a task's directory can't be inspected for some time.
    mutating func noteHeld(_ task: String) { held.insert(task) }

    /// Notes that the run knowingly gave up facts that the disk did not accept.
    mutating func gaveUp() { durable.isGivenUp = true }

    /// Compares the durable state with the orchestrator's; nothing may be waiting for the disk.
    mutating func compare(_ state: RunState, at time: Duration) {
        expectSame(durable.state, state, "the journal and the state disagree", at: time)
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
        expect(one.gates.closed == other.gates.closed, "\(complaint) about gates")
        expect(one.leg.hooks == other.leg.hooks, "\(complaint) about hooks")
        expect(one.steering == other.steering, "\(complaint) about what people changed")
        expect(one.unfinished == other.unfinished, "\(complaint) about what is left to do")
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
        if let violation = hooks.finished(state) { note(violation, at: now) }
        for task in state.tasks where task.plan.isLeftOut != true {
            let name = task.plan.name
            let isComplete = checklists[name]?.progress?.isComplete == true
            expect(task.outcome != nil, "\(name) has no outcome")
            expect(
                (task.outcome == .complete) == isComplete || task.outcome == .blocked
                    || task.outcome == .capped && held.contains(name)
                    || task.outcome == .cancelled && !isComplete || steering.hasStopped(name),
                "\(name) is \(task.outcome?.rawValue ?? "open") with \(checklists[name] ?? .missing)"
            )
        }
    }
}

extension Command {
    fileprivate var isStart: Bool { if case .startSession = self { true } else { false } }
}
