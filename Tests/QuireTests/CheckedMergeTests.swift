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
        }
    }
}
