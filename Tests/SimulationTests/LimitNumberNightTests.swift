import Orchestration
import Simulation
import Testing

/// A night of 200 tasks at 16 slots, with a window that is used up several times.
@Suite struct `A night of 200 tasks whose window is told in numbers` {
    /// 200 tasks of five sessions of 4 to 12 minutes, at 22,000 tokens a minute.
    private func workload(_ seed: Int) -> Workload {
        var random = SplitMix64(seed: UInt64(seed))
        let tasks = (0..<200).map { id in
            let sessions = (1...5).map { number in
                let seconds = Double.random(in: 240...720, using: &random)
                return Workload.Session(
                    seconds: seconds,
                    tokens: seconds * 22_000 / 60,
                    done: number,
                    total: 5,
                    crashed: false
                )
            }
            return Workload.Task(id: id, maxSessions: 10, sessions: sessions, completesAfter: 5)
        }
        return Workload(
            name: "night",
            seed: seed,
            slots: 16,
            groups: [Workload.Group(weight: 1)],
            tasks: tasks
        )
    }

    private func night(_ seed: Int, tellsNumbers: Bool) -> Batch {
        // 16 slots use it up in less than three hours.
        let window = ServiceLimits.Window(length: .seconds(5 * 3600), tokens: 60e6)
        var limits = ServiceLimits(window: window)
        limits.tellsNumbers = tellsNumbers
        var batch = Batch(workload(seed), limits: limits)
        batch.run()
        return batch
    }

    /// The part of the slots' time that was idle while nothing held starts and enough tasks were left.
    private func idlePart(_ batch: Batch) -> Double {
        // The last tasks can't fill the slots.
        let full = batch.completions.compactMap(\.self).sorted()[200 - 40]
        let held = batch.holds.filter { $0.from < full }.map { ($0.from, min($0.to, full)) }
        func busy(_ from: Double, _ to: Double) -> Double {
            batch.dispatches.reduce(0) { sum, dispatch in
                sum + max(0, min(to, dispatch.at + dispatch.seconds) - max(from, dispatch.at))
            }
        }
        let open = full - held.reduce(0) { $0 + $1.1 - $1.0 }
        let work = busy(0, full) - held.reduce(0) { $0 + busy($1.0, $1.1) }
        return 1 - work / (open * 16)
    }

    @Test(arguments: 1...5)
    func `cuts no session down, and leaves no slot idle while anything is left`(seed: Int) throws {
        let batch = night(seed, tellsNumbers: true)
        let figures = try #require(batch.figures(policy: "pace").limits)
        #expect(batch.completions.allSatisfy { $0 != nil })
        #expect(figures.usageLimited == 0 && figures.probes == 0)
        #expect((2...4).contains(figures.held.map(\.times).reduce(0, +)))
        #expect(idlePart(batch) <= 0.02)
    }

    @Test func `by words alone cuts some down, each time that it is used up`() throws {
        let batch = night(1, tellsNumbers: false)
        let figures = try #require(batch.figures(policy: "pace").limits)
        #expect(figures.usageLimited > 0 && figures.probes > 0)
    }
}
