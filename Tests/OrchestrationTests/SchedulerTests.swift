import Orchestration
import Testing

@Suite struct `The scheduler` {
    @Test func `with sizes known and a closed batch the shortest goes first`() {
        var generator = SplitMix64(seed: 3)
        let sizes = (0..<200).map { _ in Int.random(in: 1...10_000, using: &generator) }
        var settings = Scheduler.Settings()
        (settings.ageingShare, settings.longestShare) = (0, 0)
        var bench = SchedulerBench(
            RunPlan(concurrency: 1, tasks: SchedulerBench.tasks(200)),
            settings: settings
        )
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

    @Test(arguments: UInt64(1)...40)
    func `nobody starves, no slot idles, no cap is passed`(seed: UInt64) {
        var turmoil = Turmoil(seed: seed)
        var starts: [Turmoil.Lane: Int] = [:]
        var bounds: [Int: Int] = [:]
        for _ in 0..<1500 {
            for happening in turmoil.turn() {
                switch happening {
                case .waits(let task, let latest):
                    let lane = turmoil.lane(task)
                    let most = 32 * turmoil.members(lane)
                    if latest > most { Issue.record("task \(task): \(latest) > \(most)") }
                    bounds[task] = (starts[lane] ?? 0) + latest
                case .starts(let task):
                    starts[turmoil.lane(task), default: 0] += 1
                    let (count, bound) = (starts[turmoil.lane(task)] ?? 0, bounds[task] ?? 0)
                    if count > bound { Issue.record("task \(task): \(count) > \(bound)") }
                case .ends, .isForced: break
                }
            }
            checkSlots(turmoil.bench)
        }
    }

    /// A start that was not decided, such as a probe's, leaves the ageing share due.
    @Test func `one start serves one task, however long the ageing share was due`() {
        var bench = SchedulerBench(RunPlan(concurrency: 1, tasks: SchedulerBench.tasks(3)))
        for task in 0..<3 { bench.scheduler.enqueue(task) }
        for _ in 0..<32 {
            let isForced = bench.force(2)
            #expect(isForced)
            bench.end(2, seconds: 60, done: 0, total: 9)
            bench.scheduler.enqueue(2)
        }
        let latest = (0..<3).map { bench.scheduler.standing(of: $0)?.latest }
        #expect(latest == [1, 32, 64])
        let next = bench.scheduler.next(slot: 0)
        #expect(next?.task == 0 && next?.stream == .age)
    }

    /// Starts of the longest tasks on free slots; they ended as many sessions without a tick.
    private func startsByLength(slots: Int, long: Int, idle: Int) -> Int {
        var settings = Scheduler.Settings()
        settings.parksAfter = nil
        let plan = RunPlan(concurrency: slots, tasks: SchedulerBench.tasks(60))
        var bench = SchedulerBench(plan, settings: settings)
        for task in 0..<60 {
            bench.scheduler.inspect(task, done: 0, total: task < long ? 1000 : 1)
            bench.scheduler.enqueue(task)
        }
        for task in 0..<long {
            for _ in 0..<idle where bench.force(task) {
                bench.end(task, seconds: 60, done: 0, total: 1000)
                bench.scheduler.enqueue(task)
            }
        }
        var starts = 0
        while let slot = bench.free.last, let choice = bench.scheduler.next(slot: slot),
            bench.force(choice.task)
        {
            if choice.stream == .length { starts += 1 }
        }
        #expect(bench.free.isEmpty)
        return starts
    }

    /// Slots, tasks that are much longer than the others, and how many of them begin at once.
    @Test(arguments: [
        (1, 1, 0), (2, 1, 1), (3, 1, 1), (6, 3, 3), (10, 6, 5), (20, 12, 10), (6, 5, 0),
    ])
    func `the longest tasks hold half of the slots, if they are long enough`(
        slots: Int,
        long: Int,
        most: Int
    ) {
        #expect(startsByLength(slots: slots, long: long, idle: 0) == most)
    }

    @Test func `a task that seems stuck for good is not among the longest`() {
        #expect(startsByLength(slots: 10, long: 1, idle: 3) == 1)
        #expect(startsByLength(slots: 10, long: 1, idle: 4) == 0)
    }

    private func checkSlots(_ bench: SchedulerBench) {
        for group in bench.plan.groups {
            let members = bench.plan.tasks.indices.filter {
                bench.plan.tasks[$0].group == group.name
            }
            let running = members.count { bench.running[$0] != nil }
            if let cap = group.maxConcurrent, running > cap { Issue.record("a cap is passed") }
            let isFull = group.maxConcurrent.map { running >= $0 } ?? false
            let waits = members.contains { bench.scheduler.isWaiting($0) }
            if waits, !isFull, !bench.free.isEmpty { Issue.record("a slot idles") }
        }
    }

    /// A task that goes x seconds without fewer entries left than ever ranks at least 2x.
    @Test(arguments: UInt64(1)...20)
    func `time without gain is charged`(seed: UInt64) {
        var turmoil = Turmoil(seed: seed)
        var fewest: [Int: Int] = [:]
        var stagnant: [Int: Double] = [:]
        var charges = 0
        for _ in 0..<500 {
            for case .ends(let task, let report?) in turmoil.turn() {
                let left = report.total - report.done
                if left < fewest[task] ?? .max {
                    (fewest[task], stagnant[task]) = (left, 0)
                } else {
                    stagnant[task, default: 0] += report.seconds
                }
                guard let rank = turmoil.bench.scheduler.standing(of: task)?.rank else { continue }
                let charge = 2 * (stagnant[task] ?? 0)
                if rank < charge { Issue.record("task \(task): \(rank) s < \(charge) s") }
                charges += charge > 0 ? 1 : 0
            }
        }
        #expect(charges > 20)
    }

    /// |W_f/w_f − W_g/w_g| ≤ 2S(c_f/w_f + c_g/w_g) while both have tasks waiting that may start.
    @Test(arguments: UInt64(1)...60)
    func `groups that both want more get their shares`(seed: UInt64) {
        var shares = ContestedShares(seed: seed)
        for _ in 0..<3000 {
            shares.turn()
            for (gap, bound) in shares.gaps() where gap > bound {
                Issue.record("\(gap) s > \(bound) s")
                return
            }
        }
        #expect(shares.comparisons > 1000)
    }

    @Test func `a group that comes late is level with those that may start`() {
        let plan = RunPlan(
            concurrency: 3,
            groups: [
                GroupPlan(name: "capped", weight: 100, maxConcurrent: 1), GroupPlan(name: "old"),
                GroupPlan(name: "late"),
            ],
            tasks: SchedulerBench.tasks(30) { $0.group = ["capped", "old", "late"][$1 % 3] }
        )
        var bench = SchedulerBench(plan)
        for task in 0..<30 where task % 3 < 2 { bench.scheduler.enqueue(task) }
        func play(_ turns: Int) -> [Int] {
            var starts = [0, 0, 0]
            for _ in 0..<turns {
                for task in bench.fill() { starts[task % 3] += 1 }
                for task in bench.running.keys.sorted() {
                    bench.end(task, seconds: 60, done: 0, total: 50)
                    bench.scheduler.enqueue(task)
                }
            }
            return starts
        }
        _ = play(1000)
        for task in 0..<30 where task % 3 == 2 { bench.scheduler.enqueue(task) }
        let late = play(100)
        #expect(abs(late[1] - late[2]) <= 2)
        // Taken out as a whole, and back after a while: nothing is saved up.
        for task in 0..<30 where task % 3 == 2 { bench.scheduler.withdraw(task) }
        _ = play(1000)
        for task in 0..<30 where task % 3 == 2 { bench.scheduler.enqueue(task) }
        let back = play(100)
        #expect(abs(back[1] - back[2]) <= 2)
    }

    @Test func `a smaller priority keeps its ageing share`() {
        let plan = RunPlan(
            concurrency: 1,
            tasks: SchedulerBench.tasks(3) { task, number in task.priority = number }
        )
        var bench = SchedulerBench(plan)
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
        var bench = SchedulerBench(RunPlan(concurrency: 1, tasks: SchedulerBench.tasks(2)))
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
        var bench = SchedulerBench(RunPlan(concurrency: 1, tasks: SchedulerBench.tasks(3)))
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
            tasks: SchedulerBench.tasks(60) { task, number in task.size = number % 2 == 0 ? 1 : 30 }
        )
        var bench = SchedulerBench(plan)
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
        let count = 1_000_000
        let plan = RunPlan(
            concurrency: 4,
            groups: (0..<count).map { GroupPlan(name: "g\($0)") },
            tasks: SchedulerBench.tasks(count) { $0.group = "g\($1)" }
        )
        var bench = SchedulerBench(plan)
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
            tasks: SchedulerBench.tasks(24) { task, number in
                task.group = "g\(number % 6)"
                task.weight = weights[number / 6]
                task.size = weights[number % 4]
            }
        )
        var bench = SchedulerBench(plan)
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
        let plan = RunPlan(concurrency: 2, tasks: SchedulerBench.tasks(20))
        var bench = SchedulerBench(plan)
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
    @Test func `who has waited longest is known in the next leg`() {
        let plan = RunPlan(concurrency: 1, tasks: SchedulerBench.tasks(9))
        var bench = SchedulerBench(plan)
        for task in [4, 0, 8, 2, 6, 1, 7, 3, 5] { bench.scheduler.enqueue(task) }
        bench.fill()
        let before = (0..<9).map { bench.scheduler.standing(of: $0)?.latest }
        var next = SchedulerBench(
            plan,
            scheduler: Scheduler(plan: plan, keeping: (bench.scheduler, plan))
        )
        for task in 0..<9 { next.scheduler.enqueue(task) }
        let lost = bench.running.keys.first
        for task in 0..<9 where task != lost {
            #expect(next.scheduler.standing(of: task)?.latest == before[task])
        }
        // 32 starts a turn of the list, however the others are ranked.
        var aged: [Int] = []
        while aged.count < 9, next.starts.count < 1000 {
            let stream = next.scheduler.next(slot: 0)?.stream
            guard let task = next.fill().first else { break }
            if stream == .age { aged.append(task) }
            next.end(task, seconds: 60, done: 0, total: 9)
            if stream != .age { next.scheduler.enqueue(task) }
        }
        #expect(aged.filter { $0 != lost }.count >= 4)
    }

    @Test func `groups keep their standing in the next leg, whoever is opened first`() {
        let plan = RunPlan(
            concurrency: 1,
            groups: [GroupPlan(name: "a"), GroupPlan(name: "b")],
            tasks: SchedulerBench.tasks(20) { $0.group = $1 % 2 == 0 ? "a" : "b" }
        )
        var bench = SchedulerBench(plan)
        for task in 0..<20 { bench.scheduler.enqueue(task) }
        for seconds in [9000.0, 60] {
            for task in bench.fill() {
                bench.end(task, seconds: seconds, done: 0, total: 9)
                bench.scheduler.enqueue(task)
            }
        }
        var next = SchedulerBench(
            plan,
            scheduler: Scheduler(plan: plan, keeping: (bench.scheduler, plan))
        )
        // The group that had most is opened first.
        for task in 0..<20 where task % 2 == 0 { next.scheduler.enqueue(task) }
        for task in 0..<20 where task % 2 == 1 { next.scheduler.enqueue(task) }
        for _ in 0..<8 {
            for task in next.fill() {
                #expect(task % 2 == 1)
                next.end(task, seconds: 60, done: 0, total: 9)
                next.scheduler.enqueue(task)
            }
        }
    }
}

/// Every order in which up to three tasks of two sessions can come, begin and end.
@Suite struct `Every interleaving of three tasks` {
    private struct Node {
        var bench: SchedulerBench
        var sessions = [0, 0, 0]
        var come = [false, false, false]
    }

    @Test(arguments: [1, 2, 3])
    func `ends with every session run once`(slots: Int) {
        let groups = [GroupPlan(name: "a", weight: 2), GroupPlan(name: "b", maxConcurrent: 1)]
        let plan = RunPlan(
            concurrency: slots,
            groups: groups,
            tasks: SchedulerBench.tasks(3) { task, number in
                task.group = number == 0 ? "a" : "b"
                task.priority = number == 2 ? 1 : 0
            }
        )
        var stack = [Node(bench: SchedulerBench(plan))]
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
