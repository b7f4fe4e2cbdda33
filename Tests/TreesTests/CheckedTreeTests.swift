import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `A tree in which a check runs` {
    /// Runs `check` with the shell in a task's tree that holds work from before, and puts the tree back.
    private func withChecked(
        before: String = ":",
        _ check: String,
        largestFile: Int64 = 1000,
        _ body: (GitFixture, TaskTree, String?) throws -> Void
    ) throws {
        let files = ["a.txt": "one\n", "inner/b.txt": "two\n", ".gitignore": "*.o\n"]
        try GitFixture.with(files: files) { fixture in
            let tree = try fixture.trees().tree(for: fixture.request("port"))
            try shell(before, in: tree.directory)
            let checked = try CheckedTree(tree.record, fixture.git)
            try shell(check, in: tree.directory)
            try body(fixture, tree, try checked.putBack(largestFile: largestFile))
        }
    }

    private func shell(_ command: String, in directory: String) throws {
        var program = Program("/bin/sh", ["-c", command], in: directory)
        program.environment = ["GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"]
        let outcome = try program.run()
        try #require(outcome.status == 0, "\(command): \(outcome.error)")
    }

    /// Checks that write, each with the paths that are kept of it.
    @Test(arguments: [
        ("echo x > a.txt", "a.txt"), ("echo x > new.txt", "new.txt"), ("rm a.txt", "a.txt"),
        ("chmod +x a.txt", "a.txt"), ("rm -r inner", "inner/b.txt"),
        ("mkdir -p deep/er; echo x > deep/er/new", "deep/er/new"),
        ("rm a.txt; ln -s /etc/passwd a.txt; ln -s /etc e", "a.txt\ne"),
        ("rm -r inner; echo x > inner", "inner\ninner/b.txt"),
        ("rm a.txt; mkdir a.txt; echo x > a.txt/c", "a.txt\na.txt/c"),
        ("echo x > 'a b'; echo y > \"c\nd\"", "a b\n\"c\\nd\""),
        ("echo x > new.txt; git add new.txt; echo y > a.txt; git add a.txt", "a.txt\nnew.txt"),
    ])
    func `is put back, and what the check wrote is kept`(check: String, kept: String) throws {
        try withChecked(check) { fixture, tree, words in
            let status = try fixture.run(in: tree.directory, "status", "--porcelain")
            #expect(status == "" && text(tree.directory + "/a.txt") == "one\n")
            #expect(text(tree.directory + "/inner/b.txt") == "two\n")
            let reference = "refs/quire/checks/port"
            let names = try fixture.run("diff", "--no-renames", "--name-only", "HEAD", reference)
            #expect(names == kept)
            #expect(words?.contains("is kept as \(reference)") == true, "\(words ?? "")")
            // It holds no commit of the task's, and goes with the tree.
            #expect(try fixture.run("rev-list", "--count", reference) == "1")
            #expect(try fixture.run(in: tree.directory, "rev-parse", "HEAD") == tree.record.tip)
        }
    }

    @Test func `keeps what was there before, and what git ignores`() throws {
        try withChecked(
            before: "echo mine > a.txt; echo mine > mine.txt; echo 1 > x.o",
            "echo x > a.txt; echo x > mine.txt; echo 2 > x.o; echo 3 > y.o; echo x > inner/b.txt"
        ) { fixture, tree, _ in
            let status = try fixture.run(in: tree.directory, "status", "--porcelain")
            #expect(status == " M a.txt\n?? mine.txt")
            #expect(text(tree.directory + "/a.txt") == "x\n")
            #expect(
                text(tree.directory + "/x.o") == "2\n" && text(tree.directory + "/y.o") == "3\n"
            )
            #expect(text(tree.directory + "/inner/b.txt") == "two\n")
        }
    }

    @Test(arguments: [":", "echo x > x.o; cat a.txt > y.o", "touch a.txt"])
    func `is left alone by a check that writes nothing of the work`(check: String) throws {
        try withChecked(check) { fixture, _, words in
            #expect(words == nil)
            let kept = try fixture.run("for-each-ref", "refs/quire/checks")
            #expect(kept == "")
        }
    }

    /// What no commit may hold is not kept, and so not removed.
    @Test(arguments: [
        ("head -c 2000 /dev/zero > big", "larger than"), ("echo x > .env", "looks like a secret"),
        (
            "git init -q sub; git -C sub -c user.name=A -c user.email=a@b.c commit -q --allow-empty -m x",
            "repository of its own"
        ),
    ])
    func `keeps what no commit may hold`(check: String, words: String) throws {
        try withChecked(check) { fixture, tree, told in
            #expect(told?.contains(words) == true, "\(told ?? "")")
            let status = try fixture.run(in: tree.directory, "status", "--porcelain")
            #expect(status.hasPrefix("?? "))
            let kept = try fixture.run("for-each-ref", "refs/quire/checks")
            #expect(kept == "")
        }
    }

    @Test func `stays gone where the check deleted it, and untouched where it is another`() throws {
        try withChecked("rm -rf \"$PWD\"") { _, tree, words in
            #expect(words == nil && !FileManager.default.fileExists(atPath: tree.directory))
        }
        let trouble = TreeTrouble.of {
            try withChecked("rm .git; git init -q; echo x > a.txt") { _, _, _ in }
        }
        #expect(trouble?.description.contains(".git") == true)
    }
}
