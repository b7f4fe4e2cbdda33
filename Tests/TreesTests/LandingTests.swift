import Driver
import FileAccess
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Trees

@Suite struct `Merging the work of tasks` {
    /// The number of times that git is killed while the target moves; `QUIRE_KILLS` says of how many.
    private static var kills: Int {
        ProcessInfo.processInfo.environment["QUIRE_KILLS"].flatMap(Int.init) ?? 30
    }

    /// Makes trees with a commit each; `change` says what each task does in its tree.
    private func work(
        _ fixture: GitFixture,
        _ tasks: [String],
        _ change: (String, _ directory: String) throws -> Void
    ) throws -> [MergeCandidate] {
        let trees = try fixture.trees()
        return try tasks.map { task in
            let tree = try trees.tree(for: fixture.request(task))
            try change(task, tree.directory)
            let commit = try trees.checkpoint(task, CheckpointRequest(subject: "\(task): 1")).commit
            return MergeCandidate(task: task, tip: commit ?? "")
        }
    }

    private func strip(_ fixture: GitFixture, _ git: Git? = nil) throws -> LandingStrip {
        LandingStrip(
            git: git ?? fixture.git,
            repository: try Repository.around(fixture.root, fixture.git),
            records: try fixture.trees().records
        )
    }

    /// Merges candidates into `main`, and returns the outcome.
    private func merge(
        _ fixture: GitFixture,
        _ candidates: [MergeCandidate],
        _ strategy: MergeStrategy = .merge,
        passes: ((String) throws -> Bool)? = nil
    ) throws -> MergeOutcome {
        let scratch = try fixture.scratch(strategy, passes: passes ?? { _ in true })
        defer { scratch.remove() }
        let old = try fixture.run("rev-parse", "main")
        let outcome = try MergeQueue.outcome(
            of: candidates,
            onto: old,
            in: scratch,
            isChecked: passes != nil
        )
        #expect(try fixture.run("rev-parse", "main") == old)
        let tips = Dictionary(uniqueKeysWithValues: candidates.map { ($0.task, $0.tip) })
            .filter { outcome.merged.contains($0.key) }
        try strip(fixture).land(Landing(target: "main", old: old, new: outcome.tip, tips: tips))
        return outcome
    }

    @Test(arguments: MergeStrategy.allCases)
    func `lands what fits, and names the files of what does not`(strategy: MergeStrategy) throws {
        try GitFixture.with { fixture in
            let tasks = try work(fixture, ["one", "two", "three"]) { task, directory in
                try fixture.write(task, task == "two" ? "2.txt" : "a.txt", in: directory)
            }
            let outcome = try merge(fixture, tasks, strategy)
            #expect(outcome.merged == ["one", "two"])
            #expect(outcome.leftOut.map(\.reason) == [.conflict(paths: ["a.txt"])])
            // The person's checkout followed, and has nothing else.
            #expect(text(fixture.root + "/a.txt") == "one")
            #expect(text(fixture.root + "/2.txt") == "two")
            #expect(try fixture.run("status", "--porcelain") == "")
            #expect(try fixture.trees().record(of: "two")?.landed == ["main": tasks[1].tip])
            #expect(try fixture.trees().record(of: "three")?.landed == nil)
            let merges = try fixture.run("log", "--merges", "--oneline", "main")
            #expect(merges.isEmpty == (strategy != .merge))
        }
    }

    /// A record of a merge does not outlive the merge.
    @Test(arguments: MergeStrategy.allCases)
    func `can be done again where it was undone`(strategy: MergeStrategy) throws {
        try GitFixture.with { fixture in
            let tasks = try work(fixture, ["one"]) { task, directory in
                try fixture.write(task, "a.txt", in: directory)
            }
            let old = try fixture.run("rev-parse", "main")
            func candidates() throws -> MergeCandidates {
                let trees = try fixture.trees()
                return try MergeCandidates(
                    trees.records.all(),
                    into: "main",
                    of: trees.record(of: "one")!.home,
                    fixture.git
                )
            }
            _ = try merge(fixture, tasks, strategy)
            #expect(try candidates().landed == ["one"])
            try fixture.run("reset", "--quiet", "--hard", old)
            #expect(try candidates().candidates.map(\.task) == ["one"])
        }
    }

    private func candidates(_ fixture: GitFixture) throws -> MergeCandidates {
        let trees = try fixture.trees()
        let all = try trees.records.all()
        return try MergeCandidates(all, into: "main", of: all[0].home, fixture.git)
    }

    /// More work on lines that were merged squashed or rebased, as git itself finds no common commit.
    @Test(arguments: MergeStrategy.allCases, MergeStrategy.allCases)
    func `brings only what is newer than what was merged before`(
        first: MergeStrategy,
        second: MergeStrategy
    ) throws {
        try GitFixture.with { fixture in
            func commit(_ words: String) throws {
                let trees = try fixture.trees()
                let tree = try trees.tree(for: fixture.request("one"))
                try fixture.write(words, "a.txt", in: tree.directory)
                try fixture.write(words, words + ".txt", in: tree.directory)
                _ = try trees.checkpoint("one", CheckpointRequest(subject: words))
            }
            try commit("begun")
            try commit("more")
            #expect(try merge(fixture, candidates(fixture).candidates, first).leftOut == [])
            try fixture.write("main\n", "main.txt")
            try fixture.commitAll("main goes on")
            try commit("most")
            let outcome = try merge(fixture, candidates(fixture).candidates, second)
            #expect(outcome.merged == ["one"], "\(outcome.leftOut)")
            #expect(text(fixture.root + "/a.txt") == "most")
            #expect(text(fixture.root + "/main.txt") == "main\n")
            #expect(try fixture.run("status", "--porcelain") == "")
            #expect(try candidates(fixture).landed == ["one"])
            // What a person has undone since stays undone where the task says nothing new about it.
            try fixture.run("rm", "--quiet", "begun.txt")
            try fixture.commitAll("undo a part")
            try commit("last")
            let last = try merge(fixture, candidates(fixture).candidates, second)
            #expect(last.merged == ["one"], "\(last.leftOut)")
            #expect(!FileManager.default.fileExists(atPath: fixture.root + "/begun.txt"))
        }
    }

    /// Two builds on what one did, and changes the same line; one is merged first, or with it.
    @Test(arguments: MergeStrategy.allCases, [false, true])
    func `brings what builds on other work after it`(
        strategy: MergeStrategy,
        isTogether: Bool
    ) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            func commit(_ task: String, needs: [String]) throws {
                let tree = try trees.tree(for: fixture.request(task, needs: needs))
                try fixture.write(task, "a.txt", in: tree.directory)
                _ = try trees.checkpoint(task, CheckpointRequest(subject: task))
            }
            try commit("one", needs: [])
            if !isTogether {
                #expect(try merge(fixture, candidates(fixture).candidates, strategy).leftOut == [])
            }
            try commit("two", needs: ["one"])
            let outcome = try merge(fixture, candidates(fixture).candidates, strategy)
            #expect(
                outcome.merged == (isTogether ? ["one", "two"] : ["two"]),
                "\(outcome.leftOut)"
            )
            #expect(text(fixture.root + "/a.txt") == "two")
        }
    }

    /// The base is squashed into, and changed by both sides since: the marks are of what is new alone.
    @Test func `is repaired on what was merged before`() throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("one"))
            func commit(_ words: String) throws {
                try fixture.write(words, "a.txt", in: tree.directory)
                _ = try trees.checkpoint("one", CheckpointRequest(subject: words))
            }
            func repair() throws -> [String] {
                let record = try #require(try trees.record(of: "one"))
                let repository = try Repository.around(fixture.root, fixture.git)
                let repair = TreeRepair(
                    git: fixture.git,
                    repository: repository,
                    records: trees.records
                )
                return try repair.repair(record, with: "main") { _ in try fixture.scratch() }
            }
            try commit("begun")
            _ = try merge(fixture, candidates(fixture).candidates, .squash)
            let landed = try fixture.run("rev-parse", "quire/run/one")
            // What is merged needs no repair, and no commit.
            #expect(try repair() == [])
            #expect(try fixture.run("rev-parse", "quire/run/one") == landed)
            try fixture.write("main\n", "main.txt")
            try fixture.commitAll("main goes on")
            try commit("most")
            #expect(try repair() == [])
            #expect(text(tree.directory + "/a.txt") == "most")
            #expect(text(tree.directory + "/main.txt") == "main\n")
            #expect(try fixture.run("log", "-1", "--format=%P", "quire/run/one").count == 81)
        }
    }

    /// 40 branches, of which 8 conflict and 2 break the check.
    @Test func `finds what conflicts and what breaks the check among many`() throws {
        try GitFixture.with { fixture in
            let names = (10..<50).map { "t\($0)" }
            let conflicting = Set(names.filter { $0.hasSuffix("7") || $0.hasSuffix("3") })
            let breaking: Set<String> = ["t22", "t41"]
            let tasks = try work(fixture, ["t00"] + names) { task, directory in
                try fixture.write(task, task + ".txt", in: directory)
                if conflicting.contains(task) || task == "t00" {
                    try fixture.write(task, "a.txt", in: directory)
                }
                if breaking.contains(task) {
                    try fixture.write("", "broken-\(task)", in: directory)
                }
            }
            let outcome = try merge(fixture, tasks) { directory in
                !(try FileManager.default.contentsOfDirectory(atPath: directory)).contains {
                    $0.hasPrefix("broken")
                }
            }
            let fitting = names.filter { !conflicting.contains($0) && !breaking.contains($0) }
            #expect(outcome.merged == ["t00"] + fitting)
            for leftOut in outcome.leftOut {
                #expect(
                    leftOut.reason
                        == (breaking.contains(leftOut.task)
                            ? .breaksCheck : .conflict(paths: ["a.txt"]))
                )
            }
            #expect(outcome.leftOut.count == 10)
        }
    }

    // MARK: - The target

    @Test(arguments: ["dirty", "moved", "rebased", "bisected", "elsewhere"])
    func `moves the target only from where it was, and only where it is clean`(state: String) throws
    {
        try GitFixture.with { fixture in
            let tasks = try work(fixture, ["one"]) { task, directory in
                try fixture.write(task, "a.txt", in: directory)
            }
            let old = try fixture.run("rev-parse", "main")
            switch state {
            case "dirty": try fixture.write("mine", "a.txt")
            case "moved": try fixture.commitAll("meanwhile")
            case "rebased":
                try fixture.run("switch", "--quiet", "--detach")
                try put("refs/heads/main\n", fixture.root + "/.git/rebase-merge/head-name")
            case "bisected":
                try fixture.run("bisect", "start")
                try fixture.run("switch", "--quiet", "--detach")
            default: try fixture.run("switch", "--quiet", "--detach")
            }
            let landing = Landing(
                target: "main",
                old: old,
                new: tasks[0].tip,
                tips: ["one": tasks[0].tip]
            )
            let trouble = TreeTrouble.of { try strip(fixture).land(landing) }
            #expect((trouble == nil) == (state == "elsewhere"), "\(trouble?.description ?? "")")
            #expect(
                (try fixture.run("rev-parse", "main") == tasks[0].tip) == (state == "elsewhere")
            )
            #expect(try fixture.trees().records.landing() == nil)
            if state == "dirty" { #expect(text(fixture.root + "/a.txt") == "mine") }
        }
    }

    /// git is killed at some moment of the move, and Quire with it; then the same is asked for again.
    @Test func `is at the old or the new commit, whenever it is killed`() throws {
        try GitFixture.with { fixture in
            var landed = 0
            for number in 0..<Self.kills {
                let name = "t\(number)"
                let tasks = try work(fixture, [name]) { task, directory in
                    for file in 0..<40 {
                        try fixture.write(task, "files/\(file)", in: directory)
                        try fixture.write(task, "added/\(task)-\(file)", in: directory)
                    }
                }
                let old = try fixture.run("rev-parse", "main")
                let landing = Landing(
                    target: "main",
                    old: old,
                    new: tasks[0].tip,
                    tips: [name: tasks[0].tip]
                )
                let moment = Duration.microseconds(number * 8000 / Self.kills)
                let killer = Killer(fixture.git, after: moment)
                _ = TreeTrouble.of { try strip(fixture, killer.git).land(landing) }
                let between = try fixture.run("rev-parse", "main")
                #expect([old, tasks[0].tip].contains(between))
                if between != old { landed += 1 }
                try strip(fixture).recover()
                if try fixture.run("rev-parse", "main") == old { try strip(fixture).land(landing) }
                #expect(try fixture.run("rev-parse", "main") == tasks[0].tip)
                #expect(try fixture.run("status", "--porcelain") == "", "\(number)")
                #expect(text(fixture.root + "/files/39") == name)
                #expect(try fixture.trees().record(of: name)?.landed?["main"] == tasks[0].tip)
            }
            // Some moves were over before they were killed, and some were not.
            #expect(landed < Self.kills)
        }
    }

    @Test func `leaves a person's changes alone after it was cut off`() throws {
        try GitFixture.with { fixture in
            let tasks = try work(fixture, ["one"]) { task, directory in
                try fixture.write(task, "a.txt", in: directory)
            }
            let old = try fixture.run("rev-parse", "main")
            let records = try fixture.trees().records
            try records.save(
                Landing(target: "main", old: old, new: tasks[0].tip, tips: ["one": tasks[0].tip])
            )
            try fixture.write("mine", "a.txt")
            let trouble = TreeTrouble.of { try strip(fixture).recover() }
            #expect(trouble?.description.contains("cut off") == true)
            #expect(text(fixture.root + "/a.txt") == "mine")
        }
    }
}

/// A git whose call that moves a branch is killed after a time; everything after that fails.
private final class Killer: Sendable {
    private let inner: Git
    private let moment: Duration
    private let isDead = Mutex(false)

    init(_ git: Git, after moment: Duration) {
        (inner, self.moment) = (git, moment)
    }

    var git: Git {
        Git { [self] call in
            if isDead.withLock(\.self) {
                return GitAnswer(status: nil, output: [], complaint: "dead")
            }
            guard call.arguments.contains("--ff-only") else { return inner.repeating(call) }
            isDead.withLock { $0 = true }
            var short = call
            short.patience = moment
            return inner.repeating(short)
        }
    }
}
