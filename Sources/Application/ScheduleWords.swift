package import Orchestration

/// Words for the rules of each scheduler.
package enum ScheduleWords {
    /// Returns the reason why a task was chosen, to follow "because".
    package static func reason(_ stream: Scheduler.Stream?, _ scheduler: SchedulerName) -> String {
        switch stream {
        case .age: "it had waited longest: every 32nd start of a group goes to that task"
        case .parked: "only parked tasks waited, and it had waited longest of them"
        case .length: "it is among the longest of its group, and must begin for the batch to end"
        case .rank:
            switch scheduler {
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
            return hasHint
                ? "Going by its size hint, it is ranked as \(ranked) of work."
                : "Nothing is known of its size: it is ranked as \(ranked) of work."
        }
        let left = Duration(inSeconds: remaining).forPeople
        return rank > remaining * 1.01
            ? "About \(left) of work is left; as it does not come on, it is ranked as \(ranked)."
            : "About \(left) of work is left."
    }
}
