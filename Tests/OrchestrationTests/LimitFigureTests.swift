import Orchestration
import Testing

/// 50 tasks of five sessions each, 16 at once.
private func plan(accounts: [String?] = [nil]) -> RunPlan {
    RunPlan(
        concurrency: 16,
        tasks: (0..<50).map {
            TaskPlan(name: "t\($0)", account: accounts[$0 % accounts.count])
        }
    )
}

@Suite struct `50 tasks at 16 slots meet a usage limit` {
    private typealias Outage = LimitedWorld.Outage

    /// The starts from one time up to another.
    private func starts(_ world: LimitedWorld, _ from: Double, _ to: Double) -> [Double] {
        world.starts.map(\.at).filter { $0 >= from && $0 < to }
    }

    private func expectNothingLost(_ world: LimitedWorld, seed: UInt64) {
        #expect(world.complaints == [], "seed \(seed)")
        #expect(world.ending == .finished, "seed \(seed)")
        #expect(world.cutThreads.isEmpty, "seed \(seed)")
        for task in world.orchestrator.state.tasks {
            #expect(task.outcome == .complete && task.retries == 0, "seed \(seed)")
            #expect(task.charged == 5, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `at most 16 see it, one probe a wait, no retry, no thread lost`(seed: UInt64) {
        // The real end lies anywhere in the stated minute.
        let to = 4000 + Double(seed) * 7.3
        var world = LimitedWorld(plan(), outages: [Outage(from: 700, to: to)], seed: seed)
        world.run()
        expectNothingLost(world, seed: seed)
        #expect((1...16).contains(world.limited.count), "seed \(seed)")
        let minuteEnd = (to / 60).rounded(.down) * 60 + 60
        let first = world.limited.map(\.at).min() ?? 0
        let after = starts(world, first + 0.001, .infinity)
        #expect(after.first.map { $0 >= minuteEnd && $0 <= minuteEnd + 5 } == true, "seed \(seed)")
        // The others follow when the probe was answered.
        #expect(after.dropFirst().first.map { $0 >= minuteEnd + 3 } == true, "seed \(seed)")
        #expect(starts(world, minuteEnd, minuteEnd + 10).count == 16, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...10)
    func `that tells no time, and is probed by one session at a time`(seed: UInt64) {
        let outage = Outage(from: 700, to: 9000, isStated: false)
        var world = LimitedWorld(plan(), outages: [outage], seed: seed)
        world.run()
        expectNothingLost(world, seed: seed)
        let first = world.limited.map(\.at).min() ?? 0
        let probes = starts(world, first + 0.001, 9000)
        let minutes = zip(probes, [first] + probes.map { $0 + 2 }).map {
            (($0 - $1) / 60).rounded()
        }
        #expect(Array(minutes.prefix(4)) == [5, 10, 20, 40], "seed \(seed)")
        #expect(world.limited.count <= 16 + probes.count, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...10)
    func `of two accounts with limits of their own, each alone`(seed: UInt64) {
        let outages = [
            Outage(account: "/two", from: 700, to: 4010), Outage(from: 1500, to: 2470),
        ]
        var world = LimitedWorld(plan(accounts: [nil, "/two"]), outages: outages, seed: seed)
        world.run()
        expectNothingLost(world, seed: seed)
        for outage in outages {
            let own = world.starts.filter {
                world.orchestrator.state.account(of: $0.start.task) == outage.account
            }
            let begun = own.filter { $0.at >= outage.from + 20 && $0.at < outage.to }
            #expect(begun.isEmpty, "seed \(seed)")
            let minuteEnd = (outage.to / 60).rounded(.down) * 60 + 60
            let probe = own.first { $0.at >= outage.from + 20 }
            #expect(probe?.start.isProbe == true, "seed \(seed)")
            #expect(probe.map { $0.at >= minuteEnd } == true, "seed \(seed)")
        }
        let others = world.starts.filter {
            world.orchestrator.state.account(of: $0.start.task) == nil
                && $0.at > 720 && $0.at < 1500
        }
        #expect(others.count >= 8, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...10)
    func `of two accounts, one with a single task whose probes are cut`(seed: UInt64) {
        var plan = plan()
        plan.tasks[7].account = "/two"
        plan.tasks[7].retries.delay = .seconds(300)
        // The others have finished by then.
        let outage = Outage(account: "/two", from: 0, to: 20_010)
        var world = LimitedWorld(plan, outages: [outage], seed: seed)
        world.cutProbes = 3
        world.run()
        #expect(world.cutProbes == 0, "seed \(seed)")
        expectNothingLost(world, seed: seed)
    }

    @Test(arguments: UInt64(1)...10)
    func `and the runner is killed while it waits`(seed: UInt64) {
        var world = LimitedWorld(plan(), outages: [Outage(from: 700, to: 4010)], seed: seed)
        for time in [1500.0, 2500, 4021] {
            world.run(until: time)
            world.crash()
        }
        world.run()
        #expect(world.complaints == [], "seed \(seed)")
        #expect(world.ending == .finished, "seed \(seed)")
        #expect(starts(world, 721, 4020).isEmpty, "seed \(seed)")
        #expect(world.limited.count <= 16, "seed \(seed)")
        #expect(world.orchestrator.state.tasks.allSatisfy { $0.outcome == .complete })
    }

    @Test(arguments: UInt64(1)...10)
    func `five times in a night`(seed: UInt64) {
        let outages = (1...5).map { Outage(from: Double($0) * 900, to: Double($0) * 900 + 311) }
        var world = LimitedWorld(plan(), outages: outages, seed: seed)
        world.run()
        expectNothingLost(world, seed: seed)
        #expect(world.limited.count <= 5 * 16, "seed \(seed)")
    }
}
