/// The number and total time of each gate's closings: a fold of the facts.
///
/// Time counts while a leg runs. A usage limit that outlives a leg counts once, without the time
/// between the legs.
package struct GateTimes: Hashable, Sendable {
    /// The closings of one gate.
    package struct Held: Hashable, Sendable {
        /// The gate.
        package var gate: Gate
        /// The account whose starts were held; `nil` for the run's own, and for gates that hold
        /// everything.
        package var account: String?
        /// The name of a limit that held the tasks of one model; `nil` for others.
        package var limit: String?
        /// Number of closings; a gate that closed again before it opened counts once.
        package var times: Int
        /// Total time closed, by the wall clock.
        package var time: Duration

        /// The gate, its account and its limit.
        package var key: GateKey { GateKey(gate, account, limit: limit) }
    }

    private struct Record: Hashable, Sendable {
        var times = 0
        var time = Duration.zero
        var since: WallTime?
        /// True for a gate that was closed when its leg ended, and outlives it.
        var outlivesLeg = false

        mutating func close(at time: WallTime) {
            guard since == nil else { return }
            if !outlivesLeg { times += 1 }
            (since, outlivesLeg) = (time, false)
        }

        mutating func open(at end: WallTime) {
            time = total(at: end)
            (since, outlivesLeg) = (nil, false)
        }

        /// Returns the total time closed; a clock that was set back does not shrink it.
        func total(at now: WallTime) -> Duration {
            time + (since.map { max(.zero, now - $0) } ?? .zero)
        }
    }

    private var records: [GateKey: Record] = [:]

    /// Makes the times before the first fact.
    package init() {}

    /// Folds a fact in.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        switch fact {
        case .gateClosed(let fact): records[fact.key, default: Record()].close(at: time)
        case .gateOpened(let fact): records[fact.key]?.open(at: time)
        case .runEnded: legEnded(at: time)
        default: break
        }
    }

    /// Counts the end of a leg: its own end, or that Quire was killed.
    package mutating func legEnded(at time: WallTime) {
        for (key, record) in records {
            guard record.since != nil else {
                records[key]?.outlivesLeg = false
                continue
            }
            records[key]?.open(at: time)
            records[key]?.outlivesLeg = key.gate.outlivesLeg
        }
    }

    /// Returns the closings of each gate until now, the longest total first.
    package func held(at now: WallTime) -> [Held] {
        records.map { key, record in
            Held(
                gate: key.gate,
                account: key.account,
                limit: key.limit,
                times: record.times,
                time: record.total(at: now)
            )
        }.sorted { left, right in
            if left.time != right.time { return left.time > right.time }
            return left.key < right.key
        }
    }
}
