import Orchestration
import Testing

@Suite struct `A sandbox that does not start` {
    private static let begun = ChecklistState.good(Progress(ticked: 0, total: 4))
    private static let complaint = SessionDeeds.refused("bwrap: No permissions")

    /// A run of two tasks, with lists, that both run.
    private func two() -> Scenario {
        let tasks = ["a", "b"].map { TaskPlan(name: $0) }
        var run = Scenario(
            RunPlan(concurrency: 2, tasks: tasks),
            found: ["a": Self.begun, "b": Self.begun]
        )
        #expect(run.begin().count == 2)
        return run
    }

    /// Ends a session with a completed turn, this evidence and this progress.
    private func end(
        _ run: inout Scenario,
        _ task: String,
        _ session: Int,
        _ deeds: SessionDeeds?,
        ticked: Int = 0
    ) -> [String] {
        var result = SessionResult(termination: .exited(0))
        result.deeds = deeds
        let list = ChecklistState.good(Progress(ticked: ticked, total: 4))
        let key = SessionKey(task: task, number: session)
        return run.play([.sessionEnded(key, result, list)], after: 10)
    }

    @Test(arguments: [complaint, .none])
    func `costs no task anything, and ends the run once a second session could do nothing`(
        deeds: SessionDeeds
    ) {
        var run = two()
        let probe = "start a#2 slot 0 executor as a probe"
        #expect(
            end(&run, "a", 1, deeds) == [
                "gate sandbox closed", "a#1 failed, charged to free", probe,
            ]
        )
        // The model's answer tells nothing of the sandbox, and the other session began before: no second probe.
        #expect(run.answer("a", 2) == [])
        #expect(end(&run, "b", 1, deeds) == ["b#1 failed, charged to free"])
        let last = end(&run, "a", 2, deeds)
        #expect(last.prefix(2) == ["gate sandbox closed", "a#2 failed, charged to free"])
        #expect(last.last?.contains("unable") == true, "\(last)")
        #expect(run.state.tasks.allSatisfy { $0.outcome == nil })
    }

    @Test func `opens again as soon as one session does anything`() {
        var run = two()
        _ = end(&run, "a", 1, Self.complaint)
        #expect(end(&run, "b", 1, Self.complaint) == ["b#1 failed, charged to free"])
        let a = SessionKey(task: "a", number: 2)
        #expect(
            run.play([.sessionWorked(a)], after: 1) == [
                "gate sandbox opened", "start b#2 slot 1 executor",
            ]
        )
    }

    @Test func `is not what a task suffers from while others work`() {
        var run = two()
        _ = run.play([.sessionWorked(SessionKey(task: "b", number: 1))], after: 1)
        for deeds in [Self.complaint, .none] {
            let lines = end(&run, "a", deeds == .none ? 2 : 1, deeds)
            #expect(lines.first?.contains("idled, charged to session") == true, "\(lines)")
            _ = run.play([.sessionWorked(SessionKey(task: "b", number: 1))], after: 1)
        }
    }

    @Test(arguments: [
        (complaint, 1), (SessionDeeds.none, 1), (.some, 0), (nil, 0),
    ])
    func `is none where the list advanced, or anything was done, or nothing can be told`(
        deeds: SessionDeeds?,
        ticked: Int
    ) {
        var run = two()
        let lines = end(&run, "a", 1, deeds, ticked: ticked)
        #expect(!lines.contains { $0.contains("gate") || $0.contains("failed") }, "\(lines)")
    }
}
