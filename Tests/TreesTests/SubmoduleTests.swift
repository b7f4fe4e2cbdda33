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
}
