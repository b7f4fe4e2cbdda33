import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `Work that another task builds on` {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The state of the task "b", on which "c" builds.
        var state: String
        var named: Set<String> = []
        /// The task for which "c" is left out; `nil` if it is merged.
        var missing: String?
        var brought: [String]?

        var testDescription: String { "\(state), \(named.sorted())" }
    }

    private static let cases = [
        Case(state: "open", missing: "b"), Case(state: "open", named: ["c"], brought: ["b"]),
        Case(state: "open", named: ["b", "c"], missing: "b"), Case(state: "unchanged"),
        Case(state: "merged"), Case(state: "squashed"), Case(state: "chosen"),
        Case(state: "begun anew", missing: "b-then"),
        Case(state: "begun anew", named: ["c"], missing: "b-then"),
    ]

    @Test(arguments: cases)
    func `comes in only where it is merged, or asked for`(example: Case) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            func commit(_ task: String, needs: [String] = []) throws {
                let tree = try trees.tree(for: fixture.request(task, needs: needs))
                try fixture.write(task, "\(task).txt", in: tree.directory)
                _ = try trees.checkpoint(task, CheckpointRequest(subject: task))
            }
            if example.state == "unchanged" {
                _ = try trees.tree(for: fixture.request("b"))
            } else {
                try commit("b")
            }
            try commit("c", needs: ["b"])
            try bring("b", to: example.state, fixture)

            let all = try trees.records.all()
            let chosen = all.filter {
                $0.task == "c" || ($0.task == "b" && example.state == "chosen")
            }
            let sorted = try MergeCandidates(
                chosen,
                among: all,
                named: example.named,
                into: "main",
                of: all[0].home,
                fixture.git
            )
            #expect(sorted.brought["c"] == example.brought)
            let old = try fixture.run("rev-parse", "main")
            let scratch = try ScratchTree(
                in: Directory(following: fixture.root + "/.autonomous/.quire"),
                of: all[0].home,
                at: old,
                strategy: .merge,
                fixture.git
            ) { _, _ in true }
            defer { scratch.remove() }
            let outcome = try MergeQueue.outcome(
                of: sorted.candidates,
                onto: old,
                in: scratch,
                isChecked: false
            )
            #expect(outcome.merged.contains("c") == (example.missing == nil))
            #expect(
                outcome.leftOut.map(\.reason) == example.missing.map { [.needs(task: $0)] } ?? []
            )
            if example.missing != nil { #expect(outcome.tip == old) }
        }
    }

    private func bring(_ task: String, to state: String, _ fixture: GitFixture) throws {
        let records = try fixture.trees().records
        switch state {
        case "merged": try fixture.run("merge", "--quiet", "--no-ff", "--no-edit", "quire/run/b")
        case "squashed":
            try fixture.run("merge", "--quiet", "--squash", "quire/run/b")
            try fixture.run("commit", "--quiet", "-m", "squash b")
            var record = try #require(try records.record(of: task))
            record.landed = ["main": record.tip]
            record.landedBy = ["main": try fixture.run("rev-parse", "main")]
            try records.save(record)
        case "begun anew":
            _ = try records.retire(task, stamp: "then")
            _ = try fixture.trees().tree(for: fixture.request(task))
        default: break
        }
    }
}
