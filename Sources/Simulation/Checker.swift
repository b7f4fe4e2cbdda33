import Orchestration

/// An independent model of what a run may do; it notes every command that breaks a rule.
struct Checker: Sendable {
    var violations: [String] = []
    private var plan: RunPlan
    private var slots: [Int: SessionKey] = [:]
    private var running: [SessionKey: Int] = [:]
    private var begun: Set<SessionKey> = []
    private var complete: Set<String> = []
    private var ended: Set<String> = []
    private var isStopping = false
    private var durable: Set<SessionKey> = []

    init(plan: RunPlan) {
        self.plan = plan
    }

    mutating func crashed() {
        slots = [:]
        isStopping = false
        ended = complete
    }

    mutating func check(_ commands: [Command], state: RunState) {
        for command in commands { check(command) }
        if running.count > plan.concurrency {
            violations.append("\(running.count) sessions in \(plan.concurrency) slots")
        }
        for group in plan.groups { checkCap(group) }
        if Set(state.running.keys) != Set(running.keys) {
            violations.append("the state and the commands disagree about what runs")
        }
    }

    private mutating func checkCap(_ group: GroupPlan) {
        guard let cap = group.maxConcurrent else { return }
        let members = Set(plan.tasks.filter { $0.group == group.name }.map(\.name))
        let count = running.keys.count { members.contains($0.task) }
        if count > cap { violations.append("\(count) sessions in group \(group.name)") }
    }

    private mutating func check(_ command: Command) {
        switch command {
        case .record(let fact): check(fact)
        case .startSession(let start):
            expect(durable.contains(start.key), "\(start.key) starts before its record")
            expect(begun.insert(start.key).inserted, "\(start.key) starts twice")
        case .endRun: expect(running.isEmpty, "the run ends with sessions running")
        case .terminateSession, .killSession, .releaseTask: break
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
        default: break
        }
    }

    private mutating func started(_ fact: SessionStarted) {
        expect(!isStopping, "\(fact.key) starts in a shutdown")
        expect(slots[fact.slot] == nil, "slot \(fact.slot) is taken twice")
        expect((0..<plan.concurrency).contains(fact.slot), "there is no slot \(fact.slot)")
        expect(!running.keys.contains { $0.task == fact.task }, "\(fact.task) runs twice")
        expect(!ended.contains(fact.task), "\(fact.task) starts after its end")
        let needs = plan.tasks.first { $0.name == fact.task }?.needs ?? []
        expect(needs.allSatisfy(complete.contains), "\(fact.task) starts before its needs")
        slots[fact.slot] = fact.key
        running[fact.key] = fact.slot
        durable.insert(fact.key)
    }

    private mutating func endedSession(_ fact: SessionEnded) {
        guard let slot = running.removeValue(forKey: fact.key) else {
            violations.append("\(fact.key) ends without running")
            return
        }
        if slots[slot] == fact.key { slots[slot] = nil }
    }

    private mutating func expect(_ condition: Bool, _ violation: @autoclosure () -> String) {
        if !condition { violations.append(violation()) }
    }
}
