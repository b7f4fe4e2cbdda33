/// Who goes next: the highest priority first; within it the group that has had the least session
/// time for its weight; within the group the task with the fewest sessions for its weight, older
/// first.
///
/// A group is charged the mean session when a session starts, and the true time when it ends, so
/// that a group is not preferred again before its running sessions count. A group that was idle
/// comes back no further behind than the least served busy one: idling saves nothing up.
package struct Scheduler: Hashable, Sendable {
    /// A waiting task.
    private struct Ticket: Hashable, Comparable, Sendable {
        var attained: Double
        var sequence: Int
        var task: Int

        static func < (left: Ticket, right: Ticket) -> Bool {
            (left.attained, left.sequence) < (right.attained, right.sequence)
        }
    }

    private struct Group: Hashable, Sendable {
        var weight: Double
        var cap: Int?
        var running = 0
        var waiting = 0
        var virtualTime = 0.0
        var tiers: [Int: BinaryHeap<Ticket>] = [:]

        var isBusy: Bool { running + waiting > 0 }
        var hasRoom: Bool { cap.map { running < $0 } ?? true }
    }

    private var groups: [Group]
    private var groupOf: [Int] = []
    private var priorities: [Int] = []
    private var weights: [Double] = []
    private var attained: [Int] = []
    /// Each task's valid ticket; 0 for a task that doesn't wait.
    ///
    /// Other tickets are left behind in
    /// their heaps until they come up.
    private var tickets: [Int] = []
    private var tiers: [Int] = []
    private var sequence = 0
    private var sessionSeconds = 60.0
    private var sessionsEnded = 0.0

    /// Makes a scheduler for a plan's groups and tasks; nothing waits yet.
    ///
    /// Tasks are named by
    /// their place in the plan.
    package init(plan: RunPlan) {
        var places: [String: Int] = [:]
        groups = []
        for group in plan.groups {
            places[group.name] = groups.count
            groups.append(Group(weight: group.weight, cap: group.maxConcurrent))
        }
        let ungrouped = groups.count
        groups.append(Group(weight: 1, cap: nil))
        for task in plan.tasks {
            groupOf.append(task.group.flatMap { places[$0] } ?? ungrouped)
            priorities.append(task.priority)
            weights.append(task.weight)
        }
        attained = Array(repeating: 0, count: plan.tasks.count)
        tickets = attained
        tiers = Set(priorities).sorted(by: >)
    }

    /// Adds a task that may run now; it must not be waiting already.
    package mutating func enqueue(_ task: Int) {
        let place = groupOf[task]
        if !groups[place].isBusy { catchUp(place) }
        groups[place].waiting += 1
        sequence += 1
        let ticket = Ticket(
            attained: Double(attained[task]) / weights[task],
            sequence: sequence,
            task: task
        )
        tickets[task] = sequence
        groups[place].tiers[priorities[task], default: BinaryHeap()].push(ticket)
    }

    /// The task that goes next; `nil` when none waits in a group with room.
    ///
    /// It goes on waiting until its session starts.
    package mutating func next() -> Int? {
        for tier in tiers {
            guard let place = leastServedGroup(tier) else { continue }
            return groups[place].tiers[tier]?.first?.task
        }
        return nil
    }

    /// Removes a task that waits; its place in the queue is lost.
    package mutating func dequeue(_ task: Int) {
        guard tickets[task] != 0 else { return }
        tickets[task] = 0
        groups[groupOf[task]].waiting -= 1
    }

    /// Whether the task waits.
    package func isWaiting(_ task: Int) -> Bool { tickets[task] != 0 }

    /// Counts a session that starts; its task waits no longer.
    package mutating func sessionStarted(_ task: Int) {
        dequeue(task)
        attained[task] += 1
        let place = groupOf[task]
        groups[place].running += 1
        groups[place].virtualTime += sessionSeconds / groups[place].weight
    }

    /// Counts the end of a session that took `seconds`, and for which its group was charged what
    /// `expectedSeconds` said when it started.
    package mutating func sessionEnded(_ task: Int, seconds: Double, charged: Double) {
        let place = groupOf[task]
        groups[place].running -= 1
        groups[place].virtualTime += (seconds - charged) / groups[place].weight
        sessionsEnded += 1
        // The first guess weighs as much as one session.
        sessionSeconds += (seconds - sessionSeconds) / (sessionsEnded + 1)
    }

    /// The mean session so far, in seconds.
    package var expectedSeconds: Double { sessionSeconds }

    private mutating func leastServedGroup(_ tier: Int) -> Int? {
        var best: Int?
        for place in groups.indices where groups[place].hasRoom && groups[place].waiting > 0 {
            guard hasWaiting(place, tier) else { continue }
            if let other = best, groups[other].virtualTime <= groups[place].virtualTime {
                continue
            }
            best = place
        }
        return best
    }

    /// Whether a task of the tier waits in the group; drops stale tickets on the way.
    private mutating func hasWaiting(_ place: Int, _ tier: Int) -> Bool {
        while let ticket = groups[place].tiers[tier]?.first {
            if tickets[ticket.task] == ticket.sequence { return true }
            _ = groups[place].tiers[tier]?.pop()
        }
        return false
    }

    private mutating func catchUp(_ place: Int) {
        let busy = groups.filter(\.isBusy).map(\.virtualTime).min()
        if let busy { groups[place].virtualTime = max(groups[place].virtualTime, busy) }
    }
}
