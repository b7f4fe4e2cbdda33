import Orchestration

/// An independent model of what hooks may do.
struct HookChecker: Sendable {
    /// What the hook at the beginning of a leg lets start.
    private enum Beginning: Sendable {
        case over, running, failed
    }

    /// The durable ends of tasks that a hook follows, and the hooks that have begun for them.
    private var ends: [String: Int] = [:]
    private var begun: [String: Int] = [:]
    /// The hooks that the leg's decisions have begun, and that have not ended.
    private var running: Set<HookKey> = []
    private var beginning = Beginning.over
    private var hasEnded = false

    mutating func beginLeg() { (running, beginning, hasEnded) = ([], .over, false) }

    /// Notes that facts are durable.
    mutating func wrote(_ events: [RunEvent]) {
        for case .taskEnded(let fact) in events { ends[fact.task, default: 0] += 1 }
    }

    /// Notes a decision; returns the rule that it violates, if any.
    mutating func check(_ command: Command) -> String? {
        switch command {
        case .startHook(let hook):
            guard running.insert(hook.key).inserted else { return "twice at once: \(hook)" }
            if hook.hook == .runBegin { beginning = .running }
            if hook.hook == .runEnd, hasEnded { return "the leg ends twice" }
            if hook.hook == .runEnd { hasEnded = true }
            if hook.hook != .runBegin, beginning == .running { return "too early: \(hook)" }
        case .record(.hookEnded(let fact)):
            running.remove(fact.key)
            guard fact.hook == .runBegin else { return nil }
            switch fact.result {
            case .failed, .timedOut, .couldNotRun: beginning = .failed
            case .passed, .stopped, .putOff, .lost: beginning = .over
            }
        case .record(.sessionStarted(let fact)):
            if beginning != .over { return "\(fact.key) starts without the leg's beginning" }
            if hasEnded { return "\(fact.key) starts after the leg's last hook" }
            if running.contains(where: { $0.task == fact.task }) {
                return "\(fact.key) starts beside its task's hook"
            }
        case .endRun:
            if !running.isEmpty { return "the run ends while hooks run" }
        case .record, .startSession, .terminateSession, .killSession, .startCheck, .terminateCheck,
            .killCheck, .notify, .terminateHook, .killHook, .readMachine, .releaseTask,
            .openTask, .passWords, .readManifest, .answer:
            break
        }
        return nil
    }

    /// Notes that the hook of a task's end begins; returns the rule that it violates, if any.
    mutating func begins(_ hook: HookBegan) -> String? {
        guard let task = hook.task else { return nil }
        begun[task, default: 0] += 1
        let (ends, begun) = (ends[task] ?? 0, begun[task] ?? 0)
        return begun > ends ? "\(task): a hook begun \(begun)x for \(ends) of its ends" : nil
    }

    /// Returns the rule that a finished run violates, if any.
    func finished(_ state: RunState) -> String? {
        // What a shutdown left is for the next leg.
        guard state.leg.shutdown == nil, beginning != .failed else { return nil }
        return state.leg.hooks.due.isEmpty && state.leg.hooks.running.isEmpty
            ? nil : "hooks are left: \(state.leg.hooks)"
    }
}
