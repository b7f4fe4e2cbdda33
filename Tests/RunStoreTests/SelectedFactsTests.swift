import Codec
import Foundation
import GRDB
import Orchestration
import Simulation
import Testing

@testable import RunStore

/// The batches of a simulated run with faults, and one of texts that look like facts.
private func batches(seed: UInt64) -> [[RunEvent]] {
    var generator = SplitMix64(seed: seed)
    let plan = RunPlan(tasks: (0..<4).map { TaskPlan(name: "t\($0)", maxSessions: 8) })
    var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
    world.run(turns: 120)
    let texts = [
        #"{"event":"gate_opened"}"#, "]", "}", "[{", "\\", "\"", "\\\"", "\",\"event\":\"warned",
        "ü\u{0}\n",
    ]
    let warnings = texts.map { RunEvent.warned(Warned(task: $0, message: $0)) }
    return world.journal.map(\.events) + [warnings, []]
}

private func some<Element: Hashable>(
    of all: [Element],
    using generator: inout SplitMix64
) -> Set<Element> {
    Set(all.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
}

@Suite struct `Facts of some kinds` {
    /// The facts as this program writes them, and as Foundation does: keys in any order, and spaces.
    private func texts(of events: [RunEvent]) throws -> [String] {
        let spaced = JSONEncoder()
        spaced.outputFormatting = [.prettyPrinted, .sortedKeys]
        let others = try [JSONEncoder(), spaced].map { try $0.encode(events) }
        return try [FactEncoder.json(events)] + others.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: UInt64(1)...10)
    func `are those that are left of all`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for events in batches(seed: seed) {
            let kinds = some(of: RunEvent.Kind.allCases, using: &generator)
            for json in try texts(of: events) {
                let found = try SelectedFacts.decode(json, kinds)
                #expect(found == events.filter { kinds.contains($0.kind) })
                #expect(try SelectedFacts.decode(json, []).isEmpty)
                #expect(try SelectedFacts.decode(json, Set(RunEvent.Kind.allCases)) == events)
            }
        }
    }

    @Test(arguments: UInt64(1)...10)
    func `are found or refused in damaged texts, too`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        for events in batches(seed: seed) where !events.isEmpty {
            var bytes = Array(try FactEncoder.json(events).utf8)
            let place = Int.random(in: bytes.indices, using: &generator)
            let prefix = String(decoding: bytes[..<place], as: UTF8.self)
            let kinds = some(of: RunEvent.Kind.allCases, using: &generator)
            #expect(throws: DecodingError.self) { try SelectedFacts.decode(prefix, kinds) }
            bytes[place] = Array(#"{}[],:"\ 0-.e1tn"#.utf8).randomElement(using: &generator) ?? 0
            let damaged = String(decoding: bytes, as: UTF8.self)
            let all = try? FactDecoder.decode([RunEvent].self, from: damaged)
            let found = try? SelectedFacts.decode(damaged, kinds)
            if let all { #expect(found == all.filter { kinds.contains($0.kind) }, "\(damaged)") }
        }
    }

    @Test(arguments: [
        "", "{}", "[1]", "[{}]", "[{\"event\":1}]", "[{\"event\":\"warned\"}", "[] []", "[,]",
        "[{\"event\":\"warned\"},]", "[{\"event\":\"war", "[{\"event\":\"\\", "[{]",
    ])
    func `are not found in what is no list of facts`(json: String) {
        #expect(throws: DecodingError.self) { try SelectedFacts.decode(json, [.gateOpened]) }
    }

    @Test(arguments: [
        #"[{"event":"gate_opened","gate":"network"},{"event":"paused_by_moon","moon":"full"}]"#,
        #"[{"moon":{"event":"warned"},"event":"paused\u005fby_moon"}]"#,
    ])
    func `of a newer version are told`(json: String) {
        let error = #expect(throws: NewerFormat.self) {
            try SelectedFacts.decode(json, [.gateOpened])
        }
        #expect(error?.description == "\"event\": \"paused_by_moon\"")
    }

    @Test func `have numbers that never change`() {
        let bits = RunEvent.Kind.allCases.map(\.bit)
        #expect(bits.sorted() == (0..<23).map { 1 << $0 })
        #expect(
            RunEvent.Kind.checkpointMade.bit == 1 << 16 && RunEvent.Kind.taskEnded.bit == 1 << 9
        )
        #expect([RunEvent.Kind.runBegan, .gateClosed, .runBegan].mask == 0x401)
    }

    /// Nobody who looks at gates needs the plan, which is most of a journal's bytes.
    @Test func `are read without those beside them`() async throws {
        try await withDirectory { directory in
            let store = try RunStore.open(directory: directory)
            let plan = RunPlan(tasks: [TaskPlan(name: "a")])
            let events: [RunEvent] = [
                .runBegan(RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)),
                .warned(Warned(message: "of the run")),
                .gateClosed(GateClosed(gate: .network, until: nil, reason: "down")),
            ]
            let wall = WallTime(millisecondsSinceEpoch: 1_000_000_000_000)
            let batch = JournalBatch(run: "r", at: Moment(awake: .zero, wall: wall), events: events)
            try await withCheckedThrowingContinuation { continuation in
                store.append(batch) { continuation.resume(with: $0) }
            }
            try store.close()
            let queue = try DatabaseQueue(path: directory + "/quire.db")
            try await queue.write { database in
                try database.execute(
                    sql:
                        "UPDATE journal SET facts = replace(facts, '\"plan\":{', '\"plan\":{\"a\" 1,')"
                )
            }
            try queue.close()
            let reader = try #require(try StoreReader.open(directory: directory))
            let record = try reader.glance(at: try #require(try reader.runs().first))
            let holds = record.holds
            #expect(holds.warnings == ["of the run"] && holds.gates.map(\.reason) == ["down"])
            let total = record.times.total(until: wall + .seconds(7), isRunning: true)
            #expect(total.held.map(\.time) == [.seconds(7)])
            // What needs the plan does not pass over it.
            #expect(throws: StoreError.self) { try reader.beginning(of: "r") }
            #expect(throws: StoreError.self) { try reader.state(of: "r") }
        }
    }
}
