/// What a simulated batch came to; times in seconds, completions counted from a task's arrival.
package struct BatchFigures: Hashable, Sendable, Codable {
    /// The scheduler.
    package var policy: String
    /// Tasks that were completed.
    package var completed: Int
    /// Sessions that were run.
    package var sessions: Int
    /// Tokens that they used.
    package var tokens: Double
    /// Completion times.
    package var mean, p50, p99, largest: Double
    /// When the last task was complete that can be.
    package var makespan: Double
    /// When the last session ended.
    package var end: Double
    /// Completion times as multiples of the tasks' work.
    package var slowdownMean, slowdownP99: Double
    /// Completion time as a multiple of that under ideal weighted sharing: the 99th percentile;
    /// `nil` for more than ten million tasks times groups.
    package var latenessP99: Double?
    /// The longest time that a task waited for a session, while any could be completed.
    package var longestWait: Double
    /// The same, in starts of others.
    package var longestWaitStarts: Int
    /// The part of the slots' time that was used.
    package var utilisation: Double
    /// The part of the tasks that was complete after a quarter, and half, of the useful tokens.
    package var doneAtQuarter, doneAtHalf: Double
    /// Jain's index over the groups' weighted session time, while every group had a task waiting.
    package var jain: Double
    /// The largest difference of that time between two groups, in seconds of the lightest.
    package var largestGap: Double
    /// The part of the tokens that went to tasks that are never complete: until the last
    /// completion, and in all.
    package var waste, wasteAtEnd: Double
    /// Tasks that were given up although they could have been completed.
    package var falseKills: Int
    /// The part of the sessions that followed their task's one before at once.
    package var continuity: Double
    /// What the tokens cost; `nil` where there are no prices.
    package var cost: Double?
    /// What limits did; `nil` where there are none.
    package var limits: LimitFigures?

    package enum CodingKeys: String, CodingKey {
        case policy, completed, sessions, tokens, jain, waste, continuity, utilisation
        case cost, limits
        case mean = "mean_completion_s"
        case p50 = "p50_completion_s"
        case p99 = "p99_completion_s"
        case largest = "max_completion_s"
        case makespan = "makespan_s"
        case end = "end_s"
        case slowdownMean = "mean_slowdown"
        case slowdownP99 = "p99_slowdown"
        case latenessP99 = "p99_against_sharing"
        case longestWait = "max_wait_s"
        case longestWaitStarts = "max_wait_dispatches"
        case doneAtQuarter = "done_at_25_percent"
        case doneAtHalf = "done_at_50_percent"
        case largestGap = "max_group_gap_s"
        case wasteAtEnd = "waste_at_end"
        case falseKills = "false_kills"
    }
}
