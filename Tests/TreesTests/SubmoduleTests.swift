import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A submodule in a task's tree` {
    @Test(arguments: ["untouched", "committed", "pushed"])
    func `is named where its commit is in that tree alone`(state: String) throws {
        try GitFixture.with { outer in
            let fixture = GitFixture(root: outer.root, variables: ["GIT_ALLOW_PROTOCOL": "file"])
            let source = fixture.root + "/.git/inner"
            try fixture.run("clone", "--quiet", "--bare", fixture.root, source)
            try fixture.run("submodule", "--quiet", "add", source, "sub")
            try fixture.run("commit", "--quiet", "-m", "sub")
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port")).directory
            if state != "untouched" {
                try fixture.write("x", "x.txt", in: tree + "/sub")
                try fixture.commitAll("x", in: tree + "/sub")
            }
            if state == "pushed" {
                try fixture.run(in: tree + "/sub", "push", "--quiet", "origin", "HEAD:refs/heads/x")
            }
            try fixture.write("y", "y.txt", in: tree)
            _ = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            let record = try #require(try trees.record(of: "port"))
            let paths = try TaskTrees.unpushedSubmodules(record, at: record.tip, fixture.git)
            #expect(paths == (state == "committed" ? ["sub"] : []))
            guard case .stays(let words) = try trees.fate(of: record, .complete) else {
                return #expect(Bool(false), "it goes")
            }
            let isFirst = words.contains("push it: git -C \(tree)/sub push")
            #expect(isFirst == (state == "committed"), "\(words)")
        }
    }

    /// What an agent does in a submodule, as a line of the shell, and whether a commit of the submodule holds
    /// it.
    private static let changes: [(line: String, isHeld: Bool)] = [
        ("true", true), ("echo x > new.txt", false), ("echo x >> a.txt", false),
        ("rm a.txt", false),
        ("echo x > new.txt && git add new.txt", false),
        ("echo x >> a.txt && git add a.txt && git show HEAD:a.txt > a.txt", false),
        ("git rm --quiet --cached a.txt", false), ("touch a.txt", true),
        ("echo x > new.txt && git add new.txt && git commit --quiet -m x", true),
        ("echo new.txt > .gitignore", false),
        ("chmod +x a.txt", false),
    ]

    @Test(arguments: changes, [1, 2])
    func `has its changes told, and its tree kept`(
        change: (line: String, isHeld: Bool),
        depth: Int
    ) throws {
        try GitFixture.with { outer in
            let fixture = GitFixture(root: outer.root, variables: ["GIT_ALLOW_PROTOCOL": "file"])
            var source = fixture.root
            // Each holds the one before, and the repository the last.
            for level in 1...depth {
                let bare = fixture.root + "/.git/level-\(level)"
                try fixture.run("clone", "--quiet", "--bare", source, bare)
                guard level < depth else {
                    source = bare
                    break
                }
                source = fixture.root + "/.git/work-\(level)"
                try fixture.run("clone", "--quiet", bare, source)
                try fixture.run(in: source, "submodule", "--quiet", "add", bare, "sub")
                try fixture.run(in: source, "commit", "--quiet", "-m", "sub")
            }
            try fixture.run("submodule", "--quiet", "add", source, "sub")
            try fixture.run("commit", "--quiet", "-m", "sub")
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port")).directory
            try fixture.run(in: tree, "submodule", "--quiet", "update", "--init", "--recursive")
            let path = Array(repeating: "sub", count: depth).joined(separator: "/")
            let inner = tree + "/" + path
            try fixture.shell(change.line, in: inner)
            // What an agent wrote into the settings does not run.
            let mark = fixture.root + "/ran"
            try fixture.run(in: inner, "config", "filter.x.clean", "touch '\(mark)'; cat")
            try fixture.run(in: inner, "config", "core.fsmonitor", "touch '\(mark)'; false")
            let excluded = try fixture.run(in: inner, "rev-parse", "--git-path", "info/attributes")
            try put("* filter=x\n", excluded.hasPrefix("/") ? excluded : inner + "/" + excluded)

            let told = "the submodule \(path) has changes that no commit holds"
            let checkpoint = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(checkpoint.leftOut.contains(told) == !change.isHeld, "\(checkpoint.leftOut)")
            let record = try #require(try trees.record(of: "port"))
            let waiting = try TaskTrees.uncommitted(record, fixture.git).leftOut
            #expect(waiting.contains(told) == !change.isHeld, "\(waiting)")
            guard case .stays(let words) = try trees.fate(of: record, .complete) else {
                return #expect(Bool(false), "it goes")
            }
            if !change.isHeld {
                #expect(words.contains("submodule \(path) has changes that no"), "\(words)")
            }
            #expect(!FileManager.default.fileExists(atPath: mark))
        }
    }
}
