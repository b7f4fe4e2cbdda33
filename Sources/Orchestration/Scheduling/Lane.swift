/// The tasks of one group and one priority: they compete with each other by rank, and with the
/// other lanes of their priority by weight.
struct Lane: Hashable, Sendable, Codable {
    /// The tasks that have not ended, and what they are thought to take.
    struct OpenWork: Hashable, Sendable, Codable {
        /// Number of active tasks: they could run at some time, and have not ended since.
        var active = 0
        /// Number of active tasks that nothing is known of.
        var unseen = 0
        /// Expected remaining work of the active tasks that were seen, in seconds: U.
        var seconds = 0.0
    }

    var group: Int
    var tier: Int
    var weight: Double
    /// Session seconds per weight, in which running sessions count as the mean session: V.
    var virtualTime = 0.0
    /// The session seconds that each task would have had under equal shares: v.
    var shareClock = 0.0
    /// True if the lane goes on with its standing of an earlier leg.
    var keepsStanding = false
    /// Starts that are due to the ageing share.
    var credit = 0.0
    /// Number of running sessions that started because their task is among the longest.
    var criticalRunning = 0
    var work = OpenWork()
    var queues = LaneQueues()

    init(group: Int, tier: Int, weight: Double) {
        self.group = group
        self.tier = tier
        self.weight = weight
    }

    /// Settles the charge of a session that ended.
    mutating func settle(
        _ occupancy: Scheduler.Entry.Occupancy,
        seconds: Double,
        isFirst: Bool
    ) {
        if isFirst { work.unseen -= 1 }
        virtualTime += (seconds - occupancy.charge) / weight
        shareClock += seconds / Double(max(1, work.active))
        if occupancy.isCritical { criticalRunning -= 1 }
    }
}
