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

    @Test func `the session timeout begins once the tree is ready`() {
        let task = TaskPlan(name: "a", sessionTimeout: .seconds(100), idleTimeout: .seconds(60))
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        let key = SessionKey(task: "a", number: 1)
        _ = run.play([.sessionActive(key)], after: 50)
        _ = run.play([.sessionTimeBegins(key)], after: 40)
        _ = run.play([.sessionActive(key)], after: 50)
        _ = run.play([.sessionActive(key)], after: 49)
        #expect(run.playNextDeadline() == ["terminate a#1"])
        #expect(run.seconds == 190)
    }

    @Test func `a machine with nothing left for a start is waited for, at first for nothing`() {
        let task = TaskPlan(name: "a", sameFailure: 1, retries: RetryPlan(limit: 2))
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        let failure = Failure(.shortage, "starting a process: resource temporarily unavailable")
        var waits: [Double] = []
        var session = 1
        while run.seconds < 3600 {
            let before = run.seconds
            #expect(
                run.end("a", session, failure: failure, after: 0) == [
                    "gate shortage closed", "a#\(session) failed, charged to free",
                ]
            )
            session += 1
            #expect(
                run.playNextDeadline() == [
                    "gate shortage opened", "start a#\(session) slot 0 initializer",
                ]
            )
            waits.append(run.seconds - before)
        }
        #expect(waits.prefix(8) == [1, 2, 4, 8, 16, 32, 60, 60])
        for _ in 1...2 {
            #expect(
                run.end("a", session, failure: failure, after: 0).contains(
                    "a#\(session) failed, charged to retry"
                )
            )
            session += 1
            _ = run.playNextDeadline()
        }
        #expect(run.end("a", session, failure: failure).last == "end finished")
        #expect(run.state.task("a")?.outcome == .failed)
    }

    @Test(arguments: [
        (Failure(.rateLimit, "429"), "rate_limit", 10),
        (Failure(.usageLimit, "x"), "usage_limit", 300),
        (Failure(.usageLimit, "x", resetsAt: Scenario.wall(700)), "usage_limit", 700),
        (Failure(.authentication, "401"), "authentication", 30),
        (Failure(.shortage, "fork"), "shortage", 1),
    ])
    func `a clock that is set back a day makes no wait longer`(
        failure: Failure,
        gate: String,
        seconds: Double
    ) {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        _ = run.end("a", 1, failure: failure, after: 0)
        run.clockOffset = .seconds(-86_400)
        let lines = run.play([], after: 0.5)
        #expect(lines.count == 2 && lines[0].hasPrefix("warning: the clock was set back by 24 h"))
        #expect(lines.last == "gate \(gate) closed")
        #expect(run.playNextDeadline().last?.hasPrefix("start a#2") == true)
        #expect(run.seconds == seconds)
    }

    @Test func `a wait goes on after a restart for no longer than it was to take`() {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.usageLimit, "x"), after: 0)
        var next = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]), state: run.state)
        next.clockOffset = .seconds(-86_400)
        #expect(next.begin() == ["gate usage_limit closed"])
        #expect(next.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
        #expect(next.seconds == 300)
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
            run.play([.shutdownRequested(.interrupt)], after: 0.5) == [
                "terminate with 2 running", "terminate a#1", "terminate b#1",
            ]
        )
        #expect(
            run.play([.shutdownRequested(.interrupt)], after: 0.5) == [
                "kill with 2 running", "kill a#1", "kill b#1",
            ]
        )
    }

    @Test(arguments: [0, 0.001, 0.499], [ShutdownSignal.interrupt, .terminate])
    func `a wish for an end that arrives again within half a second is one`(
        pause: Double,
        echo: ShutdownSignal
    ) {
        var run = Scenario(two)
        _ = run.begin()
        for first in [ShutdownSignal.interrupt, .terminate] {
            var run = run
            #expect(run.play([.shutdownRequested(first)]) == ["drain with 2 running"])
            #expect(run.play([.shutdownRequested(echo)], after: pause).isEmpty)
            #expect(
                run.play([.shutdownRequested(echo), .shutdownRequested(echo)], after: 0.5) == [
                    "terminate with 2 running", "terminate a#1", "terminate b#1",
                ]
            )
        }
    }

    @Test func `somebody who keeps asking for an end gets on every half second`() {
        var run = Scenario(two)
        _ = run.begin()
        let steps = (0..<11).map { press in
            run.play([.shutdownRequested(.interrupt)], after: press == 0 ? 0 : 0.125).first ?? ""
        }
        #expect(
            steps == [
                "drain with 2 running", "", "", "", "terminate with 2 running", "", "", "",
                "kill with 2 running", "", "",
            ]
        )
    }

    @Test func `a disk that takes nothing more holds starts until it can`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(run.play([.storeFailed("disk full")]) == ["gate store closed"])
        #expect(run.end("a", 1, ticked: 0).last == "a#1 initialized, charged to session")
        #expect(run.end("b", 1, ticked: 0).last == "b#1 initialized, charged to session")
        #expect(
            run.play([.storeRecovered], after: 600) == [
                "gate store opened", "start b#2 slot 0 executor", "start a#2 slot 1 executor",
            ]
        )
    }

    @Test func `a start that could not be recorded costs nothing and is tried again`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.play([.storeFailed("disk full")])
        for task in ["a", "b"] {
            let lines = run.end(task, 1, failure: Failure(.notRecorded, "disk full"))
            #expect(lines == ["\(task)#1 failed, charged to free"])
        }
        #expect(run.play([.storeRecovered]).count == 3)
    }

    @Test func `nothing is decided after the end, however long it takes to be recorded`() {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 1, of: 1)
        #expect(run.play([.shutdownRequested(.interrupt), .storeFailed("full")]).isEmpty)
        #expect(run.orchestrator.nextDeadline == nil)
    }

    @Test func `a database that can't be used any more ends the run when its sessions have ended`()
    {
        var run = Scenario(two)
        _ = run.begin()
        #expect(run.play([.storeLost("cut short")]) == ["gate store closed"])
        #expect(run.end("a", 1, ticked: 0).last == "a#1 initialized, charged to session")
        #expect(run.end("b", 1, ticked: 0).last == "end unable")
    }

    @Test func `a disk that takes nothing more for an hour ends the run`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.play([.storeFailed("disk full")])
        _ = run.end("a", 1, ticked: 0)
        _ = run.end("b", 1, ticked: 0)
        #expect(run.playNextDeadline() == ["end unable"])
        #expect(run.seconds == 3600)
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
                "a capped: it reached max_sessions (2) with work left; it counts 2 of its 3 "
                    + "sessions: retries don't count, nor do sessions from before its caps were made fresh",
                "end finished",
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

@Suite struct `Slots whose sessions get lost` {
    private static let lost = Failure(.connectionLost, "lost")

    /// Ten tasks on two slots, of which the first one loses all of its sessions at once.
    @Test func `rest, so that the tasks are completed on the others`() {
        let tasks = (1...10).map { TaskPlan(name: "t\($0)", retries: RetryPlan(limit: 5)) }
        var run = Scenario(RunPlan(concurrency: 2, tasks: tasks))
        _ = run.begin()
        var losses = 0
        for _ in 0..<10_000 where run.state.leg.ending == nil {
            let running = run.state.running.values.map(\.start)
            if let start = running.first(where: { $0.slot == 0 }) {
                losses += 1
                _ = run.end(start.task, start.session, failure: Self.lost)
            } else if let session = run.state.running.values.first,
                run.seconds - session.since.inSeconds >= 60
            {
                let start = session.start
                let ticked = start.role == .initializer ? 0 : 4
                _ = run.end(start.task, start.session, ticked: ticked)
            } else {
                _ = run.play([], after: 1)
            }
        }
        #expect(run.state.tasks.allSatisfy { $0.outcome == .complete })
        #expect(losses > 5)
    }

    @Test func `cost their tasks retries only when no slot is sound`() {
        let plan = RunPlan(
            concurrency: 2,
            tasks: [
                TaskPlan(
                    name: "a",
                    retries: RetryPlan(
                        limit: 1,
                        delay: .milliseconds(1),
                        maxDelay: .milliseconds(1)
                    )
                )
            ]
        )
        var run = Scenario(plan)
        #expect(run.begin() == ["start a#1 slot 0 initializer"])
        var sessions = 0
        while run.state.leg.ending == nil, let session = run.state.running.values.first {
            sessions += 1
            _ = run.end("a", session.start.session, failure: Self.lost)
            if run.state.leg.ending == nil { _ = run.playNextDeadline() }
        }
        // The first was the slot's trouble; two more were tried once all slots had lost one.
        #expect(sessions == 3)
        #expect(run.state.tasks[0].outcome == .failed)
    }
}
