import Orchestration
import Testing

private func plan(_ names: String..., leavingOut left: Set<String> = []) -> RunPlan {
    let plan = RunPlan(
        concurrency: 2,
        tasks: names.map { TaskPlan(name: $0, sameFailure: 1) }
    )
    return plan.leavingOutAll(but: Set(names).subtracting(left))
}

private let broken = Failure(.turnFailed, "the build broke")

@Suite struct `A task that a leg leaves out` {
    @Test func `is part of the run, and nothing of it changes`() throws {
        var run = Scenario(plan("good", "bad"))
        _ = run.begin()
        _ = run.end("bad", 1, failure: broken)
        _ = run.end("good", 1, ticked: 0, of: 1)
        #expect(run.end("good", 2, ticked: 1, of: 1).last == "end finished")
        let before = try #require(run.state.task("bad"))

        var part = Scenario(plan("good", "bad", leavingOut: ["bad"]), state: run.state)
        #expect(part.begin(retryFailed: true) == ["end finished"])
        let after = try #require(part.state.task("bad"))
        #expect(after.plan.isLeftOut == true)
        #expect(after.outcome == .failed && after.reason == before.reason)
        #expect(after.sessions == before.sessions && after.seconds == before.seconds)
        #expect(after.checklist == before.checklist && after.failures == before.failures)

        var whole = Scenario(plan("good", "bad"), state: part.state)
        #expect(whole.begin() == ["end finished"])
        #expect(whole.state.task("bad")?.outcome == .failed)
        #expect(whole.state.task("bad")?.sessions == 1)
    }

    /// What a leg is told of a task that it leaves out.
    private static let looks: [(ended: Bool, found: ChecklistState, words: [String])] = [
        (true, .good(Progress(ticked: 0, total: 1)), ["b reopened"]),
        (true, .damaged("no entry"), ["b reopened", "b damaged: no entry"]),
        (false, .good(Progress(ticked: 0, total: 1)), []),
        (false, .good(Progress(ticked: 1, total: 1)), ["b complete: every entry is ticked"]),
        (false, .damaged("no entry"), ["b damaged: no entry"]),
    ]

    @Test(arguments: looks)
    func `is as its list tells, and does not start`(
        ended: Bool,
        found: ChecklistState,
        words: [String]
    ) {
        var first = Scenario(plan("a", "b", leavingOut: ended ? ["a"] : ["a", "b"]))
        _ = first.begin()
        if ended { #expect(first.end("b", 1, ticked: 1, of: 1).last == "end finished") }
        var run = Scenario(
            plan("a", "b", leavingOut: ["b"]),
            found: ["b": found],
            state: first.state,
            changed: ended ? ["b"] : nil,
            lookingAt: ["b"]
        )
        #expect(run.begin() == words + ["start a#1 slot 0 initializer"])
        #expect(run.state.task("b")?.checklist == found)
        #expect(run.end("a", 1, ticked: 1, of: 1).last == "end finished")
        var whole = Scenario(plan("a", "b"), found: ["b": found], state: run.state)
        let isOpen = found.progress.map { !$0.isComplete } ?? false
        #expect(whole.begin().contains { $0.hasPrefix("start b#") } == isOpen)
    }

    @Test func `holds nothing up that was never run`() {
        var run = Scenario(plan("a", "b", leavingOut: ["b"]))
        #expect(run.begin() == ["start a#1 slot 0 initializer"])
        _ = run.end("a", 1, ticked: 0, of: 1)
        #expect(run.end("a", 2, ticked: 1, of: 1).last == "end finished")
        #expect(run.state.task("b")?.outcome == nil)
    }

    @Test func `is not waited for by what needs it: it was complete when the leg was planned`() {
        var plan = plan("schema", "port", leavingOut: ["schema"])
        plan.tasks[1].needs = ["schema"]
        var run = Scenario(plan)
        #expect(run.begin() == ["start port#1 slot 0 initializer"])
    }

    @Test func `is not blocked by what it needs`() {
        var plan = plan("schema", "port", leavingOut: ["port"])
        plan.tasks[1].needs = ["schema"]
        var run = Scenario(plan)
        _ = run.begin()
        #expect(
            run.end("schema", 1, failure: broken) == [
                "schema#1 failed, charged to session",
                "schema failed: one failure is as many as same_failure allows: the build broke",
                "end finished",
            ]
        )
        #expect(run.state.task("port")?.outcome == nil)
    }
}

@Suite struct `An outcome` {
    @Test(arguments: Outcome.allCases)
    func `is untrue once the list is complete, unless it was complete then`(outcome: Outcome) {
        let (open, done) = (Progress(ticked: 1, total: 2), Progress(ticked: 2, total: 2))
        for recorded in [nil, open] {
            let isRefuted = outcome.isRefutedByCompleteList(after: recorded)
            #expect(isRefuted == (outcome != .complete))
        }
        // An unusable directory fails a task whatever is known of its list.
        #expect(outcome.isRefutedByCompleteList(after: done) == (outcome == .failed))
    }
}

@Suite struct `A complete task` {
    private func complete() -> Scenario {
        var run = Scenario(plan("a"))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0, of: 2)
        _ = run.end("a", 2, ticked: 1, of: 2)
        _ = run.end("a", 3, ticked: 2, of: 2)
        return run
    }

    @Test func `stays complete where its directory is as it was`() {
        var run = Scenario(plan("a"), state: complete().state)
        #expect(run.begin() == ["end finished"])
    }

    @Test func `goes on with what its list has more`() {
        let found = ["a": ChecklistState.good(Progress(ticked: 1, total: 2))]
        var run = Scenario(plan("a"), found: found, state: complete().state, changed: ["a"])
        #expect(run.begin() == ["a reopened", "start a#4 slot 0 executor"])
        // The tick that a person took back counts once more.
        #expect(
            run.end("a", 4, ticked: 2, of: 2) == [
                "a#4 ticked, charged to session", "a complete: every entry is ticked",
                "end finished",
            ]
        )
    }

    @Test func `is complete again where nothing is left to do after all`() {
        let found = ["a": ChecklistState.good(Progress(ticked: 3, total: 3))]
        var run = Scenario(plan("a"), found: found, state: complete().state, changed: ["a"])
        #expect(
            run.begin() == ["a reopened", "a complete: every entry is ticked", "end finished"]
        )
    }

    @Test(arguments: [["a"], ["a", "b"]], [["changed"], ["anew"]])
    func `is waited for again by those that need it`(reopened: [String], how: [String]) {
        let both = RunPlan(
            concurrency: 2,
            tasks: [TaskPlan(name: "a"), TaskPlan(name: "b", needs: ["a"])]
        )
        var first = Scenario(both)
        _ = first.begin()
        _ = first.end("a", 1, ticked: 1, of: 1)
        #expect(first.end("b", 1, ticked: 1, of: 1).last == "end finished")
        let work = ChecklistState.good(Progress(ticked: 0, total: 1))
        var run = Scenario(
            both,
            found: how == ["anew"] ? [:] : ["a": work, "b": work],
            state: first.state,
            changed: how == ["changed"] ? reopened : nil,
            anew: how == ["anew"] ? reopened : nil
        )
        #expect(run.begin().filter { $0.hasPrefix("start") }.map { $0.prefix(9) } == ["start a#2"])
        let next = run.end("a", 2, ticked: 1, of: 1)
        if reopened == ["a"] {
            #expect(next.last == "end finished")
        } else {
            #expect(next.contains { $0.hasPrefix("start b#2") }, "\(next)")
            #expect(run.end("b", 2, ticked: 1, of: 1).last == "end finished")
        }
    }

    @Test func `begins anew with nothing of what it did but its sessions' numbers`() {
        var run = Scenario(plan("a"), state: complete().state, anew: ["a"])
        #expect(run.begin() == ["a reopened", "start a#4 slot 0 initializer"])
        #expect(run.state.task("a")?.charged == 0)
        #expect(run.state.task("a")?.bestTicked == 0)
        _ = run.end("a", 4, ticked: 0, of: 2)
        #expect(run.end("a", 5, ticked: 1, of: 2).first == "a#5 ticked, charged to session")
        #expect(run.state.task("a")?.idle == 0)
    }
}
