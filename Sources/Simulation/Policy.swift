package import Orchestration

/// A scheduler to simulate: those of a run, and two that know more than any run can.
package enum Policy: String, Hashable, Sendable, CaseIterable {
    case pace, fifo
    case roundRobin = "round-robin"
    case las
    case shortestRemaining = "shortest-remaining"
    /// Knows the work of every task beforehand: the optimum for closed batches.
    case clairvoyant
    /// Knows the whole work of a task after its first session: the realistic bound without hints.
    case inspect

    /// Makes the policy that is a run's scheduler.
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

    /// Returns the policy's scheduling rule for a workload.
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
