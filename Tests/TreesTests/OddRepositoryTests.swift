import Orchestration
import Driver
import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

/// Repositories as they exist, in which trees are made and committed all the same.
@Suite struct `A repository that is odd` {
    private static let oddities = [
        "dirty", "detached", "mid-rebase", "shallow", "spaces", "submodule", "sparse", "filter",
        "case", "no text", "old git",
    ]

    @Test(arguments: oddities)
    func `has trees as any other, and is as it was`(oddity: String) throws {
        try GitFixture.with { fixture in
            let place = try Self.make(oddity, fixture)
            let before = try Self.state(place)
            let trees = try place.trees()
            let tree = try trees.tree(for: place.request("port"))
            try Self.check(oddity, tree)
            #expect(try place.run(in: tree.directory, "status", "--porcelain") == "")
            try place.write("by an agent\n", "agent.txt", in: tree.directory)
            let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(done.changes?.words == "1 file, +1 -0")
            // No file is gone from the commit that is none of the agent's.
            #expect(
                try place.run("diff", "--name-status", "\(tree.record.base)..quire/run/port")
                    == "A\tagent.txt"
            )
            _ = try trees.records.retire("port", stamp: "then")
            #expect(try trees.tree(for: place.request("port")).isNew)
            #expect(try Self.state(place) == before)
        }
    }

    /// What a person sees of the repository, without Quire's own branches.
    private static func state(_ place: GitFixture) throws -> [String] {
        try [
            place.run("status", "--porcelain", "--branch"), place.run("stash", "list"),
            place.run("ls-files", "--stage"),
        ]
            + place.run("for-each-ref").split(separator: "\n").map(String.init).filter {
                !$0.contains("refs/heads/quire/") && !$0.contains("refs/quire/")
            }
    }

    /// Makes a repository odd; returns the place to work in.
    private static func make(_ oddity: String, _ fixture: GitFixture) throws -> GitFixture {
        switch oddity {
        case "dirty":
            try fixture.write("changed\n", "a.txt")
            try fixture.run("add", "--all")
        case "detached": try fixture.run("switch", "--quiet", "--detach")
        case "mid-rebase": try rebaseHalfWay(fixture)
        case "shallow":
            try fixture.commitAll("second")
            try fixture.run("clone", "--quiet", "--depth=1", "file://" + fixture.root, "clone")
            return GitFixture(root: fixture.root + "/clone")
        case "spaces":
            try fixture.run("clone", "--quiet", fixture.root, "a b'\nc")
            return GitFixture(root: fixture.root + "/a b'\nc")
        case "submodule": return try addSubmodule(fixture)
        case "sparse":
            try fixture.write("outer\n", "outer/c.txt")
            try fixture.commitAll("outer")
            try fixture.run("sparse-checkout", "set", "inner")
        case "filter": return try addFilter(fixture)
        case "case":
            try fixture.write("upper\n", "A.txt")
            try fixture.commitAll("case")
        case "no text":
            let name = TreeFile([0x66, 0xFF, 0x0A, 0x22, 0x5C])
            let file = open(name.path(in: fixture.root), O_WRONLY | O_CREAT, 0o644)
            try #require(file >= 0)
            close(file)
            try fixture.commitAll("no text")
        default:
            return GitFixture(root: fixture.root, git: try fixture.git(script: oldGit))
        }
        return fixture
    }

    private static func check(_ oddity: String, _ tree: TaskTree) throws {
        #expect(text(tree.directory + "/a.txt") == "one\n")
        switch oddity {
        case "submodule": #expect(text(tree.directory + "/sub/a.txt") == "one\n")
        case "filter": #expect(text(tree.directory + "/large.bin") == "the real bytes\n")
        case "case": #expect(text(tree.directory + "/A.txt") == "upper\n")
        case "no text":
            let name = TreeFile([0x66, 0xFF, 0x0A, 0x22, 0x5C])
            #expect(name.status(in: tree.directory) != nil)
        default: break
        }
    }

    private static func rebaseHalfWay(_ fixture: GitFixture) throws {
        try fixture.run("switch", "--quiet", "-c", "other")
        try fixture.write("other\n", "inner/b.txt")
        try fixture.commitAll("other")
        try fixture.run("switch", "--quiet", "main")
        try fixture.run("switch", "--quiet", "-c", "mine")
        try fixture.write("mine\n", "inner/b.txt")
        try fixture.commitAll("mine")
        // It stops at the conflict.
        _ = try? fixture.run("rebase", "--quiet", "other")
        try #require(try fixture.run("status").contains("rebas"))
    }

    private static func addSubmodule(_ fixture: GitFixture) throws -> GitFixture {
        try fixture.run("clone", "--quiet", fixture.root, "inner-clone")
        let source = fixture.root + "/inner-clone"
        let words = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"]
        try fixture.run(all: words + [source, "sub"])
        try fixture.run("commit", "--quiet", "-m", "sub")
        return try settings("[protocol \"file\"]\n\tallow = always\n", fixture)
    }

    /// A person's own filter for large files, as git-lfs sets one up.
    private static func addFilter(_ fixture: GitFixture) throws -> GitFixture {
        let place = try settings(
            """
            [filter "large"]
            \tclean = sed s/real/stored/
            \tsmudge = sed s/stored/real/
            \trequired = true

            """,
            fixture
        )
        try fixture.write("*.bin filter=large\n", ".gitattributes")
        try fixture.write("the real bytes\n", "large.bin")
        try place.commitAll("large")
        try #require(try place.run("cat-file", "blob", "HEAD:large.bin") == "the stored bytes")
        return place
    }

    /// The repository with a person's own settings.
    private static func settings(_ text: String, _ fixture: GitFixture) throws -> GitFixture {
        let file = fixture.root + "/.git/settings"
        try put(text, file)
        return GitFixture(root: fixture.root, variables: ["GIT_CONFIG_GLOBAL": file])
    }

    /// A git of 2020, which knows none of the options and commands that came later.
    private static let oldGit = """
        for word in "$@"; do
            case "$word" in
            --path-format=*|--write-tree|--initial-branch*|--orphan|--omit-empty|--deduplicate|\\
            --format=%\\(objectsize*|--object-only|--show-object-format*|--into-name*|--merge-base|\\
            --batch-command*|--show-ref-format|--update-refs|--ignore-missing|replay)
                echo "error: unknown option \\`$word'" >&2
                exit 129;;
            --version) echo git version 2.25.0; exit;;
            esac
        done
        case " $* " in *" worktree list "*" -z "*|*" worktree add "*" --lock "*) exit 129;; esac
        exec "$git" "$@"
        """

    @Test func `with 30,000 files has trees, and commits of all of them`() throws {
        try GitFixture.with(files: [:]) { fixture in
            let files = (0..<30_000).map { "d\($0 % 100)/file \($0).txt" }
            var stream = "commit refs/heads/main\ncommitter A <a@b> 0 +0000\ndata 1\nx\n"
            for name in files { stream += "M 100644 inline \"\(name)\"\ndata 2\n1\n\n" }
            let made = fixture.git.call(
                ["fast-import", "--quiet"],
                in: fixture.root,
                input: Array(stream.utf8)
            )
            try #require(made.status == 0, "\(made.complaint)")
            let repository = try Repository.around(fixture.root, fixture.git)
            let size = try repository.size(of: "HEAD", fixture.git)
            #expect(size == TreeSize(files: 30_000, bytes: 30_000 * 4096))
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            for name in files { try put("changed\n", tree.directory + "/" + name) }
            let done = try trees.checkpoint("port", CheckpointRequest(subject: "port"))
            #expect(done.changes?.words == "30000 files, +30000 -30000")
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
        }
    }
}
