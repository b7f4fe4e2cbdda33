/// The scheduling rules that a user may choose.
package enum SchedulerName: String, Hashable, Sendable, Word, CaseIterable {
    /// Progress-aware completion with equity: weighted shares for groups, and within a group the
    /// task that is likely to finish soonest, with no task waiting for ever.
    case pace
    /// First come, first served; each task runs to its end.
    case fifo
    /// One session for each task, in turns.
    case roundRobin = "round-robin"
    /// Least attained service: the task with the least session time so far.
    case las
    /// The task with the least work left by its speed so far; tasks not begun come first.
    case shortestRemaining = "shortest-remaining"
}

/// The order of the tasks of a group, and whether groups have shares.
package protocol SchedulingRule: Sendable {
    /// True if groups share by weight, tasks keep their standing from their arrival, the ageing share
    /// is served, and the longest tasks begin in time; otherwise the least rank of all goes first.
    var isFair: Bool { get }

    /// Returns the rank of a waiting task, smaller first, from the task's index, the number of
    /// tasks that came before it, and the estimates; `nil` if nothing is known of the task.
    func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double?
}

extension SchedulerName {
    /// The rule of this name.
    package var rule: any SchedulingRule {
        switch self {
        case .pace: EstimatedRemaining()
        case .fifo: FirstComeFirstServed()
        case .roundRobin: RoundRobin()
        case .las: LeastAttainedService()
        case .shortestRemaining: NaiveShortestRemaining()
        }
    }
}

/// The rank in PACE.
package struct EstimatedRemaining: SchedulingRule {
    package let isFair = true

    /// Makes the rule.
    package init() {}

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        estimates.isSeen(task) ? estimates.rank(task) : nil
    }
}

/// The order of arrival.
package struct FirstComeFirstServed: SchedulingRule {
    package let isFair = false

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        Double(arrival)
    }
}

/// The order in which tasks began to wait.
package struct RoundRobin: SchedulingRule {
    package let isFair = false

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? { 0 }
}

/// The session time so far.
package struct LeastAttainedService: SchedulingRule {
    package let isFair = false

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        estimates.attained(task)
    }
}

/// The entries left at the speed of the task's whole life.
package struct NaiveShortestRemaining: SchedulingRule {
    package let isFair = false

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        estimates.isSeen(task) ? estimates.naiveRemaining(task) : -1
    }
}

/// The true work left, for comparisons: no real run can know it.
package struct Clairvoyant: SchedulingRule {
    package let isFair = false
    private let work: [Double]

    /// Makes the rule from the session time that each task needs in all, in seconds; infinity for a
    /// task that is never finished.
    package init(work: [Double]) {
        self.work = work
    }

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        work[task] - estimates.attained(task)
    }
}

/// The true work left, but only of tasks that have had a session: the honest bound for a rule
/// without hints.
package struct Inspection: SchedulingRule {
    package let isFair = false
    private let work: [Double]
    private let unseenRank: Double

    /// Makes the rule from the session time that each task needs in all, and from that of its first
    /// session, in seconds; infinity for a task that is never finished.
    package init(work: [Double], first: [Double]) {
        self.work = work
        let remainders = zip(work, first).map { $0 - $1 }.filter(\.isFinite).sorted()
        let inspecting = first.reduce(0, +)
        var (best, sum) = (Double.infinity, 0.0)
        for (place, seconds) in remainders.enumerated() {
            sum += seconds
            best = min(best, (inspecting + sum) / Double(place + 1))
        }
        unseenRank = best
    }

    package func rank(_ task: Int, arrival: Int, _ estimates: Estimates) -> Double? {
        estimates.sessions(task) > 0 ? work[task] - estimates.attained(task) : unseenRank
    }
}
