// The values that a scheduler consists of, besides lanes, entries and estimates.
extension Scheduler {
    /// The rule and the settings that a scheduler decides by; they never change.
    struct Method: Sendable {
        let rule: any SchedulingRule
        let settings: Settings
        /// The rule's `isFair`, which is read often.
        let isFair: Bool

        init(_ rule: any SchedulingRule, _ settings: Settings) {
            (self.rule, self.settings, isFair) = (rule, settings, rule.isFair)
        }
    }

    /// A group's cap, and what it runs.
    struct Group: Hashable, Sendable, Codable {
        var name: String
        /// Maximum number of sessions at once; `nil` for no cap.
        var cap: Int?
        var running = 0
        /// Number of starts when the group last began to run nothing, or to have nothing to start.
        var idleSince: UInt32 = 0
        /// True if the group may start nothing, whatever its cap.
        var isHeld = false
        var lanes: [Int] = []

        init(name: String, cap: Int?) { (self.name, self.cap) = (name, cap) }
    }

    /// The lanes of one priority.
    struct Tier: Hashable, Sendable, Codable {
        var priority: Int
        /// Lanes with a task that may start.
        var runnable: LaneHeap
        /// The virtual time of the lane that started last, when it did.
        var clock = 0.0
        /// Number and weight of the lanes with a task that has not ended.
        var busyCount = 0
        var busyWeight = 0.0

        init(priority: Int, lanes: Int) {
            (self.priority, runnable) = (priority, LaneHeap(count: lanes))
        }
    }

    /// The share of the priorities below the highest that waits.
    struct LowerPriorities: Hashable, Sendable, Codable {
        /// Starts that are due to them.
        var credit = 0.0
        /// Lower priority that was served last.
        var last = 0
    }

    /// The numbers that order tasks by when they came, and by when they began to wait.
    struct Seniority: Hashable, Sendable {
        var arrivals: Int32 = 0
        var sequence: UInt32 = 0
        /// Each `arrivalClock` of tasks that came before this scheduler.
        var keptClocks: [Int: Double] = [:]
        /// The sequence numbers of tasks that waited in an earlier leg and have not waited in this one.
        var keptAges: [Int: UInt32] = [:]
    }
}
