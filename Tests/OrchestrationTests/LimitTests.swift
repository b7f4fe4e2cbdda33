import Foundation
import Orchestration
import Testing

private let two = RunPlan(concurrency: 2, tasks: [TaskPlan(name: "a"), TaskPlan(name: "b")])

private let one = RunPlan(concurrency: 2, tasks: [TaskPlan(name: "a")])

private func limit(_ until: Double?) -> Failure {
    Failure(.usageLimit, "limit", resetsAt: until.map(Scenario.wall))
}

@Suite struct `A usage limit` {
    @Test func `holds every start until its reset, probes first, and costs nothing`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(
            run.end("a", 1, failure: limit(600), thread: "t") == [
                "gate usage_limit closed", "a#1 failed, charged to free",
            ]
        )
        #expect(run.end("b", 1, failure: limit(600)) == ["b#1 failed, charged to free"])
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer resuming t as a probe"])
        #expect(run.seconds == 600)
        #expect(run.play([.sessionActive(SessionKey(task: "a", number: 2))], after: 1) == [])
        #expect(
            run.answer("a", 2) == ["gate usage_limit opened", "start b#2 slot 1 initializer"]
        )
        #expect(run.state.tasks.allSatisfy { $0.retries == 0 && $0.charged == 0 })
    }

    @Test func `is probed every minute once the stated time is over`() {
        var run = Scenario(one)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(600))
        for (session, told) in [(2, 600.0), (3, nil), (4, 599)] {
            #expect(run.playNextDeadline() == ["start a#\(session) slot 0 initializer as a probe"])
            let lines = run.end("a", session, failure: limit(told), after: 2)
            #expect(
                lines == ["gate usage_limit closed", "a#\(session) failed, charged to free"]
            )
        }
        #expect(run.seconds == 600 + 2 * 62 + 2)
        #expect(run.playNextDeadline() == ["start a#5 slot 0 initializer as a probe"])
        _ = run.end("a", 5, failure: limit(3600))
        _ = run.playNextDeadline()
        #expect(run.seconds == 3600)
    }

    @Test func `without a time is probed after 5, 10, 20, 40 and 60 minutes`() {
        var run = Scenario(one)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(nil), after: 0)
        var waits: [Double] = []
        for session in 2...8 {
            let before = run.seconds
            #expect(run.playNextDeadline() == ["start a#\(session) slot 0 initializer as a probe"])
            waits.append((run.seconds - before) / 60)
            _ = run.end("a", session, failure: limit(nil), after: 0)
        }
        #expect(waits == [5, 10, 20, 40, 60, 60, 60])
    }

    @Test(arguments: [-86_400, 366 * 86_400] as [Double])
    func `that is over, or in a year, is probed soon`(reset: Double) {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(reset), after: 0)
        _ = run.end("b", 1, failure: limit(reset), after: 0)
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
        #expect(run.seconds == (reset < 0 ? 60 : 300))
    }

    @Test func `is over for no session but the probe`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(600))
        #expect(run.end("b", 1, ticked: 0) == ["b#1 initialized, charged to session"])
        #expect(run.state.gates.closed.count == 1)
    }

    @Test func `is probed again a minute after a probe that told nothing`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(600))
        _ = run.end("b", 1, failure: limit(600))
        _ = run.playNextDeadline()
        let lines = run.end("a", 2, failure: Failure(.streamCut, "cut"), after: 0)
        #expect(lines == ["gate usage_limit closed", "a#2 failed, charged to retry"])
        #expect(run.playNextDeadline().last?.hasSuffix("as a probe") == true)
        #expect(abs(run.seconds - 660) < 0.1)
    }

    @Test func `is not probed while what runs may take all that the budget has left`() {
        var plan = two
        plan.budget = RunBudget(Budget(tokens: 300_000))
        var run = Scenario(plan)
        #expect(run.begin().count == 2)
        _ = run.end("a", 1, failure: limit(600))
        let used = SessionUsed(task: "b", session: 1, usage: TokenUsage(input: 300_000))
        _ = run.play([.sessionUsed(used)], after: 500)
        _ = run.play([.sessionActive(SessionKey(task: "b", number: 1))])
        #expect(run.playNextDeadline() == ["terminate b#1"])
        #expect(run.seconds == 1101)
    }

    @Test func `is not probed before there are tokens for a start`() {
        var plan = two
        plan.tokensPerMinute = 100_000
        for (reset, told) in [(5.0, true), (28, false)] {
            var run = Scenario(plan)
            #expect(run.begin().count == 2)
            _ = run.end("a", 1, failure: limit(reset))
            // All were set aside for the two; half of them are there again after 30 seconds.
            if told { #expect(run.playNextDeadline() == ["gate token_rate closed"]) }
            let lines = run.playNextDeadline()
            #expect(lines.last == "start a#2 slot 0 initializer as a probe")
            #expect(lines.first == (told ? "gate token_rate opened" : lines.last))
            #expect(run.seconds.rounded() == 30)
        }
    }

    @Test func `survives a restart`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.end("a", 1, failure: limit(600), thread: "t")
        _ = run.end("b", 1, failure: limit(600))
        var next = Scenario(two, state: run.state)
        #expect(next.begin() == ["gate usage_limit closed"])
        #expect(next.playNextDeadline().count == 1)
        #expect(next.seconds == 600)
        #expect(next.state.running.count == 1)
    }

    @Test func `in an older journal has no account`() throws {
        let old = #"{"event":"gate_closed","gate":"usage_limit","until":5,"reason":"limit"}"#
        let fact = try JSONDecoder().decode(RunEvent.self, from: Data(old.utf8))
        let until = WallTime(millisecondsSinceEpoch: 5)
        let expected = GateClosed(gate: .usageLimit, until: until, reason: "limit")
        #expect(fact == .gateClosed(expected))
        let start =
            #"{"event":"session_started","task":"a","session":1,"slot":0,"role":"executor"}"#
        let started = try JSONDecoder().decode(RunEvent.self, from: Data(start.utf8))
        #expect(
            started
                == .sessionStarted(SessionStarted(task: "a", session: 1, slot: 0, role: .executor))
        )
    }
}

@Suite struct `Two accounts` {
    private let plan = RunPlan(
        concurrency: 4,
        tasks: [
            TaskPlan(name: "a"), TaskPlan(name: "b"), TaskPlan(name: "c", account: "/two"),
            TaskPlan(name: "d", account: "/two"),
        ],
        scheduler: .roundRobin
    )

    @Test func `have limits of their own`() {
        var run = Scenario(plan)
        #expect(run.begin().count == 4)
        #expect(
            run.end("c", 1, failure: limit(600)) == [
                "gate usage_limit of /two closed", "c#1 failed, charged to free",
            ]
        )
        #expect(
            run.end("a", 1, ticked: 0).last == "start a#2 slot 0 executor"
        )
        #expect(run.end("d", 1, ticked: 0).last == "d#1 initialized, charged to session")
        #expect(run.end("b", 1, failure: limit(300)).first == "gate usage_limit closed")
        _ = run.end("a", 2, failure: limit(300))
        #expect(run.playNextDeadline() == ["start a#3 slot 0 executor as a probe"])
        #expect(run.seconds == 300)
        #expect(
            run.answer("a", 3) == ["gate usage_limit opened", "start b#2 slot 1 initializer"]
        )
        #expect(run.playNextDeadline() == ["start c#2 slot 2 initializer as a probe"])
        #expect(run.seconds == 600)
        #expect(
            run.answer("c", 2) == [
                "gate usage_limit of /two opened", "start d#2 slot 3 executor",
            ]
        )
    }

    @Test func `are probed again when the one task that could is ready`() {
        var plan = RunPlan(tasks: [TaskPlan(name: "a"), TaskPlan(name: "b", account: "/two")])
        plan.tasks[1].retries.delay = .seconds(200)
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, ticked: 4)
        _ = run.end("b", 1, failure: limit(600))
        #expect(run.playNextDeadline() == ["start b#2 slot 0 initializer as a probe"])
        _ = run.end("b", 2, failure: Failure(.streamCut, "cut"))
        #expect(run.playNextDeadline() == ["start b#3 slot 0 initializer as a probe"])
        // Scattered over its upper half.
        #expect((701...801).contains(run.seconds.rounded()))
    }

    @Test func `get a task back whose delay is over after its gate opened`() {
        var plan = RunPlan(tasks: [TaskPlan(name: "a"), TaskPlan(name: "b", account: "/two")])
        plan.tasks.append(TaskPlan(name: "c", account: "/two"))
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, ticked: 4)
        _ = run.end("b", 1, failure: limit(10))
        _ = run.end("c", 1, failure: Failure(.streamCut, "cut"), after: 5)
        #expect(run.playNextDeadline() == ["start b#2 slot 0 initializer as a probe"])
        #expect(run.answer("b", 2, after: 0) == ["gate usage_limit of /two opened"])
        #expect(run.playNextDeadline() == ["start c#2 slot 1 initializer"])
    }

    @Test func `lose one login, and the other goes on to its end`() {
        var run = Scenario(plan)
        _ = run.begin()
        let refused = Failure(.authentication, "401")
        _ = run.end("c", 1, failure: refused)
        _ = run.end("d", 1, failure: refused)
        #expect(run.playNextDeadline() == ["start c#2 slot 2 initializer as a probe"])
        #expect(
            run.end("c", 2, failure: refused) == [
                "gate authentication of /two closed", "c#2 failed, charged to free",
            ]
        )
        #expect(run.end("a", 1, ticked: 4).last == "a complete: every entry is ticked")
        #expect(run.end("b", 1, ticked: 4).last == "end unable")
        #expect(run.state.unfinished == 2)
    }
}

@Suite struct `A broken configuration` {
    private let broken = Failure(.brokenConfiguration, "Error loading config.toml")

    private var plan: RunPlan {
        RunPlan(concurrency: 1, tasks: ["a", "b", "c", "d", "e"].map { TaskPlan(name: $0) })
    }

    @Test func `ends its task at once, and the run where three sessions met it`() {
        var run = Scenario(plan)
        _ = run.begin()
        #expect(
            run.end("a", 1, failure: broken, after: 0).last
                == "start b#1 slot 0 initializer as a probe"
        )
        #expect(run.state.task("a")?.outcome == .failed)
        #expect(
            run.end("b", 1, failure: broken, after: 0).last
                == "start c#1 slot 0 initializer as a probe"
        )
        #expect(run.end("c", 1, failure: broken, after: 0).last == "end unable")
        #expect(run.state.unfinished == 2)
    }

    @Test func `that is one task's own lets the others go on`() {
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, failure: broken, after: 0)
        _ = run.answer("b", 1, after: 0)
        #expect(run.state.gates.closed.values.allSatisfy { $0.startsOneByOne == true })
        #expect(run.state.task("a")?.outcome == .failed && run.state.task("b")?.outcome == nil)
    }
}

@Suite struct `Refused credentials` {
    private let refused = Failure(.authentication, "401")

    @Test func `are tried once more after 30 s, and end the run when refused again`() {
        var run = Scenario(two)
        _ = run.begin()
        #expect(
            run.end("a", 1, failure: refused, after: 0, thread: "t") == [
                "gate authentication closed", "a#1 failed, charged to free",
            ]
        )
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer resuming t as a probe"])
        #expect(run.seconds == 30)
        #expect(
            run.end("a", 2, failure: refused) == [
                "gate authentication closed", "a#2 failed, charged to free",
            ]
        )
        #expect(
            run.end("b", 1, ticked: 0) == ["b#1 initialized, charged to session", "end unable"]
        )
        #expect(run.state.unfinished == 2)
    }

    @Test func `that work again let sessions start one by one for a minute`() {
        let plan = RunPlan(
            concurrency: 4,
            tasks: ["a", "b", "c", "d"].map { TaskPlan(name: $0) }
        )
        var run = Scenario(plan)
        _ = run.begin()
        for name in ["a", "b", "c", "d"] { _ = run.end(name, 1, failure: refused, after: 0) }
        _ = run.playNextDeadline()
        #expect(
            run.answer("a", 2, after: 5) == [
                "gate authentication closed but for one at a time",
                "start b#2 slot 1 initializer as a probe",
            ]
        )
        #expect(run.answer("b", 2, after: 5) == ["start c#2 slot 2 initializer as a probe"])
        #expect(
            run.playNextDeadline() == [
                "gate authentication opened", "start d#2 slot 3 initializer",
            ]
        )
        #expect(run.seconds == 95)
    }
}

@Suite struct `A missing network` {
    private let a = SessionKey(task: "a", number: 1)
    private let b = SessionKey(task: "b", number: 1)
    private let cut = SessionResult(
        termination: .exited(143),
        failure: Failure(.incomplete, "no end")
    )

    @Test func `holds starts, is nobody's fault, and is probed by one session at a time`() {
        var run = Scenario(two)
        _ = run.begin()
        let waiting = run.play([.sessionWaitsForNetwork(a), .sessionWaitsForNetwork(b)], after: 1)
        #expect(waiting == ["gate network closed"])
        #expect(run.playNextDeadline() == ["terminate a#1", "terminate b#1"])
        #expect(
            run.play([.sessionEnded(a, cut, .missing)], after: 1) == [
                "gate network closed", "a#1 failed, charged to free",
            ]
        )
        #expect(
            run.play([.sessionEnded(b, cut, .missing)]) == ["b#1 failed, charged to free"]
        )
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
        #expect(run.play([.sessionActive(SessionKey(task: "a", number: 2))], after: 1) == [])
        let probe = SessionKey(task: "a", number: 2)
        #expect(run.play([.sessionWaitsForNetwork(probe)], after: 1) == [])
        #expect(run.playNextDeadline() == ["terminate a#2"])
        #expect(
            run.play([.sessionEnded(probe, cut, .missing)], after: 1) == [
                "gate network closed", "a#2 failed, charged to free",
            ]
        )
        #expect(run.playNextDeadline() == ["start b#2 slot 0 initializer as a probe"])
        #expect(
            run.answer("b", 2) == ["gate network opened", "start a#3 slot 1 initializer"]
        )
    }

    @Test func `is back for all when one session gets through`() {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.play([.sessionWaitsForNetwork(a), .sessionWaitsForNetwork(b)], after: 1)
        #expect(run.answer("b", 1, after: 100) == ["gate network opened"])
        #expect(run.play([.sessionWaitsForNetwork(a)], after: 5) == [])
        #expect(run.play([.sessionWaitsForNetwork(a)], after: 10) == ["gate network closed"])
        #expect(run.play([.sessionActive(b)], after: 1) == ["gate network opened"])
        #expect(run.answer("a", 1) == [])
    }

    @Test(arguments: [FailureClass.killed, .incomplete, .streamCut])
    func `is probed when the last session that waited for it has died`(kind: FailureClass) {
        var run = Scenario(two)
        _ = run.begin()
        _ = run.play([.sessionWaitsForNetwork(a), .sessionWaitsForNetwork(b)], after: 1)
        let lines = run.end("a", 1, failure: Failure(kind, "dead"))
        #expect(lines == ["a#1 failed, charged to retry"])
        #expect(
            run.end("b", 1, failure: Failure(kind, "dead")) == [
                "gate network closed", "b#1 failed, charged to retry",
            ]
        )
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
        #expect(run.seconds.rounded() == 33)
        #expect(run.answer("a", 2) == ["gate network opened", "start b#2 slot 1 initializer"])
    }

    @Test func `is probed when the session that waited for it was over budget`() {
        var task = TaskPlan(name: "a")
        task.sessionBudget = Budget(tokens: 10)
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        _ = run.play([.sessionWaitsForNetwork(a)], after: 1)
        let used = SessionUsed(task: "a", session: 1, usage: TokenUsage(input: 10))
        #expect(run.play([.sessionUsed(used)]) == ["terminate a#1"])
        let lines = run.play([.sessionEnded(a, cut, .missing)], after: 1)
        #expect(lines == ["gate network closed", "a#1 over_budget, charged to session"])
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
    }

    @Test func `does not charge a session whose time is up meanwhile`() {
        let task = TaskPlan(name: "a", sessionTimeout: .seconds(100))
        var run = Scenario(RunPlan(tasks: [task]))
        _ = run.begin()
        _ = run.play([.sessionWaitsForNetwork(a)], after: 90)
        #expect(run.playNextDeadline() == ["terminate a#1"])
        #expect(run.seconds == 100)
        let lines = run.play([.sessionEnded(a, cut, .missing)])
        #expect(lines.last == "a#1 failed, charged to free")
    }
}

@Suite struct `Troubles by their class` {
    @Test func `starts keep 250 ms apart for a minute after Codex's own state was locked`() {
        let plan = RunPlan(concurrency: 8, tasks: (0..<9).map { TaskPlan(name: "t\($0)") })
        var run = Scenario(plan)
        #expect(run.begin().count == 8)
        for number in 0..<8 {
            let failure = number == 0 ? Failure(.stateLocked, "database is locked") : nil
            _ = run.end("t\(number)", 1, ticked: 0, failure: failure, after: 0)
        }
        var starts: [Double] = []
        while run.state.running.count < 8 {
            let count = run.state.running.count
            _ = run.playNextDeadline()
            if run.state.running.count > count { starts.append(run.seconds) }
            #expect(run.state.running.count <= count + 1)
        }
        for (first, second) in zip(starts, starts.dropFirst()) { #expect(second - first >= 0.25) }
        #expect(run.seconds < 30)
        #expect(run.state.task("t0")?.retries == 1)
    }

    @Test func `a broken stream goes on in its thread, a full window in a fresh one`() {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a", resume: true)]))
        _ = run.begin()
        _ = run.end("a", 1, ticked: 0, failure: Failure(.streamCut, "cut"), thread: "t")
        #expect(run.playNextDeadline() == ["start a#2 slot 0 executor resuming t"])
        _ = run.end("a", 2, failure: Failure(.contextWindow, "full"), thread: "t")
        #expect(run.playNextDeadline() == ["start a#3 slot 0 executor"])
        #expect(run.state.task("a")?.charged == 1)
    }

    @Test func `identical failures end the task with their count and text`() {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a")]))
        _ = run.begin()
        for number in 1...2 {
            let words = "assertion \(number) failed in /tmp/x\(number) (0a1b2c3d\(number))"
            _ = run.end("a", number, failure: Failure(.turnFailed, words))
            _ = run.playNextDeadline()
        }
        let last = Failure(.turnFailed, "assertion 9 failed in /var/y (99aabbccdd)")
        #expect(
            run.end("a", 3, failure: last).contains(
                "a failed: the same failure 3 times in a row: \(last.message)"
            )
        )
    }

    @Test func `rate limits of many sessions at once are one`() {
        let plan = RunPlan(concurrency: 8, tasks: (0..<8).map { TaskPlan(name: "t\($0)") })
        var run = Scenario(plan)
        _ = run.begin()
        for number in 0..<8 {
            let lines = run.end("t\(number)", 1, failure: Failure(.rateLimit, "429"), after: 0)
            #expect(lines.contains("gate rate_limit closed") == (number == 0))
        }
        #expect(run.playNextDeadline().count == 9)
        #expect(run.seconds == 10)
        #expect(run.state.tasks.allSatisfy { $0.retries == 0 })
    }
}
