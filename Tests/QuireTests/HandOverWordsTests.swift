import Foundation
import TestSupport
import Testing

@Suite struct `Handing over` {
    /// The commands that take a list of tasks.
    private static let commands = [["merge"], ["export", "--into", "out"], ["pr"]]

    private func withRemote(_ tasks: [String], _ body: (TreeRun) throws -> Void) throws {
        try withTrees(tasks) { trees in
            try trees.complete()
            try trees.git("init --quiet --bare .git/bare")
            try trees.git("remote add origin .git/bare")
            // Neither gh nor glab.
            let made = try shell(
                "mkdir bin && ln -s \"$(command -v git)\" bin/git",
                in: trees.run.root + "/.git"
            )
            #expect(made.status == 0, "\(made.error)")
            try body(trees)
        }
    }

    private func call(_ trees: TreeRun, _ words: [String]) throws -> Outcome {
        let path = ["PATH": trees.run.root + "/.git/bin"]
        return try trees.run.quire(words, environment: TreeRun.identity.merging(path) { $1 })
    }

    @Test(arguments: commands)
    func `says that a task is left out, and exits so`(words: [String]) throws {
        try withRemote(["one", "two", "three"]) { trees in
            let list = trees.run.task("two") + "/task_list.md"
            let damaged = trees.run.task("three") + "/task_list.md"
            try put(text(list).replacing("- [x] Task 2", with: "- [ ] Task 2"), list)
            try FileManager.default.removeItem(atPath: damaged)
            try put("x", damaged + "/x")
            let outcome = try call(trees, words)
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let told = "two: left out, since its checklist is not complete\n"
            #expect(outcome.output.contains(told), "\(outcome.output)")
            #expect(
                outcome.output.contains("three: left out, since its checklist is damaged: ")
                    && outcome.output.contains("is a directory, not a file; move it away"),
                "\(outcome.output)"
            )
            // A task that is named is taken as far as it has come.
            let named = try call(trees, words + ["two"])
            #expect(named.status == 0, "\(named.output)\(named.error)")
        }
    }

    @Test(arguments: commands)
    func `takes nothing of tasks that began anew`(words: [String]) throws {
        try withRemote(["one"]) { trees in
            let again = try trees.quire("run", "m.yaml", "--redo", "one")
            #expect(again.status == 0, "\(again.output)\(again.error)")
            let outcome = try call(trees, words)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(!outcome.output.contains("left out"), "\(outcome.output)")
        }
    }

    @Test(arguments: commands)
    func `tells of work in a tree that is in no commit`(words: [String]) throws {
        try withRemote(["one"]) { trees in
            #expect(try call(trees, words).status == 0)
            let tree = trees.run.root + "/.autonomous/.quire/worktrees/one"
            try put("mine\n", tree + "/one.txt")
            let outcome = try call(trees, words)
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let told = "one: left out what is in no commit in its tree \(tree): one.txt\n"
            #expect(outcome.output.contains(told), "\(outcome.output)")
            #expect(outcome.output.contains("cd \(tree) && git add --all && git commit"))
            // Done as it says, it is taken.
            try trees.git("add --all && git commit --quiet -m mine", in: tree)
            let again = try call(trees, words)
            #expect(again.status == 0, "\(again.output)\(again.error)")
            if words == ["merge"] {
                #expect(text(trees.run.root + "/one.txt") == "mine\n")
                #expect(try trees.quire("diff", "one").output.contains("+mine"))
            }
        }
    }

    @Test(arguments: commands)
    func `says where to go from a task's tree, and that no task has one`(words: [String]) throws {
        try withRemote(["one"]) { trees in
            let state = trees.run.root + "/.autonomous/.quire"
            var program = Program(Program.built("quire"), words, in: state + "/worktrees/one")
            program.environment = TreeRun.identity
            let lost = try program.run()
            #expect(lost.status == 64, "\(lost.output)\(lost.error)")
            let told = "this is the tree of one; go to \(trees.run.root), and"
            #expect(lost.error.contains(told), "\(lost.error)")

            try FileManager.default.removeItem(atPath: state + "/trees/one.json")
            let none = try call(trees, words)
            #expect(none.status == 101, "\(none.output)\(none.error)")
            #expect(none.output.contains("no task has a tree of its own yet"), "\(none.output)")
        }
    }

    @Test(arguments: commands)
    func `tells of what no commit may hold`(words: [String]) throws {
        try withRemote(["one"]) { trees in
            #expect(try call(trees, words).status == 0)
            let secret = trees.run.root + "/.autonomous/.quire/worktrees/one/.env"
            try put("mine\n", secret)
            let outcome = try call(trees, words)
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let told = "one: .env looks like a secret and was not committed\n"
            #expect(outcome.output.contains(told), "\(outcome.output)")
            #expect(!outcome.output.contains("git add --all"), "\(outcome.output)")
            try FileManager.default.removeItem(atPath: secret)
            #expect(try call(trees, words).status == 0)
        }
    }

    @Test func `says that something is merged once it is`() throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            try put("mine\n", trees.run.root + "/a.txt")
            let refused = try trees.quire("merge")
            #expect(refused.status == 69 && refused.error.contains("commit or stash them"))
            #expect(!refused.output.contains("merged"), "\(refused.output)")
            try trees.git("checkout --quiet a.txt")
            let before = try trees.git("rev-parse main")
            let merged = try trees.quire("merge")
            #expect(merged.output.hasPrefix("one: merged\nmain is at "), "\(merged.output)")
            #expect(try trees.git("rev-parse main") != before)
        }
    }

    @Test func `brings in nothing that it says it left out, unless it is asked to`() throws {
        try withTrees(["b", "c"]) { trees in
            let manifest = trees.run.root + "/m.yaml"
            try put(
                text(manifest).replacing("name: c,", with: "name: c, needs: [b],"),
                manifest
            )
            try trees.complete()
            let list = trees.run.task("b") + "/task_list.md"
            try put(text(list).replacing("- [x] Task 2", with: "- [ ] Task 2"), list)
            let refused = try trees.quire("merge")
            #expect(refused.status == 101, "\(refused.output)\(refused.error)")
            let told = "c: left out, since it builds on b, which is not merged\n"
            #expect(refused.output.contains(told), "\(refused.output)")
            #expect(refused.output.contains("so far: quire merge b c\n"), "\(refused.output)")
            #expect(try trees.git("ls-tree --name-only main") == "a.txt\n")
            let merged = try trees.quire("merge", "c")
            #expect(merged.status == 0, "\(merged.output)\(merged.error)")
            let words = "c: merged, with the work of b, which it builds on\n"
            #expect(merged.output.contains(words), "\(merged.output)")
        }
    }

    @Test(arguments: ["merge", "squash", "rebase"])
    func `repairs nothing that is merged`(strategy: String) throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            #expect(try trees.quire("merge", "--strategy", strategy).status == 0)
            try trees.git("commit --quiet --allow-empty -m later")
            let before = try trees.git("for-each-ref")
            let outcome = try trees.quire("merge", "--repair", "one")
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let told = "one: is in main already; there is nothing to repair\n"
            #expect(outcome.output.contains(told), "\(outcome.output)")
            #expect(try trees.git("for-each-ref") == before)
        }
    }

    @Test func `writes patches that git takes as they are listed`() throws {
        try withTrees(["b", "z"]) { trees in
            let manifest = text(trees.run.root + "/m.yaml")
            try put(
                manifest.replacing("name: b,", with: "name: b, needs: [z],"),
                trees.run.root + "/m.yaml"
            )
            try trees.complete()
            #expect(try trees.quire("export", "--into", "out").status == 0)
            try trees.git("switch --quiet -c copy")
            try trees.git("am --quiet --3way --keep-cr $(cat series)", in: trees.run.root + "/out")
            for task in ["b", "z"] {
                #expect(text(trees.run.root + "/\(task).txt") == "1\n2\n3\n")
            }
            // A list of somebody else's stays; one of an earlier release is Quire's.
            let series = trees.run.root + "/out/series"
            let own = text(series)
            try put("mine\n", series)
            let refused = try trees.quire("export", "--into", "out")
            #expect(refused.status == 101 && refused.error.contains("is not Quire's"))
            #expect(text(series) == "mine\n")
            try put("# Written by quire export: the patches in their order.\n", series)
            #expect(try trees.quire("export", "--into", "out").status == 0)
            #expect(text(series) == own)
        }
    }

    /// Commands in a workspace that was moved, or that is somebody else's, and words of theirs.
    @Test(arguments: [
        ["merge"], ["diff", "one"], ["export"], ["pr"], ["merge", "--repair", "one"],
    ])
    func `says where the repository is gone, or whose it is`(words: [String]) throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            let strange = try trees.run.quire(
                words,
                environment: TreeRun.identity.merging(["GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"]) {
                    $1
                }
            )
            #expect(strange.status != 0, "\(strange.output)\(strange.error)")
            #expect(strange.error.contains("safe.directory"), "\(strange.error)")

            let old = trees.run.root + "/.autonomous/.quire/trees/one.json"
            try put(text(old).replacing(trees.run.root, with: "/nowhere/else"), old)
            let moved = try trees.quire("merge")
            #expect(moved.status == 69, "\(moved.output)\(moved.error)")
            #expect(moved.error.contains("is gone; if it was renamed or moved"), "\(moved.error)")
        }
    }

    /// Where trees lie decides on the disk that is free for them.
    @Test func `of trees asks for the disk where they will lie`() throws {
        func free(_ trees: TreeRun) throws -> Double {
            let plan = try trees.quire("plan", "m.yaml", "--json")
            let found = try #require(plan.output.firstMatch(of: /"free" ?: ?([0-9]+)/))
            return try #require(Double(found.1))
        }
        try withTrees(["one"]) { trees in
            let line = "df --output=avail -B1 /dev/shm | tail -1"
            let other = try shell(line, in: trees.run.root).output
            let there = Double(other.filter(\.isNumber))
            let here = try free(trees)
            // Both change while others work.
            guard let there, abs(there - here) > 1e9 else { return }
            let manifest = text(trees.run.root + "/m.yaml")
            let run = "name: The run\n  worktrees: /dev/shm/quire-none/trees"
            try put(manifest.replacing("name: The run", with: run), trees.run.root + "/m.yaml")
            let found = try free(trees)
            #expect(abs(found - there) < abs(found - here), "\(found), \(there), \(here)")
        }
    }
}
