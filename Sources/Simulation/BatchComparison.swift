/// What a batch comes to against others of the same work on the same slots.
package struct BatchComparison: Hashable, Sendable, Codable {
    /// The mean completion time as a multiple of that with all work known; `nil` where no such
    /// batch was played, or nothing was complete.
    package var againstClairvoyant: Double?
    /// The same with work known after a task's first session.
    package var againstInspect: Double?
    /// The most that a task was complete later than with round robin, in rounds.
    ///
    /// A round is the time in which each task could have a session of mean length. `nil` without
    /// that batch, and where tasks come one by one.
    package var latestRounds: Double?

    package enum CodingKeys: String, CodingKey {
        case againstClairvoyant = "mean_against_clairvoyant"
        case againstInspect = "mean_against_inspect"
        case latestRounds = "max_lateness_rounds"
    }

    /// Compares a batch with those of other schedulers.
    package init(_ batch: Batch, with others: [Policy: Batch]) {
        func ratio(_ policy: Policy) -> Double? {
            let best = others[policy].map { $0.meanCompletion } ?? 0
            return best > 0 ? batch.meanCompletion / best : nil
        }
        againstClairvoyant = ratio(.clairvoyant)
        againstInspect = ratio(.inspect)
        latestRounds = others[.roundRobin].flatMap { batch.latestRounds(against: $0) }
    }
}

extension Batch {
    /// The mean time from a task's arrival to its completion; 0 where none was complete.
    fileprivate var meanCompletion: Double {
        zip(workload.tasks, completions).compactMap { task, time in time.map { $0 - task.arrival } }
            .mean
    }

    fileprivate func latestRounds(against other: Batch) -> Double? {
        guard workload.tasks.allSatisfy({ $0.arrival == 0 }) else { return nil }
        let seconds = other.dispatches.map {
            workload.tasks[$0.task].sessions[$0.session - 1].seconds
        }
        let round = Double(workload.tasks.count) * seconds.mean / Double(workload.slots)
        let latest = zip(completions, other.completions).compactMap { own, others -> Double? in
            guard let own, let others else { return nil }
            return own - others
        }.max()
        return round > 0 ? latest.map { $0 / round } : nil
    }
}
