import Orchestration

/// A turn's facts on their way to the disk, and the commands that wait for them.
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

/// The disk that holds the journal: slow now and then, and full for a while.
struct Disk: Sendable {
    var waiting: [WaitingBatch] = []
    /// True while a write is under way.
    var isBusy = false
    /// End of the time in which the disk is full; `nil` if it isn't.
    var fullUntil: Duration?
    /// True if the orchestrator knows that the disk is full.
    var isFailing = false
}

// The journal. Batches are written in order, and those that wait are written together; a
// transaction is written whole or not at all.
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

    /// Writes the waiting batches unless the disk is full; returns the driver's reports.
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
            record.batches.append(Batch(at: batch.at, events: batch.events))
            checker.wrote(batch.events, at: batch.at)
        }
        checkReplay()
        if disk.waiting.isEmpty, happens(faults.snapshots) {
            record.snapshot = (RunSnapshot(of: orchestrator.state), journal.count)
        }
        if bug != .startsUnrecorded { for batch in batches { begin(batch.commands) } }
        for batch in batches { endRun(batch.commands) }
        let hasRecovered = disk.isFailing
        disk.isFailing = false
        return hasRecovered ? [.storeRecovered] : []
    }

    /// Refuses the waiting starts, as the wait may be hours; facts go on waiting.
    private mutating func failToWrite() -> [Event] {
        var events: [Event] = disk.isFailing ? [] : [.storeFailed("the disk is full")]
        disk.isFailing = true
        for place in disk.waiting.indices {
            for case .startSession(let start) in disk.waiting[place].commands {
                events.append(refusal(of: start))
            }
            for case .startHook(let hook) in disk.waiting[place].commands {
                events.append(.hookEnded(HookEnded(hook, .putOff)))
            }
            disk.waiting[place].commands.removeAll {
                switch $0 {
                case .startSession, .startHook: true
                default: false
                }
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
        for case .startHook(let hook) in commands {
            checker.begins(hook, at: now)
            begin(hook)
        }
    }

    private mutating func endRun(_ commands: [Command]) {
        for case .endRun(let ending) in commands { self.ending = ending }
    }
}
