import Testing

@testable import Orchestration

/// The stored properties that two values have in common.
private func same(_ one: Any, _ other: Any) -> [String] {
    zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children).compactMap {
        "\($0.value)" == "\($1.value)" ? $0.label : nil
    }
}

/// A value written and read again.
private func repacked<Value: Packable>(_ value: Value) throws -> Value {
    var bytes = PackedBytes()
    bytes.write(value)
    var written = PackedBytes(bytes.bytes)
    let read: Value = try written.read()
    #expect(written.isAtEnd)
    return read
}

@Suite struct `Packed values` {
    private var task: TaskState {
        var task = TaskState(plan: TaskPlan(name: ""))
        task.phase = .ended(.capped)
        task.isInspected = true
        task.resumesNext = true
        task.lastExitStatus = -3
        task.fewestLeft = 4
        task.reason = "words"
        task.checklist = .good(Progress(ticked: 5, total: 600))
        (task.idleTokens, task.idleSeconds, task.seconds) = (7, 8.5, 9.25)
        task.usage = TokenUsage(input: 10, cachedInput: 11, output: 12, reasoningOutput: 13)
        task.ledger.reserve(Spending(tokens: 14, cost: 15, seconds: 16))
        task.ledger.spent = Spending(tokens: 17, cost: 18, seconds: 19)
        (task.ledger.measured, task.ledger.measure.seconds) = (20, 21)
        task.ledger.measure.usage = TokenUsage(input: 22)
        task.thread = "thread"
        task.counts = TaskState.Counts(
            sessions: 1,
            charged: -2,
            retries: 3,
            failures: 4,
            idle: 5,
            growing: 6,
            bestTicked: .max,
            runawayTicks: .min,
            sameFailures: 9,
            pendingNeeds: 10
        )
        task.threadUsage = TokenUsage(output: 23)
        task.list = "stamp"
        task.incident = ListIncident(words: "gone", isTampering: true, place: "/p")
        (task.tampered, task.firstTotal) = (25, 26)
        task.notBefore = .milliseconds(24)
        task.rung = TaskState.Rung(
            model: "large",
            move: ModelMove(from: "small", .redCheck, "it failed"),
            redChecks: 28
        )
        var changes = CheckpointedWork.Changes()
        (changes.files, changes.added, changes.removed) = (25, 26, 27)
        task.work = CheckpointedWork(changes: changes, uncommitted: ["a", "b"])
        task.work?.failure = "the disk is full"
        task.lastFailure = FailureSignature(Failure(.streamCut, "it broke 5 times"))
        (task.question, task.isAsking) = ("Which?", true)
        task.account = "/two"
        task.check = .due
        task.checkTrouble = TaskState.CheckTrouble(
            words: "failed",
            output: "no",
            signature: "1",
            count: 28,
            isOfBase: true
        )
        return task
    }

    @Test func `are the same when they are read again, property for property`() throws {
        // What is shared is looked at by itself.
        #expect(
            same(task, TaskState(plan: TaskPlan(name: ""))) == ["plan", "sharedLedger", "rarities"]
        )
        #expect(same(task.counts, TaskState.Counts()) == [])
        #expect(same(task.rarities.value, TaskState.Rarities()) == [])
        #expect(same(task.ledger, Ledger()) == [])
        #expect(try repacked(task) == task)
        for phase in [TaskState.Phase.waiting, .running(9)] {
            for checklist in [ChecklistState.missing, .damaged("why")] {
                var task = TaskState(plan: TaskPlan(name: ""))
                (task.phase, task.checklist) = (phase, checklist)
                #expect(try repacked(task) == task)
            }
        }
    }

    @Test func `of the scheduler are, too`() throws {
        let plain = Scheduler.Entry(Scheduler.Entry.Conditions(lane: 0, weight: 0))
        var entry = Scheduler.Entry(
            Scheduler.Entry.Conditions(
                lane: 1,
                parksAfter: 10,
                weight: 0.3,
                descendants: 11
            )
        )
        entry.link = Scheduler.Entry.Link(older: 2, newer: 3, sequence: .max)
        entry.occupancy = Scheduler.Entry.Occupancy(
            charge: .infinity,
            slot: 5,
            isRunning: true,
            isCritical: true
        )
        (entry.arrival, entry.arrivalClock, entry.key, entry.openWork) = (4, 0.1, -7, 8)
        (entry.isWaiting, entry.isRunningAway, entry.isActive) = (true, true, true)
        #expect(same(entry.conditions, plain.conditions) == [])
        #expect(same(entry.link, plain.link) == [])
        #expect(same(entry.occupancy, plain.occupancy) == [])
        // There may be a million of them.
        #expect(MemoryLayout<Scheduler.Entry>.stride == 80)
        #expect(same(entry, plain) == [])
        #expect(try repacked(entry) == entry)
        let known = Estimates.Task(
            workedSeconds: 1,
            secondsWithoutGain: 2,
            attained: 3,
            remaining: 4,
            circlingSeconds: 0.6,
            idleWeight: 0.7,
            sessions: 5,
            ticked: 6,
            mostDone: 7,
            fewestLeft: 8,
            done: 9,
            total: 10,
            idle: 11,
            isSeen: true,
            isSized: true
        )
        #expect(same(known, Estimates.Task()) == [])
        #expect(try repacked(known) == known)
        let key = KeyEntry(key: 0.3, sequence: 7, task: -1)
        #expect(try repacked(key) == key)
    }

    @Test func `that are cut off are damage`() throws {
        var bytes = PackedBytes()
        bytes.write(task)
        for length in 0..<bytes.bytes.count {
            var cut = PackedBytes(Array(bytes.bytes.prefix(length)))
            #expect(throws: PackedBytes.Damage.self) { try TaskState(unpacking: &cut) }
        }
    }

    @Test func `tell of their properties, so that others are not read as them`() {
        #expect(TaskState.packedFormat.contains("isInspected=Bool"))
        #expect(TaskState.packedFormat.contains("pendingNeeds=Int32"))
        // Grouping properties changes nothing on the disk.
        let sums = "idleTokens=Int64(),idleSeconds=Double(),seconds=Double(),usage=TokenUsage("
        #expect(TaskState.packedFormat.contains(sums))
        #expect(TaskState.packedFormat.contains("notBefore="))
        #expect(TaskState.packedFormat.contains("reserved="))
        #expect(Estimates.Task.packedFormat != Scheduler.Entry.packedFormat)
    }
}
