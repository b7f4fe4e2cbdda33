import Orchestration
import Testing

private let two = RunPlan(concurrency: 2, tasks: [TaskPlan(name: "a"), TaskPlan(name: "b")])

@Suite struct `Timeouts, gates and shutdown` {
    @Test func `a silent session is terminated, then killed after the grace`() {
        let task = TaskPlan(name: "a", idleTimeout: .seconds(60))
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        let key = SessionKey(task: "a", number: 1)
        #expect(run.play([.sessionActive(key)], after: 50) == [])
        #expect(run.playNextDeadline() == ["terminate a#1"])
        #expect(run.seconds == 110)
        #expect(run.playNextDeadline() == ["kill a#1"])
        #expect(run.seconds == 120)
        let lines = run.end("a", 1, failure: Failure(.killed, "killed by signal 9"))
        #expect(
            lines == ["a#1 timed_out, charged to session", "start a#2 slot 0 initializer"]
        )
    }

    @Test func `an active session is ended by its session timeout`() {
        let task = TaskPlan(name: "a", sessionTimeout: .seconds(100), idleTimeout: .seconds(60))
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        let key = SessionKey(task: "a", number: 1)
        _ = run.play([.sessionActive(key)], after: 50)
        _ = run.play([.sessionActive(key)], after: 49)
        #expect(run.playNextDeadline() == ["terminate a#1"])
        #expect(run.seconds == 100)
    }

    @Test func `one usage limit holds every start until its reset and costs nothing`() {
        var run = Scenario(two)
        _ = run.begin()
        let reset = WallTime(millisecondsSinceEpoch: 1_000_000_000_000 + 600_000)
        let failure = Failure(.usageLimit, "limit", resetsAt: reset)
        #expect(
            run.end("a", 1, failure: failure, thread: "t") == [
                "gate usage_limit closed", "a#1 failed, charged to free",
            ]
        )
        #expect(run.end("b", 1, failure: failure) == ["b#1 failed, charged to free"])
        #expect(
            run.playNextDeadline() == [
                "gate usage_limit opened", "start a#2 slot 0 initializer resuming t",
                "start b#2 slot 1 initializer",
            ]
        )
        #expect(run.seconds == 600)
    }

    @Test func `while the network is down one session at a time probes it`() {
        var run = Scenario(two)
        _ = run.begin()
        let a = SessionKey(task: "a", number: 1)
        let b = SessionKey(task: "b", number: 1)
        let waiting = run.play([.sessionWaitsForNetwork(a), .sessionWaitsForNetwork(b)], after: 1)
        #expect(waiting == ["gate network closed"])
        #expect(run.playNextDeadline() == ["terminate a#1", "terminate b#1"])
        let ended = SessionResult(
            termination: .exited(143),
            failure: Failure(.incomplete, "no end")
        )
        let lines = run.play(
            [.sessionEnded(a, ended, .missing), .sessionEnded(b, ended, .missing)],
            after: 1
        )
        #expect(lines == ["a#1 failed, charged to free", "b#1 failed, charged to free"])
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer"])
        #expect(
            run.play([.sessionActive(SessionKey(task: "a", number: 2))], after: 1) == [
                "gate network opened", "start b#2 slot 1 initializer",
            ]
        )
    }

    @Test func `refused credentials end the run with work left`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.authentication, "401"))
        #expect(
            run.end("b", 1, ticked: 0) == ["b#1 initialized, charged to session", "end unable"]
        )
        #expect(run.state.unfinished == 2)
    }

    @Test func `the ladder drains, terminates and kills by itself`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(run.play([.shutdownRequested(.terminate)]) == ["drain with 2 running"])
        #expect(run.end("a", 1, ticked: 0) == ["a#1 initialized, charged to session"])
        #expect(run.playNextDeadline() == ["terminate with 1 running", "terminate b#1"])
        #expect(run.seconds == 20)
        #expect(run.playNextDeadline().contains("kill b#1"))
        let killed = SessionResult(
            termination: .signaled(9),
            failure: Failure(.killed, "killed by signal 9")
        )
        let key = SessionKey(task: "b", number: 1)
        #expect(
            run.play([.sessionEnded(key, killed, .missing)]) == [
                "b#1 stopped, charged to retry", "end terminated",
            ]
        )
    }

    @Test func `each further signal takes the next step at once`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(run.play([.shutdownRequested(.interrupt)]) == ["drain with 2 running"])
        #expect(
            run.play([.shutdownRequested(.interrupt)]) == [
                "terminate with 2 running", "terminate a#1", "terminate b#1",
            ]
        )
        #expect(
            run.play([.shutdownRequested(.interrupt)]) == [
                "kill with 2 running", "kill a#1", "kill b#1",
            ]
        )
    }

    @Test func `a journal that can't be written holds starts and ends the run`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(run.play([.storeFailed("disk full")]) == ["gate store closed"])
        _ = run.end("a", 1, ticked: 0)
        #expect(run.end("b", 1, ticked: 0).last == "end unable")
    }
}

@Suite struct `Going on with a run` {
    private func interrupted(_ plan: RunPlan) -> RunState {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0)
        _ = run.end("a", 2, ticked: 1)
        return run.state
    }

    @Test func `a session that was running when Quire died is lost and numbered on`() {
        let plan = RunPlan(concurrency: 1, tasks: [TaskPlan(name: "a", maxSessions: 9)])
        let state = interrupted(plan)
        #expect(state.running.count == 1)
        let found = ChecklistState.good(Progress(ticked: 1, total: 4))
        var next = Scenario(plan, found: ["a": found], state: state)
        #expect(next.begin() == ["a#3 lost, charged to retry", "start a#4 slot 0 executor"])
        #expect(next.state.task("a")?.charged == 2)
    }

    @Test func `failed tasks stay ended without being asked for`() {
        let plan = RunPlan(tasks: [TaskPlan(name: "a", sameFailure: 1), TaskPlan(name: "b")])
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.turnFailed, "no"))
        _ = run.end("b", 1, ticked: 4)
        var next = Scenario(plan, state: run.state)
        #expect(next.begin() == ["end finished"])
        var retried = Scenario(plan, state: run.state)
        #expect(retried.begin(retryFailed: true) == ["a reopened", "start a#2 slot 0 initializer"])
    }

    @Test func `caps are fresh after a normal end and carried over an interrupt`() {
        let plan = RunPlan(tasks: [TaskPlan(name: "a", maxSessions: 1)])
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, ticked: 1)
        let found = ["a": ChecklistState.good(Progress(ticked: 1, total: 4))]
        var next = Scenario(plan, found: found, state: run.state)
        #expect(next.begin() == ["a reopened", "start a#2 slot 0 executor"])

        let long = RunPlan(tasks: [TaskPlan(name: "a", maxSessions: 2)])
        let longer = RunPlan(tasks: [TaskPlan(name: "a", maxSessions: 9)])
        var carried = Scenario(long, found: found, state: interrupted(longer))
        #expect(
            carried.begin().suffix(2) == [
                "a capped: it reached max_sessions (2) with work left", "end finished",
            ]
        )
    }
}

@Suite struct `Who goes next` {
    private func order(_ plan: RunPlan, sessions: Int) -> [String] {
        var run = Scenario(plan)
        var lines = run.begin()
        for _ in 0..<sessions {
            guard let running = run.state.running.values.first?.start else { break }
            let ticked = (running.progress?.ticked ?? -1) + 1
            lines += run.end(running.task, running.session, ticked: ticked, of: 100, after: 60)
        }
        return lines.filter { $0.hasPrefix("start") }.map { String($0.split(separator: " ")[1]) }
    }

    @Test func `tasks take turns`() {
        let plan = RunPlan(
            concurrency: 1,
            tasks: ["a", "b", "c"].map { TaskPlan(name: $0) },
            scheduler: .roundRobin
        )
        #expect(order(plan, sessions: 5) == ["a#1", "b#1", "c#1", "a#2", "b#2", "c#2"])
    }

    @Test func `a larger priority goes first`() {
        let plan = RunPlan(
            concurrency: 1,
            tasks: [TaskPlan(name: "a"), TaskPlan(name: "b", priority: 1)]
        )
        #expect(order(plan, sessions: 2) == ["b#1", "b#2", "b#3"])
    }

    @Test func `groups share by weight, whatever their number of tasks`() {
        let groups = [GroupPlan(name: "big", weight: 1), GroupPlan(name: "small", weight: 3)]
        var tasks = (0..<10).map { TaskPlan(name: "big\($0)", group: "big") }
        tasks.append(TaskPlan(name: "small0", group: "small"))
        let starts = order(RunPlan(concurrency: 1, groups: groups, tasks: tasks), sessions: 39)
        let small = starts.count { $0.hasPrefix("small") }
        #expect((28...32).contains(small))
    }

    @Test func `a group's cap holds and other groups go on`() {
        let groups = [GroupPlan(name: "g", maxConcurrent: 1)]
        let tasks = [
            TaskPlan(name: "a", group: "g"), TaskPlan(name: "b", group: "g"), TaskPlan(name: "c"),
        ]
        var run = Scenario(RunPlan(concurrency: 3, groups: groups, tasks: tasks))
        #expect(run.begin().count { $0.hasPrefix("start") } == 2)
        #expect(run.state.running.keys.contains { $0.task == "c" })
    }
}
