import Dispatch
import Foundation
import Orchestration
import Simulation
import Synchronization
import Testing

/// A small plan of random shape: groups with caps, priorities, needs without a cycle.
private func smallPlan(_ random: inout SplitMix64) -> RunPlan {
    var plan = RunPlan(concurrency: Int.random(in: 1...4, using: &random))
    for group in 0..<Int.random(in: 0...2, using: &random) {
        let cap = Bool.random(using: &random) ? Int.random(in: 1...2, using: &random) : nil
        plan.groups.append(GroupPlan(name: "g\(group)", maxConcurrent: cap))
    }
    for number in 0..<Int.random(in: 1...5, using: &random) {
        var task = TaskPlan(name: "t\(number)")
        task.group = plan.groups.randomElement(using: &random)?.name
        task.priority = Int.random(in: 0...1, using: &random)
        task.maxSessions = Int.random(in: 3...12, using: &random)
        if Int.random(in: 0..<4, using: &random) == 0 { task.account = "other" }
        // Longer than probes are apart.
        if Bool.random(using: &random) { task.retries.delay = .seconds(200) }
        if number > 0, Int.random(in: 0..<4, using: &random) == 0 {
            task.needs = ["t\(Int.random(in: 0..<number, using: &random))"]
        }
        plan.tasks.append(task)
    }
    if Bool.random(using: &random) {
        let most = Int64.random(in: 0...9, using: &random) << 30
        plan.admission = AdmissionPlan(minFreeMemory: Bool.random(using: &random) ? most : nil)
        if Bool.random(using: &random) { plan.admission?.maxLoad = 4 }
        if Bool.random(using: &random) { plan.admission?.minFreeDisk = most / 8 }
    }
    limit(&plan, &random)
    hook(&plan, &random)
    climb(&plan, random)
    return plan
}

/// Draws the ladders of models, apart from the draws of the world; half of the runs have none.
private func climb(_ plan: inout RunPlan, _ random: SplitMix64) {
    var random = random
    guard Bool.random(using: &random) else { return }
    for place in plan.tasks.indices where Bool.random(using: &random) {
        let count = Int.random(in: 2...3, using: &random)
        plan.tasks[place].models = Array(["small", "middle", "large"].prefix(count))
        plan.tasks[place].stallAfter = Int.random(in: 1...4, using: &random)
        plan.tasks[place].initializerAttempts = Int.random(in: 1...3, using: &random)
        plan.tasks[place].resume = Bool.random(using: &random)
    }
}

/// Draws the hooks of the run and of its tasks; half of the runs have none.
private func hook(_ plan: inout RunPlan, _ random: inout SplitMix64) {
    guard Bool.random(using: &random) else { return }
    func some(_ hooks: [Hook]) -> [Hook] { hooks.filter { _ in Bool.random(using: &random) } }
    let topics = NotifyTopic.allCases.filter { _ in Bool.random(using: &random) }
    plan.hooks = RunHookPlan(some(Hook.ofRuns), notify: Bool.random(using: &random) ? topics : nil)
    for place in plan.tasks.indices {
        plan.tasks[place].hooks = TaskHookPlan(some([.onComplete, .onFail]))
    }
}

/// Draws what a plan may spend, and how fast.
private func limit(_ plan: inout RunPlan, _ random: inout SplitMix64) {
    func draw<Value>(_ value: @autoclosure () -> Value) -> Value? {
        Int.random(in: 0..<4, using: &random) == 0 ? value() : nil
    }
    func budget(_ sessions: Int64) -> Budget? {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return nil }
        let share = Double.random(in: 0...1, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return Budget(tokens: 1 + sessions * Int64(share * 300_000))
        case 1: return Budget(cost: 0.01 + Double(sessions) * share * 0.3)
        default: return Budget(wall: .seconds(1 + Double(sessions) * share * 600))
        }
    }
    plan.prices = Prices(input: 1, cachedInput: 0.1, output: 4)
    plan.budget = budget(12).map { RunBudget($0, isHard: Bool.random(using: &random)) }
    plan.leastConcurrency = draw(Int.random(in: 1...plan.concurrency, using: &random))
    plan.tokensPerMinute = draw(Int.random(in: 20_000...400_000, using: &random))
    for group in plan.groups.indices { plan.groups[group].budget = budget(6) }
    for task in plan.tasks.indices {
        plan.tasks[task].budget = budget(4)
        plan.tasks[task].sessionBudget = budget(1)
    }
}

private func makeWorld(_ seed: UInt64, _ random: inout SplitMix64) -> World {
    let plan = smallPlan(&random)
    let faults = Faults.breaking(using: &random)
    return World(plan: plan, faults: faults, seed: seed, entries: 1...3)
}

/// What breaks a rule in one seed's life: faults, signals, crashes and restarts, then a phase
/// without faults that must finish; and how many turns that took.
private func live(seed: UInt64, bug: World.PlantedBug? = nil) -> (violations: [String], turns: Int)
{
    var random = SplitMix64(seed: seed)
    var world = makeWorld(seed, &random)
    world.bug = bug
    for _ in 0..<Int.random(in: 0...4, using: &random) {
        world.run(turns: Int.random(in: 1...40, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0: world.requestShutdown(.interrupt)
        case 1: world.requestShutdown(.terminate)
        default: world.crash()
        }
        if world.ending != nil { world.goOn() }
    }
    _ = world.finish()
    return (world.violations, world.turns)
}

@Suite struct `A world that breaks things` {
    private static func number(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    /// `QUIRE_SEEDS` asks for more seeds, `QUIRE_SEED` for a single one.
    ///
    /// How long that takes is the machine's business; how much there is to do is bounded.
    @Test func `loses nothing, doubles nothing and never stands still`() {
        let only = ProcessInfo.processInfo.environment["QUIRE_SEED"].flatMap(UInt64.init)
        let count = only == nil ? Self.number("QUIRE_SEEDS", 10_000) : 1
        let found = Mutex<[(UInt64, String)]>([])
        let turns = Atomic(0)
        let lanes = max(1, ProcessInfo.processInfo.activeProcessorCount)
        DispatchQueue.concurrentPerform(iterations: min(count, lanes)) { lane in
            for place in stride(from: lane, to: count, by: lanes) {
                let seed = only ?? UInt64(place + 1)
                let life = live(seed: seed)
                turns.add(life.turns, ordering: .relaxed)
                guard let first = life.violations.first else { continue }
                found.withLock { $0.append((seed, first)) }
            }
        }
        #expect(turns.load(ordering: .relaxed) <= 100 * max(count, 100))
        for (seed, violation) in found.withLock({ $0 }).sorted(by: { $0.0 < $1.0 }).prefix(5) {
            Issue.record(
                """
                seed \(seed): \(violation)
                replay it: QUIRE_SEED=\(seed) swift test --filter 'never stands still'
                """
            )
        }
    }

    /// The same life is ended after each durable batch in turn, and goes on from there.
    @Test(arguments: UInt64(1)...12)
    func `may be killed at every record of its journal`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let start = makeWorld(seed, &random)
        var undisturbed = start
        let ends = undisturbed.finish()
        #expect(ends, "seed \(seed)")
        for batches in 0...min(120, undisturbed.journal.count) {
            var world = start
            world.run(untilBatches: batches)
            world.crash()
            _ = world.finish()
            #expect(world.violations == [], "seed \(seed), killed after \(batches) batches")
        }
    }

    @Test func `runs short of everything that a machine has`() {
        var closed: Set<Gate> = []
        var kills = 0
        for seed in UInt64(1)...400 {
            var random = SplitMix64(seed: seed)
            var world = makeWorld(seed, &random)
            world.run(turns: 200)
            for fact in world.journal.flatMap(\.events) {
                if case .gateClosed(let fact) = fact { closed.insert(fact.gate) }
                if case .sessionEnded(let fact) = fact, fact.failure?.kind == .outOfMemory {
                    kills += 1
                }
            }
        }
        #expect(closed.isSuperset(of: Gate.ofMachine), "\(closed)")
        #expect(kills > 0)
    }

    @Test(arguments: World.PlantedBug.allCases)
    func `finds a mistake that is made on purpose`(bug: World.PlantedBug) {
        let found = (UInt64(1)...100).filter { !live(seed: $0, bug: bug).violations.isEmpty }
        #expect(found.count > 3, "\(bug)")
    }

    @Test func `finds a wait of a day`() {
        let words = "nothing has started that could have"
        let found = (UInt64(1)...100).filter {
            live(seed: $0, bug: .oversleeps).violations.contains { $0.hasSuffix(words) }
        }
        #expect(found.count > 3)
    }
}
