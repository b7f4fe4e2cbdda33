import Orchestration
import Testing

private let person = Steerer(client: "quire", uid: 1000, user: "alice", pid: 7)
private let words = "alice (quire, process 7)"

extension Scenario {
    /// Hands a request in; the answers are among the lines.
    fileprivate mutating func steer(
        _ request: SteeringRequest,
        room: Int? = nil,
        after pause: Double = 1
    ) -> [String] {
        let call = Steering(id: 1, request, by: person, mostSessions: room)
        return play([.steered(call)], after: pause)
    }

    /// Opens a directory once more, and finds this list.
    fileprivate mutating func inspect(_ task: String, _ found: ChecklistState) -> [String] {
        play([.taskInspected(TaskInspected(task: task, checklist: found))], after: 1)
    }
}

private func plan(_ names: [String], concurrency: Int = 2) -> RunPlan {
    RunPlan(concurrency: concurrency, tasks: names.map { TaskPlan(name: $0) })
}

@Suite struct `Steering: pause, resume and drain` {
    @Test func `a pause ends sessions politely, uncharged, and they go on with their threads`() {
        var run = Scenario(plan(["a", "b"]))
        _ = run.begin()
        let thread = "0198c5a0-0000-7000-8000-00000000000a"
        _ = run.play(
            [.threadStarted(ThreadStarted(task: "a", session: 1, thread: thread))],
            after: 1
        )
        #expect(
            run.steer(.pause(afterSessions: false)) == [
                "gate pause closed", "terminate a#1", "terminate b#1",
                "accepted: paused: nothing more starts, 2 sessions end, and go on later",
            ]
        )
        let killed = Failure(.killed, "killed by signal 15")
        #expect(
            run.end("a", 1, failure: killed, thread: thread) == ["a#1 stopped, charged to free"]
        )
        // It was complete before the signal came.
        #expect(run.end("b", 1, ticked: 0) == ["b#1 initialized, charged to session"])
        #expect(run.playNextDeadline() == ["no deadline"])
        let lines = run.steer(.resume)
        #expect(lines.prefix(2) == ["gate pause opened", "accepted: resumed: starts go on"])
        #expect(lines.contains { $0.hasPrefix("start a#2") && $0.hasSuffix("resuming \(thread)") })
        #expect(lines.contains { $0.hasPrefix("start b#2") && $0.hasSuffix("executor") })
    }

    @Test func `a pause after sessions lets them finish, and a second one ends them`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.steer(.pause(afterSessions: true)) == [
                "gate pause closed", "accepted: paused: nothing more starts, 1 session may finish",
            ]
        )
        #expect(
            run.steer(.pause(afterSessions: true)) == ["accepted: the run is paused already"]
        )
        #expect(run.steer(.pause(afterSessions: false)).contains("terminate a#1"))
    }

    @Test func `a session that ignores a pause is killed after the grace`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        _ = run.steer(.pause(afterSessions: false))
        #expect(run.playNextDeadline() == ["kill a#1"])
    }

    @Test func `a drain ends the leg with its sessions, and a resume undoes it`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.steer(.drain) == ["accepted: drained: nothing more starts, 1 session may finish"]
        )
        #expect(run.steer(.resume) == ["accepted: resumed: starts go on"])
        #expect(
            run.steer(.resume) == ["refused: the run is neither paused nor drained"]
        )
        _ = run.steer(.drain)
        #expect(
            run.end("a", 1, ticked: 0) == ["a#1 initialized, charged to session", "end drained"]
        )
    }

    @Test func `a drained run that is paused ends, too`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        _ = run.steer(.pause(afterSessions: true))
        _ = run.steer(.drain)
        #expect(run.end("a", 1, ticked: 0).last == "end drained")
    }

    @Test func `nothing is steered once a signal stops the run`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        _ = run.play([.shutdownRequested(.interrupt)], after: 1)
        let refused = "refused: the run is being stopped by a signal: start it again to go on"
        for request in [
            SteeringRequest.resume, .drain, .pause(afterSessions: true), .stop(["a"]), .skip(["a"]),
            .retry(["a"]), .setConcurrency(3), .answer(["a"], "x"), .add(manifest: "/m"),
        ] {
            #expect(run.steer(request, after: 0) == [refused], "\(request)")
        }
    }
}

@Suite struct `Steering: tasks` {
    @Test func `a task that is stopped is cancelled once its session has ended`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.steer(.stop(["a"])) == [
                "terminate a#1",
                "accepted: \"a\" cancelled once what runs of it has ended",
            ]
        )
        #expect(
            run.end("a", 1, failure: Failure(.killed, "killed")) == [
                "a#1 stopped, charged to free", "a cancelled: stopped by \(words)",
                "start b#1 slot 0 initializer",
            ]
        )
    }

    @Test
    func `a task that waits is cancelled at once, and with it those that need it are blocked`() {
        var two = plan(["a", "b", "c"], concurrency: 1)
        two.tasks[2].needs = ["b"]
        var run = Scenario(two)
        _ = run.begin()
        #expect(
            run.steer(.stop(["b"])) == [
                "b cancelled: stopped by \(words)", "c blocked: it needs \"b\", which is cancelled",
                "accepted: \"b\" cancelled",
            ]
        )
        // A later start leaves it alone, until it is retried.
        var again = Scenario(two, state: run.state)
        #expect(!again.begin().contains { $0.hasPrefix("start b") })
        #expect(again.state.task("b")?.outcome == .cancelled)
    }

    @Test func `a stop that Quire did not live to see is carried out by the next leg`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        _ = run.steer(.stop(["a"]))
        var again = Scenario(plan(["a", "b"], concurrency: 1), state: run.state)
        #expect(
            again.begin() == [
                "a#1 lost, charged to retry", "a cancelled: stopped by \(words)",
                "start b#1 slot 0 initializer",
            ]
        )
    }

    @Test func `a session that completes its task all the same makes it complete`() {
        var run = Scenario(plan(["a"]), found: ["a": .good(Progress(ticked: 3, total: 4))])
        _ = run.begin()
        _ = run.steer(.stop(["a"]))
        #expect(run.end("a", 1, ticked: 4).contains("a complete: every entry is ticked"))
    }

    @Test func `a task is left out with those that need it, and taken back`() {
        var three = plan(["a", "b", "c"], concurrency: 1)
        three.tasks[2].needs = ["b"]
        var run = Scenario(three)
        _ = run.begin()
        #expect(
            run.steer(.skip(["b"])) == [
                "accepted: \"b\" left out of this leg, with 1 task that needs them"
            ]
        )
        #expect(
            run.steer(.skip(["a"])) == ["refused: \"a\" is at work: to end it, quire stop a"]
        )
        #expect(
            run.steer(.retry(["c"])) == [
                "refused: \"c\" needs \"b\", which is left out of this leg: retry that, too"
            ]
        )
        #expect(run.steer(.retry(["b"])) == ["open b", "accepted: \"b\" taken up again"])
        #expect(run.inspect("b", .missing) == [])
        #expect(
            run.end("a", 1, ticked: 4) == [
                "a#1 initialized, charged to session", "a complete: every entry is ticked",
                "start b#1 slot 0 initializer",
            ]
        )
        #expect(run.end("b", 1, ticked: 4).last == "end finished")
    }

    @Test func `a skip holds over a crash, but not over an end`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        _ = run.steer(.skip(["b"]))
        var crashed = Scenario(plan(["a", "b"], concurrency: 2), state: run.state)
        #expect(!crashed.begin().contains("start b#1 slot 1 initializer"))
        _ = run.steer(.drain)
        _ = run.end("a", 1, ticked: 0)
        var ended = Scenario(plan(["a", "b"], concurrency: 2), state: run.state)
        #expect(ended.begin().contains("start b#1 slot 1 initializer"))
    }

    @Test func `a task that failed is taken up with fresh retries and caps, and those it blocked`()
    {
        var two = plan(["a", "b"])
        two.tasks[0].maxSessions = 1
        two.tasks[1].needs = ["a"]
        var run = Scenario(two)
        _ = run.begin()
        var more = two
        more.tasks.append(TaskPlan(name: "c"))
        run = Scenario(more)
        _ = run.begin()
        #expect(run.end("a", 1, ticked: 0).contains { $0.hasPrefix("a capped") })
        #expect(run.state.task("b")?.outcome == .blocked)
        #expect(
            run.steer(.retry(["a"])) == [
                "a reopened", "open a", "b reopened", "open b",
                "accepted: \"a\" and \"b\" taken up again",
            ]
        )
        _ = run.inspect("b", .missing)
        #expect(
            run.inspect("a", .good(Progress(ticked: 0, total: 4)))
                == ["start a#2 slot 0 executor"]
        )
        #expect(run.end("a", 2, ticked: 4).contains("start b#1 slot 0 initializer"))
    }

    @Test func `a retry that is delayed comes at once`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        let overloaded = Failure(.overload, "busy")
        #expect(run.end("a", 1, failure: overloaded) == ["a#1 failed, charged to retry"])
        #expect(
            run.steer(.retry(["a"]), after: 0.1) == [
                "accepted: \"a\" taken up again", "start a#2 slot 0 initializer",
            ]
        )
        #expect(run.state.task("a")?.retries == 0)
    }

    @Test(arguments: [
        (SteeringRequest.stop([]), "no task is named"),
        (.stop(["x*"]), "no task of the run is like \"x*\"; see quire status"),
        (.stop(["a", "x"]), "no task of the run is like \"x\"; see quire status"),
        (
            .skip(["*a*a*a*a*a*a*a*a*b"]),
            "the pattern \"*a*a*a*a*a*a*a*a*b\" is too long, or has more than 8 stars"
        ),
        (.stop(["done"]), "\"done\" has ended: complete"),
        (.retry(["done"]), "\"done\" is complete; to do it anew, start the run with --redo done"),
        (.retry(["a"]), "\"a\" is at work"),
        (.answer(["a"], "x"), "\"a\" asks nothing now; to tell it something: quire tell"),
        (.setConcurrency(0), "concurrency is 0, but must be from 1 to 100000"),
        (.setConcurrency(1_000_000_000), "concurrency is 1000000000, but must be from 1 to 100000"),
        (.setPriority(["done"], 1), "\"done\" is complete"),
        (
            .setPriority(["a"], .max),
            "priority 9223372036854775807 is out of range: it must be from -1000 to 1000"
        ),
        (
            .setBudget(Budget(tokens: 0)),
            "a budget must be more than nothing; to end the run: quire drain"
        ),
        (
            .setBudget(Budget(cost: 1)),
            "the manifest has no prices, so that a cost can't be counted: set budget.tokens"
        ),
        (.set(SteeringSettings()), "no setting is named"),
    ])
    func `a request that can't be followed says why, and changes nothing`(
        request: SteeringRequest,
        reason: String
    ) {
        var run = Scenario(
            plan(["a", "done"]),
            found: ["done": .good(Progress(ticked: 1, total: 1))]
        )
        _ = run.begin()
        let before = run.state.tasks
        #expect(run.steer(request) == ["refused: \(reason)"])
        #expect(run.state.tasks == before)
    }
}

@Suite struct `Steering: settings` {
    @Test func `more sessions start at once, fewer as they end`() {
        var run = Scenario(plan(["a", "b", "c", "d"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.steer(.setConcurrency(3)) == [
                "3 at once", "accepted: set: at most 3 sessions at once",
                "start b#1 slot 1 initializer", "start c#1 slot 2 initializer",
            ]
        )
        #expect(
            run.steer(.setConcurrency(1)) == [
                "1 at once", "accepted: set: at most 1 session at once",
            ]
        )
        #expect(run.end("a", 1, ticked: 4).contains { $0.hasPrefix("start") } == false)
        #expect(run.end("c", 1, ticked: 4).contains { $0.hasPrefix("start") } == false)
        #expect(run.end("b", 1, ticked: 4).last == "start d#1 slot 0 initializer")
    }

    @Test func `no more sessions are set than there are descriptors for`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        #expect(
            run.steer(.setConcurrency(300), room: 187) == [
                "refused: concurrency is 300, but the limit on open files lets the run have at most "
                    + "187 sessions at once: start it again with a higher one (ulimit -n)"
            ]
        )
    }

    @Test func `settings outlive a restart until the manifest says something else`() {
        var run = Scenario(plan(["a", "b", "c"], concurrency: 1))
        _ = run.begin()
        _ = run.steer(.setConcurrency(3))
        _ = run.steer(.setPriority(["c"], 5))
        _ = run.steer(.setBudget(Budget(tokens: 9_000_000)))
        var again = Scenario(plan(["a", "b", "c"], concurrency: 1), state: run.state)
        #expect(again.begin().contains("3 at once"))
        #expect(again.state.task("c")?.plan.priority == 5)
        #expect(again.state.plan.budget?.limits.tokens == 9_000_000)
        var edited = plan(["a", "b", "c"], concurrency: 2)
        edited.tasks[2].priority = 1
        edited.budget = RunBudget(Budget(tokens: 5))
        var other = Scenario(edited, state: run.state)
        #expect(!other.begin().contains("3 at once"))
        #expect(other.state.task("c")?.plan.priority == 1)
        #expect(other.state.plan.budget?.limits.tokens == 5)
    }

    @Test func `a task of a higher priority goes next`() {
        var run = Scenario(plan(["a", "b", "c"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.steer(.setPriority(["c"], 5)) == ["accepted: set: priority 5 for \"c\""]
        )
        #expect(run.end("a", 1, ticked: 4).last == "start c#1 slot 0 initializer")
    }

    @Test func `a budget that is raised lets the run go on`() {
        var small = plan(["a", "b"], concurrency: 1)
        small.budget = RunBudget(Budget(tokens: 1000))
        var run = Scenario(small)
        _ = run.begin()
        _ = run.play(
            [
                .sessionUsed(
                    SessionUsed(task: "a", session: 1, usage: TokenUsage(input: 900))
                )
            ],
            after: 1
        )
        #expect(
            run.steer(.setBudget(Budget(tokens: 60_000_000))).last
                == "accepted: set: a budget of 60.0M tokens"
        )
        #expect(run.end("a", 1, ticked: 0, tokens: 2000).last?.hasPrefix("start") == true)
    }

    @Test func `all settings of a request change, or none`() {
        var run = Scenario(plan(["a"], concurrency: 1))
        _ = run.begin()
        let settings = SteeringSettings(
            concurrency: 5,
            priorities: [.init(tasks: ["x"], priority: 1)]
        )
        #expect(
            run.steer(.set(settings)) == [
                "refused: no task of the run is like \"x\"; see quire status"
            ]
        )
        #expect(run.state.leg.concurrencyLimit == 1)
    }
}

@Suite struct `Steering: growth and words` {
    private static func grown(_ names: [String], needs: [String] = []) -> GrownManifest {
        .read(groups: [], tasks: names.map { TaskPlan(name: $0, needs: $0 == "n" ? needs : []) })
    }

    private static let call = Steering(id: 1, .add(manifest: "/m"), by: person)

    @Test func `new tasks are added, and known ones stay as they are`() {
        var run = Scenario(plan(["a", "b"]))
        _ = run.begin()
        #expect(run.steer(.add(manifest: "/m")) == ["read the manifest"])
        #expect(
            run.play(
                [.manifestRead(Self.call, Self.grown(["a", "n", "o"], needs: ["a", "o"]))],
                after: 1
            ) == [
                "open n", "open o",
                "accepted: \"n\" and \"o\" added; everything else that changed in the manifest counts "
                    + "from the next start",
            ]
        )
        _ = run.inspect("n", .missing)
        _ = run.inspect("o", .missing)
        #expect(run.end("a", 1, ticked: 4).last == "start o#1 slot 0 initializer")
        #expect(run.end("b", 1, ticked: 4).last == "b complete: every entry is ticked")
        #expect(run.end("o", 1, ticked: 4).last == "start n#1 slot 0 initializer")
        #expect(run.end("n", 1, ticked: 4).last == "end finished")
    }

    @Test func `a manifest that can't be used, or has nothing new, adds nothing`() {
        var run = Scenario(plan(["a"]))
        _ = run.begin()
        #expect(
            run.play([.manifestRead(Self.call, .refused("line 3: a cycle"))], after: 1)
                == ["refused: line 3: a cycle"]
        )
        #expect(
            run.play([.manifestRead(Self.call, Self.grown(["a"]))], after: 1)
                == ["accepted: the manifest has no task that the run lacks"]
        )
    }

    @Test func `what people said is recorded once it is written, and a task that asked goes on`() {
        var run = Scenario(plan(["a", "b"], concurrency: 1))
        _ = run.begin()
        #expect(
            run.end("a", 1, ticked: 0, question: "Which?").contains("a needs-you: it asks: Which?")
        )
        let call = Steering(id: 1, .answer(["a"], "This."), by: person)
        #expect(run.steer(call.request) == ["pass words to a"])
        #expect(
            run.play([.wordsPassed(call, to: ["a"], troubles: [])], after: 1)
                == ["a reopened", "open a", "accepted: \"a\" answered"]
        )
        #expect(
            run.play([.wordsPassed(call, to: [], troubles: ["a: the disk is full"])], after: 1)
                == ["refused: a: the disk is full"]
        )
    }

    @Test func `a request reads as it was written, and a newer one is told apart`() throws {
        let requests: [SteeringRequest] = [
            .pause(afterSessions: true), .resume, .drain, .stop(["a"]), .skip(["b*"]),
            .retry(["c"]),
            .set(
                SteeringSettings(
                    concurrency: 3,
                    budget: Budget(tokens: 5, cost: 1.5, wall: .seconds(60)),
                    priorities: [.init(tasks: ["a"], priority: -3)],
                    onLimit: "stop"
                )
            ),
            .tell(["a"], "x"), .answer(["a"], "y"), .add(manifest: "/m.yaml"),
        ]
        #expect(Set(requests.map(\.kind)) == Set(SteeringRequest.Kind.allCases))
    }
}
