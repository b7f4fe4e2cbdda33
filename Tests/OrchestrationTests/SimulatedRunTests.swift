import Orchestration
import Simulation
import Testing

/// A plan of random shape: groups with caps, priorities, needs without a cycle.
private func randomPlan(_ generator: inout SplitMix64) -> RunPlan {
    var plan = RunPlan(concurrency: Int.random(in: 1...9, using: &generator))
    for group in 0..<Int.random(in: 0...3, using: &generator) {
        let cap = Bool.random(using: &generator) ? Int.random(in: 1...4, using: &generator) : nil
        let weight = Double.random(in: 0.5...4, using: &generator)
        plan.groups.append(GroupPlan(name: "g\(group)", weight: weight, maxConcurrent: cap))
    }
    for number in 0..<Int.random(in: 1...40, using: &generator) {
        var task = TaskPlan(name: "t\(number)")
        task.group = plan.groups.randomElement(using: &generator)?.name
        task.priority = Int.random(in: 0...2, using: &generator)
        task.maxSessions = Int.random(in: 5...60, using: &generator)
        if number > 0, Int.random(in: 0..<4, using: &generator) == 0 {
            task.needs = ["t\(Int.random(in: 0..<number, using: &generator))"]
        }
        // Drawn apart, so that the plans are those of seeds without ladders.
        var ladder = generator
        if number % 3 == 1 {
            let count = Int.random(in: 2...3, using: &ladder)
            task.models = Array(["small", "middle", "large"].prefix(count))
            task.stallAfter = Int.random(in: 2...4, using: &ladder)
            task.resume = Bool.random(using: &ladder)
        }
        plan.tasks.append(task)
    }
    return plan
}

private func fold(_ journal: ArraySlice<World.Batch>) -> RunState {
    var state = RunState()
    for batch in journal { state.apply(batch.events, at: batch.at) }
    return state
}

@Suite struct `Simulated runs` {
    @Test(arguments: UInt64(1)...60)
    func `every task reaches one outcome and no rule is broken`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let plan = randomPlan(&generator)
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        world.run(turns: 200_000)
        #expect(world.violations == [], "seed \(seed)")
        #expect(world.ending == .finished, "seed \(seed)")
        #expect(world.orchestrator.state.tasks.allSatisfy { $0.outcome != nil }, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...20)
    func `any prefix of the journal folds to the state that was live`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let plan = randomPlan(&generator)
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        for _ in 0..<60 where world.ending == nil {
            world.run(turns: 3)
            let folded = fold(world.journal[...])
            #expect(folded.tasks == world.orchestrator.state.tasks, "seed \(seed)")
            #expect(folded.running == world.orchestrator.state.running, "seed \(seed)")
            #expect(folded.gates.closed == world.orchestrator.state.gates.closed, "seed \(seed)")
        }
    }

    /// Standings hold the keys' parts, and the next dispatch is what they come to.
    @Test(arguments: UInt64(1)...20)
    func `any prefix of the journal folds to the same standings and the next dispatch`(
        seed: UInt64
    ) {
        var generator = SplitMix64(seed: seed)
        let plan = randomPlan(&generator)
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        var compared = 0
        for turn in 0..<120 where world.ending == nil {
            world.run(turns: 2)
            if turn == 40 { world.crash() }
            var live = world.orchestrator.state.scheduler
            // Who was to come back meanwhile waits in both.
            var replayed = fold(world.journal[...]).scheduler
            let waiting = plan.tasks.indices.filter { live.isWaiting($0) }
            guard waiting == plan.tasks.indices.filter({ replayed.isWaiting($0) }) else { continue }
            compared += waiting.count
            for task in plan.tasks.indices {
                #expect(live.standing(of: task) == replayed.standing(of: task), "seed \(seed)")
            }
            let slot = Int.random(in: 0..<plan.concurrency, using: &generator)
            #expect(live.next(slot: slot) == replayed.next(slot: slot), "seed \(seed)")
        }
        #expect(compared > 0)
    }

    @Test(arguments: UInt64(1)...30)
    func `a run that is killed again and again still finishes`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let plan = randomPlan(&generator)
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        for _ in 0..<5 {
            world.run(turns: Int.random(in: 1...40, using: &generator))
            world.crash()
        }
        world.run(turns: 200_000)
        #expect(world.violations == [], "seed \(seed)")
        #expect(world.ending == .finished, "seed \(seed)")
    }

    @Test(arguments: UInt64(1)...30)
    func `a shutdown ends every session within its bounds`(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let plan = randomPlan(&generator)
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        world.run(turns: Int.random(in: 1...30, using: &generator))
        let wasRunning = world.ending == nil
        let signal = Bool.random(using: &generator) ? ShutdownSignal.interrupt : .terminate
        world.requestShutdown(signal)
        world.run(turns: 10_000)
        #expect(world.violations == [], "seed \(seed)")
        #expect(world.orchestrator.state.running.isEmpty, "seed \(seed)")
        let expected: Ending = signal == .interrupt ? .interrupted : .terminated
        #expect(!wasRunning || world.ending == expected || world.ending == .finished)
    }

    @Test func `the same seed gives the same history`() {
        var generator = SplitMix64(seed: 7)
        let plan = randomPlan(&generator)
        let faults = Faults.random(using: &generator)
        var first = World(plan: plan, faults: faults, seed: 7)
        var second = World(plan: plan, faults: faults, seed: 7)
        first.run(turns: 100_000)
        second.run(turns: 100_000)
        #expect(first.journal == second.journal)
    }
}
