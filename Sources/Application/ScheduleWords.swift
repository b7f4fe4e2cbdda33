package import Orchestration
package import Simulation

/// Words for the rules of each scheduler.
package enum ScheduleWords {
    /// Returns the reason why a task was chosen, to follow "because"; `isUnknown` if nothing was known
    /// of the task's size.
    package static func reason(
        _ stream: Scheduler.Stream?,
        _ scheduler: SchedulerName,
        isUnknown: Bool = false
    ) -> String {
        switch stream {
        case .age: "it had waited longest: every 32nd start of a group goes to that task"
        case .parked: "only parked tasks waited, and it had waited longest of them"
        case .length: "it is among the longest of its group, and must begin for the batch to end"
        case .rank:
            switch scheduler {
            case .pace where isUnknown:
                "nothing was known of its size, and finding that out was worth more than going on "
                    + "with the tasks that waited"
            case .pace: "it was thought to be finished soonest of the tasks that waited"
            case .fifo: "it had come first of the tasks that waited"
            case .roundRobin: "it had waited longest"
            case .las: "it had had the least session time of the tasks that waited"
            case .shortestRemaining:
                "it had not begun, or the least work left by its speed so far, of those that waited"
            }
        case nil: "the scheduler chose it"
        }
    }

    /// Returns the sentence on how much the order of a run's tasks matters; `nil` unless it hardly
    /// does, by the tasks that were seen.
    package static func order(_ estimates: Estimates, _ scheduler: SchedulerName) -> String? {
        guard scheduler != .fifo, let saved = estimates.savedByOrder, saved < BestOrder.little
        else { return nil }
        return "The tasks so far are of about one size, so no scheduler is much better than first "
            + "come, first served."
    }

    /// Returns the sentence on how much the order of a workload's tasks matters; `nil` if that can't be
    /// told, as tasks come later or need others.
    package static func order(_ workload: Workload) -> String? {
        guard workload.tasks.allSatisfy({ $0.arrival == 0 && $0.needs.isEmpty }) else { return nil }
        if workload.tasks.count <= workload.slots {
            return "All tasks start at once, so no scheduler is better than another."
        }
        let sizes = workload.tasks.map(\.work).filter(\.isFinite).sorted()
        guard let saved = BestOrder.saves(sizes.map { (count: 1, seconds: $0) }) else { return nil }
        let share = Format.percent(saved)
        return saved < BestOrder.little
            ? "The tasks are of about one size, so no scheduler is much better than first come, "
                + "first served: the best order would save \(share) of the waiting."
            : "The tasks differ in size: the best order would save \(share) of the waiting in first "
                + "come, first served."
    }

    /// Returns the sentence on a waiting task's rank among the others.
    package static func rank(
        _ standing: Standing,
        _ task: TaskState,
        _ scheduler: SchedulerName
    ) -> String {
        switch scheduler {
        case .pace: remaining(standing, hasHint: task.plan.size != nil)
        case .fifo: "Tasks go in the order in which they came."
        case .roundRobin: "Tasks go in turns: the one that has waited longest goes first."
        case .las:
            "The task with the least session time goes first; this one has had "
                + "\(Duration(inSeconds: standing.attained).forPeople)."
        case .shortestRemaining:
            standing.remainingAtItsSpeed.map {
                "About \(Duration(inSeconds: $0).forPeople) of work is left by its speed so far; the "
                    + "least goes first, after those that have not begun."
            } ?? "It has not begun, and goes before those that have."
        }
    }

    private static func remaining(_ standing: Standing, hasHint: Bool) -> String {
        let rank = standing.rank ?? 0
        let ranked = Duration(inSeconds: rank).forPeople
        guard let remaining = standing.remaining else {
            if let earlier = standing.earlier {
                return
                    "It took \(Duration(inSeconds: earlier).forPeople) the last time, and is ranked as "
                    + "\(ranked) of work."
            }
            return hasHint
                ? "Going by its size hint, it is ranked as \(ranked) of work."
                : "Nothing is known of its size: it is ranked as \(ranked) of work."
        }
        let left = Duration(inSeconds: remaining).forPeople
        return rank > remaining * 1.01
            ? "About \(left) of work is left; as it makes no progress, it is ranked as \(ranked)."
            : "About \(left) of work is left."
    }
}
