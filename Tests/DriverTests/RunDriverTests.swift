import Orchestration
import Testing

@testable import Driver
@testable import RunStore

@Suite struct `A driver` {
    @Test func `signals, then journals, then reports, then starts`() throws {
        let leg = try FakeLeg(["a", "b", "c"], timeout: .seconds(60))
        try leg.run {
            leg.loop.settle()
            #expect(
                leg.log.takeAll() == [
                    "open 3",
                    "journal runBegan taskInspected taskInspected taskInspected sessionStarted sessionStarted",
                    "report runBegan taskInspected taskInspected taskInspected sessionStarted sessionStarted",
                    "start a 1", "start b 1",
                ]
            )
            leg.loop.advance(.seconds(59))
            leg.sessions.end("b")
            _ = leg.log.takeAll()
            leg.loop.now += .seconds(1)
            #expect(
                leg.calls() == [
                    "terminate a 1",
                    "journal sessionEnded taskEnded sessionSignalled sessionStarted",
                    "report sessionEnded taskEnded sessionSignalled sessionStarted",
                    "start c 1",
                    "release b",
                ]
            )
        }
    }

    @Test func `ends a session once nothing that it left lives`() throws {
        let leg = try FakeLeg(["a", "b"])
        try leg.run {
            leg.begin()
            leg.sessions.leavesProcesses = true
            leg.sessions.end("a")
            #expect(leg.calls() == ["clear a 1"])
            leg.sessions.clear()
            #expect(leg.calls().contains { $0.hasPrefix("journal sessionEnded") })
        }
    }

    @Test func `opens the first tasks before the leg begins, and the others later`() throws {
        let leg = try FakeLeg((1...600).map { "t\($0)" }, waitsForTasks: true)
        try leg.run {
            let calls = leg.calls()
            let begin = calls.firstIndex { $0.hasPrefix("journal runBegan") }
            let openings = calls.enumerated().filter { $0.element.hasPrefix("open") }
            #expect(openings.map(\.offset).first == 0)
            #expect(openings.map(\.element) == Array(repeating: "open 64", count: 9) + ["open 24"])
            let before = openings.count { $0.offset < begin ?? 0 }
            #expect(before == 1)
            let uninspected = leg.driver.state.tasks.count { !$0.isInspected }
            #expect(uninspected == 0)
        }
    }

    @Test func `opens every task before a leg that waits for none begins`() throws {
        let leg = try FakeLeg((1...600).map { "t\($0)" })
        try leg.run {
            let calls = leg.calls()
            #expect(calls.prefix(10).allSatisfy { $0.hasPrefix("open") })
            #expect(calls.count { $0.hasPrefix("open") } == 10)
        }
    }

    @Test func `refuses a leg that waits for none if another process owns a task`() throws {
        let leg = try FakeLeg(["a", "b"])
        leg.directories.own("a", by: "process 7")
        try leg.run {
            #expect(leg.calls() == ["open 2", "clear all", "release b", "finish"])
        }
        #expect(leg.driver.refusal == RunRefusal(reasons: ["process 7"]))
        #expect(leg.driver.ending == nil && leg.loop.isStopped)
    }
}

@Suite struct `A held task` {
    @Test func `starts once it is free, and each new owner is reported`() throws {
        let leg = try FakeLeg(["a"], waitsForTasks: true)
        leg.directories.own("a", by: "process 7")
        try leg.run {
            #expect(leg.calls().last == "report runBegan warned")
            leg.loop.advance(.seconds(2))
            #expect(leg.calls() == ["open a"])
            leg.directories.own("a", by: "process 8")
            leg.loop.advance(.seconds(2))
            #expect(leg.calls() == ["open a", "journal warned", "report warned"])
            leg.directories.own("a", by: nil)
            leg.loop.advance(.seconds(2))
            #expect(leg.calls().last == "start a 1")
            leg.loop.advance(.seconds(10))
            #expect(leg.calls() == [])
        }
    }

    @Test func `is released at once if the leg has ended when it becomes free`() throws {
        let leg = try FakeLeg(["a"], waitsForTasks: true)
        leg.directories.own("a", by: "process 7")
        try leg.run {
            leg.begin()
            leg.directories.own("a", by: nil)
            (leg.loop.isHeldUp, leg.store.isSlow) = (true, true)
            leg.loop.advance(.seconds(2))
            leg.driver.shutDown(.interrupt)
            leg.loop.settle()
            leg.store.answer(.written(.success(())))
            #expect(leg.calls().last == "finish")
            leg.loop.isHeldUp = false
            #expect(leg.calls() == ["open a", "release a"])
        }
        #expect(leg.driver.ending == .interrupted)
    }
}

@Suite struct `The journal queue` {
    @Test func `lets a start wait for its own record`() throws {
        let leg = try FakeLeg(["a"])
        leg.store.isSlow = true
        try leg.run {
            #expect(leg.calls() == ["open a", "journal runBegan taskInspected sessionStarted"])
            leg.store.answer(.written(.success(())))
            #expect(leg.calls() == ["report runBegan taskInspected sessionStarted", "start a 1"])
        }
    }

    @Test func `refuses a start whose record fails, and the leg ends`() throws {
        let leg = try FakeLeg(["a"])
        leg.store.isSlow = true
        try leg.run {
            leg.begin()
            leg.store.isSlow = false
            leg.store.answer(.written(.failure(StoreError("the disk is gone"))))
            #expect(!leg.calls().contains { $0.hasPrefix("start") })
        }
        #expect(leg.failures.map(\.kind) == [.notRecorded])
        #expect(leg.failures.map(\.message) == ["its start can't be recorded: the disk is gone"])
        #expect(leg.driver.ending == .unable)
    }

    @Test func `reports what waits for a failing store, refuses starts, and recovers`() throws {
        let leg = try FakeLeg(["a"])
        leg.store.isSlow = true
        try leg.run {
            leg.begin()
            leg.store.answer(.condition(.failing("the disk is full")))
            #expect(
                leg.calls() == [
                    "report runBegan taskInspected sessionStarted",
                    "report gateClosed sessionEnded",
                    "journal gateClosed sessionEnded",
                ]
            )
            #expect(leg.failures.map(\.kind) == [.notRecorded])
            leg.store.isSlow = false
            leg.store.answer(.written(.success(())))
            leg.store.answer(.written(.success(())))
            leg.store.answer(.condition(.recovered))
            leg.loop.advance(.seconds(60))
            #expect(leg.calls().last == "start a 2")
        }
        #expect(leg.report.facts.map(\.sequence) == Array(1...leg.report.facts.count))
        #expect(!leg.store.isGivenUp)
    }

    @Test func `gives a failing store up when the leg ends, and ends it`() throws {
        let leg = try FakeLeg(["a"])
        leg.store.isSlow = true
        try leg.run {
            leg.begin()
            leg.store.answer(.condition(.failing("the disk is full")))
            #expect(!leg.store.isGivenUp)
            leg.driver.shutDown(.terminate)
            leg.loop.settle()
            #expect(leg.store.isGivenUp && leg.driver.ending == nil)
            for _ in 0..<3 { leg.store.answer(.written(.failure(StoreError("the disk is full")))) }
        }
        #expect(leg.driver.ending == .terminated && leg.loop.isStopped)
    }
}

@Suite struct `The end of a leg` {
    @Test func `releases locks only after leftovers are ended`() throws {
        let leg = try FakeLeg(["a", "b", "c"])
        try leg.run {
            leg.begin()
            leg.driver.shutDown(.interrupt)
            leg.sessions.end("a")
            leg.loop.settle()
            leg.sessions.end("b")
            leg.sessions.leavesProcesses = true
            let calls = leg.calls()
            #expect(calls.contains("clear all") && !calls.contains("release c"))
            leg.sessions.clear()
            #expect(leg.calls() == ["release c", "finish"])
        }
        #expect(leg.driver.ending == .interrupted && leg.loop.isStopped)
    }

    /// Runs a leg to its end with a report that nobody reads; `script` begins when that is finishing.
    private func finish(isAsked: Bool, _ script: @escaping (FakeLeg) throws -> Void) throws {
        let leg = try FakeLeg(["a"])
        leg.report.isRead = false
        try leg.run {
            leg.begin()
            if isAsked { leg.driver.shutDown(.interrupt) }
            leg.loop.settle()
            leg.sessions.end("a")
            #expect(leg.calls().contains("finish"))
            #expect(!leg.loop.isStopped)
            try script(leg)
            #expect(leg.loop.isStopped)
        }
    }

    @Test(arguments: [(false, Duration.seconds(10)), (true, .seconds(1))])
    func `waits for the readers of reports for so long`(isAsked: Bool, patience: Duration) throws {
        try finish(isAsked: isAsked) { leg in
            leg.loop.advance(patience - .milliseconds(1))
            #expect(!leg.loop.isStopped && leg.calls() == [])
            leg.loop.advance(.milliseconds(1))
            #expect(leg.calls() == ["give up"])
        }
    }

    @Test func `does not wait for readers after another signal`() throws {
        try finish(isAsked: true) { leg in
            leg.driver.shutDown(.interrupt)
            #expect(leg.calls() == ["give up"])
        }
    }

    @Test func `keeps a signal before the end from its reports`() throws {
        let leg = try FakeLeg(["a"])
        try leg.run {
            leg.begin()
            leg.driver.shutDown(.interrupt)
            leg.driver.shutDown(.interrupt)
            #expect(!leg.calls().contains("give up"))
        }
    }
}
