import Foundation
import Orchestration
import Simulation
import Testing

@Suite struct `PACE on synthetic workloads` {
    /// How a run decides; sessions that tick nothing end and park nothing unless it is said.
    private static func figures(
        _ workload: Workload,
        _ policy: Policy,
        stopsAfter: Int = 0
    ) -> BatchFigures {
        played(workload, policy, stopsAfter: stopsAfter).meter.figures(policy: policy.rawValue)
    }

    private static func played(
        _ workload: Workload,
        _ policy: Policy,
        stopsAfter: Int = 0,
        after earlier: Batch? = nil
    ) -> Batch {
        var settings = Scheduler.Settings()
        if stopsAfter == 0 { settings.parksAfter = nil }
        var batch = Batch(
            workload,
            plan: workload.plan(stopsAfter: stopsAfter),
            rule: policy.rule(for: workload),
            settings: settings,
            after: earlier
        )
        batch.run()
        return batch
    }

    /// Mean completion time of a second run of the same tasks, in other sessions, against
    /// clairvoyant.
    private static func secondRun(_ name: WorkloadName, seed: Int) -> Double {
        var (workload, earlier) = (name.draw(seed: seed), name.draw(seed: seed, isEarlier: true))
        workload.setHints(spread: nil, seed: seed)
        earlier.setHints(spread: nil, seed: seed)
        let again = played(workload, .pace, after: played(earlier, .pace))
        return again.meter.figures(policy: "pace").mean / figures(workload, .clairvoyant).mean
    }

    private func figures(
        _ workload: Workload,
        _ policy: Policy,
        stopsAfter: Int = 0
    ) -> BatchFigures {
        Self.figures(workload, policy, stopsAfter: stopsAfter)
    }

    /// What the schedulers come to on one drawn workload.
    private struct Comparison: Sendable {
        let name: WorkloadName
        let tasks: Int
        let pace, clairvoyant: BatchFigures
        /// Only of the first seed, as they take time.
        let rivals: (hinted: BatchFigures, inspect: BatchFigures, others: [BatchFigures])?

        init(_ name: WorkloadName, seed: Int, hasRivals: Bool) {
            self.name = name
            var blind = name.draw(seed: seed)
            tasks = blind.tasks.count
            var hints = blind
            blind.setHints(spread: nil, seed: seed)
            hints.setHints(spread: 1, seed: seed)
            pace = figures(blind, .pace)
            clairvoyant = figures(blind, .clairvoyant)
            guard hasRivals else {
                rivals = nil
                return
            }
            let others = [Policy.roundRobin, .las].map { figures(blind, $0) }
            rivals = (figures(hints, .pace), figures(blind, .inspect), others)
        }
    }

    /// The largest mean completion time against clairvoyant: its gate for each workload.
    private static let gates: [WorkloadName: Double] = [
        .light: 1.40, .bimodal: 1.40, .pareto: 1.40, .trace: 1.40, .heavydur: 1.40,
        .hardtail: 1.40, .noisy: 1.40, .grow: 1.50, .stall: 1.80, .treadmill: 1.65, .small: 1.25,
    ]
    /// Those without tasks that grow or get stuck more than usual.
    private static let calm: [WorkloadName] = [
        .light, .bimodal, .pareto, .trace, .heavydur, .hardtail, .noisy,
    ]

    /// The gates are for the mean of some seeds; `QUIRE_POLICY_SEEDS` says of how many.
    private static func comparisons() async -> [WorkloadName: [Comparison]] {
        let seeds = ProcessInfo.processInfo.environment["QUIRE_POLICY_SEEDS"].flatMap(Int.init) ?? 2
        return await withTaskGroup(of: Comparison.self) { group in
            for name in gates.keys {
                // The small one takes nearly no time, and varies.
                for number in 0..<(name == .small ? 20 : seeds) {
                    let hasRivals = number == 0 || name == .small
                    group.addTask { Comparison(name, seed: 11 + number, hasRivals: hasRivals) }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.name, default: []].append($1) }
        }
    }

    private func mean(_ runs: [Comparison], _ ratio: (Comparison) -> Double?) -> Double {
        let ratios = runs.compactMap(ratio)
        return ratios.reduce(0, +) / Double(ratios.count)
    }

    @Test func `the gates of all closed workloads are passed`() async throws {
        let all = await Self.comparisons()
        var logarithms = (plain: 0.0, hinted: 0.0)
        for (name, gate) in Self.gates {
            let runs = try #require(all[name])
            let ratio = mean(runs) { $0.pace.mean / $0.clairvoyant.mean }
            #expect(ratio <= gate, "\(name)")
            logarithms.plain += log(ratio)
            logarithms.hinted += log(
                mean(runs) { run in run.rivals.map { $0.hinted.mean / run.clairvoyant.mean } }
            )
            for run in runs where name != .small {
                for rival in run.rivals?.others ?? [] {
                    #expect(run.pace.mean < rival.mean, "\(name), \(rival.policy)")
                }
                #expect(run.pace.longestWaitStarts <= 6 * run.tasks, "\(name)")
            }
        }
        #expect(exp(logarithms.plain / Double(Self.gates.count)) <= 1.42)
        #expect(exp(logarithms.hinted / Double(Self.gates.count)) <= 1.33)
        let large = all.filter { $0.key != .small }.flatMap(\.value)
        #expect(mean(large) { run in run.rivals.map { run.pace.mean / $0.others[0].mean } } <= 0.75)
        for name in Self.calm {
            let runs = try #require(all[name])
            let known = mean(runs) { run in run.rivals.map { run.pace.mean / $0.inspect.mean } }
            #expect(known <= 1.20, "\(name)")
            #expect(mean(runs) { $0.pace.p99 / $0.clairvoyant.p99 } <= 1.12, "\(name)")
            let makespan = mean(runs) { $0.pace.makespan / $0.clairvoyant.makespan }
            #expect(makespan <= (name == .heavydur ? 1.08 : 1.06), "\(name)")
        }
    }

    @Test func `a second run knows how long tasks took in the first`() async {
        let ratios = await withTaskGroup(of: (WorkloadName, Double).self) { group in
            for name in Self.gates.keys {
                for seed in name == .small ? 21...40 : 21...21 {
                    group.addTask { (name, Self.secondRun(name, seed: seed)) }
                }
            }
            return await group.reduce(into: [WorkloadName: [Double]]()) {
                $0[$1.0, default: []].append($1.1)
            }
        }
        var logarithms = 0.0
        for (name, gate) in Self.gates {
            let values = ratios[name] ?? []
            let mean = values.reduce(0, +) / Double(values.count)
            #expect(mean <= gate, "\(name)")
            logarithms += log(mean)
        }
        #expect(exp(logarithms / Double(Self.gates.count)) <= 1.30)
    }

    @Test func `an earlier run has as much work in other sessions`() {
        let (plain, earlier) = (
            WorkloadName.alike.draw(seed: 3), WorkloadName.alike.draw(seed: 3, isEarlier: true)
        )
        #expect(plain.tasks.map(\.size) == earlier.tasks.map(\.size))
        #expect(zip(plain.tasks, earlier.tasks).allSatisfy { $0.sessions != $1.sessions })
        // One after the other on the same plan: all begin anew, and end as often.
        let batch = Self.played(plain, .fifo, after: Self.played(earlier, .pace))
        let alone = Self.played(plain, .fifo)
        #expect(batch.dispatches == alone.dispatches && batch.completions == alone.completions)
    }

    /// Batches of tasks that are of one size or nearly so, with the number of seeds to play.
    private static let likeBatches: [(WorkloadName, tasks: Int, slots: Int, seeds: Int)] = [
        (.same12, 6, 2, 200), (.same12, 12, 4, 100), (.same40, 40, 8, 50), (.same40, 60, 4, 30),
        (.same200, 200, 16, 20), (.same200, 300, 16, 10), (.alike12, 12, 4, 100),
        (.alike, 40, 8, 50), (.alike100, 100, 16, 30),
    ]

    /// Nothing is gained by looking at such tasks first, and most small batches are so.
    @Test(arguments: likeBatches)
    func `like tasks are complete as early as first come, first served`(
        name: WorkloadName,
        tasks: Int,
        slots: Int,
        seeds: Int
    ) {
        let ratios = (1...seeds).map { seed in
            var workload = name.draw(seed: 100 + seed, tasks: tasks, slots: slots)
            workload.setHints(spread: nil, seed: seed)
            return figures(workload, .pace).mean / figures(workload, .fifo).mean
        }
        let mean = ratios.reduce(0, +) / Double(seeds)
        #expect(mean <= 1.02, "\(name), \(tasks) tasks on \(slots) slots")
    }

    /// The largest mean completion time against clairvoyant of small batches of unlike tasks: what
    /// a rule came to that looked at each task first.
    @Test(arguments: [(WorkloadName.light40, 1.25), (.pareto40, 1.27), (.bimodal40, 1.21)])
    func `small batches of unlike tasks pass their gates`(name: WorkloadName, gate: Double) {
        let ratios = (1...40).map { seed in
            var workload = name.draw(seed: 100 + seed)
            workload.setHints(spread: nil, seed: seed)
            return figures(workload, .pace).mean / figures(workload, .clairvoyant).mean
        }
        #expect(ratios.reduce(0, +) / 40 <= gate, "\(name)")
    }

    /// Tasks that were there first and found to be large must not go before those that come later.
    @Test(arguments: [(WorkloadName.flood, 1.49), (.dag, 1.11)])
    func `tasks that come later pass their gates`(name: WorkloadName, gate: Double) {
        let ratios = (1...3).map { seed in
            var workload = name.draw(seed: seed)
            workload.setHints(spread: nil, seed: seed)
            return figures(workload, .pace).mean / figures(workload, .clairvoyant).mean
        }
        #expect(ratios.reduce(0, +) / 3 <= gate, "\(name)")
    }

    @Test(arguments: [WorkloadName.groups, .adversary])
    func `groups get their shares`(name: WorkloadName) {
        let pace = figures(name.draw(seed: 5), .pace)
        #expect(pace.jain >= 0.999)
        #expect(pace.largestGap <= 8 * 560)
    }

    @Test func `a group that submits a flood hardly delays the others`() throws {
        let pace = figures(WorkloadName.adversary.draw(seed: 5), .pace)
        #expect(try #require(pace.latenessP99) <= 1.6)
    }

    /// One slot; 30 s of work in a group of weight 3 and 10 s in one of weight 1 come at once, and
    /// 10 s more in the second after 4 s.
    @Test func `ideal sharing gives each group its part and no task more than a slot`() throws {
        func task(_ id: Int, _ group: Int, at arrival: Double, _ seconds: Double) -> Workload.Task {
            Workload.Task(
                id: id,
                arrival: arrival,
                group: group,
                maxSessions: 1,
                sessions: [
                    Workload.Session(seconds: seconds, tokens: 1, done: 1, total: 1, crashed: false)
                ],
                completesAfter: 1
            )
        }
        let workload = Workload(
            name: "shared",
            seed: 1,
            slots: 1,
            groups: [Workload.Group(weight: 3), Workload.Group(weight: 1)],
            tasks: [task(0, 0, at: 0, 30), task(1, 1, at: 0, 10), task(2, 1, at: 4, 10)]
        )
        // One slot: 3/4 for the first group, which is complete at 40; by then the second has had
        // 10 s: 1 s for task 1 alone, 4.5 s for each afterwards. Then both share the slot.
        var batch = Batch(workload)
        batch.run()
        let lateness = try #require(batch.meter.figures(policy: "pace").latenessP99)
        let ideal = [40.0, 49, 50]
        let ratios = zip(batch.completions, ideal).enumerated().map { place, pair in
            ((pair.0 ?? 0) - workload.tasks[place].arrival)
                / (pair.1 - workload.tasks[place].arrival)
        }.sorted()
        #expect(abs(lateness - (ratios[1] + (ratios[2] - ratios[1]) * 0.98)) < 1e-9)
    }

    @Test func `stop-loss wastes little and kills nothing that would have ended`() {
        let workload = WorkloadName.trace.draw(seed: 2)
        let pace = figures(workload, .pace, stopsAfter: 8)
        #expect(pace.wasteAtEnd <= 0.06)
        #expect(pace.falseKills <= 5)
        #expect(pace.continuity >= 0.65)
    }

    @Test func `hints help, and hints that are off by a hundred times hardly harm`() {
        var workload = WorkloadName.trace.draw(seed: 4)
        let plain = workload
        workload.setHints(spread: 1, seed: 4)
        var wild = plain
        wild.setHints(spread: 4.6, seed: 4)
        var blind = plain
        blind.setHints(spread: nil, seed: 4)
        let without = figures(blind, .pace).mean
        #expect(figures(workload, .pace).mean < without)
        #expect(figures(wild, .pace).mean < without * 1.3)
    }

    /// Two groups, each with a task of its own on one of two slots: nobody waits, so nothing is
    /// shared.
    @Test func `shares are compared only while every group has a task waiting`() {
        let tasks = [10.0, 100].enumerated().map { id, seconds in
            let session = Workload.Session(
                seconds: seconds,
                tokens: 1,
                done: 1,
                total: 1,
                crashed: false
            )
            return Workload.Task(
                id: id,
                group: id,
                maxSessions: 1,
                sessions: [session],
                completesAfter: 1
            )
        }
        let workload = Workload(
            name: "two",
            seed: 1,
            slots: 2,
            groups: [Workload.Group(weight: 1), Workload.Group(weight: 1)],
            tasks: tasks
        )
        let pace = figures(workload, .pace)
        #expect(pace.jain == 1 && pace.largestGap == 0)
    }

    /// The length of sessions says nothing of how many there are.
    @Test(arguments: [0.001, 8, 30], [2.0, 5, 20])
    func `tasks take as many sessions as they are thought to`(minutes: Double, size: Double) {
        var model = SessionModel()
        model.medianMinutes = minutes
        model.cap = 1000
        var random = SplitMix64(seed: 3)
        let drawn = (0..<500).map { _ in
            model.draw(work: model.work(ofSessions: size), using: &random)
        }
        #expect(drawn.allSatisfy { $0.completesAfter != nil })
        let mean = drawn.reduce(0) { $0 + Double($1.sessions.count) } / 500
        #expect(abs(mean / size - 1) < 0.15)
        let lengths = drawn.flatMap(\.sessions).map { $0.seconds / 60 }.sorted()
        #expect(abs(lengths[lengths.count / 2] / minutes - 1) < 0.15)
    }

    @Test func `the same seed gives the same dispatches`() {
        for name in WorkloadName.allCases {
            let workload = name.draw(seed: 9, tasks: 60)
            #expect(workload.fault == nil, "\(name)")
            #expect(workload == name.draw(seed: 9, tasks: 60))
            var (first, second) = (Batch(workload), Batch(workload))
            first.run()
            second.run()
            #expect(first.dispatches == second.dispatches)
            #expect(first.dispatches.count >= 60)
        }
    }

    /// Sessions of no time and of ten hours, and lists that jump.
    @Test(arguments: Policy.allCases)
    func `odd sessions do no harm`(policy: Policy) {
        let odd = [
            (0.0, 5, 2), (36_000, 0, 0), (1, -7, 3), (0, 9, 9_999_999), (60, 3, 4), (0, 1, 100),
        ]
        let tasks = (0..<30).map { number in
            let sessions = (0...number % 7 + 1).map { session in
                let (seconds, done, total) = odd[(number + session) % odd.count]
                return Workload.Session(
                    seconds: seconds,
                    tokens: 1,
                    done: done,
                    total: total,
                    crashed: session % 3 == 2
                )
            }
            return Workload.Task(
                id: number,
                maxSessions: 100,
                sessions: sessions,
                completesAfter: nil
            )
        }
        let workload = Workload(
            name: "odd",
            seed: 1,
            slots: 3,
            groups: [Workload.Group(weight: 1)],
            tasks: tasks
        )
        var batch = Batch(workload, rule: policy.rule(for: workload))
        batch.run()
        #expect(Set(batch.dispatches.map(\.task)).count == 30)
    }
}
