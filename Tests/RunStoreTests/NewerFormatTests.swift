import Codec
import Foundation
import Orchestration
import Simulation
import Testing

@testable import RunStore

/// Every change of one word or one object in a JSON value.
private func changes(
    of value: Any,
    _ word: (String) -> Any,
    _ object: ([String: Any]) -> Any
) -> [Any] {
    switch value {
    case let text as String: [word(text)]
    case let list as [Any]:
        list.indices.flatMap { index in
            changes(of: list[index], word, object).map { changed in
                var list = list
                list[index] = changed
                return list as Any
            }
        }
    case let fields as [String: Any]:
        [object(fields)]
            + fields.keys.sorted().flatMap { key in
                changes(of: fields[key] ?? NSNull(), word, object).map { changed in
                    var fields = fields
                    fields[key] = changed
                    return fields as Any
                }
            }
    default: []
    }
}

private func decode(_ value: Any) throws -> [RunEvent] {
    let json = try JSONSerialization.data(withJSONObject: [value])
    return try FactDecoder.decode([RunEvent].self, from: String(decoding: json, as: UTF8.self))
}

@Suite struct `Facts of a newer version` {
    /// Different facts, each as an object.
    private func facts() throws -> [[String: Any]] {
        var facts: [String: RunEvent] = [:]
        for seed in UInt64(1)...40 {
            var generator = SplitMix64(seed: seed)
            var plan = RunPlan(tasks: (0..<3).map { TaskPlan(name: "t\($0)", group: "g") })
            plan.groups = [GroupPlan(name: "g")]
            plan.scheduler = .fifo
            plan.budget = RunBudget(Budget(tokens: 90_000_000))
            var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
            if seed % 4 == 0 { world.requestShutdown(.interrupt) }
            world.run(turns: 200)
            for fact in world.journal.flatMap(\.events) {
                let json = try FactEncoder.json([fact])
                // One of each shape.
                facts["\(fact.kind) \(json.count(where: { $0 == ":" }))"] = fact
            }
        }
        var work = CheckpointedWork(changes: .init(), uncommitted: ["words"])
        work.failure = "words"
        let made = CheckpointMade(task: "t", session: 1, commit: "c", work: work)
        facts["checkpoint"] = .checkpointMade(made)
        facts["check"] = .checkBegan(CheckBegan(task: "t", session: 1))
        var checked = CheckEnded(task: "t", session: 1, .failed)
        (checked.message, checked.output) = ("failed", "no")
        facts["checked"] = .checkEnded(checked)
        let hook = HookBegan(.onComplete, task: "t", session: 1)
        facts["hook"] = .hookBegan(hook)
        facts["hook's end"] = .hookEnded(HookEnded(hook, .failed, message: "failed"))
        return try facts.sorted { $0.key < $1.key }.flatMap { _, fact in
            let json = Data(try FactEncoder.json([fact]).utf8)
            return try #require(JSONSerialization.jsonObject(with: json) as? [[String: Any]])
        }
    }

    @Test func `are told from damage by their words`() throws {
        var (texts, unknown) = (0, Set<String>())
        for fact in try facts() {
            for changed in changes(of: fact, { _ in "brand_new" }, { $0 }) {
                do {
                    _ = try decode(changed)
                    texts += 1
                } catch let error as NewerFormat {
                    unknown.insert(error.description)
                }
            }
        }
        #expect(texts > 50)
        let words = [
            "event", "verdict", "charge", "role", "gate", "outcome", "ending", "scheduler",
            "result", "hook",
        ]
        for word in words { #expect(unknown.contains("\"\(word)\": \"brand_new\""), "\(unknown)") }
    }

    @Test func `are told from damage by their keys`() throws {
        var count = 0
        for fact in try facts() {
            _ = try decode(fact)
            let added = changes(of: fact, { $0 }) { $0.merging(["brand_new": 1]) { $1 } }
            for changed in added where "\(changed)".contains("brand_new") {
                // The counts of outcomes have any keys.
                let object = changed as? [String: Any] ?? [:]
                if (object["outcomes"] as? [String: Any])?["brand_new"] != nil { continue }
                #expect(throws: NewerFormat.self, "\(changed)") { try decode(changed) }
                count += 1
            }
        }
        #expect(count > 50)
    }
}
