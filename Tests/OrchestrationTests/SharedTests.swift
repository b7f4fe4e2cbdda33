import Foundation
import Testing

@testable import Orchestration

@Suite struct `What tasks have in common` {
    @Test func `a change of one task's terms leaves those of its copies alone`() {
        let first = TaskPlan(name: "a", maxSessions: 5)
        var second = first
        second.name = "b"
        #expect(second.maxSessions == 5)
        second.maxSessions = 6
        second.retries.limit = 9
        #expect(first.maxSessions == 5 && first.retries.limit == RetryPlan().limit)
        #expect(second.maxSessions == 6 && second.retries.limit == 9)
        second.maxSessions = 5
        second.retries.limit = RetryPlan().limit
        second.name = "a"
        #expect(first == second && first.hashValue == second.hashValue)
    }

    @Test func `equal terms are found, and others kept`() {
        let plans = (0..<60).map { TaskPlan(name: "t\($0)", maxSessions: 1 + $0 % 3) }
        #expect(RunPlan(tasks: plans).sharingTerms().tasks == plans)
    }

    @Test func `terms that are shared already cost no copy of the plan`() {
        let plan = RunPlan(
            tasks: (0..<60).map { TaskPlan(name: "t\($0)", maxSessions: 1 + $0 % 3) }
        ).sharingTerms()
        var again = plan.sharingTerms()
        func address(_ plan: RunPlan) -> UnsafePointer<TaskPlan>? {
            plan.tasks.withUnsafeBufferPointer(\.baseAddress)
        }
        #expect(address(again) == address(plan))
        again.tasks.append(TaskPlan(name: "other", maxSessions: 2))
        again = again.sharingTerms()
        #expect(address(again) != address(plan))
        #expect(again.tasks.dropLast() == plan.tasks[...])
    }

    @Test func `a task's state is small, and a ledger that holds nothing is everybody's`() {
        #expect(MemoryLayout<TaskState>.stride <= 256)
        var one = TaskState(plan: TaskPlan(name: "a"))
        let other = TaskState(plan: TaskPlan(name: "b"))
        #expect(one.sharedLedger.isSame(as: other.sharedLedger))
        one.ledger.reserve(Spending(tokens: 1, cost: 2, seconds: 3))
        #expect(one.ledger.reserved.tokens == 1 && other.ledger == Ledger())
        #expect(!one.sharedLedger.isSame(as: other.sharedLedger))
        one.beginLeg(plan: one.plan, freshCaps: false)
        #expect(one.sharedLedger.isSame(as: other.sharedLedger))
    }

    @Test func `a plan is one object in JSON, in whatever order its keys come`() throws {
        let plan = TaskPlan(name: "a", group: "g", size: 2, needs: ["b"], budget: Budget(tokens: 9))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(plan)
        #expect(try JSONDecoder().decode(TaskPlan.self, from: data) == plan)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.hasPrefix(#"{"budget":{"tokens":9},"group":"g","growAfter":24"#), "\(text)")
    }

    @Test func `counts that do not fit are cut`() {
        var task = TaskState(plan: TaskPlan(name: "a"))
        task.sessions = .max
        task.charged = .min
        #expect(task.sessions == Int(Int32.max) && task.charged == Int(Int32.min))
    }
}
