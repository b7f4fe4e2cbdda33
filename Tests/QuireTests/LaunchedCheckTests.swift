import Foundation
import TestSupport
import Testing

@Suite struct `A check through a launcher` {
    /// A launcher to another machine: nothing is inherited, and the machine has a name of its own.
    private static let elsewhere =
        "echo \"$1 $2\" >> calls; exec env -i PATH=\"$PATH\" MACHINE=\"$1\" sh -c \"$2\""

    private func defaults(_ verify: String, _ more: String = "") -> String {
        "{retries: {delay: 10ms, max_delay: 20ms}, verify: \(verify)\(more)}"
    }

    @Test func `runs where its task's sessions run, with what they get`() throws {
        try withRun { run in
            try script(Self.elsewhere, run.root + "/elsewhere")
            let check =
                "cat; pwd > where; echo $MACHINE $QUIRE_TASK $VALUE $ONE $LOCAL > said; echo told >&2"
            try writeLaunched(
                run,
                "[./elsewhere, \"node{slot}\", \"{command}\"]",
                defaults: defaults(
                    "{command: '\(check)', environment: {ONE: \"it's\"}}",
                    ", env: {VALUE: the-value}"
                )
            )
            let outcome = try run.quire(["run", "m.yaml"], environment: ["LOCAL": "here"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(text(run.root + "/said") == "node0 a the-value it's\n")
            #expect(text(run.root + "/where") == run.root + "\n")
            #expect(outcome.output.contains("a: its check passed"))
            let log = text(run.task("a") + "/verify.log")
            #expect(log.hasPrefix("$ cat; pwd > where") && log.contains("\ntold\n"), "\(log)")
            // Others can see what a program was called with.
            let calls = text(run.root + "/calls")
            #expect(!calls.contains("the-value") && !calls.contains("it's"), "\(calls)")
            #expect(calls.components(separatedBy: "node0 cd ").count == 4, "\(calls)")
        }
    }

    @Test func `takes ticks back there, too, and hands its words on`() throws {
        try withRun { run in
            try script(Self.elsewhere, run.root + "/elsewhere")
            let check = "test $QUIRE_SESSION -gt 2 || { echo not yet; exit 1; }"
            try writeLaunched(
                run,
                "[./elsewhere, here, \"{command}\"]",
                defaults: defaults("'\(check)'")
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let words = "a: its check failed: it ended with status 1; see "
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(outcome.output.contains("/verify.log: not yet, "), "\(outcome.output)")
            #expect(outcome.output.contains("(1/1, 3 sessions)"), "\(outcome.output)")
        }
    }

    /// Launchers that fail with checks alone, and what is told.
    @Test(arguments: [
        ("echo no route >&2; exit 255", "not begun by the launcher, which ended with status 255"),
        ("echo no node >&2; exit 1", "not begun by the launcher, which ended with status 1"),
        ("exit 0", "not begun by the launcher, which ended with status 0"),
        ("\"$@\"; exit 255", "lost by the launcher, which ended with status 255"),
        ("\"$@\"; exit 0", "lost by the launcher, which ended with status 0"),
        ("kill -KILL $$", "lost by the launcher, which SIGKILL killed"),
        ("exec sleep 600", "not begun by the launcher within 1 s"),
    ])
    func `could not run if the launcher did not bring it there`(
        failure: String,
        words: String
    ) throws {
        try withRun { run in
            try script(
                "case \"$*\" in *the-check*) \(failure);; esac; exec \"$@\"",
                run.root + "/loses"
            )
            let verify = "{command: 'false the-check', timeout: 1s}"
            try writeLaunched(run, "[./loses]", defaults: defaults(verify))
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let line = "a: its check could not run: it was \(words)"
            #expect(outcome.output.contains(line), "\(outcome.output)")
            #expect(!run.list("a").contains("- [ ] "))
        }
    }

    /// Checks that could not run there, and what is told.
    @Test(arguments: [
        ("nowhere-to-be-found", "is not there, or a program that it needs is not (status 127)"),
        ("./m.yaml", "can't be executed (status 126)"),
        ("kill -KILL $$", "was killed by SIGKILL"), ("kill -TERM $$", "was killed by SIGTERM"),
    ])
    func `could not run for the reasons of any other`(check: String, words: String) throws {
        try withRun { run in
            try script(Self.elsewhere, run.root + "/elsewhere")
            try writeLaunched(
                run,
                "[./elsewhere, here, \"{command}\"]",
                defaults: defaults("'\(check)'")
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 101, "\(outcome.output)\(outcome.error)")
            let line = "a: its check could not run: it \(words)"
            #expect(outcome.output.contains(line), "\(outcome.output)")
        }
    }

    @Test func `is ended there with all that it started when its time is up`() throws {
        try withRun { run in
            // It gives up at once when it is asked to end; what it brought elsewhere does not.
            try script("exec 3<&0; setsid sh -c \"$1\" <&3 & wait", run.root + "/hasty")
            let check = "trap : TERM; sleep 600 & sleep 600; sleep 600"
            try writeLaunched(
                run,
                "[./hasty, \"{command}\"]",
                defaults: defaults("{command: '\(check)', timeout: 1s}", ", same_failure: 1"),
                grace: "1s"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("it took longer than 1 s"), "\(outcome.output)")
            let mark = "QUIRE_RUN=\(run.root)/m.yaml"
            #expect(eventually { processes(mentioning: mark).isEmpty })
        }
    }

    @Test func `of a base, and the setup of its tree, run there, too`() throws {
        let trees = `Tasks in trees of their own`()
        try trees.withRepository(
            [("one", "")],
            work: ":",
            defaults: "isolation: worktree, setup: 'echo $MACHINE > ../one.setup', "
                + "verify: 'echo $MACHINE $QUIRE_SESSION >> ../one.checks'",
            settings: ", launcher: [./elsewhere, there, \"{command}\"]"
        ) { run in
            try script(Self.elsewhere, run.root + "/elsewhere")
            let outcome = try trees.quire(run, ["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            let place = run.root + "/.autonomous/.quire/worktrees/one"
            #expect(text(place + ".setup") == "there\n")
            #expect(text(place + ".checks") == "there 1\nthere 3\n")
        }
    }
}
