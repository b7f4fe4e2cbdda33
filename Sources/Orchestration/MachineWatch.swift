/// What is known of the machine, and what has started since that it does not show yet.
struct MachineWatch: Sendable {
    /// How old what is known may be for a start.
    private static let freshness = Duration.seconds(5)
    /// How long a look may take before nobody waits for it any more.
    private static let patience = Duration.seconds(10)
    /// How long a session takes to reach its size.
    ///
    /// Codex needs less than a second of processor time to start, but many at once share the
    /// processors.
    private static let growth = Duration.seconds(10)
    /// How long a session takes to show in the load, which is a mean of about so long.
    private static let loadMemory = Duration.seconds(60)

    private var reading: MachineReading?
    private var readAt = Duration.zero
    private var askedAt: Duration?
    /// Sessions that began since then have not reached their size in the reading.
    private var grownBefore = Duration.zero
    private var growing = 0
    /// What sessions will add to the load that the reading does not show.
    private var comingLoad = 0.0
    /// Gates of which it was told that nothing closes them, for want of a reading.
    var untold: Set<Gate> = []
    /// Whether it was told that a look takes too long.
    var isSlownessTold = false
    /// When something that waits for the machine is decided anew; `nil` where nothing does.
    var next: Duration?

    /// Takes a look's result; `began` is when each running session did.
    mutating func take(_ reading: MachineReading, began: [Duration], at now: Duration) {
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

    /// When what is known now has aged.
    var expiry: Duration { readAt + Self.freshness }

    /// Asks for a look, if nobody has; returns until when its result is waited for.
    mutating func ask(at now: Duration) -> (isNew: Bool, patience: Duration) {
        let isNew = askedAt == nil
        let asked = askedAt ?? now
        askedAt = asked
        return (isNew, asked + Self.patience)
    }

    /// Whether one more session has room beside those that have yet to reach their size.
    func hasRoom(_ plan: AdmissionPlan, running: Int) -> Bool {
        // Alone it has what the reading shows, and that closed no gate.
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
