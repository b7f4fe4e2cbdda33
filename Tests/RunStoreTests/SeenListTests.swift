import Codec
import FileAccess
import Foundation
import GRDB
import Orchestration
import Simulation
import Testing

@testable import RunStore

private typealias Progress = Orchestration.Progress

/// The journal of a simulated run, in which some lists have stamps and some tasks begin anew.
private func journal(seed: UInt64) -> [JournalBatch] {
    var generator = SplitMix64(seed: seed)
    let plan = RunPlan(tasks: (0..<6).map { TaskPlan(name: "t\($0)", maxSessions: 20) })
    var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
    world.run(turns: 400)
    var batches: [JournalBatch] = []
    for (place, batch) in world.journal.enumerated() {
        var events = batch.events.map { stamped($0, "\(place) 9 8.7 6.5", using: &generator) }
        if place % 29 == 28 {
            events.append(.taskReopened(TaskReopened(task: "t\(place % 6)", beginsAnew: true)))
        }
        batches.append(JournalBatch(run: "r", at: batch.at, events: events))
    }
    return batches
}

private func stamped(
    _ event: RunEvent,
    _ stamp: String,
    using generator: inout SplitMix64
) -> RunEvent {
    let isStamped = Bool.random(using: &generator)
    switch event {
    case .taskInspected(var fact):
        fact.listFile = isStamped ? stamp : nil
        return .taskInspected(fact)
    case .sessionEnded(var fact):
        fact.listFile = isStamped ? stamp : nil
        return .sessionEnded(fact)
    case .taskEnded(var fact):
        fact.list = isStamped && fact.outcome == .complete ? "\(stamp)1 without prompt abc" : nil
        return .taskEnded(fact)
    default: return event
    }
}

/// A task's list, as its facts tell.
private struct SeenList: Hashable {
    var stamp: String?
    var progress: Progress?

    mutating func apply(_ event: RunEvent) {
        switch event {
        case .taskInspected(let fact):
            progress = fact.checklist.progress
            stamp = progress == nil ? nil : fact.listFile
        case .sessionEnded(let fact):
            progress = fact.progress ?? progress
            stamp = fact.progress == nil ? nil : fact.listFile
        case .taskEnded(let fact):
            stamp =
                fact.list.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } ?? stamp
        case .taskReopened(let fact) where fact.beginsAnew == true: self = SeenList()
        default: break
        }
    }
}

private func lists(_ batches: [JournalBatch]) -> [String: SeenList] {
    var lists: [String: SeenList] = [:]
    for event in batches.flatMap(\.events) {
        guard let task = event.task else { continue }
        lists[task, default: SeenList()].apply(event)
    }
    return lists
}

extension RunEvent {
    /// The task of a fact that tells of its list.
    fileprivate var task: String? {
        switch self {
        case .taskInspected(let fact): fact.task
        case .sessionEnded(let fact): fact.task
        case .taskEnded(let fact): fact.task
        case .taskReopened(let fact): fact.task
        default: nil
        }
    }
}

/// Writes a journal as a run does; returns its directory's lists.
private func write(_ batches: [JournalBatch], in directory: String) async throws {
    let store = try RunStore.open(directory: directory)
    for batch in batches {
        try await withCheckedThrowingContinuation { continuation in
            store.append(batch) { continuation.resume(with: $0) }
        }
    }
    try store.close()
}

private func found(in directory: String) throws -> [String: SeenList] {
    let reader = try #require(try StoreReader.open(directory: directory))
    defer { reader.close() }
    let rows = try reader.tasks(of: "r")
    let seen = rows.filter { $0.stamp != nil && $0.progress != nil }
    #expect(try reader.seenLists().map(\.task).sorted() == seen.map(\.name).sorted())
    for list in try reader.seenLists() {
        let row = seen.first { $0.name == list.task }
        #expect(row?.stamp == list.stamp && row?.progress == list.progress)
    }
    return Dictionary(
        uniqueKeysWithValues: rows.map {
            ($0.name, SeenList(stamp: $0.stamp, progress: $0.progress))
        }
    )
}

@Suite struct `A list's stamp` {
    @Test(arguments: UInt64(1)...12)
    func `is in the tables with the progress that was found with it`(seed: UInt64) async throws {
        try await withDirectory { directory in
            let batches = journal(seed: seed)
            try await write(batches, in: directory)
            let wanted = lists(batches)
            #expect(try found(in: directory) == wanted)
            let store = try RunStore.open(directory: directory)
            try store.rebuildProjections()
            try store.close()
            #expect(try found(in: directory) == wanted)
            #expect(wanted.values.contains { $0.stamp != nil })
        }
    }

    /// A store of an earlier version has its journal, and no column for stamps.
    @Test(arguments: ["5", "6", "7"])
    func `is made from an earlier version's journal`(version: String) async throws {
        try await withDirectory { directory in
            let batches = journal(seed: 2)
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
            let queue = try DatabaseQueue(path: directory + "/quire.db")
            try await queue.writeWithoutTransaction { try StoreOwnership.mark($0) }
            try Schema.migrator.migrate(queue, upTo: version)
            try await queue.write { database in
                for batch in batches { _ = try Journal.append(batch, to: database) }
                // The tables count as made, but by a version that knew nothing of stamps.
                let newest = "SELECT max(sequence) FROM journal"
                try database.execute(sql: "UPDATE projected SET sequence = (\(newest))")
            }
            try queue.close()
            #expect(try found(in: directory) == lists(batches))
        }
    }

    @Test func `is unknown where a journal tells nothing of it`() async throws {
        try await withDirectory { directory in
            let batches = journal(seed: 3).map { batch in
                var batch = batch
                batch.events = batch.events.map { event in
                    switch event {
                    case .taskInspected(var fact):
                        fact.listFile = nil
                        return .taskInspected(fact)
                    case .sessionEnded(var fact):
                        fact.listFile = nil
                        return .sessionEnded(fact)
                    case .taskEnded(var fact):
                        fact.list = nil
                        return .taskEnded(fact)
                    default: return event
                    }
                }
                return batch
            }
            let json = try batches.map { try FactEncoder.json($0.events) }.joined()
            #expect(!json.contains("listFile"))
            try await write(batches, in: directory)
            #expect(try found(in: directory).values.allSatisfy { $0.stamp == nil })
        }
    }
}
