import Codec
import Foundation
import GRDB
import Orchestration
import Simulation
import Synchronization
import Testing

@testable import RunStore

/// The journal of a run of everything that a state can hold: groups, accounts, needs, budgets,
/// gates, crashes.
private func journal(seed: UInt64) -> [JournalBatch] {
    var generator = SplitMix64(seed: seed)
    var plan = RunPlan(concurrency: 3, prices: Prices(input: 1, cachedInput: 0.1, output: 4))
    plan.groups = [
        GroupPlan(name: "g", weight: 2, budget: Budget(tokens: 40_000_000)),
        GroupPlan(name: "h", maxConcurrent: 1),
    ]
    for number in 0..<7 {
        var task = TaskPlan(name: "t\(number)", maxSessions: 30)
        task.group = [nil, "g", "h"][number % 3]
        task.priority = number % 2
        task.size = number == 3 ? 5 : nil
        task.account = number == 4 ? "/other" : nil
        task.needs = number == 6 ? ["t0"] : []
        plan.tasks.append(task)
    }
    var faults = Faults.breaking(using: &generator)
    faults.fullDisk = 0
    var world = World(plan: plan, faults: faults, seed: seed)
    world.run(turns: 60)
    world.crash()
    world.run(turns: 120)
    return world.journal.map { JournalBatch(run: "r", at: $0.at, events: $0.events) }
}

private func fold(_ batches: some Sequence<JournalBatch>, into state: RunState) -> RunState {
    batches.reduce(into: state) { $0.apply($1.events, at: $1.at) }
}

extension RunStore {
    fileprivate func append(_ batch: JournalBatch, state: RunState) async throws {
        try await withCheckedThrowingContinuation { continuation in
            append(batch, state: { state }) { continuation.resume(with: $0) }
        }
    }
}

/// Writes a journal whose store takes a snapshot now and then; returns the last state.
private func write(_ batches: [JournalBatch], in directory: String) async throws -> RunState {
    let store = try RunStore.open(directory: directory, snapshotsAfter: 2000)
    var state = RunState()
    for batch in batches {
        state.apply(batch.events, at: batch.at)
        try await store.append(batch, state: state)
    }
    try store.close()
    return state
}

private func change(_ directory: String, _ sql: String) throws {
    let database = try DatabaseQueue(path: directory + "/quire.db")
    try database.write { try $0.execute(sql: sql) }
    try database.close()
}

private func count(_ directory: String, _ sql: String) throws -> Int {
    let database = try DatabaseQueue(path: directory + "/quire.db")
    defer { try? database.close() }
    return try database.read { try Int.fetchOne($0, sql: sql) ?? 0 }
}

private func recovered(_ directory: String) throws -> RunState {
    let store = try RunStore.open(directory: directory)
    defer { try? store.close() }
    return try store.state(of: "r")
}

@Suite struct `A snapshot` {
    /// Everything of a state, in bytes.
    private func bytes(_ state: RunState) throws -> [Snapshots.Part] { try Snapshots.encode(state) }

    @Test(arguments: UInt64(1)...40)
    func `is the whole state, at every record of a journal`(seed: UInt64) throws {
        let batches = journal(seed: seed)
        var state = RunState()
        for (place, batch) in batches.enumerated() {
            state.apply(batch.events, at: batch.at)
            guard place % 7 == 0 || place == batches.count - 1 else { continue }
            let written = try bytes(state)
            let read = try #require(Snapshots.decode(written))
            #expect(read.tasks == state.tasks)
            #expect(read.running == state.running)
            #expect(read.gates.closed == state.gates.closed)
            #expect(read.plan == state.plan)
            #expect(
                read.unfinished == state.unfinished && read.index.accounts == state.index.accounts
            )
            #expect(try bytes(read) == written)
            // What the scheduler goes by goes on, too.
            let rest = batches.dropFirst(place + 1)
            #expect(try bytes(fold(rest, into: read)) == bytes(fold(rest, into: state)))
        }
    }

    @Test(arguments: UInt64(1)...5)
    func `spares a recovery what was journalled before`(seed: UInt64) async throws {
        try await withDirectory { directory in
            let state = try await write(journal(seed: seed), in: directory)
            let row = try count(directory, "SELECT max(sequence) FROM snapshot")
            #expect(row > 1)
            try change(directory, "UPDATE journal SET facts = '[]' WHERE sequence <= \(row)")
            let read = try recovered(directory)
            #expect(read.tasks.map(\.phase) == state.tasks.map(\.phase))
            #expect(read.tasks.map(\.charged) == state.tasks.map(\.charged))
            #expect(read.tasks.map(\.usage) == state.tasks.map(\.usage))
            #expect(read.running.keys == state.running.keys)
            let reader = try #require(try StoreReader.open(directory: directory))
            #expect(try reader.state(of: "r").tasks == read.tasks)
        }
    }

    @Test(arguments: [
        "UPDATE snapshot SET bytes = zeroblob(length(bytes))",
        "UPDATE snapshot SET bytes = substr(bytes, 1, length(bytes) - 1)",
        "UPDATE snapshot SET bytes = x'', fingerprint = 'cbf29ce484222325'",
        "UPDATE snapshot SET format = format + 1",
        "DELETE FROM snapshot WHERE part = 0",
        "DELETE FROM snapshot WHERE part = 1",
        "DELETE FROM snapshot",
        "DROP TABLE snapshot",
    ])
    func `that can't be read is done without`(damage: String) async throws {
        try await withDirectory { directory in
            let batches = journal(seed: 2)
            _ = try await write(batches, in: directory)
            #expect(try count(directory, "SELECT count(*) FROM snapshot") == 2)
            try change(directory, damage)
            let read = try recovered(directory)
            let store = try RunStore.open(directory: directory)
            let whole = fold(try store.journal(of: "r"), into: RunState())
            try store.close()
            #expect(read.tasks == whole.tasks)
            #expect(read.running == whole.running)
        }
    }

    @Test func `is made up for by whoever looks at a run that is over`() async throws {
        try await withDirectory { directory in
            let batches = journal(seed: 6)
            let store = try RunStore.open(directory: directory)
            for batch in batches { try await store.append(batch, state: RunState()) }
            try store.close()
            func state(isOver: Bool, after bytes: Int = 2000) throws -> RunState {
                let reader = try #require(try StoreReader.open(directory: directory))
                defer { reader.close() }
                return try reader.state(of: "r", isOver: isOver, snapshotsAfter: bytes)
            }
            let whole = try state(isOver: false)
            _ = try state(isOver: true, after: 1 << 30)
            let snapshots = "SELECT count(*) FROM snapshot"
            #expect(try count(directory, snapshots) == 0)
            let kept = try state(isOver: true)
            #expect(try bytes(kept) == bytes(whole))
            #expect(try count(directory, "SELECT max(sequence) FROM snapshot") == batches.count)
            try change(directory, "UPDATE journal SET facts = '[]'")
            #expect(try state(isOver: true).tasks == whole.tasks)
            // An older state does not take the place of a newer one.
            try RunStore.open(directory: directory).closeKeeping(
                Journal.Fold(sequence: 3),
                of: "r"
            )
            #expect(try count(directory, "SELECT max(sequence) FROM snapshot") == batches.count)
        }
    }

    @Test func `is taken when much was journalled since the last, not before`() async throws {
        try await withDirectory { directory in
            var pace = SnapshotPace()
            func isDue(at journalled: Int) -> Bool {
                pace.journalled = journalled
                return pace.beginIfDue(least: 100)
            }
            #expect(!isDue(at: 99))
            #expect(isDue(at: 100))
            #expect(!isDue(at: 100), "one at a time")
            pace.end(size: 80)
            #expect(!isDue(at: 159))
            #expect(isDue(at: 160))
            // One that came to nothing is tried again.
            pace.end()
            #expect(isDue(at: 160))
            let store = try RunStore.open(directory: directory)
            for batch in journal(seed: 3) {
                try await store.append(batch, state: RunState())
            }
            try store.close()
            #expect(try count(directory, "SELECT count(*) FROM snapshot") == 0)
        }
    }

    /// Fields that come, go or change their names must not be taken for others.
    @Test func `of another program is not read`() throws {
        struct Old: Codable {
            var first = 1
            var second: String? = "b"
            var third: [Int32] = [1, -2]
        }
        struct Renamed: Codable {
            var first: Int
            var zweites: String?
            var third: [Int32]
        }
        struct Shorter: Codable {
            var first: Int
            var second: String?
        }
        struct Longer: Codable {
            var first: Int
            var second: String?
            var third: [Int32]
            var fourth: Bool
        }
        struct Optional: Codable {
            var first: Int
            var second: String?
            var third: [Int32]
            var fourth: Int?
        }
        struct Reordered: Codable {
            var second: String?
            var first: Int
            var third: [Int32]
        }
        let bytes = try CompactEncoder.encode(Old())
        let same = try CompactDecoder.decode(Old.self, from: bytes)
        #expect(same.first == 1 && same.second == "b" && same.third == [1, -2])
        #expect(throws: DecodingError.self) { try CompactDecoder.decode(Renamed.self, from: bytes) }
        #expect(throws: DecodingError.self) { try CompactDecoder.decode(Shorter.self, from: bytes) }
        #expect(throws: DecodingError.self) { try CompactDecoder.decode(Longer.self, from: bytes) }
        #expect(throws: DecodingError.self) {
            try CompactDecoder.decode(Optional.self, from: bytes)
        }
        for end in 0..<bytes.count {
            #expect(throws: DecodingError.self) {
                try CompactDecoder.decode(Old.self, from: Array(bytes[..<end]))
            }
        }
        #expect(throws: DecodingError.self) {
            try CompactDecoder.decode(Reordered.self, from: bytes)
        }
    }

    @Test func `holds every number and text`() throws {
        struct Values: Codable, Equatable {
            // Greater ones are cut.
            var integers = [0, 1, -1, 63, 64, -64, -65, 1 << 53, -(1 << 53)]
            var wide: [UInt64] = [0, 127, 128, .max]
            var doubles = [0, -0.0, 0.1, 1e308, .infinity, -.infinity, .leastNonzeroMagnitude]
            var texts = ["", "a", "é\u{0}\n", String(repeating: "x", count: 70_000)]
            var durations = [Duration.zero, .seconds(-1), .nanoseconds(1)]
            var nothing: Int?
            var something: Int? = 7
        }
        let bytes = try CompactEncoder.encode(Values())
        #expect(try CompactDecoder.decode(Values.self, from: bytes) == Values())
    }

    /// Whatever the bytes are, reading them ends, in a value or an error.
    @Test func `may be any bytes`() throws {
        let parts = try bytes(fold(journal(seed: 4), into: RunState()))
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            var damaged = parts
            let part = Int.random(in: parts.indices, using: &random)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: parts[part].bytes.indices, using: &random)
                damaged[part].bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            _ = Snapshots.decode(damaged)
        }
    }
}
