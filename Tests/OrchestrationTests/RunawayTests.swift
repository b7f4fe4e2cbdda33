import Foundation
import Orchestration
import Simulation
import Testing

@Suite struct `A task that does not come on` {
    private func scenario(_ task: TaskPlan) -> Scenario {
        let found = ChecklistState.good(Progress(ticked: 0, total: 10))
        return Scenario(RunPlan(concurrency: 1, tasks: [task]), found: ["a": found])
    }

    @Test func `is told of when it is parked, and ended when it has stalled`() {
        var run = scenario(TaskPlan(name: "a"))
        _ = run.begin()
        var told: [Int: String] = [:]
        for session in 1...8 {
            for line in run.end("a", session, ticked: 0, of: 10) where !line.contains("#") {
                told[session] = line
                break
            }
        }
        #expect(told.keys.sorted() == [4, 8])
        #expect(
            told[4] == "warning: 4 sessions in a row ticked nothing; it is parked: it goes on when "
                + "nothing else waits"
        )
        #expect(told[8] == "a stalled: 8 sessions in a row ticked nothing")
    }

    private static let parked = "; it is parked: it goes on when nothing else waits"

    @Test(arguments: [(1, nil), (2, 1), (3, 2), (8, 4), (20, 10)])
    func `is parked after half of the sessions that end it`(limit: Int, parked: Int?) {
        var run = scenario(TaskPlan(name: "a", stallAfter: limit))
        _ = run.begin()
        var told: [Int] = []
        for session in 1...limit {
            let lines = run.end("a", session, ticked: 0, of: 10)
            if lines.contains(where: { $0.contains(Self.parked) }) { told.append(session) }
        }
        #expect(told == (parked.map { [$0] } ?? []))
        #expect(run.state.task("a")?.outcome == .stalled)
    }

    @Test func `is told of and parked after half of the tokens or the time that end it`() {
        var run = scenario(TaskPlan(name: "a", stallAfter: 20, stallTokens: 30_000))
        _ = run.begin()
        #expect(run.end("a", 1, ticked: 0, of: 10, tokens: 8000).count == 2)
        #expect(
            run.end("a", 2, ticked: 0, of: 10, tokens: 8000).contains(
                "warning: 16000 tokens ticked nothing, of 30000 that may (stall_after)"
                    + Self.parked
            )
        )
        // A new tick brings it back.
        #expect(run.end("a", 3, ticked: 1, of: 10, tokens: 8000).count == 2)
        run = scenario(TaskPlan(name: "a", stallTime: .seconds(3600)))
        _ = run.begin()
        #expect(
            run.end("a", 1, ticked: 0, of: 10, after: 2000).contains(
                "warning: 33 min 20 s of sessions ticked nothing, of 1 h that may (stall_after)"
                    + Self.parked
            )
        )
    }

    @Test func `is parked by tokens behind those that do`() {
        var plan = RunPlan(
            concurrency: 1,
            tasks: [TaskPlan(name: "a", stallTokens: 2000), TaskPlan(name: "b")]
        )
        plan.tasks[1].size = 400
        let found = ChecklistState.good(Progress(ticked: 0, total: 10))
        var run = Scenario(plan, found: ["a": found])
        #expect(run.begin() == ["start a#1 slot 0 executor"])
        let lines = run.end("a", 1, ticked: 0, of: 10, tokens: 1000)
        #expect(lines.last == "start b#1 slot 0 initializer")
    }

    @Test func `is ended by the tokens that ticked nothing`() {
        var run = scenario(TaskPlan(name: "a", stallTokens: 1000))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0, of: 10, tokens: 900)
        _ = run.end("a", 2, ticked: 1, of: 10, tokens: 900)
        _ = run.end("a", 3, ticked: 1, of: 10, tokens: 600)
        #expect(
            run.end("a", 4, ticked: 1, of: 10, tokens: 600).contains(
                "a stalled: 1200 tokens ticked nothing, of 1000 that may (stall_after)"
            )
        )
    }

    @Test func `is ended by the time that ticked nothing`() {
        var run = scenario(TaskPlan(name: "a", stallTime: .seconds(3600)))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0, of: 10, after: 2000)
        #expect(
            run.end("a", 2, ticked: 0, of: 10, after: 2000).contains(
                "a stalled: 1 h 6 min of sessions ticked nothing, of 1 h that may (stall_after)"
            )
        )
    }

    @Test func `since its list grows as fast as it is ticked is told of, parked and ended`() {
        var run = scenario(TaskPlan(name: "a", growAfter: 12))
        _ = run.begin()
        var told: [Int: String] = [:]
        for session in 1...24 {
            for line in run.end("a", session, ticked: session, of: 10 + session)
            where !line.contains("#") && !line.hasPrefix("end") {
                told[session] = line
            }
        }
        let left = "10 entries are left, and there were never fewer than 10"
        // The first session shows how many entries there are.
        #expect(told.keys.sorted() == [5, 7, 23])
        #expect(
            told[5]
                == "warning: its checklist grew as fast as it was ticked in 4 sessions in a row: "
                + "\(left); it is parked after 6 such sessions and stalled, at the earliest, after 12 (grow_after)"
        )
        #expect(told[7]?.hasSuffix("it is parked: it goes on when nothing else waits") == true)
        #expect(
            told[23]
                == "a stalled: its checklist grew as fast as it was ticked in 22 sessions in a "
                + "row: \(left)"
        )
    }

    @Test func `leaves a task alone whose list grows and shrinks`() {
        var run = scenario(TaskPlan(name: "a", growAfter: 3))
        _ = run.begin()
        var total = 10
        for session in 1...18 {
            // Two entries more every third session.
            total += session % 3 == 0 ? 2 : 0
            let lines = run.end("a", session, ticked: session, of: total)
            #expect(!lines.contains { $0.contains("a stalled") }, "session \(session)")
        }
    }

    @Test func `is parked behind those that do`() throws {
        var plan = RunPlan(
            concurrency: 1,
            tasks: [TaskPlan(name: "a", growAfter: 4), TaskPlan(name: "b")]
        )
        plan.tasks[1].size = 400
        let found = ChecklistState.good(Progress(ticked: 0, total: 10))
        var run = Scenario(plan, found: ["a": found])
        _ = run.begin()
        for _ in 1...30 {
            guard let start = run.state.running.values.first?.start else { break }
            if start.task == "b" { break }
            _ = run.end("a", start.session, ticked: start.session, of: 10 + start.session)
        }
        let a = try #require(run.state.task("a"))
        #expect(a.growing == 2 && a.outcome == nil)
        #expect(run.state.running.keys.first?.task == "b")
    }

    private func figures(_ workload: Workload, growAfter: Int?) -> BatchFigures {
        var plan = workload.plan()
        for task in plan.tasks.indices { plan.tasks[task].growAfter = growAfter }
        var batch = Batch(workload, plan: plan)
        batch.run()
        return batch.meter.figures(policy: "pace")
    }

    @Test(arguments: [WorkloadName.grow, .trace, .noisy, .treadmill])
    func `is none that would have come to its end`(name: WorkloadName) {
        let workload = name.draw(seed: 3, tasks: 600)
        #expect(figures(workload, growAfter: 24).falseKills == 0)
    }

    @Test func `costs less when it is ended`() {
        let workload = WorkloadName.treadmill.draw(seed: 4, tasks: 600)
        let kept = figures(workload, growAfter: nil)
        let ended = figures(workload, growAfter: 24)
        #expect(ended.completed == kept.completed)
        #expect(ended.tokens < kept.tokens * 0.95, "\(ended.tokens) of \(kept.tokens)")
    }

    @Test func `in an older journal has no limits but sessions`() throws {
        let data = try JSONEncoder().encode(TaskPlan(name: "a", stallTime: .seconds(90)))
        var object = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any]
        )
        #expect(object["stallTime"] as? Double == 90)
        #expect(try JSONDecoder().decode(TaskPlan.self, from: data).stallTime == .seconds(90))
        for key in ["stallTokens", "stallTime", "growAfter", "account"] { object[key] = nil }
        let old = try JSONSerialization.data(withJSONObject: object)
        let plan = try JSONDecoder().decode(TaskPlan.self, from: old)
        #expect(plan.growAfter == nil && plan.stallTime == nil && plan.stallAfter == 8)
    }
}
