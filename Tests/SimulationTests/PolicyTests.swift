import Orchestration
import Simulation
import Testing

@Suite struct `PACE on synthetic workloads` {
    private static let closed: [(WorkloadName, gate: Double)] = [
        (.light, 1.40), (.bimodal, 1.40), (.pareto, 1.45), (.trace, 1.40), (.heavydur, 1.45),
        (.hardtail, 1.40), (.noisy, 1.45), (.grow, 1.50), (.stall, 1.80), (.treadmill, 1.80),
    ]

    private func figures(
        _ workload: Workload,
        _ policy: Policy,
        stopsAfter: Int = 0
    ) -> BatchFigures {
        var batch = Batch(
            workload,
            plan: workload.plan(stopsAfter: stopsAfter),
            rule: policy.rule(for: workload),
            settings: .reference
        )
        batch.run()
        return batch.meter.figures(policy: policy.rawValue)
    }

    /// Against one who knows everything; against round robin and least attained service; the
    /// longest wait in starts of others.
    @Test(arguments: closed)
    func `is near the best there is and better than what knows nothing`(
        name: WorkloadName,
        gate: Double
    ) {
        var ratios: [Double] = []
        for seed in [11, 12] {
            var workload = name.draw(seed: seed, tasks: 300)
            workload.setHints(spread: nil, seed: seed)
            let pace = figures(workload, .pace)
            ratios.append(pace.mean / figures(workload, .clairvoyant).mean)
            #expect(pace.mean < figures(workload, .roundRobin).mean, "seed \(seed)")
            #expect(pace.mean < figures(workload, .las).mean, "seed \(seed)")
            #expect(pace.longestWaitStarts <= 6 * 300 + 300, "seed \(seed)")
        }
        // The gates are for 1000 tasks and more seeds.
        #expect(ratios.reduce(0, +) / 2 <= gate * 1.04)
    }

    @Test(arguments: [WorkloadName.groups, .adversary])
    func `groups get their shares`(name: WorkloadName) {
        let pace = figures(name.draw(seed: 5), .pace)
        #expect(pace.jain >= 0.999)
        #expect(pace.largestGap <= 8 * 560)
    }

    @Test func `stop-loss wastes little and kills nothing that would have ended`() {
        let workload = WorkloadName.trace.draw(seed: 2)
        let pace = figures(workload, .pace, stopsAfter: 8)
        #expect(pace.wasteAtEnd <= 0.06)
        #expect(pace.falseKills <= 5)
        #expect(pace.continuity >= 0.6)
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
        #expect(figures(wild, .pace).mean < without * 1.25)
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
