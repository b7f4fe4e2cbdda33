/// A batch's figures relative to other schedulers with the same work and slots.
package struct BatchComparison: Hashable, Sendable, Codable {
    /// Mean completion time as a multiple of the clairvoyant policy's; `nil` if that was not played
    /// or completed nothing.
    package var againstClairvoyant: Double?
    /// Mean completion time as a multiple of the inspect policy's; `nil` as above.
    package var againstInspect: Double?
    /// Greatest delay of a task's completion compared with round robin, in rounds.
    ///
    /// A round is the time in which each task could have a session of mean length. `nil` if round
    /// robin was not played, or tasks don't all arrive at the start.
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
    /// Mean time from a task's arrival to its completion; 0 if none was complete.
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
