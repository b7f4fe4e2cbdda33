import Orchestration
import Testing

@testable import Orchestration

@Suite struct `A hook` {
    private func list(_ ticked: Int, of total: Int = 4) -> ChecklistState {
        .good(Progress(ticked: ticked, total: total))
    }

    /// A plan of tasks that end with their first failure, and have these hooks.
    private func plan(
        _ names: String...,
        hooks: [Hook] = [.onComplete, .onFail],
        notify: [NotifyTopic]? = nil,
        needs: [String: String] = [:]
    ) -> RunPlan {
        var plan = RunPlan(
            concurrency: 8,
            tasks: names.map { name in
                var task = TaskPlan(name: name, sameFailure: 1)
                task.needs = needs[name].map { [$0] } ?? []
                task.hooks = TaskHookPlan(hooks)
                return task
            }
        )
        plan.hooks = RunHookPlan(hooks, notify: notify)
        return plan
    }

    private let failure = Failure(.turnFailed, "it broke")

    // MARK: - Of a task's end

    @Test func `runs once for a task that is complete, and the leg waits for it`() {
        var run = Scenario(plan("a"), found: ["a": list(3)])
        #expect(run.begin() == ["start a#1 slot 0 executor"])
        #expect(
            run.end("a", 1, ticked: 4) == [
                "a#1 ticked, charged to session", "a complete: every entry is ticked",
                "hook on_complete of a",
            ]
        )
        #expect(run.play([], after: 100) == [])
        #expect(run.hook(.onComplete, "a") == ["end finished"])
    }

    @Test(arguments: [HookResult.failed, .timedOut, .couldNotRun])
    func `that fails is told, and changes no outcome`(result: HookResult) {
        var run = Scenario(plan("a"), found: ["a": list(4)])
        #expect(
            run.begin() == ["a complete: every entry is ticked", "hook on_complete of a"]
        )
        let lines = run.hook(.onComplete, "a", result)
        #expect(lines.count == 2 && lines.last == "end finished")
        #expect(
            lines[0].hasPrefix("warning: its hook on_complete ")
                && lines[0].hasSuffix(": it said no; the task's outcome stays as it is")
        )
        #expect(run.state.task("a")?.outcome == .complete)
    }

    /// Each outcome, and the hook that follows it.
    @Test(arguments: Outcome.allCases)
    func `follows an outcome`(outcome: Outcome) {
        let expected: Hook? =
            switch outcome {
            case .complete: .onComplete
            case .cancelled: nil
            case .failed, .stalled, .damaged, .capped, .blocked, .unchecked, .needsYou: .onFail
            }
        #expect(outcome.hook == expected)
    }

    @Test func `of a failed task runs also for those that needed it`() {
        var run = Scenario(
            plan("a", "b", needs: ["b": "a"]),
            found: ["a": list(0), "b": list(0)]
        )
        _ = run.begin()
        let lines = run.end("a", 1, failure: failure)
        #expect(
            lines.filter { $0.hasPrefix("hook") } == ["hook on_fail of a", "hook on_fail of b"]
        )
        #expect(run.hook(.onFail, "b") == [])
        #expect(run.hook(.onFail, "a") == ["end finished"])
    }

    @Test func `runs a few at a time`() {
        let names = (0..<6).map { "t\($0)" }
        var plan = plan()
        plan.tasks = names.map { name in
            var task = TaskPlan(name: name)
            task.hooks = TaskHookPlan([.onComplete])
            return task
        }
        let lists = Dictionary(uniqueKeysWithValues: names.map { ($0, list(4)) })
        var run = Scenario(plan, found: lists)
        #expect(run.begin().count { $0.hasPrefix("hook") } == 4)
        #expect(run.hook(.onComplete, "t0") == ["hook on_complete of t4"])
        #expect(run.hook(.onComplete, "t1") == ["hook on_complete of t5"])
        for name in ["t2", "t3", "t4"] { #expect(run.hook(.onComplete, name) == []) }
        #expect(run.hook(.onComplete, "t5") == ["end finished"])
    }

    @Test func `is not run where the task has none`() {
        var run = Scenario(plan("a", hooks: [.onFail]), found: ["a": list(4)])
        #expect(run.begin() == ["a complete: every entry is ticked", "end finished"])
    }

    @Test func `keeps its task's directory until it is over`() {
        var orchestrator = Orchestrator(seed: 1)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan("a", "b"))
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        let events: [Event] = [
            .runBegan(began), .taskInspected(TaskInspected(task: "a", checklist: list(4))),
            .taskInspected(TaskInspected(task: "b", checklist: list(0))),
        ]
        #expect(!orchestrator.handle(events, at: moment).contains(.releaseTask("a")))
        let ended = HookEnded(HookBegan(.onComplete, task: "a", session: 0), .passed)
        #expect(orchestrator.handle([.hookEnded(ended)], at: moment).contains(.releaseTask("a")))
    }

    // MARK: - Over a crash

    /// Returns the state after a crash that lost everything after so many facts of a run's leg.
    private func crash(_ plan: RunPlan, keeping count: Int) -> (RunState, [RunEvent]) {
        var orchestrator = Orchestrator(seed: 1)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        let inspected = TaskInspected(task: "a", checklist: list(4))
        let commands = orchestrator.handle(
            [.runBegan(began), .taskInspected(inspected)],
            at: moment
        )
        let facts = commands.compactMap { command -> RunEvent? in
            if case .record(let fact) = command { fact } else { nil }
        }
        var state = RunState()
        state.apply(Array(facts.prefix(count)), at: moment)
        return (RunState(RunSnapshot(of: state)) ?? RunState(), facts)
    }

    @Test func `that had not begun runs in the next leg`() {
        let plan = plan("a")
        let (state, facts) = crash(plan, keeping: 3)
        #expect(facts.map(\.kind) == [.runBegan, .taskInspected, .taskEnded, .hookBegan])
        #expect(state.leg.hooks.due == ["a"])
        var run = Scenario(plan, state: state)
        #expect(run.begin() == ["hook on_complete of a"])
        #expect(run.hook(.onComplete, "a") == ["end finished"])
        #expect(run.state.leg.hooks == RunState.HookStanding())
    }

    @Test func `that was cut off is told, and not run again`() {
        let plan = plan("a")
        let (state, _) = crash(plan, keeping: 4)
        var run = Scenario(plan, state: state)
        #expect(
            run.begin() == [
                "warning: its hook on_complete was cut off when Quire died, and is not run again",
                "end finished",
            ]
        )
        #expect(run.state.leg.hooks == RunState.HookStanding())
    }

    @Test func `of a task that goes on is not due any more`() {
        var state = RunState()
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        let plan = plan("a")
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let ended = TaskEnded(task: "a", outcome: .capped, reason: "", sessions: 1)
        state.apply([.runBegan(began), .taskEnded(ended)], at: moment)
        #expect(state.leg.hooks.due == ["a"])
        var run = Scenario(plan, found: ["a": list(0)], state: state)
        #expect(run.begin() == ["a reopened", "start a#1 slot 0 executor"])
        #expect(run.state.leg.hooks.due.isEmpty)
    }

    @Test func `waits while the journal can't be written`() {
        var run = Scenario(plan("a"), found: ["a": list(3)])
        _ = run.begin()
        _ = run.play([.storeFailed("the disk is full")])
        #expect(!run.end("a", 1, ticked: 4).contains("hook on_complete of a"))
        #expect(run.state.leg.hooks.due == ["a"])
    }

    @Test func `that was put off is due again`() {
        var run = Scenario(plan("a", "b"), found: ["a": list(3), "b": list(0)])
        _ = run.begin()
        #expect(run.end("a", 1, ticked: 4).last == "hook on_complete of a")
        _ = run.play([.storeFailed("the disk is full")])
        #expect(run.hook(.onComplete, "a", .putOff) == [])
        #expect(run.play([.storeRecovered]).contains("hook on_complete of a"))
    }

    // MARK: - In a shutdown

    @Test func `is ended with the run, and those that have not begun are left`() {
        let names = (0..<6).map { "t\($0)" }
        var plan = plan()
        plan.tasks = names.map { name in
            var task = TaskPlan(name: name)
            task.hooks = TaskHookPlan([.onComplete])
            return task
        }
        let lists = Dictionary(uniqueKeysWithValues: names.map { ($0, list(4)) })
        var run = Scenario(plan, found: lists)
        _ = run.begin()
        #expect(run.play([.shutdownRequested(.interrupt)]) == ["drain with 0 running"])
        let lines = run.play([.shutdownRequested(.interrupt)], after: 1)
        #expect(lines.count { $0.hasPrefix("terminate the hook on_complete") } == 4)
        #expect(
            run.hook(.onComplete, "t0", .stopped)
                == ["warning: its hook on_complete was ended with the run: it said no"]
        )
        #expect(
            run.play([.shutdownRequested(.interrupt)]).count { $0.hasPrefix("kill the hook") } == 3
        )
        for name in ["t1", "t2", "t3"] { _ = run.hook(.onComplete, name, .stopped) }
        #expect(run.state.leg.ending == .finished)
        #expect(run.state.leg.hooks.due == ["t4", "t5"])
    }

    // MARK: - Of the run

    @Test func `of the beginning holds everything until it is done`() {
        var check = plan("a", "b", hooks: [.runBegin])
        check.tasks[1].check = CheckPlan()
        var run = Scenario(check, found: ["a": list(0), "b": list(4)])
        #expect(run.begin() == ["hook run_begin"])
        #expect(run.play([], after: 30) == [])
        #expect(run.hook(.runBegin) == ["check b#0", "start a#1 slot 0 executor"])
    }

    /// Also where by then no task has any work left.
    @Test(arguments: [HookResult.failed, .timedOut, .couldNotRun], [false, true])
    func `of the beginning that fails ends the leg`(result: HookResult, isUnavailable: Bool) {
        let plan = plan("a", "b", hooks: [.runBegin, .runEnd, .onComplete])
        var run = Scenario(plan, found: ["a": list(0), "b": list(4)])
        #expect(run.begin() == ["b complete: every entry is ticked", "hook run_begin"])
        if isUnavailable {
            _ = run.play([.taskUnavailable(task: "a", reason: "it is another user's")])
        }
        let lines = run.hook(.runBegin, nil, result)
        #expect(lines.count == 2 && lines.last == "end unable")
        #expect(lines[0].hasSuffix(": it said no; nothing was started"))
        #expect(run.state.leg.hooks.due == ["b"])
        // The next leg with work tries it again, and then runs what was left.
        var again = Scenario(plan, found: ["a": list(0)], state: run.state)
        let begins = again.begin()
        #expect(begins == [isUnavailable ? "hook on_complete of b" : "hook run_begin"])
        guard !isUnavailable else { return }
        #expect(again.hook(.runBegin) == ["hook on_complete of b", "start a#1 slot 0 executor"])
    }

    @Test func `of the beginning is not for a leg whose lists are all complete`() {
        var run = Scenario(plan("a", hooks: [.runBegin, .runEnd]), found: ["a": list(4)])
        #expect(run.begin() == ["a complete: every entry is ticked", "end finished"])
    }

    @Test func `of the beginning is ended at once in a shutdown`() {
        var run = Scenario(plan("a", hooks: [.runBegin, .runEnd]), found: ["a": list(0)])
        _ = run.begin()
        #expect(
            run.play([.shutdownRequested(.interrupt)])
                == ["drain with 0 running", "terminate the hook run_begin"]
        )
        #expect(
            run.hook(.runBegin, nil, .stopped) == [
                "warning: the hook run_begin was ended with the run: it said no", "hook run_end",
            ]
        )
        #expect(run.hook(.runEnd) == ["end interrupted"])
    }

    @Test func `of the end runs once nothing else does, once`() {
        var run = Scenario(plan("a", hooks: [.runEnd, .onFail]), found: ["a": list(0)])
        _ = run.begin()
        #expect(run.end("a", 1, failure: failure).last == "hook on_fail of a")
        #expect(run.hook(.onFail, "a") == ["hook run_end"])
        #expect(
            run.hook(.runEnd, nil, .failed) == [
                "warning: the hook run_end failed: it said no; the tasks' outcomes stay as they are",
                "end finished",
            ]
        )
    }

    @Test func `of the run is not for a leg with nothing to do`() {
        let hooks = [Hook.runBegin, .runEnd]
        var state = RunState()
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        let plan = plan("a", hooks: hooks, notify: NotifyTopic.allCases)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let ended = TaskEnded(task: "a", outcome: .complete, reason: "", sessions: 1)
        state.apply([.runBegan(began), .taskEnded(ended)], at: moment)
        var run = Scenario(plan, state: state)
        #expect(run.begin() == ["end finished"])
    }

    @Test func `of the end lets no answer reopen a task`() {
        var run = Scenario(plan("a", hooks: [.runEnd]), found: ["a": list(0)])
        _ = run.begin()
        #expect(run.end("a", 1, ticked: 1, question: "Which?").last == "hook run_end")
        #expect(run.play([.taskAnswered("a")]) == [])
        #expect(run.hook(.runEnd) == ["end finished"])
    }

    // MARK: - Of sessions

    @Test func `before a session that fails counts as a retry`() {
        var run = Scenario(plan("a", hooks: []), found: ["a": list(0)])
        _ = run.begin()
        var plan = run.state.plan
        plan.tasks[0].sameFailure = 3
        var other = Scenario(plan, found: ["a": list(0)])
        _ = other.begin()
        let failure = Failure(.hookFailed, "its hook before_session failed: it ended with status 1")
        #expect(other.end("a", 1, failure: failure) == ["a#1 failed, charged to retry"])
        #expect(other.delays.last != .some(nil))
        _ = other.playNextDeadline()
        _ = other.end("a", 2, failure: failure)
        _ = other.playNextDeadline()
        let last = other.end("a", 3, failure: failure)
        #expect(last.contains { $0.hasPrefix("a failed: the same failure 3 times in a row") })
    }

    @Test func `after a session is bound by no timeout of the session`() {
        var plan = plan("a", hooks: [])
        (plan.tasks[0].sessionTimeout, plan.tasks[0].idleTimeout) = (.seconds(50), .seconds(50))
        var run = Scenario(plan, found: ["a": list(0)])
        _ = run.begin()
        #expect(run.playNextDeadline() == ["terminate a#1"])
        #expect(run.play([.sessionIsOver(SessionKey(task: "a", number: 1))], after: 1) == [])
        #expect(run.play([], after: 3600) == [])
        // Only a shutdown ends it.
        #expect(run.play([.shutdownRequested(.terminate)]) == ["drain with 1 running"])
        #expect(run.playNextDeadline() == ["terminate with 1 running", "terminate a#1"])
        #expect(run.playNextDeadline() == ["kill with 1 running", "kill a#1"])
    }

    @Test func `after a session in a shutdown is killed at the grace`() {
        var run = Scenario(plan("a", hooks: []), found: ["a": list(0)])
        _ = run.begin()
        _ = run.play([.shutdownRequested(.interrupt)])
        _ = run.play([.shutdownRequested(.interrupt)], after: 1)
        #expect(run.play([.sessionIsOver(SessionKey(task: "a", number: 1))], after: 1) == [])
        #expect(run.playNextDeadline().contains("kill a#1"))
    }

    // MARK: - Messages

    @Test func `of messages tells of all within half a minute at once`() {
        var run = Scenario(
            plan("a", "b", "c", hooks: [], notify: NotifyTopic.allCases),
            found: ["a": list(0), "b": list(0), "c": list(0)]
        )
        _ = run.begin()
        _ = run.end("a", 1, failure: failure)
        _ = run.end("b", 1, ticked: 1, after: 20, question: "Which?")
        #expect(run.playNextDeadline() == ["notify failed a, needs-you b"])
        #expect(run.hook(.notify) == [])
        #expect(run.end("c", 1, ticked: 4).last == "notify ; finished")
        #expect(run.hook(.notify) == ["end finished"])
    }

    @Test func `of messages that fails is told once, and changes nothing`() {
        var run = Scenario(
            plan("a", "b", hooks: [], notify: NotifyTopic.allCases),
            found: ["a": list(0), "b": list(0)]
        )
        _ = run.begin()
        _ = run.end("a", 1, failure: failure)
        #expect(run.playNextDeadline() == ["notify failed a"])
        #expect(
            run.hook(.notify, nil, .couldNotRun) == [
                "warning: the hook notify could not run: it said no; this is told once, and changes nothing else"
            ]
        )
        #expect(run.end("b", 1, failure: failure).last == "notify failed b; finished")
        #expect(run.hook(.notify, nil, .failed) == ["end finished"])
    }

    @Test func `of messages says what it was asked for`() {
        var run = Scenario(
            plan("a", "b", hooks: [], notify: [.limit]),
            found: ["a": list(0), "b": list(0)]
        )
        _ = run.begin()
        let limit = Failure(.usageLimit, "you are out of usage")
        _ = run.end("a", 1, failure: limit)
        // Known already.
        _ = run.end("b", 1, failure: limit)
        #expect(run.playNextDeadline() == ["notify limit -"])
        #expect(run.hook(.notify) == [])
    }

    @Test func `is redacted like all that comes from outside`() {
        let secret = "ghp_" + String(repeating: "a", count: 36)
        let ended = HookEnded(HookBegan(.onFail, task: "a"), .failed, message: "said \(secret)")
        let event = Event.hookEnded(ended).redacted(by: Redactor())
        #expect(!"\(event)".contains(secret))
    }
}
