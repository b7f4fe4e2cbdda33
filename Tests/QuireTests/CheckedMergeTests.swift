import TestSupport
import Testing

@Suite struct `The work of tasks that have checks` {
    /// Runs two tasks, each of which makes a file of its name, with a check; returns the status.
    private func run(
        _ check: String,
        status: Int32 = 0,
        _ body: (TreeRun) throws -> Void
    ) throws {
        try withTrees(["one", "two"]) { trees in
            let path = trees.run.root + "/m.yaml"
            try put(
                text(path).replacing(
                    "isolation: worktree",
                    with: "isolation: worktree, verify_base: false, verify: \"\(check)\""
                ),
                path
            )
            let outcome = try trees.quire("run", "m.yaml")
            #expect(outcome.status == status, "\(outcome.output)\(outcome.error)")
            try body(trees)
        }
    }

    @Test func `is merged where all of them pass on the whole`() throws {
        try run("test -e $QUIRE_TASK.txt") { trees in
            let merge = try trees.quire("merge")
            #expect(merge.status == 0, "\(merge.output)\(merge.error)")
            #expect(try trees.git("ls-tree --name-only main") == "a.txt\none.txt\ntwo.txt\n")
        }
    }

    @Test func `is left out where the check passes alone and fails with others`() throws {
        try run("! test -e one.txt || ! test -e two.txt") { trees in
            let merge = try trees.quire("merge")
            #expect(merge.status == 101, "\(merge.output)\(merge.error)")
            #expect(merge.output.contains("since the check fails with it"), "\(merge.output)")
            #expect(try trees.git("ls-tree --name-only main").split(separator: "\n").count == 2)
            #expect(try trees.quire("merge", "--no-verify").status == 0)
            #expect(try trees.git("ls-tree --name-only main") == "a.txt\none.txt\ntwo.txt\n")
        }
    }

    @Test func `is left out where its check could not run`() throws {
        try run("no-such-program", status: 101) { trees in
            for command in ["merge", "export", "pr"] {
                let outcome = try trees.quire(command)
                #expect(outcome.status == 101, "\(command): \(outcome.output)\(outcome.error)")
                #expect(outcome.output.contains("its check (verify) has not passed"), "\(command)")
            }
            #expect(try trees.git("ls-tree --name-only main") == "a.txt\n")
            // Named, it is merged only where the merge runs checks itself.
            for words in [["merge", "--no-verify", "one"], ["export", "one"], ["pr", "one"]] {
                let outcome = try trees.run.quire(words, environment: TreeRun.identity)
                #expect(outcome.status == 101, "\(words): \(outcome.output)\(outcome.error)")
                let told = "one: left out, since its check (verify) has not passed"
                #expect(outcome.output.contains(told), "\(words): \(outcome.output)")
            }
            let named = try trees.quire("merge", "--no-verify", "--check", "test -e one.txt", "one")
            #expect(named.status == 0, "\(named.output)\(named.error)")
            #expect(named.error.contains("warning: one: its check (verify) has not passed"))
            #expect(try trees.git("ls-tree --name-only main") == "a.txt\none.txt\n")
        }
    }

    @Test func `stays as it is where a signal kills the check`() throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            let check = "echo about to end >&2; kill -KILL $$"
            let outcome = try trees.quire("merge", "--check", check)
            #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
            let words = ": SIGKILL killed it: about to end; nothing was merged"
            #expect(outcome.error.contains(words), "\(outcome.error)")
        }
    }
}
