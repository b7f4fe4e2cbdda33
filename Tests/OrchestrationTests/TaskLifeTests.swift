import Orchestration
import Testing

private func plan(_ tasks: TaskPlan..., concurrency: Int = 2) -> RunPlan {
    RunPlan(concurrency: concurrency, tasks: tasks)
}

@Suite struct `The life of a task` {
    @Test func `an initializer is followed by executors until every entry is ticked`() {
        var run = Scenario(plan(TaskPlan(name: "a")))
        #expect(run.begin() == ["start a#1 slot 0 initializer"])
        #expect(
            run.end("a", 1, ticked: 0, of: 2) == [
                "a#1 initialized, charged to session", "start a#2 slot 0 executor",
            ]
        )
        #expect(
            run.end("a", 2, ticked: 1, of: 2) == [
                "a#2 ticked, charged to session", "start a#3 slot 0 executor",
            ]
        )
        #expect(
            run.end("a", 3, ticked: 2, of: 2) == [
                "a#3 ticked, charged to session", "a complete: every entry is ticked",
                "end finished",
            ]
        )
    }

    @Test func `a task whose list is complete already takes no session`() {
        let complete = ChecklistState.good(Progress(ticked: 3, total: 3))
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": complete])
        #expect(run.begin() == ["a complete: every entry is ticked", "end finished"])
    }

    @Test func `a task whose work could not be committed is complete once it is`() {
        func committed(_ session: Int, _ work: CheckpointedWork) -> Event {
            .checkpointMade(CheckpointMade(task: "a", session: session, work: work))
        }
        let (all, most) = (Progress(ticked: 4, total: 4), Progress(ticked: 3, total: 4))
        let end = [
            "a unchecked: no author; once it can be, run the manifest again", "end finished",
        ]
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": .good(most)])
        _ = run.begin()
        #expect(run.play([committed(1, CheckpointedWork(failure: "no author"))]) == [])
        #expect(run.end("a", 1, ticked: 4) == ["a#1 ticked, charged to session"] + end)
        // Nothing was committed since.
        var same = Scenario(plan(TaskPlan(name: "a")), found: ["a": .good(all)], state: run.state)
        #expect(same.begin() == ["a reopened"] + end)
        var next = Scenario(plan(TaskPlan(name: "a")), found: ["a": .good(most)], state: same.state)
        #expect(next.begin() == ["a reopened", "start a#2 slot 0 executor"])
        _ = next.play([committed(2, CheckpointedWork())])
        #expect(next.end("a", 2, ticked: 4).contains("a complete: every entry is ticked"))
    }

    @Test func `a task stalls after charged sessions that tick nothing`() {
        let half = ChecklistState.good(Progress(ticked: 1, total: 2))
        var run = Scenario(plan(TaskPlan(name: "a", stallAfter: 2)), found: ["a": half])
        _ = run.begin()
        #expect(
            run.end("a", 1, ticked: 1, of: 2) == [
                "a#1 idled, charged to session",
                "warning: a session ticked nothing; it is parked: it goes on when nothing else "
                    + "waits",
                "start a#2 slot 0 executor",
            ]
        )
        #expect(
            run.end("a", 2, ticked: 1, of: 2) == [
                "a#2 idled, charged to session", "a stalled: 2 sessions in a row ticked nothing",
                "end finished",
            ]
        )
    }

    @Test func `a task is capped with work left`() {
        var run = Scenario(plan(TaskPlan(name: "a", maxSessions: 2)))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0)
        #expect(
            run.end("a", 2, ticked: 1) == [
                "a#2 ticked, charged to session",
                "a capped: it reached max_sessions (2) with work left", "end finished",
            ]
        )
    }

    private static let uncounted: [(earlier: Int, failed: Int, words: String)] = [
        (0, 0, "it reached max_sessions (2) with work left"),
        (
            2, 0,
            "it reached max_sessions (2) with work left; it counts 2 of its 4 sessions: "
                + "retries don't count, nor do sessions from before its caps were made fresh"
        ),
        (
            0, 1,
            "it reached max_sessions (2) with work left; it counts 2 of its 3 sessions: "
                + "retries don't count, nor do sessions from before its caps were made fresh"
        ),
    ]

    @Test(arguments: uncounted)
    func `a cap tells which sessions it does not count`(
        earlier: Int,
        failed: Int,
        words: String
    ) {
        var state = RunState()
        if earlier > 0 {
            var run = Scenario(plan(TaskPlan(name: "a", maxSessions: earlier)))
            _ = run.begin()
            for session in 1...earlier { _ = run.end("a", session, ticked: session - 1, of: 9) }
            state = run.state
        }
        var run = Scenario(
            plan(TaskPlan(name: "a", maxSessions: 2)),
            found: ["a": .good(Progress(ticked: earlier, total: 9))],
            state: state
        )
        _ = run.begin()
        var lines: [String] = []
        for number in 0..<(failed + 2) {
            let session = earlier + number + 1
            let failure = number < failed ? Failure(.streamCut, "cut") : nil
            lines = run.end("a", session, ticked: session, of: 9, failure: failure)
            if number < failed { _ = run.playNextDeadline() }
        }
        #expect(lines.contains("a capped: \(words)"), "\(lines)")
    }

    @Test func `a damaged checklist ends the task`() {
        var run = Scenario(plan(TaskPlan(name: "a")))
        _ = run.begin()
        let result = SessionResult(termination: .exited(0))
        let key = SessionKey(task: "a", number: 1)
        #expect(
            run.play([.sessionEnded(key, result, .damaged("entry 2 is gone"))]) == [
                "a#1 damaged, charged to session", "a damaged: entry 2 is gone", "end finished",
            ]
        )
    }

    private let half = ChecklistState.good(Progress(ticked: 2, total: 4))

    /// Ends a session that changed its list as it must not.
    private func tamper(
        _ run: inout Scenario,
        _ session: Int,
        ticked: Int = 1,
        failure: Failure? = nil,
        isTampering: Bool = true
    ) -> [String] {
        let incident = ListIncident(words: "entry 2 is gone", isTampering: isTampering, place: "/p")
        let result = SessionResult(
            termination: .exited(0),
            failure: failure,
            incident: incident
        )
        let checklist = ChecklistState.good(Progress(ticked: ticked, total: 4))
        let key = SessionKey(task: "a", number: session)
        return run.play([.sessionEnded(key, result, checklist)], after: 1)
    }

    @Test func `sessions that change the list end the task when there are as many as may not be`() {
        var run = Scenario(plan(TaskPlan(name: "a", tamperLimit: 3)), found: ["a": half])
        _ = run.begin()
        let put =
            "warning: a session changed its list (entry 2 is gone): the list was put back, with "
            + "the ticks that count; what the session left is in /p"
        #expect(tamper(&run, 1).contains(put + "; 1 of 3 such sessions (tamper_limit)"))
        #expect(run.state.task("a")?.incident?.words == "entry 2 is gone")
        // It is told until a session has had its chance.
        _ = run.end("a", 2, failure: Failure(.overload, "busy"))
        #expect(run.state.task("a")?.incident != nil)
        _ = run.playNextDeadline()
        // One that was cut down may have been in the middle of writing.
        let cut = Failure(.streamCut, "broken")
        #expect(
            tamper(&run, 3, failure: cut).contains(put + "; 1 of 3 such sessions (tamper_limit)")
        )
        _ = run.playNextDeadline()
        _ = run.end("a", 4, ticked: 3)
        #expect(run.state.task("a")?.incident == nil)
        #expect(!tamper(&run, 5).contains { $0.hasPrefix("a damaged") })
        // Entries that it has no room for are no damage.
        #expect(
            tamper(&run, 6, isTampering: false).contains(
                "warning: entry 2 is gone, and taken out: see growth; what the session left is in /p"
            )
        )
        // Ticks of such sessions count, and still the task is not complete.
        let last = tamper(&run, 7, ticked: 4)
        #expect(last.contains("a#7 ticked, charged to session"), "\(last)")
        let words =
            "3 sessions changed its list (tamper_limit), last: entry 2 is gone; the list was put "
            + "back each time"
        #expect(last.contains("a damaged: \(words)"), "\(last)")
        // Whoever lets it go on gives it new chances.
        var again = Scenario(
            plan(TaskPlan(name: "a", tamperLimit: 3)),
            found: ["a": half],
            state: run.state
        )
        #expect(again.begin(retryFailed: true).contains { $0.hasPrefix("start a#8") })
        #expect(!tamper(&again, 8).contains { $0.hasPrefix("a damaged") })
    }

    @Test func `what a lost session did to the list is told, and charged to nobody`() {
        let plan = plan(TaskPlan(name: "a", tamperLimit: 1))
        var run = Scenario(plan)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let fact = TaskInspected(
            task: "a",
            checklist: half,
            incident: ListIncident(words: "it is gone", isTampering: true)
        )
        let lines = run.play([.runBegan(began), .taskInspected(fact)])
        #expect(
            lines.first
                == "warning: a session changed its list (it is gone): the list was put back, with the "
                + "ticks that count",
            "\(lines)"
        )
        #expect(run.state.task("a")?.incident?.words == "it is gone")
        #expect(run.state.task("a")?.outcome == nil)
    }

    @Test(
        arguments: [
            (nil, [nil, nil]), (0, [4, 5]), (50, [6, 6]), (1, [5, 5]), (1000, [44, 44]),
        ] as [(Int?, [Int?])]
    )
    func `the list may grow by a share of what it first had`(growth: Int?, most: [Int?]) throws {
        var run = Scenario(plan(TaskPlan(name: "a", growth: growth)))
        _ = run.begin()
        #expect(run.state.task("a")?.mostEntries == nil)
        _ = run.end("a", 1, ticked: 0, of: 4)
        #expect(run.state.task("a")?.mostEntries == most[0])
        _ = run.end("a", 2, ticked: 1, of: 5)
        #expect(run.state.task("a")?.mostEntries == most[1])
        // What a person has appended stays.
        _ = run.end("a", 3, ticked: 2, of: 99)
        #expect(run.state.task("a")?.mostEntries == growth.map { _ in 99 })
    }

    @Test func `three identical failures end the task, whatever their numbers and paths`() {
        var run = Scenario(plan(TaskPlan(name: "a")))
        _ = run.begin()
        for session in 1...2 {
            let failure = Failure(.turnFailed, "no tool at /opt/\(session) in \(session) tries")
            _ = run.end("a", session, failure: failure)
            _ = run.playNextDeadline()
        }
        let lines = run.end("a", 3, failure: Failure(.turnFailed, "no tool at /usr/9 in 77 tries"))
        #expect(
            lines == [
                "a#3 failed, charged to session",
                "a failed: the same failure 3 times in a row: no tool at /usr/9 in 77 tries",
                "end finished",
            ]
        )
    }

    @Test(arguments: [FailureClass.incomplete, .notCodex])
    func `words that a failure only quotes do not tell it from another`(kind: FailureClass) {
        let words = [
            "2026-11-30T02:18:58.995Z request req_aXq7 of 17", "it reads sources",
            "10:41: it reads: tests",
        ]
        var run = Scenario(plan(TaskPlan(name: "a")))
        _ = run.begin()
        for session in 1...2 {
            let failure = Failure(kind, "it broke (exit status 3): \(words[session - 1])")
            _ = run.end("a", session, failure: failure)
            _ = run.playNextDeadline()
        }
        let last = Failure(kind, "it broke (exit status 3): \(words[2])")
        #expect(
            run.end("a", 3, failure: last).contains(
                "a failed: the same failure 3 times in a row: \(last.message)"
            )
        )
    }

    @Test func `different failures are not counted together`() {
        var run = Scenario(plan(TaskPlan(name: "a", sameFailure: 2)))
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.turnFailed, "one thing"))
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer"])
        let lines = run.end("a", 2, failure: Failure(.turnFailed, "another"))
        #expect(lines == ["a#2 failed, charged to session"])
    }

    @Test func `an overload is charged to the retries, backs off, and gives up in the end`() {
        let retries = RetryPlan(limit: 2, delay: .seconds(10), maxDelay: .seconds(15))
        var run = Scenario(plan(TaskPlan(name: "a", retries: retries)))
        _ = run.begin()
        var delays: [Double] = []
        for session in 1...2 {
            let lines = run.end("a", session, failure: Failure(.overload, "high demand"))
            #expect(lines == ["a#\(session) failed, charged to retry"])
            let before = run.seconds
            #expect(run.playNextDeadline() == ["start a#\(session + 1) slot 0 initializer"])
            delays.append(run.seconds - before)
        }
        #expect((5...10).contains(delays[0]))
        #expect((7.5...15).contains(delays[1]))
        #expect(
            run.end("a", 3, failure: Failure(.overload, "high demand")) == [
                "a#3 failed, charged to retry", "a failed: gave up after 2 retries: high demand",
                "end finished",
            ]
        )
    }

    @Test func `a broken stream is resumed in its thread, a full context is not`() {
        var run = Scenario(plan(TaskPlan(name: "a")))
        _ = run.begin()
        _ = run.end("a", 1, failure: Failure(.streamCut, "cut"), thread: "t1")
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer resuming t1"])
        _ = run.end("a", 2, failure: Failure(.contextWindow, "no room"), thread: "t1")
        #expect(run.playNextDeadline().contains("start a#3 slot 0 initializer"))
    }

    @Test func `a resume that fails is followed by a fresh session at once`() {
        var run = Scenario(plan(TaskPlan(name: "a", resume: true)))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0, thread: "t1")
        let lines = run.end("a", 2, failure: Failure(.unknownThread, "no rollout found"))
        #expect(
            lines == [
                "warning: Resume failed: thread t1 can't go on (no rollout found); "
                    + "a fresh session starts instead",
                "a#2 failed, charged to retry", "start a#3 slot 0 executor",
            ]
        )
    }

    @Test func `a complete list counts even if the session that ticked it failed`() {
        let almost = ChecklistState.good(Progress(ticked: 3, total: 4))
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": almost])
        _ = run.begin()
        let lines = run.end("a", 1, ticked: 4, failure: Failure(.streamCut, "cut"))
        #expect(lines.contains("a complete: every entry is ticked"))
    }

    @Test func `what needs a failed task is blocked, near and far`() {
        var run = Scenario(
            plan(
                TaskPlan(name: "a", maxSessions: 1),
                TaskPlan(name: "b", needs: ["a"]),
                TaskPlan(name: "c", needs: ["b"])
            )
        )
        #expect(run.begin() == ["start a#1 slot 0 initializer"])
        #expect(
            run.end("a", 1, ticked: 1) == [
                "a#1 initialized, charged to session",
                "a capped: it reached max_sessions (1) with work left",
                "b blocked: it needs \"a\", which is capped",
                "c blocked: it needs \"b\", which is blocked", "end finished",
            ]
        )
    }

    @Test func `a checklist that claims what can't be does no harm`() {
        let claims = [
            (1 << 62, 1 << 62 + 1), (.max, .min), (.min, .max), (5, 3), (-1, 0), (.max, .max - 1),
            (1, 1 << 62),
        ]
        var run = Scenario(plan(TaskPlan(name: "a", stallAfter: 0)))
        _ = run.begin()
        for (number, claim) in claims.enumerated() {
            let lines = run.end("a", number + 1, ticked: claim.0, of: claim.1)
            #expect(lines.last == "start a#\(number + 2) slot 0 executor")
        }
        let lines = run.end("a", claims.count + 1, ticked: 4)
        #expect(lines.contains("a complete: every entry is ticked"))
    }

    @Test func `a need that completes lets its dependents run`() {
        var run = Scenario(plan(TaskPlan(name: "a"), TaskPlan(name: "b", needs: ["a"])))
        _ = run.begin()
        #expect(
            run.end("a", 1, ticked: 4) == [
                "a#1 initialized, charged to session", "a complete: every entry is ticked",
                "start b#1 slot 0 initializer",
            ]
        )
    }
}
