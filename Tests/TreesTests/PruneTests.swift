import FileAccess
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Trees

@Suite struct `Cleaning up trees` {
    private func fate(
        _ fixture: GitFixture,
        _ task: String,
        _ standing: TaskStanding = .complete
    ) throws -> TreeFate {
        let trees = try fixture.trees()
        return try trees.fate(of: try #require(try trees.record(of: task)), standing)
    }

    /// The reason why a tree stays; `nil` if it goes.
    private func reason(
        _ fixture: GitFixture,
        _ task: String,
        _ standing: TaskStanding = .complete
    ) throws -> String? {
        switch try fate(fixture, task, standing) {
        case .stays(let reason): reason
        case .goes: nil
        }
    }

    /// Makes a tree with a commit in it.
    private func work(_ fixture: GitFixture, include: [String] = []) throws -> TaskTree {
        let trees = try fixture.trees()
        let tree = try trees.tree(for: fixture.request("port", include: include))
        try fixture.write("port", "port.txt", in: tree.directory)
        _ = try trees.checkpoint("port", CheckpointRequest(subject: "port: 1"))
        return tree
    }

    private func prune(_ fixture: GitFixture, _ standing: TaskStanding = .complete) throws {
        guard case .goes(let removal) = try fate(fixture, "port", standing) else {
            return #expect(Bool(false), "it stays")
        }
        try fixture.trees().remove(removal)
    }

    @Test func `removes the tree and the branch of what is merged, and keeps its newest commit`()
        throws
    {
        try GitFixture.with { fixture in
            let tree = try work(fixture)
            #expect(try reason(fixture, "port")?.contains("not merged") == true)
            try fixture.run("merge", "--quiet", "--no-edit", "--no-ff", "quire/run/port")
            #expect(try reason(fixture, "port", .open) == "its task has work left")
            try prune(fixture)
            #expect(!FileManager.default.fileExists(atPath: tree.directory))
            #expect(
                try fixture.run("for-each-ref", "--format=%(refname)")
                    == "refs/heads/main\nrefs/quire/tasks/port"
            )
            #expect(try fixture.run("worktree", "list").split(separator: "\n").count == 1)
            let trees = try fixture.trees()
            #expect(try trees.record(of: "port")?.isPruned == true)
            // The task goes on, and so does one that needs it, where the work of it is.
            try fixture.run("reset", "--quiet", "--hard", "HEAD~")
            let next = try trees.tree(for: fixture.request("next", needs: ["port"]))
            #expect(text(next.directory + "/port.txt") == "port")
            let again = try trees.tree(for: fixture.request("port"))
            #expect(again.isNew && text(again.directory + "/port.txt") == "port")
            #expect(again.warnings.count == 1, "\(again.warnings)")
            #expect(try trees.record(of: "port")?.isPruned == nil)
        }
    }

    /// Nothing but the record is left, which goes with the task; or the task begins anew.
    @Test(arguments: [false, true])
    func `leaves nothing of a pruned task that is deleted, or begins anew`(isAnew: Bool) throws {
        try GitFixture.with { fixture in
            _ = try work(fixture)
            try fixture.run("merge", "--quiet", "--no-edit", "--no-ff", "quire/run/port")
            try prune(fixture)
            let trees = try fixture.trees()
            if isAnew {
                _ = try trees.records.retire("port", stamp: "then")
                #expect(try trees.tree(for: fixture.request("port")).isNew)
                #expect(try trees.records.names() == ["port"])
            } else {
                try prune(fixture, .deleted)
                #expect(try trees.records.names() == [])
                #expect(try fixture.run("for-each-ref", "--format=%(refname)") == "refs/heads/main")
            }
        }
    }

    /// What was merged as another commit has commits of its own.
    @Test func `keeps the commits of what was squashed`() throws {
        try GitFixture.with { fixture in
            _ = try work(fixture)
            let trees = try fixture.trees()
            var record = try #require(try trees.record(of: "port"))
            record.landed = ["main": record.tip]
            record.landedBy = ["main": try fixture.run("rev-parse", "main")]
            try trees.records.save(record)
            try prune(fixture)
            let kept = "refs/quire/tasks/port-\(record.tip.prefix(12))"
            #expect(try fixture.run("for-each-ref", "--contains", record.tip).contains(kept))
            // A new tree of the task does not take their place.
            _ = try work(fixture)
            #expect(try fixture.run("for-each-ref", "--contains", record.tip).contains(kept))
        }
    }

    @Test func `takes the tree of a deleted task only if nothing is only there`() throws {
        try GitFixture.with { fixture in
            _ = try work(fixture)
            #expect(try reason(fixture, "port", .deleted)?.contains("nothing else has") == true)
            try fixture.run("branch", "mine", "quire/run/port")
            try prune(fixture, .deleted)
            #expect(try fixture.run("branch", "--list", "quire/*") == "")
        }
    }

    /// What can be in a tree, and a word of what is told about it.
    private static let contents: [(String, String)] = [
        ("a change", "in no commit"), ("a new file", "in no commit"),
        ("a repository", "in no commit"), ("a staged file", "in no commit"),
        ("an included file", "not as in"), ("submodules", "submodules"), ("a rebase", "a rebase"),
        ("a lock", "unlock"), ("a checkout elsewhere", "checked out in"),
        ("a hidden change", "does not look at"), ("an ignored repository", "which git ignores"),
    ]

    @Test(arguments: contents)
    func `leaves what is only there alone, and says what`(content: String, word: String) throws {
        try GitFixture.with(files: ["a.txt": "1\n", ".gitignore": "*.env\nbuild/\n"]) { fixture in
            try put("A=1\n", fixture.root + "/test.env")
            let tree = try work(fixture, include: ["test.env"])
            try fixture.run("merge", "--quiet", "--no-edit", "quire/run/port")
            // What the agents' tools have built is nobody's work.
            try put("x", tree.directory + "/build/output")
            #expect(try reason(fixture, "port") == nil)
            switch content {
            case "a change": try put("2\n", tree.directory + "/a.txt")
            case "a new file": try put("2\n", tree.directory + "/new.txt")
            case "a repository":
                try put("2\n", tree.directory + "/inner/new.txt")
                try fixture.run(in: tree.directory + "/inner", "init", "--quiet")
            case "a staged file":
                try put("2\n", tree.directory + "/a.txt")
                try fixture.run(in: tree.directory, "add", "a.txt")
                try put("1\n", tree.directory + "/a.txt")
            case "an included file": try put("A=2\n", tree.directory + "/test.env")
            case "submodules": try put("", tree.record.administration + "/modules/x")
            case "a rebase": try put("", tree.record.administration + "/rebase-merge/x")
            case "a hidden change":
                try fixture.run(in: tree.directory, "update-index", "--skip-worktree", "a.txt")
                try put("2\n", tree.directory + "/a.txt")
            case "an ignored repository":
                try put("2\n", tree.directory + "/build/deep/new.txt")
                try fixture.run(in: tree.directory + "/build/deep", "init", "--quiet")
            case "a lock": try fixture.run("worktree", "lock", tree.directory)
            default:
                try fixture.run(in: tree.directory, "switch", "--quiet", "--detach")
                try fixture.run("switch", "--quiet", "quire/run/port")
                try FileManager.default.removeItem(atPath: tree.directory)
            }
            let told = try reason(fixture, "port")
            #expect(told?.contains(word) == true, "\(told ?? "it goes")")
        }
    }

    /// Commits that an agent made and moved away from are in the tree's log alone.
    @Test func `keeps the commits that only the log of the tree names`() throws {
        try GitFixture.with { fixture in
            let tree = try work(fixture)
            try fixture.write("own", "own.txt", in: tree.directory)
            try fixture.commitAll("own", in: tree.directory)
            let own = try fixture.run(in: tree.directory, "rev-parse", "HEAD")
            try fixture.run(in: tree.directory, "reset", "--quiet", "--hard", "HEAD~")
            try fixture.run("merge", "--quiet", "--no-edit", "quire/run/port")
            try prune(fixture)
            #expect(
                try fixture.run("for-each-ref", "--contains", own).contains("refs/quire/tasks/")
            )
        }
    }

    @Test func `goes on after a death at each call of git`() throws {
        for last in 0..<30 {
            let isOver = try GitFixture.with { fixture in
                let tree = try work(fixture)
                try fixture.run("merge", "--quiet", "--no-edit", "quire/run/port")
                guard case .goes(let removal) = try fate(fixture, "port") else {
                    #expect(Bool(false))
                    return true
                }
                let mortal = MortalGit(fixture.git, calls: last)
                let died = TreeTrouble.of { try fixture.trees(mortal.git).remove(removal) }
                if try fixture.trees().record(of: "port") != nil { try prune(fixture) }
                #expect(!FileManager.default.fileExists(atPath: tree.directory))
                #expect(try fixture.run("branch", "--list", "quire/*") == "", "\(last)")
                #expect(try fixture.run("worktree", "list").split(separator: "\n").count == 1)
                return died == nil
            }
            if isOver { break }
        }
    }
}

/// A git that dies, and Quire with it, after some calls.
final class MortalGit: Sendable {
    private let inner: Git
    private let left: Mutex<Int>

    init(_ git: Git, calls: Int) {
        inner = git
        left = Mutex(calls)
    }

    var git: Git {
        Git { [self] call in
            let left = left.withLock { left in
                defer { left -= 1 }
                return left
            }
            guard left > 0 else { return GitAnswer(status: nil, output: [], complaint: "dead") }
            return inner.repeating(call)
        }
    }
}
