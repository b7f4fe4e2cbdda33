/// Figures of a simulated batch; times in seconds, completion times counted from a task's arrival.
package struct BatchFigures: Hashable, Sendable, Codable {
    /// The scheduler's name.
    package var policy: String
    /// Tasks completed.
    package var completed: Int
    /// Sessions run.
    package var sessions: Int
    /// Tokens used by all sessions.
    package var tokens: Double
    /// Mean, percentiles and maximum of the completion times.
    package var mean, p50, p99, largest: Double
    /// End of the last task that can be complete.
    package var makespan: Double
    /// End of the last session.
    package var end: Double
    /// Mean and 99th percentile of the slowdown: completion time as a multiple of the task's work.
    package var slowdownMean, slowdownP99: Double
    /// 99th percentile of completion time as a multiple of that under ideal weighted sharing; `nil`
    /// for more than ten million tasks times groups.
    package var latenessP99: Double?
    /// Longest wait of a task for a session, while any completable task was unfinished.
    package var longestWait: Double
    /// Longest wait of a task, in sessions of other tasks started meanwhile.
    package var longestWaitStarts: Int
    /// Share of the slots' time that was used.
    package var utilisation: Double
    /// Share of tasks complete after a quarter, and half, of the useful tokens.
    package var doneAtQuarter, doneAtHalf: Double
    /// Jain's index of the groups' weighted session time, while every group had a task waiting.
    package var jain: Double
    /// Largest gap in weighted session time between two groups, in seconds of the lightest.
    package var largestGap: Double
    /// Share of tokens used by tasks that are never complete: until the last completion, and in
    /// all.
    package var waste, wasteAtEnd: Double
    /// Tasks given up although they could have been completed.
    package var falseKills: Int
    /// Share of a task's later sessions that started at once after the one before.
    package var continuity: Double
    /// Cost of the tokens; `nil` without prices.
    package var cost: Double?
    /// Effects of limits; `nil` without limits.
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
