import Glibc
import Testing

@testable import Orchestration

@Suite struct `The estimates` {
    /// What is known after some odd sessions and inspections.
    private func estimates(seeing count: Int, seed: UInt64) -> Estimates {
        var random = SplitMix64(seed: seed)
        var estimates = Estimates(count: count)
        for task in 0..<count {
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let total = Int.random(in: -2...90, using: &random)
                let report = Estimates.Report(
                    seconds: [0, 1, 600, 3600].randomElement(using: &random) ?? 1,
                    done: Int.random(in: -2...60, using: &random),
                    total: total,
                    crashed: Bool.random(using: &random),
                    completes: Int.random(in: 0..<4, using: &random) == 0
                )
                estimates.observe(task, report)
                if Bool.random(using: &random) { estimates.inspect(task, done: 3, total: total) }
            }
        }
        return estimates
    }

    /// Nothing of what a task told before is left behind.
    @Test(arguments: UInt64(1)...20)
    func `of all tasks are those of what each one tells now`(seed: UInt64) {
        let estimates = estimates(seeing: 40, seed: seed)
        var (speeds, sizes) = (PooledSpeed(), TaskSizes())
        for task in estimates.tasks {
            speeds.replace(Estimates.Task(), by: task)
            let size = task.attained + task.remaining
            if task.isSized { sizes.replace(nil, by: size, meanSession: 540) }
        }
        var kept = estimates.world.sizes
        kept.refresh(540)
        sizes.refresh(540)
        #expect(isNear(kept.mean, sizes.mean))
        #expect(isNear(kept.unseenRank, sizes.unseenRank))
        for task in estimates.tasks {
            let kept = estimates.world.speeds.expected(task, orElse: 1)
            let fresh = speeds.expected(task, orElse: 1)
            #expect(isNear(kept.seconds, fresh.seconds) && isNear(kept.weight, fresh.weight))
        }
    }

    private func isNear(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return left == right }
        return abs(left - right) <= 1e-6 * max(abs(left), abs(right), 1)
    }

    /// Against all thresholds instead of those between bins, which are at most a quarter off.
    @Test(arguments: UInt64(1)...20)
    func `of a task not seen are the best ratio of inspection`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 1...300, using: &random)
        let session = 540.0
        let sizes = (0..<count).map { _ in 300 * pow(2, Double.random(in: 0...7, using: &random)) }
            .sorted()
        var histogram = TaskSizes()
        for size in sizes { histogram.replace(nil, by: size, meanSession: session) }
        histogram.refresh(session)
        var (least, sum) = (Double.infinity, 0.0)
        for (place, size) in sizes.enumerated() {
            sum += size
            let others = Double(count - place - 1)
            least = min(least, (others * session + sum) / Double(place + 1))
        }
        let margin = 1 + 6 / (Double(count) + 6)
        let rank = try #require(histogram.unseenRank) / margin
        #expect(rank >= least * 0.999_999 && rank <= least * 1.2, "\(rank) for \(least)")
        #expect(isNear(histogram.mean, sum / Double(count)))
    }

    /// A speed that is the same for each task is trusted, and one that is not is not.
    @Test func `trust a task's own speed as far as tasks differ`() {
        func weight(_ seconds: (Int) -> Double) -> Double {
            var speeds = PooledSpeed()
            for number in 0..<60 {
                var task = Estimates.Task()
                (task.ticked, task.total) = (20, 40)
                task.workedSeconds = seconds(number)
                speeds.replace(Estimates.Task(), by: task)
            }
            return speeds.expected(Estimates.Task(), orElse: 1).weight
        }
        let alike = weight { _ in 2000 }
        let unlike = weight { number in number % 2 == 0 ? 500 : 8000 }
        #expect(alike >= 20 && unlike <= 6, "\(alike), \(unlike)")
    }

    @Test func `take long lists for small entries where that was so`() {
        func seconds(_ entries: Int32, _ slope: Double) -> Double {
            var speeds = PooledSpeed()
            for number in 0..<60 {
                var task = Estimates.Task()
                let length = Int32(10 + 3 * (number % 10))
                (task.ticked, task.total) = (length, length)
                task.workedSeconds = 100 * Double(length) * pow(Double(length) / 20, slope)
                speeds.replace(Estimates.Task(), by: task)
            }
            var task = Estimates.Task()
            task.total = entries
            return speeds.expected(task, orElse: 1).seconds
        }
        #expect(abs(seconds(30, -1) / seconds(15, -1) - 0.5) < 0.05)
        #expect(seconds(30, 0) / seconds(15, 0) > 0.8)
        // What is much longer than any is not thought to be all the faster.
        #expect(seconds(3000, -1) > seconds(30, -1) / 2)
    }
}

@Suite struct `Tasks that nothing is known of` {
    /// Returns the most tasks that were begun and not complete at once.
    private func mostBegun(_ sizes: [Int]) -> Int {
        var settings = Scheduler.Settings()
        settings.ageingShare = 0
        let plan = RunPlan(concurrency: 4, tasks: SchedulerBench.tasks(sizes.count))
        var bench = SchedulerBench(plan, settings: settings)
        for task in sizes.indices { bench.scheduler.enqueue(task) }
        var done = Array(repeating: 0, count: sizes.count)
        var most = 0
        while true {
            bench.fill()
            guard let task = bench.running.keys.min() else { return most }
            done[task] += 1
            bench.end(task, seconds: 500, done: 4 * done[task], total: 4 * sizes[task])
            if done[task] < sizes[task] {
                bench.scheduler.enqueue(task)
            } else {
                bench.leave(task)
            }
            most = max(most, sizes.indices.count { done[$0] > 0 && done[$0] < sizes[$0] })
        }
    }

    @Test(arguments: [2, 5, 9])
    func `wait for those that were begun if tasks are alike`(size: Int) {
        #expect(mostBegun(Array(repeating: size, count: 60)) <= 8)
    }

    @Test func `are looked at if many are much smaller`() {
        #expect(mostBegun((0..<60).map { $0 % 4 == 0 ? 40 : 1 }) >= 10)
    }
}
