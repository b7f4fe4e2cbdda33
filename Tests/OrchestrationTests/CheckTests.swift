import Testing

@testable import Orchestration

private func plan(
    _ names: String...,
    on occasion: CheckPlan.Occasion = .completion,
    slots: Int? = nil,
    sameFailure: Int = 3
) -> RunPlan {
    var plan = RunPlan(
        concurrency: 4,
        tasks: names.map { name in
            var task = TaskPlan(name: name, sameFailure: sameFailure)
            task.check = CheckPlan(on: occasion)
            return task
        }
    )
    plan.checkSlots = slots
    return plan
}

private func list(_ ticked: Int, of total: Int = 4) -> ChecklistState {
    .good(Progress(ticked: ticked, total: total))
}

@Suite struct `A check of a task's work` {
    /// What each result of the first check leads to, and how the run ends then.
    @Test(
        arguments: [
            (
                .passed, 4,
                ["a: its check passed", "a complete: every entry is ticked", "end finished"]
            ),
            (.failed, 3, ["a: its check failed: it said no", "start a#2 slot 0 executor"]),
            (.timedOut, 3, ["a: its check failed: it said no", "start a#2 slot 0 executor"]),
            (
                .couldNotRun, 4,
                [
                    "a: its check could not run: it said no",
                    "a unchecked: its check could not run: it said no; once it can, run the manifest "
                        + "again: nothing counts without it",
                    "end finished",
                ]
            ),
        ] as [(CheckResult, Int, [String])]
    )
    func `decides alone whether a complete list counts`(
        result: CheckResult,
        ticked: Int,
        lines: [String]
    ) {
        var run = Scenario(plan("a"), found: ["a": list(3)])
        #expect(run.begin() == ["start a#1 slot 0 executor"])
        #expect(run.end("a", 1, ticked: 4) == ["a#1 ticked, charged to session", "check a#1"])
        #expect(run.state.task("a")?.outcome == nil)
        #expect(run.check("a", result, ticked: ticked) == lines)
    }

    @Test func `waits for no session that only ticked, unless each tick is checked`() {
        var late = Scenario(plan("a"), found: ["a": list(1)])
        _ = late.begin()
        #expect(
            late.end("a", 1, ticked: 2)
                == ["a#1 ticked, charged to session", "start a#2 slot 0 executor"]
        )
        var each = Scenario(plan("a", on: .tick), found: ["a": list(1)])
        // Nobody checked the tick that is found.
        #expect(each.begin() == ["check a#0"])
        #expect(each.check("a", .passed, ticked: 1).last == "start a#1 slot 0 executor")
        #expect(each.end("a", 1, ticked: 2) == ["a#1 ticked, charged to session", "check a#1"])
        #expect(each.check("a", .failed, ticked: 1).last == "start a#2 slot 0 executor")
        #expect(each.state.task("a")?.checklist == list(1))
        #expect(
            each.end("a", 2, ticked: 1)
                == ["a#2 idled, charged to session", "start a#3 slot 0 executor"]
        )
    }

    @Test func `runs for a list that is found complete, and after a crash again`() {
        var run = Scenario(plan("a"), found: ["a": list(4)])
        #expect(run.begin() == ["check a#0"])
        var again = Scenario(plan("a"), found: ["a": list(4)], state: run.state)
        #expect(again.begin() == ["check a#0"])
        #expect(again.check("a", .passed, ticked: 4).last == "end finished")
        // Ticks that nobody checked are checked although the list that is found is not complete.
        var ticks = Scenario(plan("a", on: .tick), found: ["a": list(1)])
        _ = ticks.begin()
        _ = ticks.check("a", .passed, ticked: 1)
        _ = ticks.end("a", 1, ticked: 2)
        var later = Scenario(plan("a", on: .tick), found: ["a": list(2)], state: ticks.state)
        #expect(later.begin() == ["check a#1"])
        // Nothing is claimed once a person has unticked all.
        var none = Scenario(plan("a", on: .tick), found: ["a": list(0)], state: ticks.state)
        #expect(none.begin() == ["start a#2 slot 0 executor"])
    }

    @Test func `runs for a task that was complete before it had one, once`() {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]), found: ["a": list(4)])
        #expect(run.begin().last == "end finished")
        var checked = Scenario(plan("a"), found: ["a": list(4)], state: run.state)
        #expect(checked.begin() == ["a reopened", "check a#0"])
        #expect(checked.check("a", .passed, ticked: 4).last == "end finished")
        var again = Scenario(plan("a"), found: ["a": list(4)], state: checked.state)
        #expect(again.begin() == ["end finished"])
    }

    /// The fingerprints of a task's checks leg by leg, `nil` for no check, and whether the last leg checks.
    @Test(
        arguments: [
            (["1", "2"], true), (["1", "1"], false), (["1", nil, "2"], true),
            (["1", "left out", "2"], true), (["1", "left out of 2", "2"], true),
            // An earlier version wrote none.
            (["", "2"], false), (["", "2", "3"], true),
        ] as [([String?], Bool)]
    )
    func `runs for a complete task whose command is another`(legs: [String?], isLast: Bool) {
        var state = RunState()
        var lines: [String] = []
        for fingerprint in legs {
            var plan = plan("a", "b")
            plan.tasks[0].isLeftOut = fingerprint?.hasPrefix("left out") == true ? true : nil
            if fingerprint == nil { plan.tasks[0].check = nil }
            let known = fingerprint?.split(separator: " ").last.map(String.init)
            plan.tasks[0].check?.fingerprint = known == "out" ? "1" : known
            var run = Scenario(plan, found: ["a": list(4), "b": list(4)], state: state)
            lines = run.begin()
            for name in ["a", "b"] where run.state.task(name)?.check.isOpen == true {
                _ = run.check(name, .passed, ticked: 4)
            }
            state = run.state
        }
        #expect(lines.contains("check a#0") == isLast, "\(lines)")
    }

    @Test func `that could not run runs again in the next leg`() {
        var run = Scenario(plan("a"), found: ["a": list(4)])
        _ = run.begin()
        _ = run.check("a", .couldNotRun, ticked: 4)
        var again = Scenario(plan("a"), found: ["a": list(4)], state: run.state)
        #expect(again.begin() == ["a reopened", "check a#0"])
    }

    /// The outputs of checks in a row, and the last line once each was told.
    @Test(arguments: [
        (["no in 1s", "no in 2.5s", "no in 30s"], "end finished"),
        (["3 tests failed", "2 tests failed", "1 test failed"], "start a#4 slot 0 executor"),
        (["no", "other", "no"], "start a#4 slot 0 executor"),
        (["no", "no"], "start a#3 slot 0 executor"),
    ])
    func `ends the task after as many failures alike as it may have`(
        outputs: [String],
        last: String
    ) {
        var run = Scenario(plan("a"), found: ["a": list(3)])
        _ = run.begin()
        var lines: [String] = []
        for (index, output) in outputs.enumerated() {
            _ = run.end("a", index + 1, ticked: 4)
            lines = run.check("a", .failed, output, ticked: 3)
        }
        #expect(lines.last == last)
        guard last == "end finished" else { return }
        #expect(
            lines.dropLast().last
                == "a failed: its check failed 3 times in a row in the same way: it said no in 30s"
        )
    }

    @Test(arguments: [CheckResult.failed, .passed])
    func `is told of where the cap leaves its failure`(last: CheckResult) {
        var capped = plan("a", on: .tick)
        capped.tasks[0].maxSessions = 2
        var run = Scenario(capped, found: ["a": list(0)])
        _ = run.begin()
        _ = run.end("a", 1, ticked: 1)
        _ = run.check("a", .failed, ticked: 0)
        _ = run.end("a", 2, ticked: 1)
        let lines = run.check("a", last, ticked: last == .passed ? 1 : 0)
        let words = last == .passed ? "" : "; its check failed: it said no"
        #expect(
            lines.dropLast().last
                == "a capped: it reached max_sessions (2) with work left\(words)",
            "\(lines)"
        )
    }

    @Test func `that deletes the list and all copies of it completes nothing`() {
        var run = Scenario(plan("a"), found: ["a": list(4)])
        _ = run.begin()
        let passed = CheckEnded(task: "a", session: 0, .passed)
        #expect(
            run.play([.checkEnded(passed, .missing, list: nil, nil)]) == [
                "a: its check passed", "a damaged: its list was deleted while its check ran",
                "end finished",
            ]
        )
    }

    @Test func `has a pool of its own`() {
        let found = ["a": list(4), "b": list(4), "c": list(4)]
        var one = Scenario(plan("a", "b", "c"), found: found)
        #expect(one.begin() == ["check a#0"])
        #expect(one.check("a", .passed, ticked: 4).last == "check b#0")
        var two = Scenario(plan("a", "b", "c", slots: 2), found: found)
        #expect(two.begin() == ["check a#0", "check b#0"])
    }

    @Test func `is ended with the run, and counts for nothing then`() {
        var run = Scenario(plan("a", "b"), found: ["a": list(4), "b": list(4)])
        _ = run.begin()
        #expect(
            run.play([.shutdownRequested(.interrupt)]) == ["drain with 0 running and 1 checked"]
        )
        #expect(
            run.play([.shutdownRequested(.interrupt)], after: 1)
                == ["terminate with 0 running and 1 checked", "terminate the check of a"]
        )
        #expect(
            run.check("a", .stopped, ticked: 4)
                == ["a: its check was ended with the run, and runs again", "end interrupted"]
        )
        #expect(run.state.tasks.allSatisfy { $0.outcome == nil && $0.check == .due })
    }

    @Test func `is off where a person left nothing to check`() {
        var run = Scenario(plan("a"), found: ["a": list(4)])
        #expect(run.begin() == ["check a#0"])
        #expect(
            run.check("a", .withdrawn, ticked: 3) == [
                "a: its check was not run, as its list claims nothing any more",
                "start a#1 slot 0 executor",
            ]
        )
        // Ticking again what was unticked is progress.
        #expect(run.end("a", 1, ticked: 4) == ["a#1 ticked, charged to session", "check a#1"])
    }

    @Test(arguments: [
        (0, 0, "0 sessions"), (2, 0, "2 sessions"), (0, 1, "1 check"),
        (1, 2, "1 session and 2 checks"),
    ])
    func `is counted where the run is being stopped`(sessions: Int, checks: Int, words: String) {
        var fact = ShutdownAdvanced(
            step: .drain,
            signal: .interrupt,
            next: nil,
            running: sessions
        )
        fact.checks = checks
        #expect(fact.work == words)
    }

    @Test func `is no part of a task that the leg leaves out`() {
        var left = plan("a", "b")
        left.tasks[0].isLeftOut = true
        var run = Scenario(left, found: ["a": list(4), "b": list(4)], lookingAt: ["a"])
        #expect(run.begin() == ["check b#0"])
        #expect(run.check("b", .passed, ticked: 4).last == "end finished")
        #expect(run.state.task("a")?.outcome == nil)
    }

    @Test func `is told apart where the untouched base fails in the same way`() {
        var run = Scenario(plan("a", sameFailure: 1), found: ["a": list(3)])
        _ = run.begin()
        var base = CheckEnded(task: "a", session: 0, .failed)
        (base.termination, base.message, base.output) = (.exited(1), "said no", "no")
        (base.base, base.isOfBase) = ("c1 f", true)
        let told = [
            "a: the check of its untouched base failed: it said no",
            "warning: the check of its untouched base failed: it said no; sessions run all the same, "
                + "but no work counts before it passes",
        ]
        #expect(run.play([.checkEnded(base, .missing, list: nil, nil)]) == told)
        // Once for each base, whichever task it was found with.
        #expect(run.play([.checkEnded(base, .missing, list: nil, nil)]) == [])
        _ = run.end("a", 1, ticked: 4)
        let lines = run.check("a", .failed, ticked: 3, base: "c1 f")
        #expect(lines.first == "a: its check failed: it said no, as its untouched base does")
        #expect(
            lines.contains(
                "a failed: its check failed, as often as same_failure allows (as the untouched base "
                    + "did, too): it said no"
            ),
            "\(lines)"
        )
    }

    @Test(
        arguments: [
            (.exited(0), false, false, .passed), (.exited(0), false, true, .stopped),
            (.exited(1), false, false, .failed), (.exited(139), false, false, .failed),
            (.exited(0), true, false, .timedOut), (.signaled(15), true, false, .timedOut),
            (.exited(126), false, false, .couldNotRun), (.exited(127), false, false, .couldNotRun),
            (.signaled(9), false, false, .couldNotRun), (.signaled(15), false, true, .stopped),
            (.exited(1), false, true, .stopped),
            (.notStarted(errno: 2, doing: "chdir"), false, false, .couldNotRun),
        ] as [(Termination, Bool, Bool, CheckResult)]
    )
    func `is judged by how its process ended`(
        termination: Termination,
        isLate: Bool,
        isStopped: Bool,
        result: CheckResult
    ) {
        #expect(CheckResult(termination, isLate: isLate, isStopped: isStopped) == result)
    }

    @Test func `survives a snapshot`() throws {
        var run = Scenario(plan("a"), found: ["a": list(3)])
        _ = run.begin()
        _ = run.end("a", 1, ticked: 4)
        let due = try #require(RunState(RunSnapshot(of: run.state)))
        #expect(due.task("a") == run.state.task("a"))
        _ = run.check("a", .failed, ticked: 3, base: "c f")
        let failed = try #require(RunState(RunSnapshot(of: run.state)))
        #expect(failed.task("a")?.checkTrouble == run.state.task("a")?.checkTrouble)
        #expect(failed.task("a")?.checkTrouble?.output == "no")
    }
}
