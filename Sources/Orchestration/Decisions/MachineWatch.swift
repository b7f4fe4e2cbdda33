/// The last reading of the machine, and the sessions begun since that it does not show yet.
struct MachineWatch: Sendable {
    /// Maximum age of a reading that a start may rely on.
    private static let freshness = Duration.seconds(5)
    /// Maximum wait for a reading; then starts go on without it.
    private static let patience = Duration.seconds(10)
    /// Time in which a session reaches its size.
    ///
    /// Codex needs less than a second of processor time to start, but many at once share the processors.
    private static let growth = Duration.seconds(10)
    /// Time in which a session shows in the load, which is a mean over about this time.
    private static let loadMemory = Duration.seconds(60)

    private var reading: MachineReading?
    private var readAt = Duration.zero
    private var askedAt: Duration?
    /// Sessions begun after this time had not reached their size in the reading.
    private var grownBefore = Duration.zero
    private var growing = 0
    /// Load that running sessions will add to the reading's.
    private var comingLoad = 0.0

    /// Stores a reading; `began` holds the start times of the running sessions.
    mutating func note(_ reading: MachineReading, began: [Duration], at now: Duration) {
        self.reading = reading
        readAt = now
        askedAt = nil
        grownBefore = now - Self.growth
        growing = began.count { $0 > grownBefore }
        comingLoad = began.reduce(0) { sum, start in
            sum + max(0, 1 - (now - start).inSeconds / Self.loadMemory.inSeconds)
        }
    }

    mutating func sessionBegan() {
        growing += 1
        comingLoad += 1
    }

    mutating func sessionEnded(began: Duration) {
        if began > grownBefore { growing = max(0, growing - 1) }
    }

    func isFresh(at now: Duration) -> Bool { reading != nil && now - readAt < Self.freshness }

    /// Time at which the reading becomes too old.
    var expiry: Duration { readAt + Self.freshness }

    /// Requests a reading, unless one is pending; also returns the end of the wait for it.
    mutating func ask(at now: Duration) -> (isNew: Bool, patience: Duration) {
        let isNew = askedAt == nil
        let asked = askedAt ?? now
        askedAt = asked
        return (isNew, asked + Self.patience)
    }

    /// True if one more session has room beside the running ones that have yet to reach their size.
    func hasRoom(_ plan: AdmissionPlan, running: Int) -> Bool {
        // With nothing else running, all the memory in the reading is available, and that much
        // closed no gate.
        guard running > 0, let reading else { return true }
        if let memory = reading.memory, plan.minFreeMemory != 0 {
            let (coming, overflows) = plan.session.multipliedReportingOverflow(
                by: Int64(growing + 1)
            )
            guard !overflows,
                memory.free - coming >= plan.memoryFloor(of: memory.total)
            else { return false }
        }
        if let load = reading.load, let most = plan.maxLoad {
            return load + comingLoad < most
        }
        return true
    }
}
