import Foundation
import TestSupport
import Testing

/// Runs whose tasks have trees of their own, with the real git.
@Suite struct `Tasks in trees of their own` {
    /// An identity, and nobody else's settings.
    static let identity = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]

    /// Runs `body` in a repository with a file `a.txt`, in which agents do `work` at each session's end.
    func withRepository(
        _ tasks: [(name: String, more: String)],
        work: String,
        defaults: String = "isolation: worktree",
        settings: String = "",
        before: String = ":",
        _ body: (QuireRun) throws -> Void
    ) throws {
        try withRun { run in
            try FileManager.default.removeItem(atPath: run.root + "/.git")
            _ = try git(run, "init --quiet --initial-branch=main")
            try put("one\n", run.root + "/a.txt")
            _ = try git(run, "add a.txt && git commit --quiet -m begin")
            let agent = """
                #!/bin/sh
                \(before)
                '\(Program.built("codex-sim"))' "$@"
                status=$?
                \(work)
                exit $status
                """
            try put(agent, run.root + "/agent")
            chmod(run.root + "/agent", 0o755)
            var manifest = """
                version: 1
                run: {name: The run, concurrency: 4, agent: {command: [./agent]}, admission: \(QuireRun.unbounded)\(settings)}
                defaults: {\(defaults), retries: {delay: 10ms, max_delay: 20ms}}
                tasks:

                """
            for task in tasks {
                manifest += "  - {name: \(task.name), prompt: \"sim: entries=2\"\(task.more)}\n"
            }
            try put(manifest, run.root + "/m.yaml")
            try body(run)
        }
    }

    func shell(
        _ command: String,
        in directory: String,
        _ variables: [String: String] = [:]
    ) throws -> Outcome {
        var program = Program("/bin/sh", ["-c", command], in: directory)
        program.environment = Self.identity.merging(variables) { $1 }
        return try program.run()
    }

    func git(_ run: QuireRun, _ command: String) throws -> String {
        let outcome = try shell("git " + command, in: run.root)
        try #require(outcome.status == 0, "git \(command): \(outcome.error)")
        return outcome.output
    }

    func quire(_ run: QuireRun, _ words: [String]) throws -> Outcome {
        try run.quire(words, environment: Self.identity)
    }

    @Test func `leave a branch each, and the workspace as it was`() throws {
        let tasks = ["one", "two", "three"].map { ($0, "") }
        try withRepository(tasks, work: "echo \"$QUIRE_SESSION\" >> \"$QUIRE_TASK.txt\"") { run in
            let plan = try quire(run, ["plan", "m.yaml"])
            #expect(
                plan.output.contains("  TASK, on a branch quire/The-run/TASK from HEAD\n"),
                "\(plan.output)"
            )
            #expect(plan.output.contains("3 trees would take about 12 KiB, of "), "\(plan.output)")
            let doctor = try quire(run, ["doctor", "--agent", "./agent"])
            #expect(
                doctor.output.contains(
                    "trees: one of 1 file would take about 4 KiB, and 40 trees would take about 160 KiB"
                ),
                "\(doctor.output)"
            )
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("quire merge"), "\(outcome.output)")
            for (name, _) in tasks {
                #expect(try git(run, "show quire/The-run/\(name):\(name).txt") == "1\n2\n3\n")
                #expect(
                    try git(run, "log --reverse --format=%s main..quire/The-run/\(name)")
                        == "\(name): 0 of 2 entries\n\(name): 1 of 2 entries\n\(name): 2 of 2 entries\n"
                )
                let diff = try quire(run, ["diff", name, "--stat"])
                #expect(diff.output.contains("\(name).txt | 3 +++"), "\(diff.output)\(diff.error)")
            }
            #expect(try git(run, "status --porcelain --untracked-files=no") == "")
            #expect(try git(run, "branch --show-current") == "main\n")
        }
    }

    @Test func `are merged with one command, and not twice`() throws {
        let tasks = [("one", ""), ("two", ""), ("three", ", needs: [one]")]
        let work = "[ \"$QUIRE_TASK\" = two ] && echo two > a.txt; echo x > \"$QUIRE_TASK.txt\""
        try withRepository(tasks, work: work) { run in
            #expect(try quire(run, ["run", "m.yaml"]).status == 0)
            // The work of a needed task is there from the beginning.
            #expect(
                try git(
                    run,
                    "merge-base --is-ancestor quire/The-run/one quire/The-run/three; echo $?"
                ) == "0\n"
            )
            let dry = try quire(run, ["merge", "--dry-run"])
            #expect(dry.status == 0, "\(dry.output)\(dry.error)")
            #expect(try git(run, "log --format=%s main") == "begin\n")
            let merge = try quire(run, ["merge", "--check", "test -e one.txt"])
            #expect(merge.status == 0, "\(merge.output)\(merge.error)")
            #expect(text(run.root + "/a.txt") == "two\n")
            #expect(text(run.root + "/three.txt") == "x\n")
            let tip = try git(run, "rev-parse main")
            let again = try quire(run, ["merge"])
            #expect(again.status == 0)
            #expect(again.output.contains("one: is in main already"), "\(again.output)")
            #expect(try git(run, "rev-parse main") == tip)
        }
    }

    @Test func `that conflict are left out, and told`() throws {
        let work = "echo \"by $QUIRE_TASK\" > a.txt"
        try withRepository([("one", ""), ("two", "")], work: work) { run in
            #expect(try quire(run, ["run", "m.yaml"]).status == 0)
            let merge = try quire(run, ["merge"])
            #expect(merge.status == 101, "\(merge.output)\(merge.error)")
            #expect(
                merge.output.contains("left out, since it conflicts in a.txt"),
                "\(merge.output)"
            )
            #expect(["by one\n", "by two\n"].contains(text(run.root + "/a.txt")))
        }
    }

    @Test func `go on after a kill with what a lost session left`() throws {
        let work =
            "echo \"$QUIRE_SESSION\" >> \"$QUIRE_TASK.txt\"; [ -e go ] || { echo > \"$QUIRE_TEST/began\"; sleep 600; }"
        try withRepository([("one", "")], work: work) { run in
            let killed = try shell(
                """
                '\(Program.built("quire"))' run m.yaml --progress none & run=$!
                until [ -e began ]; do kill -0 $run && sleep 0.05 || exit 1; done
                kill -9 $run
                """,
                in: run.root,
                ["QUIRE_TEST": run.root]
            )
            #expect(killed.status == 0, "\(killed.error)")
            let tree = run.root + "/.autonomous/.quire/worktrees/one"
            #expect(text(tree + "/one.txt") == "1\n")
            try put("", tree + "/go")
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let subjects = try git(run, "log --reverse --format=%s main..quire/The-run/one")
            #expect(subjects.hasPrefix("one: work of a session that was cut off\n"), "\(subjects)")
        }
    }

    @Test func `are complete with what the last session left, which was lost`() throws {
        let work = """
            echo "$QUIRE_SESSION" >> one.txt
            [ "$QUIRE_SESSION" != 3 ] || kill -9 $PPID
            """
        try withRepository([("one", "")], work: work) { run in
            let killed = try quire(run, ["run", "m.yaml"])
            #expect(killed.status == 128 + SIGKILL, "\(killed.output)\(killed.error)")
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let branch = "quire/The-run/one"
            let subject = "one: work of a session that was cut off\n"
            #expect(try git(run, "log -1 --format=%s \(branch)") == subject)
            #expect(try git(run, "show \(branch):one.txt") == "1\n2\n3\n")
        }
    }

    @Test func `are complete only with work that could be committed`() throws {
        let work = """
            echo "$QUIRE_SESSION" >> one.txt
            [ "$QUIRE_SESSION" != 3 ] || git switch --quiet --create other
            """
        try withRepository([("one", "")], work: work) { run in
            let words = "its work was not committed: the tree "
            for _ in 1...2 {
                let outcome = try quire(run, ["run", "m.yaml"])
                #expect(outcome.status != 0 && outcome.output.contains("one: UNCHECKED "))
                #expect(outcome.output.contains(words), "\(outcome.output)\(outcome.error)")
                #expect(try quire(run, ["status"]).output.contains("warning: one: \(words)"))
            }
            let tree = run.root + "/.autonomous/.quire/worktrees/one"
            #expect(
                try shell("git switch --quiet quire/The-run/one", in: tree).status == 0
            )
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(try git(run, "show quire/The-run/one:one.txt") == "1\n2\n3\n")
        }
    }

    @Test func `are counted in every view, with the files that are in no commit`() throws {
        let work = """
            echo "$QUIRE_SESSION" >> "$QUIRE_TASK.txt"
            [ "$QUIRE_TASK" = two ] || echo secret > .env
            [ "$QUIRE_TASK $QUIRE_SESSION" = "three 3" ] && rm .env
            """
        try withRepository(["one", "two", "three"].map { ($0, "") }, work: work) { run in
            let reports = ["--junit", "junit.xml", "--markdown", "report.md"]
            let outcome = try quire(run, ["run", "m.yaml"] + reports)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let status = try quire(run, ["status"])
            let json = try quire(run, ["status", "--json"])
            let views = [
                "the final table": outcome.output, "status": status.output, "JSON": json.output,
                "JUnit": text(run.root + "/junit.xml"), "Markdown": text(run.root + "/report.md"),
            ]
            for (name, view) in views {
                #expect(view.contains("1 file, +3 -0") || name == "JSON", "\(name): \(view)")
                #expect(view.contains(".env looks like a secret"), "\(name): \(view)")
            }
            let warning = "warning: one: .env looks like a secret and was not committed"
            #expect(outcome.output.contains("\n" + warning), "\(outcome.output)")
            #expect(status.output.contains("\n" + warning), "\(status.output)")
            // What is gone, or committed, is told no more.
            #expect(!status.output.contains(": three: .env"), "\(status.output)")
            let logs = try quire(run, ["logs", "one"]).output
            let commits = try git(run, "log --format=%H main..quire/The-run/one")
                .split(separator: "\n")
            #expect(commits.count == 3)
            for commit in commits {
                #expect(logs.contains("commit \(commit.prefix(12))"), "\(logs)")
            }
        }
    }

    @Test func `begin anew with --redo, and keep what they had`() throws {
        try withRepository([("one", "")], work: "echo \"$QUIRE_SESSION\" >> one.txt") { run in
            #expect(try quire(run, ["run", "m.yaml"]).status == 0)
            let old = try git(run, "rev-parse quire/The-run/one")
            let again = try quire(run, ["run", "m.yaml", "--redo", "one"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(
                again.output.contains(" and on the branch quire/The-run/one-"),
                "\(again.output)"
            )
            #expect(!again.output.contains("resuming"), "\(again.output)")
            let refs = "for-each-ref '--format=%(refname:short)' refs/heads/ --points-at " + old
            #expect(try git(run, refs).hasPrefix("quire/The-run/one-"))
            let lines = try git(run, "show quire/The-run/one:one.txt").split(separator: "\n")
            #expect(lines.count == 3, "\(lines)")
            #expect(try git(run, "log --format=%s main..quire/The-run/one").contains("0 of 2"))
        }
    }

    @Test(.enabled(if: canMount, "needs the right to mount file systems"))
    func `that would fill the disk are told before a run`() throws {
        try withRepository([("one", ""), ("two", "")], work: ":") { run in
            try put(String(repeating: "x", count: 100_000), run.root + "/large.txt")
            _ = try git(run, "add large.txt && git commit --quiet -m large")
            let place = run.root + "/.autonomous"
            let mount = "mkdir -p .autonomous && mount -t tmpfs -o size=128k tmpfs .autonomous"
            try #require(try shell(mount, in: run.root).status == 0)
            defer { umount2(place, Int32(MNT_DETACH)) }
            let plan = try quire(run, ["plan", "m.yaml"])
            #expect(plan.status == 0)
            #expect(
                plan.error.contains("warning: 2 trees would take about 208 KiB, of 128 KiB free:"),
                "\(plan.error)"
            )
        }
    }

    @Test func `are not made without the work of a need whose record can't be read`() throws {
        let tasks = [("one", ""), ("three", ", needs: [one]")]
        try withRepository(tasks, work: "echo x > \"$QUIRE_TASK.txt\"") { run in
            #expect(try quire(run, ["run", "m.yaml", "--only", "one"]).status == 0)
            let damage =
                "find .autonomous -name one.json -path '*/trees/*' -exec sh -c 'echo { > {}' ';'"
            #expect(try shell(damage, in: run.root).status == 0)
            let outcome = try quire(run, ["run", "m.yaml"])
            let said = outcome.output + outcome.error
            #expect(outcome.status != 0 && said.contains("one.json\" can't be read: "), "\(said)")
            #expect(!FileManager.default.fileExists(atPath: run.task("three") + "/task_list.md"))
        }
    }

    @Test func `need git, a repository and a commit, and say so`() throws {
        try withRepository([("one", "")], work: ":") { run in
            // Whose the manifest is, git would know.
            for (options, words) in [([], "not found in PATH"), (["--trust"], "need git")] {
                let outcome = try run.quire(
                    ["run", "m.yaml"] + options,
                    environment: ["PATH": "/nonexistent"]
                )
                #expect(outcome.status == 69)
                #expect(outcome.error.contains(words), "\(outcome.error)")
            }
            _ = try git(run, "branch quire/The-run/one")
            let taken = try quire(run, ["run", "m.yaml"])
            #expect(taken.status == 100, "\(taken.output)")
            #expect(taken.output.contains("exists already"), "\(taken.output)")
            let merge = try quire(run, ["merge"])
            #expect(merge.status == 101)
            #expect(merge.output.contains("no task has a tree of its own yet"))
            try FileManager.default.removeItem(atPath: run.root + "/.git")
            let none = try quire(run, ["run", "m.yaml", "--retry-failed"])
            #expect(none.status == 100, "\(none.output)")
            #expect(none.output.contains("not a git repository"), "\(none.output)")
        }
    }
}
