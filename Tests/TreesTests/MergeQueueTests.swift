import Foundation
import Orchestration
import Testing

@testable import Trees

/// Merges that need no git: a commit is the list of tasks in it.
private final class PlayedWorkshop: MergeWorkshop {
    /// The tasks that conflict with each task, where they are below it.
    var conflicts: [String: Set<String>] = [:]
    /// The tasks that break the check.
    var breaking: Set<String> = []
    /// How often the check fails although it would pass.
    var moods = 0
    private(set) var checks: [String] = []

    func merge(_ candidate: MergeCandidate, onto commit: String) -> MergeResult {
        let below = Set(commit.split(separator: "+").map(String.init))
        let clash = conflicts[candidate.task, default: []].intersection(below)
        return clash.isEmpty ? .merged(commit + "+" + candidate.task) : .conflict(clash.sorted())
    }

    func check(_ commit: String, of tasks: [String]) -> Bool {
        checks.append(commit)
        if moods > 0 {
            moods -= 1
            return false
        }
        return breaking.isDisjoint(with: commit.split(separator: "+").map(String.init))
    }
}

@Suite struct `A queue of branches to merge` {
    private func names(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    private func outcome(
        _ workshop: PlayedWorkshop,
        _ tasks: [MergeCandidate]
    ) throws -> MergeOutcome {
        try MergeQueue.outcome(of: tasks, onto: "main", in: workshop, isChecked: true)
    }

    private func candidates(_ names: [String]) -> [MergeCandidate] {
        names.map { MergeCandidate(task: $0, tip: $0) }
    }

    @Test func `merges all that fit with one check`() throws {
        let workshop = PlayedWorkshop()
        let outcome = try outcome(workshop, candidates(names(100)))
        #expect(outcome.merged == names(100))
        #expect(outcome.checks == 1)
        #expect(outcome.tip == (["main"] + names(100)).joined(separator: "+"))
    }

    /// Which of 100 branches conflict and which break the check is drawn from the seed.
    @Test(arguments: 0..<200)
    func `names every conflict and every breaking branch, and no other`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let workshop = PlayedWorkshop()
        let shuffled = names(100).shuffled(using: &random)
        let (bad, broken) = (shuffled.prefix(20), shuffled.dropFirst(20).prefix(5))
        for name in bad { workshop.conflicts[name] = ["main"] }
        workshop.breaking = Set(broken)
        let outcome = try outcome(workshop, candidates(names(100)))
        #expect(outcome.merged == names(100).filter { !bad.contains($0) && !broken.contains($0) })
        for leftOut in outcome.leftOut {
            switch leftOut.reason {
            case .conflict: #expect(bad.contains(leftOut.task))
            case .breaksCheck: #expect(broken.contains(leftOut.task))
            case .needs: Issue.record("\(leftOut)")
            }
        }
        #expect(outcome.leftOut.count == 25)
        #expect(Double(outcome.checks) <= 2 * 5 * log2(100), "\(outcome.checks)")
    }

    @Test func `leaves out what builds on something that was left out`() throws {
        let workshop = PlayedWorkshop()
        workshop.breaking = ["b"]
        let tasks = [
            MergeCandidate(task: "a", tip: "a"), MergeCandidate(task: "b", tip: "b"),
            MergeCandidate(task: "c", tip: "c", needs: ["b"]),
            MergeCandidate(task: "d", tip: "d", needs: ["c"]), MergeCandidate(task: "e", tip: "e"),
        ]
        let outcome = try outcome(workshop, tasks)
        #expect(outcome.merged == ["a", "e"])
        #expect(
            outcome.leftOut.map(\.reason) == [.breaksCheck, .needs(task: "b"), .needs(task: "c")]
        )
    }

    @Test func `merges nothing into a target that fails the check itself`() throws {
        let workshop = PlayedWorkshop()
        workshop.breaking = ["main"]
        let outcome = try outcome(workshop, candidates(names(8)))
        #expect(outcome.isTargetRed)
        #expect(outcome.tip == "main")
        #expect(outcome.merged.isEmpty)
    }

    @Test func `gives a check that fails now and then a second chance`() throws {
        let workshop = PlayedWorkshop()
        workshop.moods = 1
        let outcome = try outcome(workshop, candidates(names(8)))
        #expect(outcome.merged == names(8))
        #expect(outcome.checks == 2)
    }

    @Test func `has those that are needed before those that need them`() {
        let tasks = [
            MergeCandidate(task: "a", tip: "a", needs: ["c"]), MergeCandidate(task: "b", tip: "b"),
            MergeCandidate(task: "c", tip: "c", needs: ["b"]),
        ]
        #expect(MergeQueue.ordered(tasks).map(\.task) == ["b", "c", "a"])
    }
}
