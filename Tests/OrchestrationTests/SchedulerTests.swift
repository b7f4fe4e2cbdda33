import Orchestration
import Testing

/// A scheduler with slots and a clock: the least that a run is.
private struct Bench {
    var scheduler: Scheduler
    let plan: RunPlan
    private(set) var free: [Int]
    private(set) var running: [Int: Int] = [:]
    private(set) var starts: [Int] = []

    init(_ plan: RunPlan, settings: Scheduler.Settings = Scheduler.Settings()) {
        self.plan = plan
        scheduler = Scheduler(plan: plan, settings: settings)
        free = Array((0..<plan.concurrency).reversed())
    }

    /// Starts what may start; returns the tasks.
    @discardableResult
    mutating func fill() -> [Int] {
        var started: [Int] = []
        while let slot = free.last, let choice = scheduler.next(slot: slot) {
            free.removeLast()
            scheduler.sessionStarted(choice.task, slot: slot)
            running[choice.task] = slot
            started.append(choice.task)
        }
        starts += started
        return started
    }

    mutating func end(_ task: Int, seconds: Double, done: Int, total: Int, crashed: Bool = false) {
        guard let slot = running.removeValue(forKey: task) else { return }
        free.append(slot)
        let report = Estimates.Report(
            seconds: seconds,
            done: done,
            total: total,
            crashed: crashed,
            completes: done == total
        )
        scheduler.sessionEnded(task, seconds: seconds, report: report)
    }

    mutating func leave(_ task: Int) {
        scheduler.taskEnded(task)
    }
}

private func tasks(
    _ count: Int,
    _ change: (inout TaskPlan, Int) -> Void = { _, _ in }
) -> [TaskPlan] {
    (0..<count).map { number in
        var task = TaskPlan(name: "t\(number)")
        change(&task, number)
        return task
    }
}

@Suite struct `The scheduler` {
    @Test func `with sizes known and a closed batch the shortest goes first`() {
        var generator = SplitMix64(seed: 3)
        let sizes = (0..<200).map { _ in Int.random(in: 1...10_000, using: &generator) }
        var settings = Scheduler.Settings()
        (settings.ageingShare, settings.longestShare) = (0, 0)
        var bench = Bench(RunPlan(concurrency: 1, tasks: tasks(200)), settings: settings)
        for (task, size) in sizes.enumerated() {
            bench.scheduler.inspect(task, done: 0, total: size)
            bench.scheduler.enqueue(task)
        }
        var order: [Int] = []
        while let task = bench.fill().first {
            order.append(sizes[task])
            bench.end(task, seconds: 60, done: sizes[task], total: sizes[task])
            bench.leave(task)
        }
        #expect(order == sizes.sorted())
    }

    /// Random arrivals, caps, weights, pauses, failures, lists that grow, shrink and lie.
    @Test(arguments: UInt64(1)...40)
    func `nobody starves, no slot idles, no cap is passed`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let groups = (0..<Int.random(in: 1...4, using: &random)).map { number in
            GroupPlan(
                name: "g\(number)",
                weight: [0.01, 1, 3, 1e6].randomElement(using: &random) ?? 1,
                maxConcurrent: Bool.random(using: &random)
                    ? Int.random(in: 1...3, using: &random) : nil
            )
        }
        let plan = RunPlan(
            concurrency: Int.random(in: 1...6, using: &random),
            groups: groups,
            tasks: tasks(40) { task, _ in
                task.group = groups.randomElement(using: &random)?.name
                task.weight = [0.001, 1, 2, 1e6].randomElement(using: &random) ?? 1
                task.size = Bool.random(using: &random) ? Double.random(in: 0.01...1e4) : nil
            }
        )
        var bench = Bench(plan)
        var waits: [Int: Int] = [:]
        var groupStarts: [String: Int] = [:]
        var paused = Set(plan.tasks.indices)
        for _ in 0..<4000 {
            for task in paused where Int.random(in: 0..<4, using: &random) == 0 {
                paused.remove(task)
                bench.scheduler.enqueue(task)
                waits[task] = groupStarts[plan.tasks[task].group ?? ""] ?? 0
            }
            for task in bench.fill() {
                let group = plan.tasks[task].group ?? ""
                groupStarts[group, default: 0] += 1
                let members = plan.tasks.count { $0.group == group }
                let waited = (groupStarts[group] ?? 0) - (waits[task] ?? 0)
                #expect(waited <= 32 * members + 1, "task \(task)")
            }
            checkSlots(bench)
            guard let task = bench.running.keys.randomElement(using: &random) else { continue }
            bench.end(
                task,
                seconds: [0, 1, 600, 36_000].randomElement(using: &random) ?? 1,
                done: Int.random(in: -3...40, using: &random),
                total: Int.random(in: -3...30, using: &random),
                crashed: Bool.random(using: &random)
            )
            if Bool.random(using: &random) {
                bench.scheduler.enqueue(task)
            } else {
                paused.insert(task)
            }
            if bench.scheduler.isWaiting(task) {
                waits[task] = groupStarts[plan.tasks[task].group ?? ""] ?? 0
            }
        }
    }

    private func checkSlots(_ bench: Bench) {
        for group in bench.plan.groups {
            let members = bench.plan.tasks.indices.filter {
                bench.plan.tasks[$0].group == group.name
            }
            let running = members.count { bench.running[$0] != nil }
            if let cap = group.maxConcurrent { #expect(running <= cap) }
            let isFull = group.maxConcurrent.map { running >= $0 } ?? false
            let waits = members.contains { bench.scheduler.isWaiting($0) }
            #expect(!waits || isFull || bench.free.isEmpty, "a slot idles")
        }
    }

    /// |W_f/w_f − W_g/w_g| ≤ 2S(c_f/w_f + c_g/w_g) while both have tasks waiting.
    @Test(arguments: UInt64(1)...20)
    func `groups that both want more get their shares`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let weights = (0..<3).map { _ in Double.random(in: 0.2...5, using: &random) }
        let plan = RunPlan(
            concurrency: 6,
            groups: weights.enumerated().map { GroupPlan(name: "g\($0)", weight: $1) },
            tasks: tasks(60) { $0.group = "g\($1 % 3)" }
        )
        var bench = Bench(plan)
        for task in 0..<60 { bench.scheduler.enqueue(task) }
        var served = [0.0, 0, 0]
        var begun: [Int: Double] = [:]
        var now = 0.0
        var ends: [Int: Double] = [:]
        for _ in 0..<3000 {
            for task in bench.fill() {
                begun[task] = now
                ends[task] = now + Double.random(in: 1...600, using: &random)
            }
            guard let next = ends.min(by: { $0.value < $1.value }) else { break }
            now = next.value
            ends[next.key] = nil
            let seconds = now - (begun.removeValue(forKey: next.key) ?? now)
            served[next.key % 3] += seconds
            bench.end(next.key, seconds: seconds, done: 0, total: 5)
            bench.scheduler.enqueue(next.key)
            checkShares(served, weights, bench)
        }
    }

    private func checkShares(_ served: [Double], _ weights: [Double], _ bench: Bench) {
        let flying = (0..<3).map { group in bench.running.keys.count { $0 % 3 == group } }
        for f in 0..<3 {
            for g in 0..<3 {
                let gap = abs(served[f] / weights[f] - served[g] / weights[g])
                // The start that follows belongs to one of them as well.
                let sessions =
                    Double(flying[f] + 1) / weights[f] + Double(flying[g] + 1) / weights[g]
                #expect(gap <= 2 * 600 * sessions)
            }
        }
    }

    /// A task that goes x seconds without gain ranks at least 2x.
    @Test func `time without gain is charged`() {
        var bench = Bench(RunPlan(concurrency: 1, tasks: tasks(1)))
        bench.scheduler.enqueue(0)
        bench.fill()
        bench.end(0, seconds: 60, done: 1, total: 3)
        for session in 1...10 {
            bench.scheduler.enqueue(0)
            bench.fill()
            bench.end(0, seconds: 500, done: session % 2, total: 3)
            bench.scheduler.enqueue(0)
            let rank = bench.scheduler.standing(of: 0)?.rank ?? 0
            #expect(rank >= 2 * 500 * Double(session) - 1)
        }
    }

    @Test func `a smaller priority keeps its ageing share`() {
        let plan = RunPlan(
            concurrency: 1,
            tasks: tasks(3) { task, number in task.priority = number }
        )
        var bench = Bench(plan)
        for task in 0..<3 { bench.scheduler.enqueue(task) }
        var counts = [0, 0, 0]
        for _ in 0..<3200 {
            guard let task = bench.fill().first else { break }
            counts[task] += 1
            bench.end(task, seconds: 60, done: 0, total: 9)
            bench.scheduler.enqueue(task)
        }
        #expect(counts[2] > 3050)
        #expect((40...60).contains(counts[0]) && (40...60).contains(counts[1]))
    }

    @Test func `a parked task runs when nothing else waits, or by its age`() {
        var bench = Bench(RunPlan(concurrency: 1, tasks: tasks(2)))
        for task in 0..<2 { bench.scheduler.inspect(task, done: 0, total: 4 + task * 90) }
        bench.scheduler.enqueue(0)
        for _ in 0..<5 {
            #expect(bench.fill() == [0])
            bench.end(0, seconds: 60, done: 0, total: 4)
            bench.scheduler.enqueue(0)
        }
        #expect(bench.scheduler.standing(of: 0)?.isParked == true)
        bench.scheduler.enqueue(1)
        var counts = [0, 0]
        for _ in 0..<320 {
            guard let task = bench.fill().first else { break }
            counts[task] += 1
            bench.end(task, seconds: 60, done: task == 0 ? 0 : counts[1], total: 2000)
            bench.scheduler.enqueue(task)
        }
        #expect((8...12).contains(counts[0]))
    }

    @Test func `of equals the one whose session just ended here goes on`() {
        var bench = Bench(RunPlan(concurrency: 1, tasks: tasks(3)))
        for task in 0..<3 {
            bench.scheduler.inspect(task, done: 0, total: 8)
            bench.scheduler.enqueue(task)
        }
        let first = bench.fill()[0]
        let slot = bench.running[first]
        #expect(slot == 0)
        bench.scheduler.sessionEnded(first, seconds: 0, report: nil)
        bench.scheduler.enqueue(first)
        #expect(bench.scheduler.next(slot: 0)?.task == first)
    }

    @Test func `hints that are far off are trusted less`() {
        let plan = RunPlan(
            concurrency: 1,
            tasks: tasks(60) { task, number in task.size = number % 2 == 0 ? 1 : 30 }
        )
        var bench = Bench(plan)
        for task in 0..<60 { bench.scheduler.enqueue(task) }
        func distance() -> Double {
            let ranks = [58, 59].compactMap { bench.scheduler.standing(of: $0)?.rank }
            return ranks.count == 2 ? ranks[1] / ranks[0] : 0
        }
        let before = distance()
        // What was called small takes a hundred sessions.
        for task in stride(from: 0, to: 40, by: 2) {
            for session in 1...100 {
                bench.scheduler.sessionStarted(task, slot: 0)
                let report = Estimates.Report(
                    seconds: 540,
                    done: session,
                    total: 100,
                    completes: session == 100
                )
                bench.scheduler.sessionEnded(task, seconds: 540, report: report)
                bench.scheduler.enqueue(task)
            }
            bench.leave(task)
        }
        #expect(before > 3)
        #expect(distance() < before / 2)
    }

    @Test func `a million groups do no harm`() {
        let count = 100_000
        let plan = RunPlan(
            concurrency: 4,
            groups: (0..<count).map { GroupPlan(name: "g\($0)") },
            tasks: tasks(count) { $0.group = "g\($1)" }
        )
        var bench = Bench(plan)
        for task in 0..<count { bench.scheduler.enqueue(task) }
        for _ in 0..<count / 4 {
            for task in bench.fill() { bench.end(task, seconds: 60, done: 1, total: 1) }
        }
        #expect(Set(bench.starts).count == count)
    }

    @Test func `weights of nothing and of a billion do no harm`() {
        let weights = [0, -1, .infinity, .nan, 1e9, 1e-300]
        let plan = RunPlan(
            concurrency: 2,
            groups: weights.enumerated().map { GroupPlan(name: "g\($0)", weight: $1) },
            tasks: tasks(24) { task, number in
                task.group = "g\(number % 6)"
                task.weight = weights[number / 6]
                task.size = weights[number % 4]
            }
        )
        var bench = Bench(plan)
        for task in 0..<24 { bench.scheduler.enqueue(task) }
        var sessions = Array(repeating: 0, count: 24)
        for _ in 0..<24 * 50 {
            for task in bench.fill() {
                bench.end(task, seconds: 60, done: .max, total: .min)
                sessions[task] += 1
                if sessions[task] < 50 { bench.scheduler.enqueue(task) } else { bench.leave(task) }
            }
        }
        #expect(sessions == Array(repeating: 50, count: 24))
    }

    @Test func `what was learned goes on in the next leg`() {
        let plan = RunPlan(concurrency: 2, tasks: tasks(20))
        var bench = Bench(plan)
        for task in 0..<20 { bench.scheduler.enqueue(task) }
        for _ in 0..<30 {
            for task in bench.fill() {
                bench.end(task, seconds: 100 * Double(task + 1), done: 1, total: task + 2)
                bench.scheduler.enqueue(task)
            }
        }
        bench.fill()
        var next = Scheduler(plan: plan, keeping: (bench.scheduler, plan))
        for task in 0..<20 { next.enqueue(task) }
        for task in 0..<20 where bench.scheduler.isWaiting(task) {
            #expect(next.standing(of: task)?.rank == bench.scheduler.standing(of: task)?.rank)
            #expect(
                next.standing(of: task)?.remaining == bench.scheduler.standing(of: task)?.remaining
            )
        }
    }
}

/// Every order in which up to three tasks of two sessions can come, begin and end.
@Suite struct `Every interleaving of three tasks` {
    private struct Node {
        var bench: Bench
        var sessions = [0, 0, 0]
        var come = [false, false, false]
    }

    @Test(arguments: [1, 2, 3])
    func `ends with every session run once`(slots: Int) {
        let groups = [GroupPlan(name: "a", weight: 2), GroupPlan(name: "b", maxConcurrent: 1)]
        let plan = RunPlan(
            concurrency: slots,
            groups: groups,
            tasks: tasks(3) { task, number in
                task.group = number == 0 ? "a" : "b"
                task.priority = number == 2 ? 1 : 0
            }
        )
        var stack = [Node(bench: Bench(plan))]
        var leaves = 0
        while let node = stack.popLast() {
            let next = steps(node)
            stack += next
            if next.isEmpty {
                leaves += 1
                #expect(node.sessions == [2, 2, 2])
            }
        }
        #expect(leaves > 50)
    }

    private func steps(_ node: Node) -> [Node] {
        var next: [Node] = []
        for task in 0..<3 {
            var step = node
            if !node.come[task] {
                step.come[task] = true
                step.bench.scheduler.enqueue(task)
            } else if node.bench.running[task] != nil {
                step.sessions[task] += 1
                step.bench.end(task, seconds: 60, done: step.sessions[task], total: 2)
                if step.sessions[task] < 2 {
                    step.bench.scheduler.enqueue(task)
                } else {
                    step.bench.leave(task)
                }
            } else {
                continue
            }
            step.bench.fill()
            check(step)
            next.append(step)
        }
        return next
    }

    private func check(_ node: Node) {
        #expect(node.bench.running.count + node.bench.free.count == node.bench.plan.concurrency)
        #expect([1, 2].count { node.bench.running[$0] != nil } <= 1)
        let waits = (0..<3).filter { node.bench.scheduler.isWaiting($0) }
        let couldRun =
            waits.contains { $0 == 0 } || [1, 2].allSatisfy { node.bench.running[$0] == nil }
        #expect(waits.isEmpty || node.bench.free.isEmpty || !couldRun)
    }
}
