import Driver
import EventLoop
import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A repository that a tree can't be made in` {
    /// A repository's oddity, and a word of what is told about it.
    private static let oddities: [(String, String)] = [
        ("none", "not a git repository"), ("bare", "bare repository"), ("empty", "no commit yet"),
        ("branch exists", "exists already"), ("outer branch", "rename that one"),
        ("inner branch", "rename that one"), ("strange owner", "safe.directory"),
        ("bad branch", "can't be a branch"), ("no base", "no commit \"nothing\""),
        ("in the way", "in the way"), ("no git", "install git"),
    ]

    @Test(arguments: oddities)
    func `is told, and left as it is`(oddity: String, word: String) throws {
        try GitFixture.with(files: oddity == "empty" ? [:] : ["a.txt": "one\n"]) { fixture in
            var request = fixture.request("port")
            var git = fixture.git
            switch oddity {
            case "none": try FileManager.default.removeItem(atPath: fixture.root + "/.git")
            case "bare": try fixture.run("config", "core.bare", "true")
            case "branch exists": try fixture.run("branch", "quire/run/port")
            case "outer branch": try fixture.run("branch", "quire")
            case "inner branch": try fixture.run("branch", "quire/run/port/inner")
            case "strange owner": git = fixture.git(["GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"])
            case "bad branch": request.branch = "quire//x..y"
            case "no base": request.base = "nothing"
            case "in the way":
                _ = try fixture.trees()
                try fixture.write("x", "x", in: fixture.path("port"))
            case "no git": git = Git(program: "/nonexistent/git", inherited: GitFixture.environment)
            default: break
            }
            let before = oddity == "none" ? "" : try fixture.run("for-each-ref")
            let trouble = TreeTrouble.of { _ = try fixture.trees(git).tree(for: request) }
            #expect(
                trouble?.description.contains(word) == true,
                "\(trouble?.description ?? "none")"
            )
            #expect(trouble?.remedy == .person)
            #expect(try fixture.trees().record(of: "port") == nil)
            if oddity != "none" { #expect(try fixture.run("for-each-ref") == before) }
        }
    }
}

@Suite struct `Ignored files in a new tree` {
    @Test func `are those that are listed, and secrets only by their names`() throws {
        try GitFixture.with { fixture in
            try fixture.write("*.cfg\n.env*\nparts/\n*.lnk\n", ".gitignore")
            try fixture.commitAll("ignore")
            for name in ["one.cfg", "deep/two.cfg", "three.tmp", ".env", ".env.test", "parts/p"] {
                try fixture.write(name, name)
            }
            try FileManager.default.createSymbolicLink(
                atPath: fixture.root + "/out.lnk",
                withDestinationPath: "/etc/passwd"
            )
            try put(
                "# what agents need\n*.cfg\n/parts/\n*.lnk\n",
                fixture.root + "/.worktreeinclude"
            )
            let tree = try fixture.trees().tree(
                for: fixture.request("port", include: [".env.test", "*.tmp", ".env*"])
            )
            func isThere(_ name: String) -> Bool { text(tree.directory + "/" + name) == name }
            #expect(isThere("one.cfg"))
            #expect(isThere("deep/two.cfg"))
            #expect(isThere("parts/p"))
            #expect(isThere(".env.test"))
            // Not ignored, so it is no ignored file; a secret by a pattern; a link.
            #expect(!isThere("three.tmp"))
            #expect(!isThere(".env"))
            #expect(!FileManager.default.fileExists(atPath: tree.directory + "/out.lnk"))
            #expect(tree.warnings.count == 2, "\(tree.warnings)")
        }
    }

    @Test func `are copies, into which an agent can write without changing the originals`() throws {
        try GitFixture.with { fixture in
            try fixture.write("*.cfg\n", ".gitignore")
            try fixture.commitAll("ignore")
            try fixture.write("original", "one.cfg")
            let request = fixture.request("port", include: ["*.cfg"])
            let tree = try fixture.trees().tree(for: request)
            let handle = try #require(FileHandle(forWritingAtPath: tree.directory + "/one.cfg"))
            try handle.write(contentsOf: Data("changed!".utf8))
            try handle.close()
            #expect(text(fixture.root + "/one.cfg") == "original")
        }
    }
}
