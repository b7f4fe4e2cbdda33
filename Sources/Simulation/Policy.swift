package import Orchestration

/// A scheduler that a simulation compares: those of a run, and the two that know what no run can
/// know.
package enum Policy: String, Hashable, Sendable, CaseIterable {
    case pace, fifo
    case roundRobin = "round-robin"
    case las
    case shortestRemaining = "shortest-remaining"
    /// Knows all the work of every task: the best there is for closed batches.
    case clairvoyant
    /// Knows all the work of each task after its first session: the honest bound without hints.
    case inspect

    /// A run's scheduler.
    package init(_ name: SchedulerName) {
        self =
            switch name {
            case .pace: .pace
            case .fifo: .fifo
            case .roundRobin: .roundRobin
            case .las: .las
            case .shortestRemaining: .shortestRemaining
            }
    }

    /// The rule, for a workload.
    package func rule(for workload: Workload) -> any SchedulingRule {
        let work = workload.tasks.map(\.work)
        let first = workload.tasks.map { $0.sessions[0].seconds }
        return switch self {
        case .pace: SchedulerName.pace.rule
        case .fifo: SchedulerName.fifo.rule
        case .roundRobin: SchedulerName.roundRobin.rule
        case .las: SchedulerName.las.rule
        case .shortestRemaining: SchedulerName.shortestRemaining.rule
        case .clairvoyant: Clairvoyant(work: work)
        case .inspect: Inspection(work: work, first: first)
        }
    }
}
