import Driver
import EventLoop
import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A commit of a session's work` {
    private func withTree<Result>(
        _ body: (GitFixture, TaskTrees, TaskTree) throws -> Result
    ) throws -> Result {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            return try body(fixture, trees, try trees.tree(for: fixture.request("port")))
        }
    }

    @Test func `holds what was changed, added and removed`() throws {
        try withTree { fixture, trees, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            try fixture.write("new\n", "deep/down/new.txt", in: tree.directory)
            try FileManager.default.removeItem(atPath: tree.directory + "/inner/b.txt")
            try FileManager.default.createSymbolicLink(
                atPath: tree.directory + "/link",
                withDestinationPath: "a.txt"
            )
            let done = try trees.checkpoint(
                "port",
                CheckpointRequest(
                    subject: "port: 2 entries",
                    body: ["Session: 1", "Progress: 2/3"]
                )
            )
            #expect(done.leftOut.isEmpty)
            #expect(
                try fixture.run(in: tree.directory, "show", "--name-status", "--format=%an|%s|%b")
                    == """
                    Ada|port: 2 entries|Session: 1
                    Progress: 2/3


                    M\ta.txt
                    A\tdeep/down/new.txt
                    D\tinner/b.txt
                    A\tlink
                    """
            )
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
            #expect(try fixture.run("rev-parse", "quire/run/port") == done.commit)
        }
    }

    @Test func `is none where nothing was changed`() throws {
        try withTree { _, trees, _ in
            let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(done == Checkpoint(commit: nil, leftOut: []))
        }
    }

    @Test func `is the person's or the one of the settings`() throws {
        try withTree { fixture, trees, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let author = "Quire Bot <bot@example.org>"
            _ = try trees.checkpoint("port", CheckpointRequest(subject: "port", author: author))
            #expect(
                try fixture.run("log", "-1", "--format=%an <%ae> %cn <%ce>", "quire/run/port")
                    == "\(author) \(author)"
            )
        }
    }

    @Test func `can't be made without anybody's identity, and says how`() throws {
        try withTree { fixture, _, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let nobody = Git(
                program: gitProgram,
                inherited: GitFixture.environment.without(
                    ["AUTHOR", "COMMITTER"].flatMap { ["GIT_\($0)_NAME", "GIT_\($0)_EMAIL"] }
                )
            )
            // Without a name git makes one up, unless it is told not to.
            try fixture.run("config", "user.useConfigOnly", "true")
            let trouble = TreeTrouble.of {
                _ = try fixture.trees(nobody).checkpoint("port", CheckpointRequest(subject: "port"))
            }
            #expect(
                trouble?.description.contains("user.email") == true,
                "\(trouble?.description ?? "")"
            )
        }
    }

    /// Names of files, and whether a commit holds them.
    private static let files: [(String, Bool)] = [
        (".env", false), (".env.local", false), (".env.example", true), ("deep/server.pem", false),
        ("id_ed25519", false), ("id_ed25519.pub", true), ("key.txt", false), ("large.bin", false),
        ("name with spaces", true), ("new\nline", true), ("ignored.log", false), ("sub/", false),
    ]

    @Test(arguments: files)
    func `leaves out what is large, secret or another repository`(
        name: String,
        isHeld: Bool
    ) throws {
        try withTree { fixture, trees, tree in
            try fixture.write("*.log\n", ".gitignore", in: tree.directory)
            _ = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            switch name {
            case "sub/":
                try fixture.write("x", "sub/x", in: tree.directory)
                try fixture.run(in: tree.directory + "/sub", "init", "--quiet")
            case "key.txt":
                let key = ["-----BEGIN RSA", "PRIVATE KEY-----"].joined(separator: " ")
                try fixture.write(key + "\nxyz\n", name, in: tree.directory)
            default:
                let size = name == "large.bin" ? 2000 : 10
                try fixture.write(String(repeating: "x", count: size), name, in: tree.directory)
            }
            let done = try trees.checkpoint(
                "port",
                CheckpointRequest(subject: "port", largestFile: 1000)
            )
            #expect((done.commit != nil) == isHeld)
            let isTold = !isHeld && name != "ignored.log"
            #expect(done.leftOut.count == (isTold ? 1 : 0), "\(done.leftOut)")
        }
    }

    @Test func `takes paths that are no text`() throws {
        try withTree { fixture, trees, tree in
            let name = TreeFile([0x66, 0xFF, 0xFE])
            let file = open(name.path(in: tree.directory), O_WRONLY | O_CREAT, 0o644)
            try #require(file >= 0)
            close(file)
            #expect(try trees.checkpoint("port", CheckpointRequest(subject: "port")).commit != nil)
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
        }
    }

    // MARK: - What agents can write

    /// Programs that a repository's settings can have git run.
    private static let traps = [
        "core.fsmonitor", "core.hooksPath", "core.editor", "core.pager", "gpg.program",
        "filter.trap.clean", "diff.external",
    ]

    @Test(arguments: traps)
    func `runs no program of a repository within the tree`(setting: String) throws {
        try withTree { fixture, trees, tree in
            let sub = tree.directory + "/sub"
            try fixture.write("x", "sub/x", in: tree.directory)
            try fixture.run(in: sub, "init", "--quiet")
            try fixture.commitAll("x", in: sub)
            // As a submodule it is one of the tree's files, into which git looks for changes.
            let commit = try fixture.run(in: sub, "rev-parse", "HEAD")
            try fixture.run(
                in: tree.directory,
                "update-index",
                "--add",
                "--cacheinfo",
                "160000,\(commit),sub"
            )
            let trap = try Self.trap(fixture, sub)
            try fixture.run(
                in: sub,
                "config",
                setting,
                setting == "core.hooksPath" ? trap.hooks : trap.program
            )
            try fixture.write("* filter=trap\n", "sub/.gitattributes", in: tree.directory)
            try fixture.write("y", "sub/x", in: tree.directory)
            _ = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            _ = try trees.tree(for: fixture.request("port"))
            #expect(!FileManager.default.fileExists(atPath: trap.mark))
        }
    }

    @Test func `runs no hook and signs nothing`() throws {
        try withTree { fixture, trees, tree in
            let trap = try Self.trap(fixture, fixture.root)
            try fixture.run("config", "core.hooksPath", trap.hooks)
            try fixture.run("config", "commit.gpgsign", "true")
            try fixture.run("config", "gpg.program", trap.program)
            try fixture.run("config", "core.fsmonitor", trap.program)
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            #expect(try trees.checkpoint("port", CheckpointRequest(subject: "port")).commit != nil)
            _ = try trees.tree(for: fixture.request("other"))
            #expect(!FileManager.default.fileExists(atPath: trap.mark))
        }
    }

    /// A program, and a directory of hooks that are this program; it leaves a mark when it runs.
    private static func trap(
        _ fixture: GitFixture,
        _ directory: String
    ) throws -> (program: String, hooks: String, mark: String) {
        let place = fixture.root + "/.git/trap"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let (program, mark) = (place + "/program", place + "/mark")
        try put("#!/bin/sh\necho \"$0 $*\" >>'\(mark)'\ncat\n", program)
        let hooks = [
            "pre-commit", "post-commit", "post-checkout", "post-index-change",
            "reference-transaction",
            "prepare-commit-msg", "commit-msg", "post-merge", "fsmonitor-watchman",
        ]
        chmod(program, 0o755)
        for hook in hooks {
            try FileManager.default.copyItem(atPath: program, toPath: place + "/" + hook)
        }
        return (program, place, mark)
    }

    /// The words of a checklist come from an agent.
    @Test func `has a message without signs that steer a terminal`() throws {
        try withTree { fixture, trees, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let subject = "port: \u{1B}[2Jx\u{202E}y\nSigned-off-by: nobody"
            _ = try trees.checkpoint("port", CheckpointRequest(subject: subject))
            #expect(
                try fixture.run("log", "-1", "--format=%s|%b", "quire/run/port")
                    == #"port: \u{1B}[2Jx\u{202E}y Signed-off-by: nobody|"#
            )
        }
    }
}
