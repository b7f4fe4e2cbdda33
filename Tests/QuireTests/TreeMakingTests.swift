import Foundation
import TestSupport
import Testing

// What trees are made of: their place, their setup, what is committed and kept, and what agents are told.
extension `Tasks in trees of their own` {
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

    @Test func `are not needed to tell a person's changes after a kill from a session's`() throws {
        // A session is at work until somebody says that it may end.
        let work = "echo \"$QUIRE_SESSION\" >> one.txt; [ -e .git/go ] || sleep 600"
        try withRepository([("one", "")], work: work, defaults: "commit: true") { run in
            // Killed as soon as it is noted that Quire lived after the session's change.
            let killed = try shell(
                """
                '\(Program.built("quire"))' run m.yaml --progress none & run=$!
                until [ -e one.txt ] && [ .autonomous/.quire/commits/one.json -nt one.txt ]
                do kill -0 $run && sleep 0.05 || exit 1; done
                kill -9 $run
                until [ mine.txt -nt .autonomous/.quire/commits/one.json ]; do echo mine > mine.txt; done
                echo mine > a.txt; touch .git/go
                """,
                in: run.root
            )
            #expect(killed.status == 0, "\(killed.error)")
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("a.txt changed when Quire was killed, or after"))
            let subjects = try git(run, "log --reverse --format=%s")
            #expect(subjects.hasPrefix("begin\none: work of a session that was cut off\n"))
            let committed = try git(run, "log --name-only --format= main~1..main")
            #expect(committed == "one.txt\n", "\(committed)")
            let ever = try git(run, "log --format=%s -- a.txt mine.txt")
            #expect(ever == "begin\n", "\(ever)")
            let state = try git(run, "status --porcelain")
            #expect(state.contains(" M a.txt\n") && state.contains("?? mine.txt"), "\(state)")
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

    @Test func `and others have files that are kept when they are complete`() throws {
        let tasks = [("one", ""), ("two", ", isolation: none, artifacts: [\"none.*\"]")]
        let work = """
            mkdir -p out; echo "$QUIRE_SESSION" > "out/$QUIRE_TASK.txt"; ln -sf /etc/hostname out/link.txt
            """
        let defaults = "isolation: worktree, artifacts: [\"out/*.txt\"]"
        try withRepository(tasks, work: work, defaults: defaults) { run in
            let words = [
                "run", "m.yaml", "--events", "events", "--junit", "j.xml", "--markdown", "r.md",
            ]
            let outcome = try quire(run, words)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let kept = run.root + "/.autonomous/.quire/artifacts"
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: kept + "/one/out") == [
                    "one.txt"
                ]
            )
            #expect(text(kept + "/one/out/one.txt") == "3\n")
            let reason = "every entry is ticked; kept out/one.txt in \(kept)/one"
            #expect(outcome.output.contains(reason), "\(outcome.output)")
            #expect(outcome.output.contains("out/link.txt is a link and was not kept"))
            #expect(outcome.output.contains("two: no file is there for its artifacts: none.*"))
            #expect(text(run.root + "/j.xml").contains(reason))
            #expect(text(run.root + "/r.md").contains("kept out/one.txt"))
            let fact = text(run.root + "/events").split(separator: "\n").first {
                $0.contains("\"task_ended\"") && $0.contains("\"one\"")
            }
            #expect(fact?.contains("\"files\":[\"out/one.txt\"]") == true, "\(fact ?? "")")
            // A run that knows nothing of the sessions keeps them, too.
            let other = try quire(run, ["run", "m.yaml", "--state-dir", "other"])
            #expect(other.status == 0, "\(other.output)\(other.error)")
            #expect(text(run.root + "/other/artifacts/one/out/one.txt") == "3\n")
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
        ("{command: sleep 600, timeout: 100ms}", "took longer than 0.1 s (setup: timeout)", ""),
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
            let outcome = try quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.error)")
            let pid = text(run.task("one") + "/pid").dropLast()
            let alive = try shell("kill -0 \(pid)", in: run.root)
            #expect(alive.status != 0)
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
}
