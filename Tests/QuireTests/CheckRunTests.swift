import Foundation
import TestSupport
import Testing

@Suite struct `A run whose tasks are checked` {
    /// A check's end, as far as these tests look at it.
    private struct Fact: Decodable {
        var event: String
        var result: String?
        var isOfBase: Bool?
    }

    /// Keeps each session's prompt, and mends the work once a check has failed.
    private static let mends = """
        cat > prompt-$QUIRE_SESSION; exec < prompt-$QUIRE_SESSION
        if grep -q "The check of this task failed" prompt-$QUIRE_SESSION; then touch fixed; fi
        """
    private static let check = "test -e fixed || { echo not fixed yet; exit 1; }"

    private func defaults(_ verify: String, _ more: String = "") -> String {
        "{retries: {delay: 10ms, max_delay: 20ms}, verify: \(verify)\(more)}"
    }

    private func checks(in run: QuireRun) throws -> [Fact] {
        let facts: [Fact] = try decodedLines(of: run.root + "/events")
        return facts.filter { $0.event == "check_ended" }
    }

    @Test func `takes ticks back until a session has mended what the check found`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.mends)
            try run.write(
                [("t", "entries=2")],
                defaults: defaults("'\(Self.check)'"),
                agent: agent
            )
            let plan = try run.quire(["plan", "m.yaml"]).output
            let heading = "commands that would check work, without a sandbox:\n  \(Self.check)"
            #expect(plan.contains(heading), "\(plan)")
            let outcome = try run.quire(["run", "m.yaml", "--events", "events", "--junit", "j.xml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let log = run.task("t") + "/verify.log"
            let words = "t: its check failed: it ended with status 1; see \(log): not fixed yet"
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(try checks(in: run).map(\.result) == ["failed", "passed"])
            let prompt = text(run.root + "/prompt-4")
            #expect(prompt.contains("\n```\nnot fixed yet\n```\n"), "\(prompt)")
            #expect(prompt.contains("Current Progress: 1/2\n"), "\(prompt)")
            #expect(!text(run.root + "/prompt-3").contains("check of this task"))
            #expect(!run.list("t").contains("- [ ] "))
            #expect(text(log).components(separatedBy: "$ test -e fixed").count == 3)
            let junit = text(run.root + "/j.xml")
            #expect(junit.contains("; its check failed: it ended with status 1"), "\(junit)")
            #expect(junit.contains("; its check passed"), "\(junit)")
        }
    }

    @Test func `checks each tick where that is asked for`() throws {
        try withRun { run in
            let agent = try run.writeAgent(Self.mends)
            try run.write(
                [("t", "entries=2")],
                defaults: defaults("{command: '\(Self.check)', on: tick}"),
                agent: agent
            )
            let outcome = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(try checks(in: run).map(\.result) == ["failed", "passed", "passed"])
            #expect(text(run.root + "/prompt-3").contains("Current Progress: 0/2\n"))
        }
    }

    @Test(arguments: [
        ("nowhere-to-be-found", "is not there, or a program that it needs is not (status 127)"),
        ("./m.yaml", "can't be executed (status 126)"), ("kill -KILL $$", "was killed by SIGKILL"),
        ("{command: 'true', directory: nowhere}", "could not be started ("),
    ])
    func `never takes a check that could not run for one that passed`(
        verify: String,
        words: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")], defaults: defaults(verify))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let line = "t: its check could not run: it \(words)"
            #expect(outcome.output.contains(line), "\(outcome.output)")
            #expect(outcome.output.contains("t: UNCHECKED (1/1"), "\(outcome.output)")
            #expect(!run.list("t").contains("- [ ] "))
            // Once it can, no session is needed.
            try run.write([("t", "entries=1")], defaults: defaults("'true'"))
            let again = try run.quire(["run", "m.yaml"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(
                again.output.contains("t: its check passed") && !again.output.contains("starts (")
            )
        }
    }

    @Test func `could not run where its script is not there any more`() throws {
        try withRun { run in
            let agent = try run.writeAgent("if [ $QUIRE_SESSION = 2 ]; then rm check; fi")
            try script("exit 0", run.root + "/check")
            try run.write([("t", "entries=1")], defaults: defaults("./check"), agent: agent)
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("its check could not run: it is not there"))
        }
    }

    /// Checks of bad manners, the task's outcome, and what is told.
    @Test(arguments: [
        ("{command: sleep 600, timeout: 100ms}", false, "took longer than 0.1 s (verify: timeout)"),
        ("cat", true, "its check passed"), ("tty", false, "ended with status 1"),
        ("setsid sleep 600 > /dev/null 2>&1 & echo $! > pid", true, "its check passed"),
        ("rm -r .autonomous/t/task_list.md", true, "its list was changed while its check ran"),
        ("head -c 1073741824 /dev/zero; echo; echo the end; exit 1", false, "verify.log: the end"),
    ])
    func `bears a check of bad manners`(verify: String, passes: Bool, words: String) throws {
        try withRun { run in
            let text = verify.hasPrefix("{") ? verify : "'\(verify)'"
            try run.write([("t", "entries=1")], defaults: defaults(text, ", same_failure: 1"))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == (passes ? 0 : 100), "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(run.list("t").contains("- [ ] ") == !passes)
            let size =
                try FileManager.default.attributesOfItem(
                    atPath: run.task("t") + "/verify.log"
                )[.size] as? Int
            #expect((size ?? .max) < 18_000_000)
            guard verify.hasPrefix("setsid") else { return }
            let alive = try shell("kill -0 $(cat pid)", in: run.root)
            #expect(alive.status != 0)
        }
    }

    @Test func `checks again where Quire died in the check`() throws {
        try withRun { run in
            let verify = "if mkdir killed 2> /dev/null; then kill -KILL $PPID; exec sleep 600; fi"
            try run.write([("t", "entries=1")], defaults: defaults("'\(verify)'"))
            let killed = try run.quire(["run", "m.yaml"])
            #expect(killed.status == 128 + SIGKILL, "\(killed.output)\(killed.error)")
            #expect(!run.list("t").contains("- [ ] "))
            let again = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(try checks(in: run).map(\.result) == ["passed"])
            #expect(!again.output.contains("starts ("), "\(again.output)")
        }
    }

    @Test func `begins no check of a base once the run is ended`() throws {
        let trees = `Tasks in trees of their own`()
        let verify =
            "echo check >> $(git rev-parse --git-common-dir)/checks; kill -TERM $PPID; exec sleep 600"
        try trees.withRepository(
            [("one", ""), ("two", ""), ("three", "")],
            work: ":",
            defaults: "isolation: worktree, verify: '\(verify)'"
        ) { run in
            let outcome = try trees.quire(run, ["run", "m.yaml", "--drain-timeout", "0s"])
            #expect(outcome.status == 128 + SIGTERM, "\(outcome.output)\(outcome.error)")
            #expect(text(run.root + "/.git/checks") == "check\n")
        }
    }

    /// Another check and a change of the list of a complete task, each of which calls for a check.
    @Test(arguments: [
        (
            "true", "sed -i '/^- .x. Task 1/a - [x] Task 2: by hand' .autonomous/t/task_list.md"
        ),
        ("test 1 = 1", ":"),
    ])
    func `checks a complete task once more after a change`(
        verify: String,
        change: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")], defaults: defaults("'true'"))
            let first = try run.quire(["run", "m.yaml"])
            #expect(first.status == 0, "\(first.output)\(first.error)")
            _ = try shell(change, in: run.root)
            try run.write([("t", "entries=1")], defaults: defaults("'\(verify)'"))
            let again = try run.quire(["run", "m.yaml", "--events", "events"])
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(try checks(in: run).map(\.result) == ["passed"])
            #expect(!again.output.contains("starts ("), "\(again.output)")
            let quiet = try run.quire(["run", "m.yaml"])
            #expect(quiet.status == 0 && !quiet.output.contains("its check"), "\(quiet.output)")
        }
    }

    @Test func `makes a tree again that the check deleted`() throws {
        let trees = `Tasks in trees of their own`()
        let verify = "test -e fixed.txt || { rm -rf \"$PWD\"; exit 1; }"
        try trees.withRepository(
            [("one", "")],
            work: "if [ $QUIRE_SESSION -ge 4 ]; then touch fixed.txt; fi",
            defaults: "isolation: worktree, verify_base: false, verify: '\(verify)'"
        ) { run in
            let outcome = try trees.quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(try trees.git(run, "show quire/The-run/one:fixed.txt") == "")
        }
    }

    @Test func `takes nothing that a check writes into a tree for work`() throws {
        let trees = `Tasks in trees of their own`()
        try trees.withRepository(
            [("one", "")],
            work: "if [ $QUIRE_SESSION -ge 2 ]; then touch fixed.txt; fi",
            defaults:
                "isolation: worktree, verify: 'echo x >> a.txt; echo y > made; test -e fixed.txt'"
        ) { run in
            let outcome = try trees.quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let branch = "quire/The-run/one"
            #expect(try trees.git(run, "ls-tree --name-only \(branch)") == "a.txt\nfixed.txt\n")
            #expect(try trees.git(run, "show \(branch):a.txt") == "one\n")
            #expect(try trees.git(run, "show refs/quire/checks/one:made") == "y\n")
            let told = outcome.output.components(separatedBy: "its check wrote a.txt, made, which")
            #expect(told.count == 2, "\(outcome.output)")
            let merged = try trees.quire(run, ["merge"])
            #expect(merged.status == 0, "\(merged.output)\(merged.error)")
        }
    }

    @Test func `tells of a red base once, before anything is spent`() throws {
        let trees = `Tasks in trees of their own`()
        try trees.withRepository(
            [("one", ""), ("two", "")],
            work: ":",
            defaults: "isolation: worktree, same_failure: 1, verify: 'echo red; exit 1'"
        ) { run in
            let outcome = try trees.quire(run, ["run", "m.yaml", "--events", "events"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(try checks(in: run).map(\.isOfBase) == [true, nil, nil])
            let words =
                "its check failed, as often as same_failure allows (as the untouched base did, too)"
            #expect(outcome.output.contains("one: FAILED"), "\(outcome.output)")
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(
                outcome.output.contains(": red, as its untouched base does"),
                "\(outcome.output)"
            )
            let told = outcome.output.components(separatedBy: "sessions run all the same").count
            #expect(told == 2, "\(outcome.output)")
        }
    }
}
