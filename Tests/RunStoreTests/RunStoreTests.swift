import Codec
import Foundation
import GRDB
import Orchestration
import Simulation
import Synchronization
import Testing

@testable import RunStore

/// A directory for a store, removed afterwards.
func withDirectory(_ body: (String) async throws -> Void) async throws {
    let path = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
}

extension RunStore {
    fileprivate func append(_ batch: JournalBatch) async throws {
        try await withCheckedThrowingContinuation { continuation in
            append(batch) { continuation.resume(with: $0) }
        }
    }
}

/// The journal of a simulated run with faults.
private func journal(seed: UInt64) -> [JournalBatch] {
    var generator = SplitMix64(seed: seed)
    let plan = RunPlan(tasks: (0..<6).map { TaskPlan(name: "t\($0)", maxSessions: 20) })
    var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
    world.run(turns: 400)
    return world.journal.map { JournalBatch(run: "r", at: $0.at, events: $0.events) }
}

@Suite struct `The store` {
    @Test func `a clock that is set back changes neither the newest run nor an order`() async throws
    {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            func batch(_ run: String, _ seconds: Int64, _ events: [RunEvent]) -> JournalBatch {
                let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000 + seconds * 1000)
                return JournalBatch(run: run, at: Moment(awake: .zero, wall: wall), events: events)
            }
            func began(_ run: String) -> RunEvent {
                let plan = RunPlan(tasks: ["a", "b", "c"].map { TaskPlan(name: $0) })
                return .runBegan(
                    RunBegan(run: run, name: run, pid: 1, quireVersion: "0", plan: plan)
                )
            }
            func start(_ task: String) -> RunEvent {
                .sessionStarted(SessionStarted(task: task, session: 1, slot: 0, role: .executor))
            }
            try await store.append(batch("before", 0, [began("before")]))
            try await store.append(batch("after", -86_400, [began("after")]))
            for (place, task) in ["c", "a", "b"].enumerated() {
                try await store.append(batch("after", -90_000 - Int64(place), [start(task)]))
            }
            try store.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            #expect(try reader.runs().map(\.run) == ["after", "before"])
            #expect(try reader.sessions(of: "after").map(\.key.task) == ["c", "a", "b"])
        }
    }

    @Test(arguments: UInt64(1)...5)
    func `what was journalled is read back, batch by batch`(seed: UInt64) async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let batches = journal(seed: seed)
            for batch in batches { try await store.append(batch) }
            try await store.append(
                JournalBatch(
                    run: "other",
                    at: batches[0].at,
                    events: [
                        .warned(Warned(message: "not of this run"))
                    ]
                )
            )
            let read = try store.journal(of: "r")
            #expect(read.map(\.events) == batches.map(\.events))
            #expect(read.map(\.at.wall) == batches.map(\.at.wall))
            var live = RunState()
            for batch in batches { live.apply(batch.events, at: batch.at) }
            var recovered = RunState()
            for batch in read { recovered.apply(batch.events, at: batch.at) }
            #expect(recovered.running.keys == live.running.keys)
            #expect(recovered.tasks.map(\.charged) == live.tasks.map(\.charged))
            #expect(recovered.tasks.map(\.phase) == live.tasks.map(\.phase))
            try store.close()
        }
    }

    @Test func `a quiet journal tells that its leg lives, the rarer the longer it is quiet`() {
        var quiet = QuietJournal()
        let isDueBeforeFacts = quiet.isDue(at: .seconds(5))
        #expect(!isDueBeforeFacts)
        quiet.told(at: .zero)
        var rows: [Int] = []
        for second in 1...86_400 where quiet.isDue(at: .seconds(second)) {
            let unknown = second - (rows.last ?? 0)
            #expect(unknown <= max(2, min(61, second / 4 + 1)))
            rows.append(second)
        }
        #expect(rows.first == 1 && rows.count < 1500)
    }

    @Test func `a leg that was killed in a quiet time took until its last sign of life`()
        async throws
    {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            func moment(_ seconds: Int) -> Moment {
                let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000)
                return Moment(awake: .seconds(seconds), wall: wall + .seconds(seconds))
            }
            let plan = RunPlan(tasks: [TaskPlan(name: "a")])
            let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
            try await store.append(
                JournalBatch(run: "r", at: moment(0), events: [.runBegan(began)])
            )
            store.noteLife(of: "r", at: moment(90))
            // Too early for another one.
            store.noteLife(of: "r", at: moment(91))
            try store.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            let record = try reader.glance(at: try #require(try reader.runs().first))
            let total = record.times.total(until: moment(500).wall, isRunning: false)
            #expect(total.wall == .seconds(90))
            #expect(try reader.state(of: "r").elapsed(at: moment(90)) == .seconds(90))
            #expect(try reader.runs().map(\.number) == [1])
        }
    }

    @Test func `batches that wait together are written together and in order`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let batches = journal(seed: 3)
            let results = Mutex<[Bool]>([])
            #expect(batches.count > 40)
            let before = try commits(directory)
            // Nothing can be written until all of them wait.
            let other = try DatabaseQueue(path: directory + "/quire.db")
            try await other.writeWithoutTransaction { database in
                try database.execute(sql: "BEGIN IMMEDIATE")
                for batch in batches {
                    store.append(batch) { result in
                        results.withLock { $0.append((try? result.get()) != nil) }
                    }
                }
                try database.execute(sql: "COMMIT")
            }
            for _ in 0..<6000 where results.withLock(\.count) < batches.count {
                try await Task.sleep(for: .milliseconds(10))
            }
            // The first, which did not know of the others, and all others; then the tables, which
            // may be told twice, too.
            #expect(try commits(directory) - before <= 4)
            try store.close()
            #expect(results.withLock(\.self) == batches.map { _ in true })
            let reopened = try RunStore.open(directory: directory)
            #expect(try reopened.journal(of: "r").map(\.events) == batches.map(\.events))
            let reader = try #require(try StoreReader.open(directory: directory))
            let together = try reader.tasks(of: "r")
            try reopened.rebuildProjections()
            #expect(try reader.tasks(of: "r") == together)
            try reopened.close()
        }
    }

    @Test func `what nothing waits for is written with what is waited for`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let batches = journal(seed: 7)
            let order = Mutex<[Int]>([])
            for (number, batch) in batches.dropLast().enumerated() {
                store.append(batch, isUrgent: false) { _ in order.withLock { $0.append(number) } }
            }
            // Some may have been written by now: they wait for a few milliseconds alone.
            try await store.append(try #require(batches.last))
            #expect(order.withLock(\.self) == Array(0..<(batches.count - 1)))
            store.append(batches[0], isUrgent: false) { _ in order.withLock { $0 = [] } }
            while order.withLock({ !$0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
            try store.close()
        }
    }

    @Test func `a journal of the first version is taken over`() async throws {
        try await withDirectory { directory in
            let batches = journal(seed: 4)
            try writeFirstVersion(of: batches, in: directory)
            let store = try RunStore.open(directory: directory)
            let read = try store.journal(of: "r")
            #expect(read.map(\.events) == batches.map(\.events))
            #expect(read.map(\.at.wall) == batches.map(\.at.wall))
            try store.close()
        }
    }

    /// Makes a database as Quire's first version did: a row for each fact.
    private func writeFirstVersion(of batches: [JournalBatch], in directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let queue = try DatabaseQueue(path: directory + "/quire.db")
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: Schema.version1) }
        try migrator.migrate(queue)
        try queue.write { database in
            for (number, batch) in batches.enumerated() {
                for event in batch.events {
                    let payload = try JSONEncoder().encode(event)
                    try database.execute(
                        sql: """
                            INSERT INTO event (run, batch, wall, awake, kind, payload)
                            VALUES ('r', ?, ?, ?, ?, ?)
                            """,
                        arguments: [
                            number, batch.at.wall.millisecondsSinceEpoch, 0.0,
                            event.kind.rawValue, String(decoding: payload, as: UTF8.self),
                        ]
                    )
                }
            }
        }
        try queue.close()
    }

    @Test(arguments: UInt64(1)...5)
    func `the projections can be made afresh from the journal`(seed: UInt64) async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            for batch in journal(seed: seed) { try await store.append(batch) }
            try store.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            let before = (
                try reader.runs(), try reader.tasks(of: "r"), try reader.sessions(of: "r")
            )
            let reopened = try RunStore.open(directory: directory)
            try reopened.rebuildProjections()
            #expect(try reader.runs() == before.0)
            #expect(try reader.tasks(of: "r") == before.1)
            #expect(try reader.sessions(of: "r") == before.2)
            #expect(!before.2.isEmpty)
            try reopened.close()
        }
    }

    @Test func `what comes together reaches the tables in transactions that are short`() throws {
        var queue: [Projection] = []
        let batches = (1...5).flatMap { journal(seed: $0) }
        for (row, batch) in batches.enumerated() { queue.add(batch, row: Int64(row + 1)) }
        let longest = batches.map(\.events.count).max() ?? 0
        var (facts, transactions) = (0, 0)
        for projection in queue {
            #expect(projection.facts < [Projection].mostFacts + longest)
            (facts, transactions) = (facts + projection.facts, transactions + 1)
        }
        #expect(facts == batches.reduce(0) { $0 + $1.events.count })
        #expect(transactions > 5)
    }

    @Test(arguments: UInt64(1)...5)
    func `looks find the facts of a run, marked or not yet`(seed: UInt64) async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let played = journal(seed: seed)
            let gate = GateClosed(gate: .usageLimit, until: nil, reason: "the limit")
            let held = JournalBatch(run: "r", at: played[1].at, events: [.gateClosed(gate)])
            let batches = played.prefix(2) + [held] + played.dropFirst(2)
            for batch in batches { try await store.append(batch) }
            try store.close()
            let kinds: [RunEvent.Kind] = [.gateClosed, .gateOpened, .concurrencyChanged, .runEnded]
            let wanted = batches.map { $0.events.filter { kinds.contains($0.kind) } }
                .filter { !$0.isEmpty }
            #expect(!wanted.isEmpty)
            for marked in [Int64.max, 3, 0] {
                let queue = try DatabaseQueue(path: directory + "/quire.db")
                try await queue.write { database in
                    try database.execute(
                        sql: "DELETE FROM mark WHERE sequence > ?",
                        arguments: [marked]
                    )
                    try database.execute(
                        sql: "UPDATE projected SET sequence = min(sequence, ?)",
                        arguments: [marked]
                    )
                    let rows = Int64(1)...Int64(batches.count)
                    let found = try Journal.batches(of: "r", in: rows, with: kinds, in: database)
                    #expect(found.map(\.events) == wanted, "marked up to \(marked)")
                    #expect(try Journal.legs(of: "r", in: database).count == 1)
                }
                try queue.close()
            }
        }
    }

    @Test func `every batch that was reported is in a copy made at any moment`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory + "/live")
            let batches = journal(seed: 2)
            for (number, batch) in batches.prefix(20).enumerated() {
                try await store.append(batch)
                let copy = directory + "/copy\(number)"
                try FileManager.default.copyItem(atPath: directory + "/live", toPath: copy)
                let recovered = try RunStore.open(directory: copy)
                #expect(try recovered.journal(of: "r").count == number + 1)
                let reader = try #require(try StoreReader.open(directory: copy))
                let caughtUp = try reader.tasks(of: "r")
                try recovered.rebuildProjections()
                #expect(try reader.tasks(of: "r") == caughtUp)
                #expect(!caughtUp.isEmpty)
                try recovered.close()
            }
            try store.close()
        }
    }

    @Test func `a log that is cut anywhere holds whole batches, all that it was long enough for`()
        async throws
    {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory + "/live")
            let log = directory + "/live/quire.db-wal"
            let batches = Array(journal(seed: 6).prefix(8))
            var lengths: [Int] = []
            for batch in batches {
                try await store.append(batch)
                lengths.append(try size(log))
            }
            let database = try Data(contentsOf: URL(fileURLWithPath: directory + "/live/quire.db"))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: log))
            try store.close()
            let frame = 24 + bytes[8..<12].reduce(0) { $0 << 8 | Int($1) }
            let ends = Array(stride(from: 32, through: bytes.count, by: frame))
            #expect(ends.count > batches.count && ends.last == bytes.count)
            var seen: Set<Int> = []
            for (number, cut) in ends.flatMap({ [$0, $0 + 17] }).enumerated() {
                let copy = directory + "/copy\(number)"
                try FileManager.default.createDirectory(
                    atPath: copy,
                    withIntermediateDirectories: true
                )
                try database.write(to: URL(fileURLWithPath: copy + "/quire.db"))
                try bytes.prefix(cut).write(to: URL(fileURLWithPath: copy + "/quire.db-wal"))
                let recovered = try RunStore.open(directory: copy)
                let read = try recovered.journal(of: "r")
                try recovered.close()
                #expect(read.map(\.events) == batches.prefix(read.count).map(\.events))
                #expect(read.count >= lengths.count { $0 <= cut }, "cut at \(cut)")
                seen.insert(read.count)
                try FileManager.default.removeItem(atPath: copy)
            }
            #expect(seen == Set(0...batches.count))
        }
    }

    /// The transactions that the log holds: their last pages have the database's size.
    private func commits(_ directory: String) throws -> Int {
        let path = URL(fileURLWithPath: directory + "/quire.db-wal")
        let bytes = [UInt8](try Data(contentsOf: path))
        func number(at place: Int) -> Int {
            bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        return stride(from: 32, to: bytes.count, by: 24 + number(at: 8)).count {
            number(at: $0 + 4) != 0
        }
    }

    private func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    @Test(arguments: [
        "plain", "\"quotes\" and \\", "\u{0}\u{1f}\n\t\u{7f}", "ü 𝄞 \u{2028} 👩‍👩‍👧", "",
    ])
    func `facts with any text are read back`(text: String) throws {
        let facts: [RunEvent] = [
            .warned(Warned(task: text, message: text)),
            .sessionEnded(
                SessionEnded(
                    task: text,
                    session: 1 << 53,
                    verdict: .failed,
                    charge: .retry,
                    termination: .notStarted(errno: -1, doing: text),
                    failure: Failure(.spawnFailed, text),
                    seconds: 1e-7,
                    usage: TokenUsage(
                        input: .max,
                        cachedInput: 0,
                        output: 1,
                        reasoningOutput: .min
                    ),
                    retryIn: 1e22
                )
            ),
        ]
        let json = Data(try FactEncoder.json(facts).utf8)
        #expect(try JSONDecoder().decode([RunEvent].self, from: json) == facts)
        let library = try JSONSerialization.jsonObject(with: JSONEncoder().encode(facts))
        #expect(try JSONSerialization.jsonObject(with: json) as? NSArray == library as? NSArray)
        #expect(try FactDecoder.decode([RunEvent].self, from: string(json)) == facts)
        // As Foundation writes them: keys in any order, other escapes.
        let other = try JSONEncoder().encode(facts)
        #expect(try FactDecoder.decode([RunEvent].self, from: string(other)) == facts)
        let spaced = JSONEncoder()
        spaced.outputFormatting = [.prettyPrinted, .sortedKeys]
        #expect(
            try FactDecoder.decode([RunEvent].self, from: string(spaced.encode(facts))) == facts
        )
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `facts are read as the library reads them, damaged ones too`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for batch in journal(seed: seed) {
            let json = try FactEncoder.json(batch.events)
            #expect(try FactDecoder.decode([RunEvent].self, from: json) == batch.events)
            var bytes = Array(json.utf8)
            let place = Int.random(in: bytes.indices, using: &generator)
            bytes[place] = Array(#"{}[],:"\ 0-.e1tn"#.utf8).randomElement(using: &generator) ?? 0
            let damaged = string(Data(bytes))
            let library = try? JSONDecoder().decode([RunEvent].self, from: Data(damaged.utf8))
            do {
                let facts = try FactDecoder.decode([RunEvent].self, from: damaged)
                #expect(facts == library, "\(damaged)")
            } catch is DecodingError {
                #expect(library == nil, "\(damaged)")
            } catch {
                // A damaged key or word is an unknown one, which the library ignores or refuses.
                #expect(error is NewerFormat, "\(damaged)")
            }
            let part = string(Data(bytes.prefix(place)))
            #expect(throws: DecodingError.self) {
                try FactDecoder.decode([RunEvent].self, from: part)
            }
        }
    }

    @Test(arguments: [
        "", "[", "[1", "[1,]", "[,]", "[01]", "[1.]", "[-]", "[1e]", "[tru]", "[1] 2", "[\"a]",
        "[\"\\", "[\"\u{1}\"]", "{\"a\" 1}", "{1:2}", "{\"a\":}", "[1e400]", "[256]", "[-1]",
        "[1.5]",
        "[\"1\"]", "[null]", "{}", "[{}]", "[\"\\ud800\"]",
    ])
    func `what is no list of small numbers is refused`(json: String) {
        #expect(throws: DecodingError.self) { try FactDecoder.decode([UInt8].self, from: json) }
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: DecodingError.self) { try FactDecoder.decode([UInt8].self, from: deep) }
    }

    @Test func `keys and numbers may be written in every way`() throws {
        #expect(try FactDecoder.decode([UInt8].self, from: " [ 1e2 , 2.0,\n0 ]") == [100, 2, 0])
        let escaped = #"{"a\u0062": -9223372036854775808, "c\"": 1}"#
        let numbers = try FactDecoder.decode([String: Int].self, from: escaped)
        // What no count or time of a run comes to is cut.
        #expect(numbers == ["ab": -(1 << 53), "c\"": 1])
        #expect(throws: DecodingError.self) {
            try FactDecoder.decode([Int].self, from: "[9223372036854775808]")
        }
    }

    private func string(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

    @Test func `a number that JSON lacks is refused`() {
        let fact = RunEvent.sessionEnded(
            SessionEnded(
                task: "t",
                session: 1,
                verdict: .idled,
                charge: .free,
                seconds: .infinity
            )
        )
        #expect(throws: EncodingError.self) { try FactEncoder.json([fact]) }
    }

    @Test func `whoever looks sees all that was journalled`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let other = try RunStore.open(directory: directory)
            let batches = journal(seed: 5)
            for (number, batch) in batches.enumerated() {
                try await store.append(batch)
                // Another run of the same workspace.
                var foreign = batch
                foreign.run = "other"
                if number % 3 == 0 { try await other.append(foreign) }
                guard number % 10 == 0 else { continue }
                // The reader comes before the store has told its tables, and tells them itself.
                let reader = try #require(try StoreReader.open(directory: directory))
                #expect(try reader.runs().count == 2)
            }
            try store.close()
            try other.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            let seen = try (reader.tasks(of: "r"), reader.sessions(of: "r"))
            let seenOther = try reader.sessions(of: "other")
            let reopened = try RunStore.open(directory: directory)
            try reopened.rebuildProjections()
            #expect(try reader.tasks(of: "r") == seen.0)
            #expect(try reader.sessions(of: "r") == seen.1)
            #expect(try reader.sessions(of: "other") == seenOther && !seenOther.isEmpty)
            try reopened.close()
        }
    }

    @Test func `a log that was long once is moved for what is written, not for its length`()
        async throws
    {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory, checkpointsAfter: 1000)
            func write(_ length: Int, session: Int) async throws {
                let output = SessionAttachment(
                    key: SessionKey(task: "t", number: session),
                    head: [UInt8](repeating: 0, count: length),
                    tail: [],
                    total: Int64(length)
                )
                try await store.append(
                    JournalBatch(
                        run: "r",
                        at: Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0)),
                        events: [.warned(Warned(task: nil, message: "m"))],
                        attachments: [output]
                    )
                )
            }
            func moved() throws -> Date {
                let url = URL(fileURLWithPath: store.path)
                return try #require(
                    try url.resourceValues(forKeys: [.contentModificationDateKey])
                        .contentModificationDate
                )
            }
            let first = try moved()
            for number in 1...80 { try await write(65_536, session: number) }
            try store.rebuildProjections()
            while try moved() == first { try await Task.sleep(for: .milliseconds(10)) }
            var times = 0
            var last = try moved()
            for number in 81...180 {
                try await write(1, session: number)
                try store.rebuildProjections()
                let now = try moved()
                if now != last { times += 1 }
                last = now
            }
            // Each writes some ten pages; one that is under way may be seen more than once.
            #expect(times < 20)
            try store.close()
        }
    }

    @Test func `a log begins anew while the writer is busy`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory, checkpointsAfter: 100)
            /// The salt in the log's header, which changes when the log begins anew.
            func salt() throws -> Data {
                let log = try FileHandle(forReadingFrom: URL(fileURLWithPath: store.path + "-wal"))
                defer { try? log.close() }
                return try #require(try log.read(upToCount: 24)).dropFirst(16)
            }
            let busy = JournalBatch(
                run: "r",
                at: Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0)),
                events: [.warned(Warned(task: nil, message: String(repeating: "m", count: 8192)))]
            )
            try await store.append(busy)
            let first = try salt()
            var writes = 0
            // Eight batches are always on their way, so that the store has work without a pause.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...8 { group.addTask { try await store.append(busy) } }
                while try await group.next() != nil, writes < 50_000, try salt() == first {
                    group.addTask { try await store.append(busy) }
                    writes += 1
                }
            }
            #expect(try salt() != first)
            try store.close()
        }
    }

    @Test func `a session's standard error is kept`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let key = SessionKey(task: "t", number: 1)
            let at = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 1))
            let start = SessionStarted(task: "t", session: 1, slot: 0, role: .executor)
            let attachment = SessionAttachment(key: key, head: [1, 2], tail: [3], total: 9)
            try await store.append(
                JournalBatch(
                    run: "r",
                    at: at,
                    events: [.sessionStarted(start)],
                    attachments: [attachment]
                )
            )
            try store.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            let kept = try reader.standardError(of: key, run: "r")
            #expect(kept?.head == [1, 2] && kept?.tail == [3])
            #expect(try reader.sessions(of: "r").first?.standardErrorBytes == 9)
        }
    }

    @Test func `where there is no store a reader finds none and makes none`() async throws {
        try await withDirectory { directory in
            let reader = try StoreReader.open(directory: directory)
            #expect(reader == nil)
            #expect(!FileManager.default.fileExists(atPath: directory))
        }
    }

    @Test func `a file that is no database is told from an empty one`() async throws {
        try await withDirectory { directory in
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true
            )
            let path = directory + "/quire.db"
            try String(repeating: "not a database ", count: 1000)
                .write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: StoreError.self) { try RunStore.open(directory: directory) }
            #expect(error?.description.contains("is damaged: move it away") == true)
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test func `a state directory that can't be made is named`() async throws {
        let error = #expect(throws: StoreError.self) {
            try RunStore.open(directory: "/proc/none/state")
        }
        #expect(error?.description.contains("/proc/none/state") == true)
        #expect(error?.description.contains("--state-dir") == true)
    }

    @Test func `git ignores the state`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let ignore = try String(contentsOfFile: directory + "/.gitignore", encoding: .utf8)
            #expect(ignore == "*\n")
            try store.close()
        }
    }
}
