import FileAccess
import Foundation
import Orchestration
import TestSupport
import Testing

@testable import Trees

/// Random operations on the trees of a repository, and a model that knows every commit and every line
/// that nobody has thrown away.
@Suite struct `No commit and no line` {
    /// The number of operations; `QUIRE_OPERATIONS` says of how many.
    private static var operations: Int {
        ProcessInfo.processInfo.environment["QUIRE_OPERATIONS"].flatMap(Int.init) ?? 240
    }

    @Test(arguments: [1, 3, 4, 5, 6])
    func `is lost, whatever is done in any order`(seed: UInt64) throws {
        try GitFixture.with { fixture in
            try fixture.write("*.env\n", ".gitignore")
            try fixture.commitAll("ignore")
            var world = LossWorld(fixture, seed: seed)
            for number in 0..<(Self.operations / 2) {
                let operation = try world.step()
                let losses = try world.losses()
                try #require(
                    losses.isEmpty,
                    "seed \(seed), operation \(number), \(operation): \(losses)"
                )
            }
            // The operations were not all in vain.
            #expect(world.done.count > 4, "\(world.done)")
        }
    }
}

private struct LossWorld {
    private let fixture: GitFixture
    private var random: SplitMix64
    private let tasks = ["a", "b", "c", "d"]
    /// Commits that were made.
    private var commits: Set<String> = []
    /// Lines in files of the trees that no commit has, by the task.
    private var lines: [String: [String: String]] = [:]
    private var deleted: Set<String> = []
    private var count = 0
    /// How often each operation came to its end.
    private(set) var done: [String: Int] = [:]

    init(_ fixture: GitFixture, seed: UInt64) {
        (self.fixture, random) = (fixture, SplitMix64(seed: seed))
    }

    /// Does one operation, and returns its name.
    mutating func step() throws -> String {
        let task = tasks.randomElement(using: &random) ?? "a"
        let kinds: [(String, (inout LossWorld, String) throws -> Bool)] = [
            ("worked", { try $0.work($1, isKilled: false) }),
            ("worked", { try $0.work($1, isKilled: false) }),
            ("killed at work", { try $0.work($1, isKilled: true) }),
            ("written", { try $0.write($1) }), ("merged", { try $0.merge($1, isKilled: false) }),
            ("merged", { try $0.merge($1, isKilled: false) }),
            ("killed at merging", { try $0.merge($1, isKilled: true) }),
            ("pruned", { try $0.prune($1, isKilled: false) }),
            ("pruned", { try $0.prune($1, isKilled: false) }),
            ("killed at pruning", { try $0.prune($1, isKilled: true) }),
            ("tree deleted", { try $0.deleteTree($1) }),
            ("branch deleted", { try $0.deleteBranch($1) }),
            ("task deleted", { $0.deleted.insert($1).inserted }),
            ("agent reset", { try $0.reset($1) }),
        ]
        guard let (name, operation) = kinds.randomElement(using: &random) else { return "" }
        count += 1
        if try operation(&self, task) { done[name, default: 0] += 1 }
        return "\(name) \(task)"
    }

    /// Returns what is known and is nowhere any more.
    func losses() throws -> [String] {
        let all = Set(try fixture.run("rev-list", "--all").split(separator: "\n").map(String.init))
        var losses = commits.subtracting(all).map { "commit \($0)" }
        for (task, files) in lines {
            for (name, line) in files where text(fixture.path(task) + "/" + name) != line {
                // A checkpoint that was killed may have committed it all the same.
                let found = try fixture.run("log", "--all", "--format=%H", "-1", "-S", line)
                if found.isEmpty { losses.append("\(task)/\(name)") }
            }
        }
        return losses
    }

    // MARK: - Operations

    private mutating func trees(_ isKilled: Bool) throws -> TaskTrees {
        let calls = isKilled ? Int.random(in: 0...14, using: &random) : Int.max
        return try fixture.trees(MortalGit(fixture.git, calls: calls).git)
    }

    /// A session that writes a line, and whose work is committed.
    private mutating func work(_ task: String, isKilled: Bool) throws -> Bool {
        let trees = try trees(isKilled)
        let isWell = TreeTrouble.of { _ = try trees.tree(for: fixture.request(task)) } == nil
        deleted.remove(task)
        let directory = fixture.path(task)
        guard isWell, FileManager.default.fileExists(atPath: directory + "/a.txt") else {
            return false
        }
        try fixture.write("line \(count)\n", "\(task)-\(count % 3).txt", in: directory)
        lines[task, default: [:]]["\(task)-\(count % 3).txt"] = "line \(count)\n"
        let request = CheckpointRequest(subject: "\(task): \(count)", body: ["Session: \(count)"])
        let isCommitted = TreeTrouble.of { _ = try trees.checkpoint(task, request) } == nil
        if isCommitted { lines[task] = lines[task]?.filter { $0.key.hasSuffix(".env") } }
        try note(task)
        return isCommitted
    }

    /// Notes the commits of a task's branch: a killed checkpoint may have made one.
    private mutating func note(_ task: String) throws {
        guard let record = try fixture.trees().record(of: task) else { return }
        let repository = try Repository.around(fixture.root, fixture.git)
        if let tip = try repository.tip(of: record.branch, fixture.git) { commits.insert(tip) }
        if record.stage == .ready { commits.insert(record.tip) }
    }

    /// A line that no session commits.
    private mutating func write(_ task: String) throws -> Bool {
        let directory = fixture.path(task)
        guard FileManager.default.fileExists(atPath: directory + "/a.txt") else { return false }
        let name = "loose-\(count).txt"
        try fixture.write("loose \(count)\n", name, in: directory)
        lines[task, default: [:]][name] = "loose \(count)\n"
        return true
    }

    private mutating func merge(_ task: String, isKilled: Bool) throws -> Bool {
        let trees = try trees(isKilled)
        guard let record = try trees.record(of: task), record.stage == .ready else { return false }
        let repository = try Repository.around(fixture.root, fixture.git)
        let strategy = MergeStrategy.allCases.randomElement(using: &random) ?? .merge
        var isMerged = false
        let trouble = TreeTrouble.of {
            let strip = LandingStrip(git: trees.git, repository: repository, records: trees.records)
            try strip.recover()
            let old = try repository.commit("refs/heads/main", trees.git)
            let sorted = try MergeCandidates([record], into: "main", of: repository, trees.git)
            guard let candidate = sorted.candidates.first else { return }
            let scratch = try ScratchTree(
                in: Directory(following: fixture.root + "/.autonomous/.quire"),
                of: repository,
                at: old,
                strategy: strategy,
                trees.git
            ) { _, _ in true }
            defer { scratch.remove() }
            guard case .merged(let new) = try scratch.merge(candidate, onto: old) else { return }
            try strip.land(
                Landing(target: "main", old: old, new: new, tips: [task: candidate.tip])
            )
            isMerged = true
        }
        commits.insert(try fixture.run("rev-parse", "main"))
        return trouble == nil && isMerged
    }

    private mutating func prune(_ task: String, isKilled: Bool) throws -> Bool {
        guard let record = try fixture.trees().record(of: task) else { return false }
        // A killed run, too, looks with a git that answers: nothing is removed without an answer.
        let standing: TaskStanding = deleted.contains(task) ? .deleted : .complete
        let trees = try trees(isKilled)
        var isPruned = false
        let trouble = TreeTrouble.of {
            guard case .goes(let removal) = try trees.fate(of: record, standing) else { return }
            try trees.remove(removal)
            isPruned = true
        }
        return trouble == nil && isPruned
    }

    private mutating func deleteTree(_ task: String) throws -> Bool {
        let directory = fixture.path(task)
        guard FileManager.default.fileExists(atPath: directory) else { return false }
        try FileManager.default.removeItem(atPath: directory)
        // Whoever deletes it throws away what no commit has.
        lines[task] = nil
        return true
    }

    private mutating func deleteBranch(_ task: String) throws -> Bool {
        guard try isKept(task) else { return false }
        try fixture.run("update-ref", "-d", "refs/heads/quire/run/\(task)")
        return true
    }

    /// Indicates whether Quire has seen the newest commit of a branch: what is done to one that it has
    /// not seen, because it was killed, is lost in any case.
    private func isKept(_ task: String) throws -> Bool {
        let names = ["refs/heads/quire/run/\(task)", "refs/quire/tasks/\(task)"]
        let commits = names.map { try? fixture.run("rev-parse", "--verify", "--quiet", $0) }
        return commits[0] != nil && commits[0] == commits[1]
    }

    /// An agent without a sandbox moves its branch back.
    private mutating func reset(_ task: String) throws -> Bool {
        guard try isKept(task), lines[task]?.isEmpty ?? true,
            let record = try fixture.trees().record(of: task),
            FileManager.default.fileExists(atPath: record.path + "/.git")
        else { return false }
        return (try? fixture.run(in: record.path, "reset", "--quiet", "--hard", record.base)) != nil
    }
}
