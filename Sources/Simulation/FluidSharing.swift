import Orchestration

/// Ideal sharing, out of reach for a scheduler of whole sessions: at every moment, groups share all
/// slots by weight, and a group's tasks share its slots evenly, at most one each.
///
/// A task's share here is what fairness owes it, whatever the others submit (generalised processor
/// sharing: Parekh and Gallager, 1993; rates by water-filling).
struct FluidSharing {
    private struct Running: Comparable, Hashable, Sendable {
        /// The group's `service` at which the task is complete.
        var target: Double
        var task: Int

        static func < (left: Running, right: Running) -> Bool {
            (left.target, left.task) < (right.target, right.task)
        }
    }

    private struct Arrival: Comparable, Hashable, Sendable {
        var at: Double
        var task: Int

        static func < (left: Arrival, right: Arrival) -> Bool {
            (left.at, left.task) < (right.at, right.task)
        }
    }

    private struct Group {
        var weight: Double
        var running = BinaryHeap<Running>()
        var count = 0
        /// Seconds that a task would have had that was in the group all the time.
        var service = 0.0
        /// The group's slots at present; fractions are usual.
        var slots = 0.0

        /// Seconds until the group's next task is complete.
        var nextCompletion: Double {
            guard let first = running.first else { return .infinity }
            return max(0, first.target - service) * Double(count) / slots
        }
    }

    private let workload: Workload
    private var groups: [Group]
    private var arrivals = BinaryHeap<Arrival>()
    private var openNeeds: [Int]
    private var dependents: [[Int]]
    private var now = 0.0
    /// Completion time of each task; `nil` for a task that needs another which is never complete.
    private(set) var completions: [Double?]

    /// Plays a workload to its end.
    init(_ workload: Workload) {
        self.workload = workload
        groups = workload.groups.map { Group(weight: $0.weight) }
        openNeeds = workload.tasks.map(\.needs.count)
        dependents = workload.dependents
        completions = Array(repeating: nil, count: workload.tasks.count)
        for task in workload.tasks where task.needs.isEmpty {
            arrivals.push(Arrival(at: task.arrival, task: task.id))
        }
        while step() {}
    }

    private mutating func step() -> Bool {
        share()
        let next = groups.indices.min { groups[$0].nextCompletion < groups[$1].nextCompletion }
        let completion = next.map { groups[$0].nextCompletion } ?? .infinity
        let arrival = arrivals.first?.at ?? .infinity
        guard let next, min(completion, arrival) < .infinity else { return false }
        if now + completion <= arrival {
            advance(by: completion)
            complete(next)
        } else {
            advance(by: max(0, arrival - now))
            while let first = arrivals.first, first.at <= now {
                _ = arrivals.pop()
                begin(first.task)
            }
        }
        return true
    }

    /// Gives every group its part of the slots, and the slots that a group can't use to the others.
    private mutating func share() {
        var rest = Double(workload.slots)
        var open = groups.indices.filter { groups[$0].count > 0 }
        while !open.isEmpty {
            let weights = open.reduce(0) { $0 + groups[$1].weight }
            let each = rest / weights
            let sated = open.filter { each * groups[$0].weight >= Double(groups[$0].count) }
            for place in sated {
                groups[place].slots = Double(groups[place].count)
                rest -= groups[place].slots
            }
            if sated.isEmpty {
                for place in open { groups[place].slots = each * groups[place].weight }
                return
            }
            open.removeAll(where: sated.contains)
        }
    }

    private mutating func advance(by seconds: Double) {
        now += seconds
        for place in groups.indices where groups[place].count > 0 {
            groups[place].service += seconds * groups[place].slots / Double(groups[place].count)
        }
    }

    private mutating func begin(_ number: Int) {
        let task = workload.tasks[number]
        let sessions = task.sessions.prefix(task.completesAfter ?? task.sessions.count)
        let work = sessions.reduce(0) { $0 + $1.seconds }
        let target = groups[task.group].service + work
        groups[task.group].running.push(Running(target: target, task: number))
        groups[task.group].count += 1
    }

    private mutating func complete(_ place: Int) {
        guard let task = groups[place].running.pop()?.task else { return }
        groups[place].count -= 1
        completions[task] = now
        guard workload.tasks[task].completesAfter != nil else { return }
        for dependent in dependents[task] {
            openNeeds[dependent] -= 1
            if openNeeds[dependent] == 0 {
                let at = max(now, workload.tasks[dependent].arrival)
                arrivals.push(Arrival(at: at, task: dependent))
            }
        }
    }
}
