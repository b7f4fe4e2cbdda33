import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `Commits in the person's own tree` {
    private let cutOff = CheckpointRequest(subject: "port: cut off")

    private func commits(_ fixture: GitFixture, _ git: Git? = nil) throws -> WorkspaceCommits {
        let place = fixture.root + "/.autonomous/commits"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try put("*\n", fixture.root + "/.autonomous/.gitignore")
        return WorkspaceCommits(git: git ?? fixture.git, records: try Directory(following: place))
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

    @Test func `hold nothing that lay there before, though an agent has staged it`() throws {
        try GitFixture.with { fixture in
            try fixture.write("mine\n", "mine.txt")
            let done = try session(fixture, "port: 1") {
                try fixture.write("new\n", "new.txt")
                try fixture.run("add", "--all")
            }
            #expect(done.commit != nil && done.leftOut.isEmpty)
            #expect(try fixture.run("show", "--name-only", "--format=") == "new.txt")
            #expect(try fixture.run("status", "--porcelain") == "?? mine.txt")
        }
    }

    /// A death, or a failure, after the index was written.
    @Test func `hold what an earlier one has only staged`() throws {
        try GitFixture.with { fixture in
            let failing = try fixture.git(
                script: #"case "$*" in *commit-tree*) exit 1;; esac; exec "$git" "$@""#
            )
            _ = try commits(fixture).begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("changed\n", "a.txt")
            let trouble = TreeTrouble.of {
                _ = try commits(fixture, failing).checkpoint(
                    "port",
                    CheckpointRequest(subject: "port: 1")
                )
            }
            #expect(trouble != nil)
            #expect(try fixture.run("status", "--porcelain") == "M  a.txt")
            _ = try commits(fixture).begin("port", in: fixture.root, cutOff: cutOff)
            #expect(try fixture.run("log", "-1", "--format=%s") == "port: cut off")
            #expect(try fixture.run("status", "--porcelain") == "")
        }
    }

    @Test func `hold the work of the last session, though no other one follows`() throws {
        try GitFixture.with { fixture in
            let commits = try commits(fixture)
            #expect(try commits.finish("port", cutOff) == nil)
            _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("changed\n", "a.txt")
            commits.noteAlive("port")
            #expect(try commits.finish("port", cutOff)?.commit != nil)
            #expect(try fixture.run("log", "-1", "--format=%s") == "port: cut off")
            #expect(try commits.finish("port", cutOff) == nil)
        }
    }

    @Test func `leave out what is too large until it no longer is, and go on`() throws {
        try GitFixture.with { fixture in
            let large = String(repeating: "x", count: 2000)
            let first = try session(fixture, "port: 1") { try fixture.write(large, "a.txt") }
            #expect(first.commit == nil && first.leftOut.count == 1)
            let second = try session(fixture, "port: 2") { try fixture.write("x", "inner/b.txt") }
            #expect(second.commit != nil && second.leftOut == first.leftOut)
            #expect(try fixture.run("status", "--porcelain") == " M a.txt")
            let third = try session(fixture, "port: 3") { try fixture.write("small", "a.txt") }
            #expect(third.commit != nil && third.leftOut.isEmpty)
            #expect(try fixture.run("status", "--porcelain") == "")
        }
    }

    @Test func `hold the work of a session that was cut off first`() throws {
        try GitFixture.with { fixture in
            try fixture.write("mine\n", "manifest.yaml")
            let commits = try commits(fixture)
            _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("changed\n", "a.txt")
            commits.noteAlive("port")
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

    /// Changes of a person's, by the file that is told of them.
    private static let laterChanges = [
        ("echo mine > a.txt", "a.txt"), ("rm a.txt", "a.txt"), ("echo mine > mine.txt", "mine.txt"),
        ("mv inner/b.txt c.txt; echo mine > inner/b.txt", "c.txt, inner/b.txt"),
    ]

    @Test(arguments: laterChanges)
    func `leave to a person what was changed after Quire was killed`(
        script: String,
        files: String
    ) throws {
        try GitFixture.with { fixture in
            let commits = try commits(fixture)
            _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("the session's\n", "inner/b.txt")
            try fixture.write("the session's\n", "inner/new.txt")
            commits.noteAlive("port")
            try waitForClock(after: fixture.root + "/.autonomous/commits/port.json")
            #expect(try Program("/bin/sh", ["-c", script], in: fixture.root).run().status == 0)
            let before = try fixture.run("status", "--porcelain")

            let warnings = try commits.begin("port", in: fixture.root, cutOff: cutOff).warnings
            let told = warnings.first ?? ""
            #expect(told.hasPrefix("\(files) changed when Quire was killed"), "\(warnings)")
            let committed = try fixture.run("show", "--name-only", "--format=%s")
            #expect(committed.hasPrefix("port: cut off\n\n"), "\(committed)")
            #expect(committed.hasSuffix("inner/new.txt"), "\(committed)")
            for file in files.components(separatedBy: ", ") {
                #expect(!committed.contains(file), "\(committed)")
                #expect(before.contains(file))
                #expect(try fixture.run("status", "--porcelain").contains(file))
            }
            // It stays so, and is told, until the person has decided.
            try fixture.write("more\n", "inner/new.txt")
            let request = CheckpointRequest(subject: "port: 2")
            #expect(try commits.checkpoint("port", request).leftOut == [told])
            #expect(
                try fixture.run("show", "--name-only", "--format=%s") == "port: 2\n\ninner/new.txt"
            )
            try fixture.commitAll("mine")
            #expect(try session(fixture, "port: 3") {}.leftOut == [])
        }
    }

    @Test(arguments: [true, false])
    func `tell that a check may have changed what is not committed`(isChecked: Bool) throws {
        try GitFixture.with { fixture in
            _ = try session(fixture, "port: 1") { try fixture.write("changed\n", "a.txt") }
            try fixture.write("the check's\n", "a.txt")
            let trouble = TreeTrouble.of {
                _ = try commits(fixture)
                    .begin("port", in: fixture.root, cutOff: cutOff, isChecked: isChecked)
            }
            let words = trouble?.description ?? ""
            #expect(words.contains("a.txt); commit or stash"), "\(words)")
            #expect(words.contains("if its check (verify) made them") == isChecked, "\(words)")
        }
    }

    /// Waits until the file system's clock has gone on since a file was written.
    private func waitForClock(after path: String) throws {
        func time(_ path: String) throws -> Date? {
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        }
        let noted = try #require(try time(path))
        let probe = path + ".probe"
        let isLater = try eventually {
            try put("", probe)
            return try time(probe).map { $0.timeIntervalSince(noted) > 0.001 } ?? false
        }
        #expect(isLater)
    }

    /// What is no record is told, and whatever lies in the tree is left as it is.
    @Test(arguments: ["rm port.json; mkdir port.json", "echo x > port.json"])
    func `are not begun with a record that is none`(script: String) throws {
        try GitFixture.with { fixture in
            let commits = try commits(fixture)
            _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            try fixture.write("changed\n", "a.txt")
            let place = fixture.root + "/.autonomous/commits"
            #expect(try Program("/bin/sh", ["-c", script], in: place).run().status == 0)
            let trouble = TreeTrouble.of {
                _ = try commits.begin("port", in: fixture.root, cutOff: cutOff)
            }
            let words = trouble?.description ?? ""
            #expect(words.contains("port.json\"") && words.contains("move it away"), "\(words)")
            #expect(try fixture.run("log", "--format=%s") == "begin")
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
