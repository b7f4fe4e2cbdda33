import Driver
import EventLoop
import FileAccess
import Orchestration
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A commit of a session's work` {
    @Test func `holds what was changed, added and removed`() throws {
        try GitFixture.withTree { fixture, trees, tree in
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
        try GitFixture.withTree { _, trees, _ in
            let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(done == Checkpoint(commit: nil, leftOut: [], changes: .init()))
        }
    }

    @Test func `counts what the task has changed since its base`() throws {
        try GitFixture.withTree { fixture, trees, tree in
            let lines = (1...20).map { "line \($0)\n" }.joined()
            try fixture.write(lines, "a.txt", in: tree.directory)
            let first = try trees.checkpoint("port", CheckpointRequest(subject: "port: 1"))
            #expect(first.changes?.words == "1 file, +20 -1")
            // A file that only has another name, and one without lines.
            try FileManager.default.moveItem(
                atPath: tree.directory + "/inner/b.txt",
                toPath: tree.directory + "/c.txt"
            )
            try fixture.write("\0\0", "data", in: tree.directory)
            let second = try trees.checkpoint("port", CheckpointRequest(subject: "port: 2"))
            #expect(second.changes?.words == "3 files, +20 -1")
            let third = try trees.checkpoint("port", CheckpointRequest(subject: "port: 3"))
            #expect(third == Checkpoint(commit: nil, leftOut: [], changes: second.changes))
        }
    }

    @Test func `tells of what it leaves out until that is resolved, however much it is`() throws {
        try GitFixture.withTree { fixture, trees, tree in
            for number in 0..<25 { try fixture.write("x", "\(number).pem", in: tree.directory) }
            func leftOut() throws -> [String] {
                try trees.checkpoint("port", CheckpointRequest(subject: "port")).leftOut
            }
            let first = try leftOut()
            #expect(first.count == 21 && first.last == "5 more files left out in the same way")
            #expect(try leftOut() == first)
            try fixture.write("*.pem\n", ".gitignore", in: tree.directory)
            #expect(try leftOut() == [])
        }
    }

    /// An agent without a sandbox takes its last commit back, and goes on.
    @Test func `keeps the commits that the branch has left`() throws {
        try GitFixture.withTree { fixture, trees, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            let request = CheckpointRequest(subject: "port")
            let first = try #require(try trees.checkpoint("port", request).commit)
            try fixture.run(in: tree.directory, "reset", "--quiet", "--hard", "HEAD~1")
            try fixture.write("other\n", "a.txt", in: tree.directory)
            let second = try trees.checkpoint("port", request)
            #expect(second.commit != nil && second.warnings.count == 1, "\(second.warnings)")
            #expect(try fixture.run("for-each-ref", "--contains", first) != "")
            #expect(try trees.checkpoint("port", request).warnings == [])
        }
    }

    /// What a git that was killed leaves, while Quire's own may have been at work.
    @Test(arguments: ["index", "HEAD", "branch", "keepsake"])
    func `is made after a git that was killed with a lock`(lock: String) throws {
        try GitFixture.withTree { fixture, trees, tree in
            try fixture.write("changed\n", "a.txt", in: tree.directory)
            var record = tree.record
            record.isBusy = true
            try trees.records.save(record)
            let shared = record.repository + "/refs/"
            let path =
                switch lock {
                case "branch": shared + "heads/\(record.branch).lock"
                case "keepsake": shared + "quire/tasks/port.lock"
                default: record.administration + "/\(lock).lock"
                }
            try put("", path)
            #expect(try trees.checkpoint("port", CheckpointRequest(subject: "port")).commit != nil)
        }
    }

    @Test func `is the person's or the one of the settings`() throws {
        try GitFixture.withTree { fixture, trees, tree in
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
        try GitFixture.withTree { fixture, _, tree in
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
        ("token.md", false), ("image.bin", true),
        ("name with spaces", true), ("new\nline", true), ("ignored.log", false), ("sub/", false),
    ]

    @Test(arguments: files)
    func `leaves out what is large, secret or another repository`(
        name: String,
        isHeld: Bool
    ) throws {
        try GitFixture.withTree { fixture, trees, tree in
            try fixture.write("*.log\n", ".gitignore", in: tree.directory)
            _ = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            switch name {
            case "sub/":
                try fixture.write("x", "sub/x", in: tree.directory)
                try fixture.run(in: tree.directory + "/sub", "init", "--quiet")
            case "key.txt":
                let key = ["-----BEGIN RSA", "PRIVATE KEY-----"].joined(separator: " ")
                try fixture.write(key + "\nxyz\n", name, in: tree.directory)
            case "token.md", "image.bin":
                let token = "gh" + "p_" + String(repeating: "aB3dE5gH7", count: 4)
                let start = name == "image.bin" ? "\u{0}" : String(repeating: "x ", count: 200)
                try fixture.write(start + token, name, in: tree.directory)
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

    @Test(arguments: [true, false])
    func `holds a large file where git-lfs keeps its contents`(isRequired: Bool) throws {
        try GitFixture.withTree { fixture, trees, tree in
            try fixture.run("config", "filter.lfs.clean", "echo pointer; cat >/dev/null")
            try fixture.run("config", "filter.lfs.required", isRequired ? "yes" : "no")
            try fixture.write("*.bin filter=lfs\n", ".gitattributes", in: tree.directory)
            for name in ["large.bin", "large.txt"] {
                try fixture.write(String(repeating: "x", count: 2000), name, in: tree.directory)
            }
            let done = try trees.checkpoint(
                "port",
                CheckpointRequest(subject: "port", largestFile: 1000)
            )
            #expect(done.leftOut.count == (isRequired ? 1 : 2), "\(done.leftOut)")
            let names = try fixture.run("ls-tree", "--name-only", "quire/run/port")
            #expect(names.contains("large.bin") == isRequired && !names.contains("large.txt"))
            if isRequired {
                #expect(
                    try fixture.run("cat-file", "blob", "quire/run/port:large.bin") == "pointer"
                )
            }
        }
    }

    @Test func `holds a changed file's token only if it was there before`() throws {
        try GitFixture.withTree { fixture, trees, tree in
            let tokens = ["gh", "xox"].map {
                $0 + ($0 == "gh" ? "p_" : "b-") + "0aB3dE5gH7jK9mN1pQ2rS4"
            }
            try fixture.write("key: \(tokens[0])\n", "a.txt", in: tree.directory)
            let first = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(first.commit == nil && first.leftOut.count == 1, "\(first.leftOut)")
            // Somebody's own commit is theirs.
            try fixture.run(
                in: tree.directory,
                "commit",
                "--quiet",
                "--all",
                "--message",
                "example"
            )
            for (text, isHeld) in [
                ("key: \(tokens[0])\nmore\n", true), ("key: \(tokens[1])\n", false),
            ] {
                try fixture.write(text, "a.txt", in: tree.directory)
                let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
                #expect(done.leftOut.isEmpty == isHeld, "\(done.leftOut)")
                let state = try fixture.run(in: tree.directory, "status", "--porcelain")
                #expect(state.isEmpty == isHeld, "\(state)")
            }
        }
    }

    @Test func `takes paths that are no text`() throws {
        try GitFixture.withTree { fixture, trees, tree in
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
        try GitFixture.withTree { fixture, trees, tree in
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
        try GitFixture.withTree { fixture, trees, tree in
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
        try GitFixture.withTree { fixture, trees, tree in
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
