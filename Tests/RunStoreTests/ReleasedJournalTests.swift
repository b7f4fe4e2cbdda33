import Foundation
import GRDB
import Orchestration
import Testing

@testable import RunStore

/// Databases that released versions wrote: see `Fixtures/record`.
@Suite struct `The database of a released version` {
    private static let run = "/tmp/quire-journal/manifest.yaml"

    private func open(_ version: String, in directory: String) throws {
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/journal-\(version).sql")
        let database = try DatabaseQueue(path: directory + "/quire.db")
        try database.inDatabase { try $0.execute(sql: String(contentsOf: file, encoding: .utf8)) }
        try database.close()
    }

    @Test(arguments: ["0.1.0"])
    func `opens for ever, and comes to the same`(version: String) async throws {
        try await withDirectory { directory in
            try open(version, in: directory)
            let store = try RunStore.open(directory: directory)
            let batches = try store.journal(of: Self.run)
            var (folded, record) = (RunState(), RunRecord())
            for batch in batches {
                folded.apply(batch.events, at: batch.at)
                record.apply(batch.events, at: batch.at)
            }
            #expect(folded.leg.number == 3 && folded.leg.ending == .finished)
            let outcomes = Dictionary(
                uniqueKeysWithValues: folded.tasks.map { ($0.plan.name, $0.outcome) }
            )
            #expect(
                outcomes == [
                    "plain": .complete, "grouped": nil, "needy": .complete, "broken": nil,
                    "damaged": .damaged, "limited": .complete, "slow": .complete,
                ]
            )
            // From the snapshot, where there is one that this version can read.
            #expect(try store.state(of: Self.run).tasks == folded.tasks)
            // The tables, as the release left them and as this version makes them.
            for _ in 0..<2 {
                let reader = try #require(try StoreReader.open(directory: directory))
                #expect(
                    try reader.tasks(of: Self.run).map(\.outcome) == record.tasks.map(\.outcome)
                )
                reader.close()
                try store.rebuildProjections()
            }
            try store.close()
        }
    }

    @Test(arguments: ["0.1.0"])
    func `has facts of nearly every kind`(version: String) async throws {
        try await withDirectory { directory in
            try open(version, in: directory)
            let store = try RunStore.open(directory: directory)
            let kinds = Set(try store.journal(of: Self.run).flatMap(\.events).map(\.kind))
            let missing = Set(RunEvent.Kind.allCases).subtracting(kinds)
            // The last ones did not exist yet.
            #expect(
                missing == [
                    .sessionUsed, .sessionSignalled, .checkpointMade, .checkBegan, .checkEnded,
                    .hookBegan, .hookEnded, .limitRead, .steered,
                ]
            )
            try store.close()
        }
    }
}
