import Foundation
import TestSupport
import Testing

/// Runs whose tasks have trees of their own, with the real git.
@Suite struct `Tasks in trees of their own` {
    /// An identity, and nobody else's settings.
    private static let identity = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]

    /// Runs `body` in a repository with a file `a.txt`, in which agents do `work` at each session's end.
    private func withRepository(
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

    private func shell(
        _ command: String,
        in directory: String,
        _ variables: [String: String] = [:]
    ) throws -> Outcome {
        var program = Program("/bin/sh", ["-c", command], in: directory)
        program.environment = Self.identity.merging(variables) { $1 }
        return try program.run()
    }

    private func git(_ run: QuireRun, _ command: String) throws -> String {
        let outcome = try shell("git " + command, in: run.root)
        try #require(outcome.status == 0, "git \(command): \(outcome.error)")
        return outcome.output
    }

    private func quire(_ run: QuireRun, _ words: [String]) throws -> Outcome {
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

    @Test func `tell their agents that they work alone there, and others that they don't`() throws {
        let tasks = [("one", ""), ("two", ", isolation: none"), ("three", ", isolation: none")]
        let agent =
            "cat > \"prompt-$QUIRE_TASK-$QUIRE_SESSION\"; exec < \"prompt-$QUIRE_TASK-$QUIRE_SESSION\""
        try withRepository(tasks, work: ":", before: agent) { run in
            let plan = try quire(run, ["plan", "m.yaml", "--prompts"]).output
            #expect(try quire(run, ["run", "m.yaml"]).status == 0)
            let trees = run.root + "/.autonomous/.quire/worktrees"
            let alone = text(trees + "/one/prompt-one-1")
            #expect(alone.contains("You work alone in this tree"), "\(alone)")
            #expect(plan.contains("one as initializer:\n\n" + alone), "\(plan)")
            let beside = text(run.root + "/prompt-three-1")
            #expect(beside.contains("Other agents work in this tree now"), "\(beside)")
            #expect(plan.contains("three as initializer:\n\n" + beside), "\(plan)")
            let only = try quire(run, ["plan", "m.yaml", "--prompts", "--skip", "three"]).output
            #expect(!only.contains("Other agents"))
        }
    }

    @Test func `are not needed for commits where one task works at a time`() throws {
        let tasks = [("one", ""), ("two", ", needs: [one]")]
        let work = "echo \"$QUIRE_SESSION\" >> \"$QUIRE_TASK.txt\""
        let defaults = "commit: {subject: \"{task} {session}\"}"
        try withRepository(tasks, work: work, defaults: defaults) { run in
            let plan = try quire(run, ["plan", "m.yaml"])
            #expect(
                plan.output.contains("that is checked out, in:\n  \(run.root)\n"),
                "\(plan.output)"
            )
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let subjects = ["one", "two"].flatMap { name in (1...3).map { "\(name) \($0)" } }
            #expect(
                try git(run, "log --reverse --format=%s")
                    == (["begin"] + subjects).map { $0 + "\n" }.joined()
            )
            #expect(try git(run, "show HEAD:two.txt") == "1\n2\n3\n")
            #expect(try git(run, "status --porcelain") == "?? agent\n?? m.yaml\n")
        }
    }

    @Test func `are needed for commits where several tasks work at a time`() throws {
        let tasks = [("one", ""), ("two", "")]
        try withRepository(tasks, work: ":", defaults: "commit: true") { run in
            for command in ["plan", "run"] {
                let outcome = try quire(run, [command, "m.yaml"])
                #expect(outcome.status == 64, "\(outcome.output)")
                #expect(
                    outcome.error.contains("m.yaml:5:1: \"one\", \"two\" may work in"),
                    "\(outcome.error)"
                )
            }
            let outcome = try quire(run, ["run", "m.yaml", "--concurrency", "1"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        }
    }

    // MARK: - Their place

    @Test(arguments: ["trees", "all/the/trees", "~/trees"])
    func `lie where the run says`(place: String) throws {
        let settings = ", worktrees: \(place)"
        try withRepository([("one", "")], work: "echo x > one.txt", settings: settings) { run in
            let home = run.root + "/home"
            let path = place.hasPrefix("~") ? home + place.dropFirst() : run.root + "/" + place
            let plan = try quire(run, ["plan", "m.yaml"]).output
            #expect(plan.contains("trees, below \(place):\n"), "\(plan)")
            let outcome = try run.quire(
                ["run", "m.yaml"],
                environment: Self.identity.merging(["HOME": home]) { $1 }
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(text(path + "/one/one.txt") == "x\n")
            #expect(try quire(run, ["merge"]).status == 0)
            #expect(text(run.root + "/one.txt") == "x\n")
            #expect(!(try git(run, "status --porcelain")).contains("trees/"))
        }
    }

    @Test func `are not made where a link leads elsewhere`() throws {
        try withRepository(
            [("one", "")],
            work: ":",
            settings: ", worktrees: trees"
        ) { run in
            try FileManager.default.createDirectory(
                atPath: run.root + "/elsewhere",
                withIntermediateDirectories: true
            )
            try FileManager.default.createSymbolicLink(
                atPath: run.root + "/trees",
                withDestinationPath: "elsewhere"
            )
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("/trees\" is a link"), "\(outcome.output)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: run.root + "/elsewhere") == []
            )
        }
    }

    // MARK: - Setup

    @Test func `are set up once, and again when they are made again`() throws {
        let setup = "echo x >> \"$QUIRE_DIRECTORY/setups\"; echo made-{k} >&2; touch {k}.txt"
        try withRepository(
            [("\"{k}\"", ", matrix: {k: [one, two]}")],
            work: "[ -e \"$QUIRE_TASK.txt\" ] && echo \"$QUIRE_SESSION\" >> \"$QUIRE_TASK.txt\"",
            defaults: "isolation: worktree, setup: '\(setup)'"
        ) { run in
            let plan = try quire(run, ["plan", "m.yaml"]).output
            #expect(plan.contains("touch one.txt  (at most 20 min)  (one)\n"), "\(plan)")
            func goOn(_ entry: Int) throws {
                if entry > 2 {
                    let list = run.list("one") + "- [ ] Task \(entry): more\n"
                    try put(list, run.task("one") + "/task_list.md")
                }
                let outcome = try quire(run, ["run", "m.yaml"])
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            }
            try goOn(2)
            #expect(try git(run, "show quire/The-run/two:two.txt") == "1\n2\n3\n")
            let log = text(run.task("two") + "/setup.log")
            #expect(log.hasPrefix("$ echo x") && log.hasSuffix("touch two.txt\nmade-two\n"))
            try goOn(3)
            #expect(text(run.task("one") + "/setups") == "x\n")
            let tree = run.root + "/.autonomous/.quire/worktrees/one"
            try FileManager.default.removeItem(atPath: tree)
            try goOn(4)
            #expect(text(run.task("one") + "/setups") == "x\nx\n")
            #expect(text(tree + "/one.txt") == "1\n2\n3\n4\n5\n")
        }
    }

    /// A setup of the task `two`, and what is told of it.
    private static let failures = [
        ("{command: 'echo begun; echo broken; exit 7'}", "ended with status 7; see ", ": broken"),
        ("{command: sleep 600, timeout: 100ms}", "was ended after 0.1 s", ""),
        ("{command: 'kill -KILL $$'}", "was killed by SIGKILL", ""),
    ]

    @Test(arguments: failures)
    func `that can't be set up fail alone`(setup: String, words: String, end: String) throws {
        try withRepository(
            [("one", ""), ("two", ", setup: \(setup)")],
            work: "echo x > \"$QUIRE_TASK.txt\""
        ) { run in
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("one: COMPLETE"), "\(outcome.output)")
            #expect(outcome.output.contains("two: FAILED"), "\(outcome.output)")
            #expect(outcome.output.contains("the setup of its tree \(words)"), "\(outcome.output)")
            #expect(outcome.output.contains("/two/setup.log\(end)"), "\(outcome.output)")
            // What a setup left there is no work of a session.
            #expect(try git(run, "rev-list --count main..quire/The-run/two") == "0\n")
        }
    }

    @Test func `are set up by commands of which nothing is left`() throws {
        let setup = "setsid sleep 600 > /dev/null 2>&1 & echo $! > \"$QUIRE_DIRECTORY/pid\""
        try withRepository(
            [("one", "")],
            work: ":",
            defaults: "isolation: worktree, setup: '\(setup)'"
        ) { run in
            #expect(try quire(run, ["run", "m.yaml"]).status == 0)
            let pid = text(run.task("one") + "/pid").dropLast()
            #expect(try shell("kill -0 \(pid)", in: run.root).status != 0)
        }
    }

    @Test func `are not set up to the end when the run is to end`() throws {
        try withRepository(
            [("one", "")],
            work: ":",
            defaults: "isolation: worktree, setup: 'echo > \"$QUIRE_TEST/began\"; sleep 600'"
        ) { run in
            let ended = try shell(
                """
                '\(Program.built("quire"))' run m.yaml --progress none --drain-timeout 0s & run=$!
                until [ -e began ]; do kill -0 $run && sleep 0.05 || exit 1; done
                kill -TERM $run
                wait $run
                """,
                in: run.root,
                ["QUIRE_TEST": run.root]
            )
            #expect(ended.status == 143, "\(ended.output)\(ended.error)")
        }
    }

    @Test func `need git, a repository and a commit, and say so`() throws {
        try withRepository([("one", "")], work: ":") { run in
            let outcome = try run.quire(["run", "m.yaml"], environment: ["PATH": "/nonexistent"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains("need git"), "\(outcome.error)")
            _ = try git(run, "branch quire/The-run/one")
            let taken = try quire(run, ["run", "m.yaml"])
            #expect(taken.status == 100, "\(taken.output)")
            #expect(taken.output.contains("exists already"), "\(taken.output)")
            let merge = try quire(run, ["merge"])
            #expect(merge.status == 0)
            #expect(merge.output.contains("no task with a tree of its own is complete"))
            try FileManager.default.removeItem(atPath: run.root + "/.git")
            let none = try quire(run, ["run", "m.yaml", "--retry-failed"])
            #expect(none.status == 100, "\(none.output)")
            #expect(none.output.contains("not a git repository"), "\(none.output)")
        }
    }
}
