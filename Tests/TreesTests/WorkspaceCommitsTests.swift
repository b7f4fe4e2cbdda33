import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `Commits in the person's own tree` {
    private let cutOff = CheckpointRequest(subject: "port: cut off")

    private func commits(_ fixture: GitFixture) throws -> WorkspaceCommits {
        let place = fixture.root + "/.autonomous/commits"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try put("*\n", fixture.root + "/.autonomous/.gitignore")
        return WorkspaceCommits(git: fixture.git, records: try Directory(following: place))
    }

    /// Carries out a session that does `work`; returns the commit.
    private func session(
        _ fixture: GitFixture,
        _ subject: String,
        largestFile: Int64 = 1000,
        _ work: () throws -> Void
    ) throws -> Checkpoint {
        let commits = try commits(fixture)
        _ = try commits.begin("port", in: fixture.root + "/inner", cutOff: cutOff)
        try work()
        return try commits.checkpoint(
            "port",
            CheckpointRequest(subject: subject, largestFile: largestFile)
        )
    }

    @Test func `hold what sessions changed, and nothing that lay there before`() throws {
        try GitFixture.with { fixture in
            try fixture.write("mine\n", "manifest.yaml")
            let first = try session(fixture, "port: 1") {
                try fixture.write("changed\n", "a.txt")
                try fixture.write("new\n", "inner/new.txt")
                try fixture.write("changed, too\n", "manifest.yaml")
            }
            #expect(first.leftOut.isEmpty)
            let second = try session(fixture, "port: 2") {
                try FileManager.default.removeItem(atPath: fixture.root + "/a.txt")
            }
            #expect(try fixture.run("rev-parse", "main") == second.commit)
            #expect(
                try fixture.run("log", "--name-status", "--format=%s", "-2")
                    == "port: 2\n\nD\ta.txt\nport: 1\n\nM\ta.txt\nA\tinner/new.txt"
            )
            #expect(try fixture.run("status", "--porcelain") == "?? manifest.yaml")
            #expect(try session(fixture, "port: 3") {}.commit == nil)
        }
    }

    @Test func `leave out what is too large, and go on`() throws {
        try GitFixture.with { fixture in
            let large = String(repeating: "x", count: 2000)
            let first = try session(fixture, "port: 1") { try fixture.write(large, "a.txt") }
            #expect(first.commit == nil && first.leftOut.count == 1)
            let second = try session(fixture, "port: 2") { try fixture.write("x", "inner/b.txt") }
            #expect(second.commit != nil && second.leftOut.isEmpty)
            #expect(try fixture.run("status", "--porcelain") == " M a.txt")
        }
    }

    @Test func `hold the work of a session that was cut off first`() throws {
        try GitFixture.with { fixture in
            try fixture.write("mine\n", "manifest.yaml")
            let commits = try commits(fixture)
            _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("changed\n", "a.txt")
            let tree = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            #expect(tree.warnings == ["work of a session that was cut off was committed"])
            #expect(tree.directory == fixture.root && !tree.isNew)
            #expect(
                try fixture.run("show", "--name-status", "--format=%s")
                    == "port: cut off\n\nM\ta.txt"
            )
            #expect(try commits.begin("port", in: fixture.root, cutOff: cutOff).warnings == [])
        }
    }

    /// States of a person's tree, by what makes them, and the words that refuse them.
    private static let states = [
        ("echo mine >> a.txt", "a.txt); commit or stash"),
        ("echo mine >> a.txt; git add a.txt", "a.txt); commit or stash"),
        ("git rm -q --cached a.txt", "a.txt); commit or stash"),
        ("git switch -q --detach", "no branch checked out"),
        (": > .git/index.lock", "is locked"), (": > .git/MERGE_HEAD", "in the middle of a merge"),
    ]

    @Test(arguments: states)
    func `are not begun where they would hold more, or belong to no branch`(
        script: String,
        words: String
    ) throws {
        try GitFixture.with { fixture in
            let outcome = try Program("/bin/sh", ["-c", script], in: fixture.root).run()
            #expect(outcome.status == 0, "\(outcome.error)")
            let before = try fixture.run("rev-parse", "HEAD")
            let trouble = TreeTrouble.of {
                _ = try commits(fixture).begin("port", in: fixture.root, cutOff: cutOff)
            }
            #expect(trouble?.description.contains(words) == true, "\(trouble?.description ?? "")")
            #expect(try fixture.run("rev-parse", "HEAD") == before)
        }
    }
}
