import Foundation
import Orchestration
import Reporting
import Simulation
import Testing

@testable import RunStore

/// The journal of a random life: gates, faults, shutdowns and crashes in several legs, then two legs
/// of other plans.
private func life(seed: UInt64) -> [JournalBatch] {
    var random = SplitMix64(seed: seed)
    var plan = RunPlan(concurrency: 3, prices: Prices(input: 1, cachedInput: 0.1, output: 4))
    plan.leastConcurrency = Bool.random(using: &random) ? 1 : nil
    plan.groups = [GroupPlan(name: "g")]
    for number in 0..<6 {
        var task = TaskPlan(name: "t\(number)", maxSessions: 30)
        task.group = number.isMultiple(of: 2) ? "g" : nil
        task.account = number == 4 ? "/other" : nil
        plan.tasks.append(task)
    }
    var faults = Faults.breaking(using: &random)
    faults.fullDisk = 0
    faults.steering = Bool.random(using: &random) ? 0.1 : 0
    var world = World(plan: plan, faults: faults, seed: seed, entries: 1...3)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
        world.run(turns: Int.random(in: 1...60, using: &random))
        switch Int.random(in: 0..<3, using: &random) {
        case 0: world.requestShutdown(.interrupt)
        default: world.crash()
        }
        if world.ending != nil { world.goOn() }
    }
    world.run(turns: Int.random(in: 0...200, using: &random))
    let end = world.journal.last?.at ?? Moment(awake: .zero, wall: .init(millisecondsSinceEpoch: 0))
    let played = world.journal.map { batch in
        JournalBatch(
            run: "simulated",
            at: batch.at,
            events: batch.events.map(\.exact).flatMap(withCheckpoint)
        )
    }
    return played + otherPlans(than: plan, after: end)
}

/// A leg without one of the tasks, with another one left out and another one begun anew, that is
/// killed; and the beginning of a leg of the old plan, to which the first task comes back.
private func otherPlans(than plan: RunPlan, after end: Moment) -> [JournalBatch] {
    func batch(_ seconds: Int, _ events: [RunEvent]) -> JournalBatch {
        let moment = Moment(
            awake: end.awake + .seconds(seconds),
            wall: end.wall + .seconds(seconds)
        )
        return JournalBatch(run: "simulated", at: moment, events: events)
    }
    func began(_ plan: RunPlan) -> RunEvent {
        .runBegan(
            RunBegan(run: "simulated", name: "other", pid: 2, quireVersion: "0", plan: plan)
        )
    }
    var other = plan
    other.tasks.removeFirst()
    other.tasks[0].isLeftOut = true
    other.tasks.append(TaskPlan(name: "new"))
    let start = SessionStarted(task: "new", session: 1, slot: 0, role: .initializer)
    let lost = SessionEnded(task: "new", session: 1, verdict: .lost, charge: .retry, seconds: 5)
    return [
        batch(
            9,
            [began(other), .taskReopened(TaskReopened(task: "t3", beginsAnew: true))]
                + other.tasks.map {
                    .taskInspected(TaskInspected(task: $0.name, checklist: .missing))
                }
        ),
        batch(10, [.sessionStarted(start)]),
        batch(
            12,
            [.warned(Warned(message: "of the run")), .warned(Warned(task: "new", message: ""))]
        ),
        batch(20, []),
        batch(30, [began(plan), .sessionEnded(lost)]),
    ]
}

/// The fact, and before the end of a session the checkpoint of its work.
private func withCheckpoint(_ fact: RunEvent) -> [RunEvent] {
    guard case .sessionEnded(let end) = fact, end.verdict != .lost else { return [fact] }
    var changes = CheckpointedWork.Changes()
    (changes.files, changes.added) = (end.session, 3 * end.session)
    let work = CheckpointedWork(
        changes: end.task == "t1" ? nil : changes,
        uncommitted: end.session.isMultiple(of: 3) ? [] : ["\"\(end.task)\" is secret\n"]
    )
    let commit = end.session.isMultiple(of: 2) ? "c\(end.session)" : nil
    let checkpoint = CheckpointMade(
        task: end.task,
        session: end.session,
        commit: commit,
        work: work
    )
    return [.checkpointMade(checkpoint), fact] + check(after: end)
}

/// The check of every second session's work, which goes on, as far as is known, where all is done.
private func check(after end: SessionEnded) -> [RunEvent] {
    guard end.session.isMultiple(of: 2), let progress = end.progress else { return [] }
    let began = RunEvent.checkBegan(CheckBegan(task: end.task, session: end.session))
    guard !progress.isComplete else { return [began] }
    var ended = CheckEnded(task: end.task, session: end.session, .failed)
    (ended.progress, ended.message) = (progress, "ended with status 1")
    return [began, .checkEnded(ended)]
}

extension RunEvent {
    /// The fact with seconds whose sum is the same in whatever order they are added.
    fileprivate var exact: RunEvent {
        guard case .sessionEnded(var fact) = self else { return self }
        fact.seconds = (fact.seconds * 1024).rounded() / 1024
        return .sessionEnded(fact)
    }
}

/// Everything that views show of a record that the tables hold.
private func views(of record: RunRecord) throws -> [String] {
    let part = try #require(RunReport.Part(record, in: "/w"))
    let report = RunReport([part])
    let now = WallTime(millisecondsSinceEpoch: 1 << 45)
    return [
        JUnitReport.render(report), MarkdownReport.render(report),
        GitHubReport.annotations(report).text,
        FinalTable.render(report: report, width: nil).description,
        "\(record.leg as Any)", "\(record.tasks)", "\(record.holds)", "\(record.spent)",
        "\(record.times.total(until: now, isRunning: false))",
        "\(record.times.total(until: now, isRunning: true))",
    ]
}

/// The tasks without what no live view shows.
private func shown(_ tasks: [TaskRecord]) -> [TaskRecord] {
    tasks.map { task in
        var task = task
        (task.charged, task.retries, task.active) = (0, 0, nil)
        (task.thread, task.stamp, task.history) = (nil, nil, [])
        return task
    }
}

@Suite struct `A run's record` {
    @Test(arguments: UInt64(1)...30)
    func `is the same live, in the tables and in the journal`(seed: UInt64) async throws {
        try await withDirectory { directory in
            var live = RunRecord()
            let store = try RunStore.open(directory: directory)
            for batch in life(seed: seed) {
                live.apply(batch.events, at: batch.at)
                try await withCheckedThrowingContinuation { continuation in
                    store.append(batch) { continuation.resume(with: $0) }
                }
            }
            var journalled = RunRecord()
            for batch in try store.journal(of: "simulated") {
                journalled.apply(batch.events, at: batch.at)
            }
            #expect(journalled == live)
            try store.close()
            let views = try views(of: live)
            #expect(try found(in: directory) == views)
            let reopened = try RunStore.open(directory: directory)
            try reopened.rebuildProjections()
            try reopened.close()
            #expect(try found(in: directory) == views)
        }
    }

    private func found(in directory: String) throws -> [String] {
        let reader = try #require(try StoreReader.open(directory: directory))
        defer { reader.close() }
        let leg = try #require(try reader.runs().first)
        let record = try #require(try reader.record(of: leg))
        // A glance lacks nothing but the histories, the shard, and the plans unless they are asked for.
        let glance = try reader.glance(at: leg, plansOfOpen: true)
        #expect(glance.holds == record.holds && glance.times == record.times)
        #expect(glance.tasks.map(\.tokens) == record.tasks.map(\.tokens))
        if record.tasks.contains(where: \.isOpen) {
            #expect(glance.tasks.map(\.planned) == record.tasks.map(\.planned))
        }
        return try views(of: record)
    }

    @Test(arguments: UInt64(1)...30)
    func `shows in a leg's live view what it is over all legs`(seed: UInt64) {
        var (record, state, view) = (RunRecord(), RunState(), RunView())
        for batch in life(seed: seed) {
            for fact in batch.events {
                if case .runBegan = fact {
                    view = RunView()
                    view.apply(fact, at: batch.at)
                    view.carry(state.knownTasks)
                } else {
                    view.apply(fact, at: batch.at)
                }
            }
            state.apply(batch.events, at: batch.at)
            record.apply(batch.events, at: batch.at)
            #expect(shown(view.tasks) == shown(record.tasks))
            #expect(view.gates == record.holds.gates && view.shutdown == record.shutdown)
            #expect(view.record.concurrencyLimit == record.concurrencyLimit)
            let running = record.tasks.compactMap { task in
                task.running.map { SessionKey(task: task.name, number: $0) }
            }
            #expect(Set(view.slots.values.map(\.key)) == Set(running))
        }
    }
}
