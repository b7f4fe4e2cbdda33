import Driver
import EventLoop
import FileAccess
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Trees

@Suite struct `A tree of a task` {
    @Test func `is on a branch of its own, with the files of the base`() throws {
        try GitFixture.with { fixture in
            let tree = try fixture.trees().tree(for: fixture.request("port"))
            #expect(tree.isNew)
            #expect(tree.directory == fixture.path("port"))
            #expect(text(fixture.path("port") + "/inner/b.txt") == "two\n")
            #expect(
                try fixture.run(in: tree.directory, "symbolic-ref", "HEAD")
                    == "refs/heads/quire/run/port"
            )
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
            // The person's own checkout is as it was.
            #expect(try fixture.run("status", "--porcelain") == "")
            #expect(try fixture.run("branch", "--show-current") == "main")
        }
    }

    @Test func `means the same place for a directory below the top level`() throws {
        try GitFixture.with { fixture in
            let inner = fixture.root + "/inner"
            let tree = try fixture.trees().tree(for: fixture.request("port", in: inner))
            #expect(tree.directory == fixture.path("port") + "/inner")
            #expect(text(tree.directory + "/b.txt") == "two\n")
        }
    }

    @Test func `is taken up again with what was done in it`() throws {
        try GitFixture.with { fixture in
            let first = try fixture.trees().tree(for: fixture.request("port"))
            try fixture.write("changed\n", "a.txt", in: first.directory)
            try fixture.commitAll("main goes on")
            let again = try fixture.trees().tree(for: fixture.request("port"))
            #expect(!again.isNew)
            #expect(again.warnings.isEmpty)
            #expect(again.record.base == first.record.base)
            #expect(text(again.directory + "/a.txt") == "changed\n")
        }
    }

    @Test func `is made again from its branch, with its commits`() throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let commit = try trees.checkpoint("port", CheckpointRequest(subject: "port: 1")).commit
            try FileManager.default.removeItem(atPath: tree.directory)
            let again = try trees.tree(for: fixture.request("port"))
            #expect(again.isNew)
            #expect(again.record.tip == commit)
            #expect(again.warnings.count == 1)
            #expect(text(again.directory + "/a.txt") == "changed\n")
        }
    }

    /// What an agent without a sandbox can do to its branch.
    @Test(arguments: ["delete", "back", "aside"])
    func `keeps every commit, whatever becomes of its branch`(damage: String) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let commit = try #require(
                try trees.checkpoint("port", CheckpointRequest(subject: "port: 1")).commit
            )
            let branch = "refs/heads/quire/run/port"
            switch damage {
            case "delete": try fixture.run("update-ref", "-d", branch)
            case "back": try fixture.run("update-ref", branch, "main")
            default:
                let other = try fixture.run("commit-tree", "main^{tree}", "-m", "other")
                try fixture.run("update-ref", branch, other)
            }
            let again = try trees.tree(for: fixture.request("port"))
            #expect(again.warnings.count == 1, "\(again.warnings)")
            let kept = try fixture.run("for-each-ref", "--contains", commit, "--format=%(refname)")
            #expect(!kept.isEmpty)
            if damage == "delete" { #expect(again.record.tip == commit) }
        }
    }

    /// What a person or an agent can leave in a tree, and a word of what is told about it.
    private static let oddities: [(String, String)] = [
        ("rebase", "a rebase"), ("merge", "a merge"), ("bisect", "a bisection"),
        ("other branch", "git switch"), ("detached", "no branch"), ("locked", "unlock"),
        ("index locked", "index.lock"), ("own repository", ".git"), ("no link", ".git"),
        ("forgotten", "no longer knows"),
    ]

    @Test(arguments: oddities)
    func `is left alone where it is not as it was left`(oddity: String, word: String) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            try Self.make(oddity, tree, fixture)
            let before = try Self.listing(tree.directory)
            let trouble = TreeTrouble.of { _ = try trees.tree(for: fixture.request("port")) }
            #expect(
                trouble?.description.contains(word) == true,
                "\(trouble?.description ?? "none")"
            )
            let commit = TreeTrouble.of {
                _ = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            }
            #expect(commit?.description == trouble?.description)
            #expect(try Self.listing(tree.directory) == before)
        }
    }

    private static func make(_ oddity: String, _ tree: TaskTree, _ fixture: GitFixture) throws {
        let own = tree.record.administration
        switch oddity {
        case "rebase":
            try FileManager.default.createDirectory(
                atPath: own + "/rebase-merge",
                withIntermediateDirectories: true
            )
        case "merge": try put(tree.record.tip + "\n", own + "/MERGE_HEAD")
        case "bisect": try put("", own + "/BISECT_LOG")
        case "other branch": try fixture.run(in: tree.directory, "switch", "--quiet", "-c", "mine")
        case "detached": try fixture.run(in: tree.directory, "switch", "--quiet", "--detach")
        case "locked": try fixture.run("worktree", "lock", tree.directory)
        case "index locked": try put("", own + "/index.lock")
        case "own repository":
            try FileManager.default.removeItem(atPath: tree.directory + "/.git")
            try fixture.run(in: tree.directory, "init", "--quiet")
        case "no link": try put("gitdir: /nowhere\n", tree.directory + "/.git")
        default: try FileManager.default.removeItem(atPath: own)
        }
    }

    /// The paths of a directory with their contents.
    private static func listing(_ path: String) throws -> [String: String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path)
        return Dictionary(
            uniqueKeysWithValues: names.map { ($0, text(path + "/" + $0)) }
        )
    }

    // MARK: - Crashes

    /// The calls of git that change something, one of which is the last before Quire dies.
    @Test(arguments: [false, true])
    func `can be made after a death at each call of git`(isDone: Bool) throws {
        var deaths = 0
        for last in 0..<60 {
            let isOver = try GitFixture.with { fixture in
                let mortal = Mortal(fixture.git, calls: last, isDone: isDone)
                let died = TreeTrouble.of {
                    _ = try fixture.trees(mortal.git).tree(for: fixture.request("port"))
                }
                if died != nil { deaths += 1 }
                let tree = try fixture.trees().tree(for: fixture.request("port"))
                #expect(text(tree.directory + "/a.txt") == "one\n", "\(last)")
                #expect(tree.record.stage == .ready)
                let listed = try fixture.run("worktree", "list", "--porcelain")
                #expect(listed.components(separatedBy: "worktree ").count == 3, "\(last)")
                return died == nil
            }
            if isOver { break }
        }
        #expect(deaths > 5)
    }

    /// What a killed `git worktree add` leaves before the tree is one, and other calls leave of locks.
    @Test(arguments: [[], [".git"]], [false, true])
    func `can be made after a git that was killed half-way`(
        names: [String],
        isKnown: Bool
    ) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let repository = try Repository.around(fixture.root, fixture.git)
            try trees.records.save(
                TreeRecord(
                    task: "port",
                    repository: repository,
                    path: fixture.path("port"),
                    branch: "quire/run/port",
                    base: try repository.commit("HEAD", fixture.git)
                )
            )
            try FileManager.default.createDirectory(
                atPath: fixture.path("port"),
                withIntermediateDirectories: true
            )
            for name in names { try put("gitdir: /nowhere\n", fixture.path("port") + "/" + name) }
            let shared = fixture.root + "/.git"
            let known = shared + "/worktrees/port/"
            let entry = [
                "locked": "initializing", "gitdir": fixture.path("port") + "/.git",
                "commondir": "../..", "HEAD": String(repeating: "0", count: 40),
            ]
            if isKnown {
                for (name, text) in entry { try put(text + "\n", known + name) }
                for reference in Self.references { try put("", "\(shared)/\(reference).lock") }
            }
            #expect(try trees.tree(for: fixture.request("port")).isNew)
            let left = try FileManager.default.contentsOfDirectory(atPath: shared + "/worktrees")
            #expect(left == ["port"])
        }
    }

    /// The references that the making of the tree of `port` changes.
    private static let references = ["refs/heads/quire/run/port", "refs/quire/tasks/port"]

    @Test(arguments: references)
    func `waits for another git that holds a lock`(reference: String) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let lock = fixture.root + "/.git/\(reference).lock"
            try put("", lock)
            let trouble = TreeTrouble.of { _ = try trees.tree(for: fixture.request("port")) }
            #expect(trouble?.remedy == .time)
            // The line on what failed, not the last one of git's advice.
            let words = trouble?.description ?? "none"
            #expect(words.contains("\(reference).lock': File exists"), "\(words)")
            #expect(!words.contains("remove the file manually"), "\(words)")
            try FileManager.default.removeItem(atPath: lock)
            #expect(try trees.tree(for: fixture.request("port")).isNew)
        }
    }

    // MARK: - What a tree begins from

    @Test func `begins with the work of the tasks that it needs`() throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            for (task, file) in [("one", "1.txt"), ("two", "2.txt")] {
                let tree = try trees.tree(for: fixture.request(task))
                try fixture.write(task, file, in: tree.directory)
                _ = try trees.checkpoint(task, CheckpointRequest(subject: task))
            }
            let tree = try trees.tree(for: fixture.request("three", needs: ["one", "two"]))
            #expect(text(tree.directory + "/1.txt") == "one")
            #expect(text(tree.directory + "/2.txt") == "two")
            #expect(tree.record.base == tree.record.tip)
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
        }
    }

    @Test func `is not made where the work of two needs does not fit together`() throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            for task in ["one", "two"] {
                let tree = try trees.tree(for: fixture.request(task))
                try fixture.write(task, "a.txt", in: tree.directory)
                _ = try trees.checkpoint(task, CheckpointRequest(subject: task))
            }
            let trouble = TreeTrouble.of {
                _ = try trees.tree(for: fixture.request("three", needs: ["one", "two"]))
            }
            #expect(trouble?.remedy == .otherNeeds)
            #expect(trouble?.description.contains("a.txt") == true)
            #expect(try trees.record(of: "three") == nil)
            #expect(!FileManager.default.fileExists(atPath: fixture.path("three")))
            #expect(try fixture.run("branch", "--list", "quire/run/three") == "")
        }
    }
}

/// A git that dies, and Quire with it, after some calls; the last one is done or not.
final class Mortal: Sendable {
    private let inner: Git
    private let left: Mutex<Int>
    private let isDone: Bool

    init(_ git: Git, calls: Int, isDone: Bool) {
        inner = git
        left = Mutex(calls)
        self.isDone = isDone
    }

    var git: Git {
        Git { [self] call in
            let left = left.withLock { left in
                defer { left -= 1 }
                return left
            }
            let answer = GitAnswer(status: nil, output: [], complaint: "dead")
            if left < 0 || left == 0 && !isDone { return answer }
            let done = inner.repeating(call)
            return left == 0 ? answer : done
        }
    }
}
