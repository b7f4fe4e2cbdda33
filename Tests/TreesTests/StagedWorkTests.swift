import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A commit of what is staged` {
    /// Changes that are staged, by what makes them, and what the commit of them says.
    private static let staged = [
        ("echo x > new; git add new", "A\tnew"), ("echo x > new; git add -N new", "A\tnew"),
        ("git mv a.txt b.txt", "D\ta.txt\nA\tb.txt"), ("git rm -q a.txt", "D\ta.txt"),
        ("echo x > a.txt; git add a.txt", "M\ta.txt"),
        ("git rm -q --cached a.txt; echo a.txt > .gitignore", "A\t.gitignore\nD\ta.txt"),
        ("echo x > new; git add new; rm new; echo x > b", "A\tb"),
    ]

    @Test(arguments: staged)
    func `holds what an agent has staged`(script: String, changes: String) throws {
        try GitFixture.withTree { fixture, trees, tree in
            #expect(try Program("/bin/sh", ["-c", script], in: tree.directory).run().status == 0)
            #expect(try TaskTrees.uncommitted(tree.record, fixture.git).waiting != [])
            let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(done.leftOut == [])
            let show = ["show", "--no-renames", "--name-status", "--format="]
            #expect(try fixture.run(in: tree.directory, all: show) == changes)
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
            #expect(try TaskTrees.uncommitted(tree.record, fixture.git).waiting == [])
        }
    }

    /// Files that no commit may hold, staged, and the state of the tree with them left out.
    private static let stagedAndLeftOut = [
        ("echo x > key.pem; git add key.pem", "?? key.pem"),
        ("echo x > key.pem; git add -N key.pem", "?? key.pem"),
        ("echo x > key.pem; git add key.pem; echo y > key.pem", "?? key.pem"),
        ("head -c 2000 /dev/zero > large; git add large", "?? large"),
        ("head -c 2000 /dev/zero > a.txt; git add a.txt", " M a.txt"),
    ]

    @Test(arguments: stagedAndLeftOut)
    func `leaves out what is large or secret, though an agent has staged it`(
        script: String,
        state: String
    ) throws {
        try GitFixture.withTree { fixture, trees, tree in
            #expect(try Program("/bin/sh", ["-c", script], in: tree.directory).run().status == 0)
            try fixture.write("x", "inner/b.txt", in: tree.directory)
            let request = CheckpointRequest(subject: "port", largestFile: 1000)
            let done = try trees.checkpoint("port", request)
            #expect(done.leftOut.count == 1, "\(done.leftOut)")
            let show = ["show", "--name-only", "--format="]
            #expect(try fixture.run(in: tree.directory, all: show) == "inner/b.txt")
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == state)
            // By the size that the task's checkpoints go by.
            let record = try #require(try trees.record(of: "port"))
            let rest = try TaskTrees.uncommitted(record, fixture.git)
            #expect(rest.leftOut == done.leftOut && rest.waiting == [])
        }
    }

    /// A death, or a failure, after the index was written.
    @Test func `is made of what an earlier one has only staged`() throws {
        try GitFixture.withTree { fixture, trees, tree in
            let failing = try fixture.git(
                script: #"case "$*" in *commit-tree*) exit 1;; esac; exec "$git" "$@""#
            )
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let request = CheckpointRequest(subject: "port")
            let trouble = TreeTrouble.of {
                _ = try fixture.trees(failing).checkpoint("port", request)
            }
            #expect(trouble != nil)
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "M  a.txt")
            #expect(try TaskTrees.uncommitted(tree.record, fixture.git).waiting == ["a.txt"])
            #expect(try trees.checkpoint("port", request).commit != nil)
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
        }
    }
}
