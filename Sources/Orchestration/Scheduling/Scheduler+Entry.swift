extension Scheduler {
    /// A task's part of the queues.
    ///
    /// There may be a million tasks: in this order the properties leave no gaps.
    struct Entry: Hashable, Sendable {
        /// What the plan says of the task.
        struct Conditions: Hashable, Sendable {
            var lane: Int32
            /// Idle sessions in a row that park the task; 0 for the number of the settings.
            var parksAfter: Int32 = 0
            var weight: Float
            var descendants: Float = 0
        }

        /// The task's link in the lane's list of waiting tasks by age.
        struct Link: Hashable, Sendable {
            /// Neighbours in the list; -1 for none.
            var older: Int32 = -1
            var newer: Int32 = -1
            /// Number that orders tasks by when they began to wait.
            var sequence: UInt32 = 0
        }

        /// The slot that the task's newest session occupies, or did, and its group's charge.
        struct Occupancy: Hashable, Sendable {
            /// Seconds that the group was charged for the running session.
            var charge = 0.0
            var slot: Int32 = -1
            var isRunning = false
            /// True if the session started because the task is among the longest.
            var isCritical = false

            mutating func begin(on slot: Int, charge: Double) {
                isRunning = true
                self.slot = Int32(clamping: slot)
                self.charge = charge
            }

            mutating func end() {
                isRunning = false
                isCritical = false
            }
        }

        var conditions: Conditions
        var link = Link()
        /// The part of the group's share clock, when the task came, that counts.
        var arrivalClock = 0.0
        var key = 0.0
        /// The task's part of the lane's open work, in seconds.
        var openWork = 0.0
        var occupancy = Occupancy()
        var isWaiting = false
        /// True if the task could run at some time, and has not ended since.
        var isActive = false
        /// Number of tasks that came before; -1 until the task comes.
        var arrival: Int32 = -1
        /// True if the task has come half of the way to a stall, idle sessions aside.
        var isRunningAway = false

        init(_ conditions: Conditions) { self.conditions = conditions }

        var lane: Int { Int(conditions.lane) }
        var isRunning: Bool { occupancy.isRunning }
    }
}
