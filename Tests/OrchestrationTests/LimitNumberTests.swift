import Orchestration
import Testing

private func window(_ percent: Double, _ reset: Double?) -> UsageWindow? {
    UsageWindow(
        percent: percent,
        minutes: 300,
        resetsAt: reset.map(Scenario.wall),
        at: Scenario.wall(0)
    )
}

private func read(
    _ percent: Double,
    until reset: Double?,
    account: String? = nil,
    limit: String? = nil,
    model: String? = nil
) -> Event {
    .limitRead(
        LimitRead(
            account: account,
            limit: limit,
            model: model,
            windows: [window(percent, reset)].compactMap(\.self)
        )
    )
}

private func refused(_ until: Double?, limit: String? = nil, needsPerson: Bool? = nil) -> Failure {
    var failure = Failure(.usageLimit, "limit", resetsAt: until.map(Scenario.wall))
    (failure.limit, failure.needsPerson) = (limit, needsPerson)
    return failure
}

private func plan(_ names: String..., accounts: [String]? = nil) -> RunPlan {
    var plan = RunPlan(concurrency: 2, tasks: names.map { TaskPlan(name: $0) })
    plan.accounts = accounts
    return plan
}

@Suite struct `A window in numbers` {
    @Test(
        arguments: [
            (50.0, 50.0), (0, 0), (100, 100), (120, 100), (1000, 100),
            (-1, nil), (1001, nil), (1e300, nil), (.nan, nil), (.infinity, nil),
        ] as [(Double, Double?)]
    )
    func `has a percentage that makes sense, or there is none`(percent: Double, used: Double?) {
        #expect(UsageWindow(percent: percent, at: Scenario.wall(0))?.used == used)
    }

    @Test func `leaves out a length and a reset that make no sense`() throws {
        for minutes in [-1, 0, .nan, .infinity, 1e300] as [Double] {
            #expect(UsageWindow(percent: 1, minutes: minutes, at: Scenario.wall(0))?.length == nil)
        }
        let far = WallTime(millisecondsSinceEpoch: .max)
        #expect(UsageWindow(percent: 1, resetsAt: far, at: Scenario.wall(0))?.resetsAt == nil)
    }

    @Test func `that was to begin anew before now is unused`() throws {
        let past = try #require(window(99, -5))
        #expect(past.used(at: Scenario.wall(0)) == 0)
        #expect(LimitRead(windows: [past]).left(at: Scenario.wall(0)) == 100)
    }
}

@Suite struct `A limit in numbers` {
    @Test func `holds starts before the wall, and opens at the reset without a probe`() {
        var run = Scenario(plan("a", "b", "c"))
        #expect(run.begin().count == 2)
        #expect(run.play([read(94.9, until: 300)]) == [])
        #expect(run.play([read(95, until: 300)]) == ["gate usage_limit closed"])
        #expect(run.end("a", 1, ticked: 0) == ["a#1 initialized, charged to session"])
        let lines = run.playNextDeadline()
        #expect(lines.first == "gate usage_limit opened" && lines.count == 2)
        #expect(lines.last?.hasPrefix("start ") == true)
        #expect(lines.last?.hasSuffix("as a probe") == false)
        #expect(run.seconds == 300)
    }

    @Test func `stops where the plan says`() {
        var plan = plan("a", "b", "c")
        plan.limits = LimitPlan(stopAt: 50)
        var run = Scenario(plan)
        _ = run.begin()
        #expect(run.play([read(50, until: 600)]) == ["gate usage_limit closed"])
        // A person may buy more, or the numbers were another's.
        #expect(run.play([read(10, until: 600)]) == ["gate usage_limit opened"])
    }

    @Test func `without a reset, or with one that is over, holds nothing`() {
        var run = Scenario(plan("a"))
        _ = run.begin()
        #expect(run.play([read(100, until: nil)]) == [])
        #expect(run.play([read(100, until: -1)]) == [])
        #expect(run.play([.limitRead(LimitRead(windows: []))]) == [])
        #expect(run.state.gates.readings.count == 1)
    }

    @Test func `waits for the last of its full windows`() throws {
        var run = Scenario(plan("a"))
        _ = run.begin()
        let windows = [try #require(window(100, 300)), try #require(window(97, 900))]
        _ = run.play([.limitRead(LimitRead(windows: windows))])
        #expect(run.state.gates.closed[GateKey(.usageLimit)]?.until == Scenario.wall(900))
    }

    @Test func `tells a refusal's time to the second, and lets one session probe`() {
        var run = Scenario(plan("a", "b"))
        _ = run.begin()
        _ = run.play([read(80, until: 544)])
        _ = run.end("a", 1, failure: refused(600))
        #expect(run.playNextDeadline() == ["start a#2 slot 0 initializer as a probe"])
        #expect(run.seconds == 544)
    }

    @Test func `is recorded when it changes by a percent, and first in each leg`() {
        var run = Scenario(plan("a"))
        _ = run.begin()
        var records = 0
        for percent in [10, 10.4, 10.9, 11, 11] {
            let before = run.state.gates.readings[GateKey(.usageLimit)]
            _ = run.play([read(percent, until: 600)])
            if run.state.gates.readings[GateKey(.usageLimit)] != before { records += 1 }
        }
        #expect(records == 2)
    }

    @Test func `outlives a leg`() {
        var run = Scenario(plan("a"))
        _ = run.begin()
        _ = run.play([read(99, until: 600)])
        var next = Scenario(plan("a"), state: run.state)
        #expect(next.begin() == ["gate usage_limit closed", "a#1 lost, charged to retry"])
        #expect(
            next.playNextDeadline() == ["gate usage_limit opened", "start a#2 slot 0 initializer"]
        )
        #expect(next.seconds == 600)
    }

    @Test func `of one model holds its tasks alone, in numbers and in words`() {
        for isMeasured in [true, false] {
            var plan = plan("a", "b", "c")
            for place in [0, 2] { plan.tasks[place].model = "spark" }
            var run = Scenario(plan)
            #expect(run.begin().count == 2)
            let lines =
                isMeasured
                ? run.play([read(99, until: 600, limit: "Spark", model: "spark")])
                : run.end("a", 1, failure: refused(600, limit: "Spark"))
            #expect(lines.first == "gate usage_limit for Spark closed")
            if isMeasured { _ = run.end("a", 1, ticked: 0) }
            #expect(run.end("b", 1, ticked: 0).last == "start b#2 slot 0 executor")
            let first = run.playNextDeadline()
            #expect(run.seconds == 600)
            #expect(first.last?.hasSuffix("as a probe") == !isMeasured)
            if !isMeasured {
                #expect(run.answer("a", 2).first == "gate usage_limit for Spark opened")
            }
            #expect(run.state.gates.closed.isEmpty)
        }
    }

    @Test(arguments: [("spark", true), ("large", false)])
    func `holds a task by the model that its ladder is at`(model: String, isHeld: Bool) {
        var plan = plan("a", "b")
        plan.tasks[0].models = ["spark", "large"]
        var run = Scenario(plan)
        #expect(run.begin().count == 2)
        _ = run.play([read(99, until: 600, limit: "A", model: model)])
        _ = run.end("b", 1, ticked: 0)
        let lines = run.end("a", 1, ticked: 0)
        #expect(lines.contains { $0.hasPrefix("start a#2") } == !isHeld, "\(lines)")
    }
}

@Suite struct `A limit that no time lifts` {
    @Test func `is not probed, and ends the leg once nothing else is left`() {
        var run = Scenario(plan("a", "b"))
        _ = run.begin()
        #expect(run.end("a", 1, failure: refused(nil, needsPerson: true)).count == 2)
        #expect(
            run.end("b", 1, failure: refused(nil, needsPerson: true)) == [
                "b#1 failed, charged to free", "end unable",
            ]
        )
        #expect(run.orchestrator.nextDeadline == nil)
        #expect(run.state.leg.ending == .unable)
        // Who begins it again has seen to it.
        var next = Scenario(plan("a", "b"), state: run.state)
        #expect(next.begin().count == 2)
    }

    @Test func `leaves the other accounts at work`() {
        var run = Scenario(plan("a", "b", accounts: ["/1", "/2"]))
        _ = run.begin()
        let account = run.state.account(of: "a")
        #expect(run.end("a", 1, failure: refused(nil, needsPerson: true), thread: "t").count == 3)
        // The thread is another account's; a new one begins.
        #expect(run.state.account(of: "a") != account)
        #expect(run.state.running.count == 2)
    }
}

@Suite struct `A run that is not to wait` {
    @Test(arguments: [LimitPlan.Reaction.stop, .ask])
    func `ends once limits hold all that is left`(reaction: LimitPlan.Reaction) {
        var plan = plan("a", "b")
        plan.limits = LimitPlan(onLimit: reaction)
        var run = Scenario(plan)
        _ = run.begin()
        _ = run.end("a", 1, failure: refused(600))
        #expect(run.state.leg.ending == nil)
        _ = run.end("b", 1, ticked: 0)
        #expect(run.state.leg.ending == .finished && run.state.unfinished == 2)
    }
}

@Suite struct `Accounts that sessions share` {
    private let pool = ["/1", "/2"]

    @Test func `are taken by what is left, and in turn without numbers`() {
        var run = Scenario(plan("a", "b", accounts: pool))
        #expect(run.begin().count == 2)
        #expect(Set(["a", "b"].map(run.state.account)) == ["/1", "/2"])
        _ = run.play([read(60, until: 600, account: "/1"), read(20, until: 600, account: "/2")])
        _ = run.end("a", 1, ticked: 0)
        _ = run.end("b", 1, ticked: 0)
        #expect(["a", "b"].map(run.state.account) == ["/2", "/2"])
    }

    @Test func `go on while one is out, and the first reset counts when all are`() {
        var run = Scenario(plan("a", "b", accounts: pool))
        _ = run.begin()
        let first = run.state.account(of: "a") ?? ""
        #expect(
            run.end("a", 1, failure: refused(900)) == [
                "gate usage_limit of \(first) closed", "a#1 failed, charged to free",
                "start a#2 slot 0 initializer",
            ]
        )
        #expect(run.state.account(of: "a") == run.state.account(of: "b"))
        _ = run.end("b", 1, failure: refused(600))
        _ = run.end("a", 2, failure: refused(600))
        #expect(run.state.running.isEmpty)
        #expect(run.playNextDeadline().first?.hasSuffix("as a probe") == true)
        #expect(run.seconds == 600)
    }

    @Test func `keep a task's thread`() {
        var run = Scenario(plan("a", "b", accounts: pool))
        _ = run.begin()
        let (own, other) = (run.state.account(of: "a") ?? "", run.state.account(of: "b"))
        let lines = run.end("a", 1, failure: refused(600), thread: "t")
        #expect(lines.count == 2)
        // Its account is out, and no other has its thread.
        #expect(run.end("b", 1, ticked: 0).last == "start b#2 slot 0 executor")
        #expect(run.state.account(of: "b") == other)
        #expect(
            run.playNextDeadline() == ["start a#2 slot 1 initializer resuming t as a probe"]
        )
        #expect(run.state.account(of: "a") == own)
    }

    @Test func `are out one by one when logins are refused`() {
        var run = Scenario(plan("a", "b", "c", accounts: pool))
        _ = run.begin()
        #expect(
            run.play([.accountRefused(account: "/1", reason: "no login")])
                == ["gate authentication of /1 closed"]
        )
        for task in ["a", "b"] { _ = run.end(task, 1, ticked: 4) }
        #expect(run.state.account(of: "c") == "/2")
        let lines = run.play([.accountRefused(account: "/2", reason: "no login")])
        #expect(lines == ["gate authentication of /2 closed"])
        _ = run.end("c", 1, ticked: 0)
        #expect(run.state.leg.ending == .unable)
    }

    @Test func `are the same after a recovery from a snapshot`() throws {
        var run = Scenario(plan("a", "b", accounts: pool))
        _ = run.begin()
        _ = run.play([read(99, until: 600, account: "/1")])
        let state = try #require(RunState(RunSnapshot(of: run.state)))
        #expect(state.gates.readings == run.state.gates.readings)
        #expect(state.gates.closed == run.state.gates.closed)
        for task in ["a", "b"] { #expect(state.account(of: task) == run.state.account(of: task)) }
    }
}

@Suite struct `Hours in which sessions start` {
    /// The zone's offset: three hours east, and four from the 1,000th hour on.
    private static func offset(_ time: WallTime) -> Int {
        (time - Scenario.wall(0)) < .seconds(3600 * 1000) ? 3 * 3600 : 4 * 3600
    }

    /// 2001-09-09T01:46:40Z, which is 04:46:40 there.
    private let midnight = Scenario.wall(-3600 * 4 - 46 * 60 - 40)

    private func hours(_ text: String) throws -> HourPlan {
        try #require(DailyHours(text)).plan(from: Scenario.wall(0), offset: Self.offset)
    }

    @Test(arguments: [
        "", "22:00", "22-07", "24:00-07:00", "22:60-07:00", "07:00-07:00", "07:00-24:01", "7-8:00",
        "22:00-07:00 and more", "-1:00-02:00",
    ])
    func `are refused as anything else`(text: String) {
        #expect(DailyHours(text) == nil)
    }

    @Test func `may go past midnight`() throws {
        let night = try hours("22:00-07:00")
        #expect(night.words == "22:00 to 07:00")
        #expect(night.opening(at: Scenario.wall(0)) == nil)
        #expect(night.closing(at: Scenario.wall(0)) == midnight + .seconds(7 * 3600))
        let day = midnight + .seconds(12 * 3600)
        #expect(night.closing(at: day) == nil)
        #expect(night.opening(at: day) == midnight + .seconds(22 * 3600))
    }

    @Test func `are those that clocks show after a change`() throws {
        let day = try hours("08:00-24:00")
        // Midnight comes an hour earlier by UTC from the 1,000th hour on.
        let late = midnight + .seconds(43 * 86_400)
        #expect(day.opening(at: late) == late + .seconds(7 * 3600))
        #expect(day.closing(at: late + .seconds(8 * 3600)) == late + .seconds(23 * 3600))
    }

    @Test func `go on beyond what was computed`() throws {
        let day = try hours("08:00-10:00")
        for days in [59, 60, 61, 100, 5000] {
            let noon = midnight + .seconds(days * 86_400 + 11 * 3600)
            let opening = try #require(day.opening(at: noon))
            #expect(opening == midnight + .seconds((days + 1) * 86_400 + 7 * 3600))
            #expect(day.opening(at: opening) == nil)
        }
    }

    @Test func `hold starts outside of them, and what runs goes on`() throws {
        var plan = plan("a", "b", "c")
        for place in plan.tasks.indices { plan.tasks[place].idleTimeout = .seconds(2000) }
        plan.hours = try hours("04:00-05:00")
        var run = Scenario(plan)
        #expect(run.begin().count == 2)
        #expect(run.playNextDeadline() == ["gate hours closed"])
        #expect(run.seconds == 800)
        for task in ["a", "b"] {
            #expect(run.end(task, 1, ticked: 0) == ["\(task)#1 initialized, charged to session"])
        }
        var lines: [String] = []
        // The clock is looked at each minute.
        for _ in 0..<20 where lines.first != "gate hours opened" { lines = run.playNextDeadline() }
        #expect(lines.first == "gate hours opened" && lines.count == 3)
        #expect(run.seconds == 800 + 23 * 3600)
    }
}
