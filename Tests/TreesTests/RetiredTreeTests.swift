import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

/// A tree whose task begins anew: see `TreeRecords.retire`.
@Suite struct `The tree of a task that begins anew` {
    /// Runs `body` with a tree that has a commit, and a file that is in none.
    private func withWork(
        _ body: (GitFixture, TaskTrees, TaskTree, _ commit: String) throws -> Void
    ) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let request = CheckpointRequest(subject: "port: 1")
            let commit = try #require(try trees.checkpoint("port", request).commit)
            try fixture.write("secret\n", ".env", in: tree.directory)
            try body(fixture, trees, tree, commit)
        }
    }

    @Test func `is a new one, and the old one is kept with all that is in it`() throws {
        try withWork { fixture, trees, old, commit in
            let retired = try trees.records.retire("port", stamp: "then")
            #expect(retired?.keptBranch == "quire/run/port-then")
            let new = try trees.tree(for: fixture.request("port"))
            #expect(new.isNew)
            #expect(text(new.directory + "/a.txt") == "one\n")
            #expect(try fixture.run("rev-parse", "quire/run/port") == old.record.base)
            #expect(try fixture.run("rev-parse", "quire/run/port-then") == commit)
            #expect(text(old.directory + "/.env") == "secret\n")
            #expect(
                try fixture.run(in: old.directory, "branch", "--show-current")
                    == "quire/run/port-then"
            )
            let kept = try #require(try trees.record(of: "port-then"))
            #expect(kept.path == old.directory && kept.tip == commit && kept.keptAs == nil)
            // Once more in the same second.
            #expect(try trees.records.retire("port", stamp: "then")?.keptAs == "port-then-2")
            let third = try trees.tree(for: fixture.request("port"))
            #expect(Set([old, new, third].map(\.directory)).count == 3)
            #expect(try trees.records.retire("other", stamp: "then") == nil)
        }
    }

    /// What a person or an agent can do to the old tree.
    @Test(arguments: ["tree", "branch", "both", "other branch", "locked"])
    func `is a new one, whatever became of the old one`(damage: String) throws {
        try withWork { fixture, trees, old, commit in
            switch damage {
            case "other branch":
                try fixture.run(in: old.directory, "switch", "--quiet", "-c", "mine")
            case "locked": try fixture.run("worktree", "lock", old.directory)
            default:
                if damage != "branch" {
                    try FileManager.default.removeItem(atPath: old.directory)
                }
                if damage != "tree" {
                    try fixture.run("update-ref", "-d", "refs/heads/quire/run/port")
                }
            }
            _ = try trees.records.retire("port", stamp: "then")
            let new = try trees.tree(for: fixture.request("port"))
            #expect(new.isNew && text(new.directory + "/a.txt") == "one\n")
            #expect(try fixture.run("rev-parse", "quire/run/port-then") == commit)
            let kept = try #require(try trees.record(of: "port-then"))
            #expect(kept.path != new.directory)
        }
    }

    @Test(arguments: [false, true])
    func `is a new one after a death at each call of git`(isDone: Bool) throws {
        var deaths = 0
        for last in 0..<60 {
            var isOver = false
            try withWork { fixture, trees, old, commit in
                _ = try trees.records.retire("port", stamp: "then")
                let mortal = Mortal(fixture.git, calls: last, isDone: isDone)
                let died = TreeTrouble.of {
                    _ = try fixture.trees(mortal.git).tree(for: fixture.request("port"))
                }
                if died == nil { isOver = true } else { deaths += 1 }
                let new = try trees.tree(for: fixture.request("port"))
                #expect(text(new.directory + "/a.txt") == "one\n", "\(last)")
                #expect(text(old.directory + "/.env") == "secret\n", "\(last)")
                #expect(try fixture.run("rev-parse", "quire/run/port-then") == commit, "\(last)")
                #expect(try trees.records.all().map(\.task) == ["port-then", "port"], "\(last)")
            }
            if isOver { break }
        }
        #expect(deaths > 5)
    }
}
