import Orchestration

/// A turn's facts on their way to the disk, and what waits for them.
struct WaitingBatch: Sendable {
    var at: Moment
    var events: [RunEvent] = []
    var commands: [Command] = []

    init(at moment: Moment) {
        at = moment
    }

    var endsRun: Bool {
        commands.contains { if case .endRun = $0 { true } else { false } }
    }
}

/// The disk that the journal is written to: slow now and then, and full for a while.
struct Disk: Sendable {
    var waiting: [WaitingBatch] = []
    /// Whether a write is under way.
    var isBusy = false
    /// Until when it takes nothing; `nil` while it does.
    var fullUntil: Duration?
    /// Whether the decisions were told that it takes nothing.
    var isFailing = false
}

// The journal: batches are written in order, those that wait together; a transaction is there whole
// or not at all.
extension World {
    mutating func append(_ batch: WaitingBatch) {
        if bug == .startsUnrecorded { begin(batch.commands) }
        disk.waiting.append(batch)
        guard !disk.isBusy else { return }
        if happens(faults.slowDisk) {
            disk.isBusy = true
            schedule(.written, after: .milliseconds(Int.random(in: 1...5000, using: &generator)))
        } else {
            let events = write()
            for event in events { schedule(.event(event), after: .zero) }
        }
    }

    mutating func freeDisk() { disk.fullUntil = nil }

    /// Writes what waits, as far as the disk takes it; returns what the driver tells of it.
    mutating func write() -> [Event] {
        disk.isBusy = false
        guard !disk.waiting.isEmpty else { return [] }
        if disk.fullUntil == nil, happens(faults.fullDisk) {
            disk.fullUntil = now + .seconds(Int.random(in: 1...900, using: &generator))
        }
        if let until = disk.fullUntil, until > now { return failToWrite() }
        disk.fullUntil = nil
        let batches = disk.waiting
        disk.waiting = []
        for batch in batches {
            journal.append(Batch(at: batch.at, events: batch.events))
            checker.wrote(batch.events, at: batch.at)
        }
        checkReplay()
        if disk.waiting.isEmpty, happens(faults.snapshots) {
            snapshot = (RunSnapshot(of: orchestrator.state), journal.count)
        }
        if bug != .startsUnrecorded { for batch in batches { begin(batch.commands) } }
        for batch in batches { endRun(batch.commands) }
        let hasRecovered = disk.isFailing
        disk.isFailing = false
        return hasRecovered ? [.storeRecovered] : []
    }

    /// Starts that wait are refused, because it may take hours; facts wait.
    private mutating func failToWrite() -> [Event] {
        var events: [Event] = disk.isFailing ? [] : [.storeFailed("the disk is full")]
        disk.isFailing = true
        for place in disk.waiting.indices {
            for case .startSession(let start) in disk.waiting[place].commands {
                events.append(refusal(of: start))
            }
            disk.waiting[place].commands.removeAll {
                if case .startSession = $0 { true } else { false }
            }
        }
        if let last = disk.waiting.last(where: \.endsRun) {
            // The run is over: nobody waits for the disk any more.
            disk.waiting = []
            checker.gaveUp()
            endRun(last.commands)
            return events
        }
        disk.isBusy = true
        schedule(.written, after: .seconds(1))
        return events
    }

    private func refusal(of start: SessionStarted) -> Event {
        let result = SessionResult(
            termination: .notStarted(errno: 0, doing: "recording its start"),
            failure: Failure(.notRecorded, "its start can't be recorded: the disk is full")
        )
        return .sessionEnded(start.key, result, agents[start.task]?.checklist ?? .missing)
    }

    private mutating func begin(_ commands: [Command]) {
        for case .startSession(let start) in commands { begin(start) }
    }

    private mutating func endRun(_ commands: [Command]) {
        for case .endRun(let ending) in commands { self.ending = ending }
    }
}
