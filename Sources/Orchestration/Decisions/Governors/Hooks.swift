/// The hooks of the leg and of tasks' ends: each runs once, a few at a time, beside the sessions.
struct Hooks: Governor {
    /// The most hooks of tasks at once.
    private static let slots = 4

    /// The newest step of the shutdown that running hooks were told of.
    private var step: ShutdownStep?
    private var isNew = false
    /// True once the hook at the leg's end has begun.
    private var hasEnded = false

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        switch occurrence {
        case .legBegan: isNew = true
        case .hookEnded(let fact) where fact.hook == .runBegin:
            turn.hooks.beginning = fact.result.refusesLeg ? .failed : .over
        default: break
        }
    }

    mutating func act(in turn: inout Turn) {
        if isNew { beginLeg(in: &turn) }
        if !turn.hooks.running.isEmpty { endHooks(in: &turn) }
        while let task = turn.hooks.queue.first, mayBegin(in: turn) {
            turn.hooks.queue.removeFirst()
            begin(task, in: &turn)
        }
    }

    func holdsStarts(in turn: Turn) -> Bool { turn.hooks.holdsStarts }

    func ending(in turn: Turn) -> Ending? { turn.hooks.beginning == .failed ? .unable : nil }

    func willLetStart(in turn: Turn) -> Bool { !turn.hooks.running.isEmpty }

    mutating func finish(_ ending: Ending, in turn: inout Turn) -> Bool {
        // Tasks may have ended since the turn's act.
        act(in: &turn)
        guard turn.hooks.running.isEmpty else { return false }
        guard turn.state.plan.hooks?.runEnd == true, turn.hooks.hasWork, !hasEnded,
            turn.hooks.beginning != .failed, turn.state.leg.shutdown?.step != .kill
        else { return true }
        (hasEnded, turn.hooks.isEnding) = (true, true)
        begin(HookBegan(.runEnd, ending: ending), in: &turn)
        return false
    }

    /// Tells of the hooks that the last leg left running, and begins the one before anything starts.
    private mutating func beginLeg(in turn: inout Turn) {
        isNew = false
        for lost in turn.state.leg.hooks.running.sorted(by: { $0.key < $1.key }) {
            let fact = HookEnded(lost, .lost)
            turn.record(.hookEnded(fact))
            turn.warn(fact.words, task: fact.task)
        }
        turn.hooks.queue = turn.state.leg.hooks.due.sorted()
        turn.hooks.hasWork = turn.state.unfinished > 0
        turn.hooks.collectsNews = turn.state.plan.hooks?.notify != nil
        guard turn.state.plan.hooks?.runBegin == true, turn.hooks.hasWork,
            turn.state.leg.shutdown == nil
        else { return }
        turn.hooks.beginning = .running
        begin(HookBegan(.runBegin), in: &turn)
    }

    /// Indicates whether another hook of a task may begin: not while the journal can't be written, as the
    /// hook could run once more after a crash.
    private func mayBegin(in turn: Turn) -> Bool {
        guard !turn.hooks.holdsStarts, turn.hooks.count < Self.slots,
            turn.state.gates.closed[GateKey(.store)] == nil
        else { return false }
        switch turn.state.leg.shutdown?.step {
        case nil, .drain: return true
        case .terminate, .kill: return false
        }
    }

    private func begin(_ name: String, in turn: inout Turn) {
        guard turn.state.leg.hooks.due.contains(name), let task = turn.state.task(name),
            task.plan.isLeftOut != true, let hook = task.outcome?.hook,
            task.plan.hooks?.has(hook) == true
        else { return }
        begin(HookBegan(hook, task: name, session: task.sessions), in: &turn)
    }

    private func begin(_ fact: HookBegan, in turn: inout Turn) {
        turn.record(.hookBegan(fact))
        turn.hooks.running.insert(fact.key)
        turn.order(.startHook(fact))
    }

    /// Ends the hooks that run when sessions are ended, too.
    private mutating func endHooks(in turn: inout Turn) {
        guard let step = turn.state.leg.shutdown?.step, step != self.step else { return }
        self.step = step
        for key in turn.hooks.running.sorted() {
            switch step {
            // Nothing will start that this one prepares for.
            case .drain: if key.hook == .runBegin { turn.order(.terminateHook(key)) }
            case .terminate: if key.hook != .notify { turn.order(.terminateHook(key)) }
            case .kill: turn.order(.killHook(key))
            }
        }
    }
}

extension HookResult {
    /// True if the leg can't begin after such a result of the hook before anything starts.
    fileprivate var refusesLeg: Bool {
        switch self {
        case .failed, .timedOut, .couldNotRun: true
        // A leg that is being stopped starts nothing anyway.
        case .passed, .stopped, .putOff, .lost: false
        }
    }
}
