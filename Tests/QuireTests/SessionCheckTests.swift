import Foundation
import TestSupport
import Testing

@Suite struct `A check within sessions` {
    private static let check =
        "echo run >> runs; test -e fixed || { echo not yet; exit 1; }"

    private func defaults(_ verify: String, _ more: String = "") -> String {
        "{retries: {delay: 10ms, max_delay: 20ms}, verify: \(verify), verify_in_session: true\(more)}"
    }

    private func runs(_ run: QuireRun) -> Int {
        text(run.root + "/runs").components(separatedBy: "run\n").count - 1
    }

    @Test func `hands its words back in the same turn, and Quire's own run decides`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 mend=fixed")],
                defaults: defaults("\"\(Self.check)\"", ", env: {A_TOKEN: yet}")
            )
            let plan = try run.quire(["plan", "m.yaml"])
            let words = ", on completion, and within sessions (at most 7 min 30 s)"
            #expect(plan.output.contains(words), "\(plan.output)")
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            // The initializer has none; the executor's fails, then passes, and then comes Quire's own.
            #expect(outcome.output.contains("(1/1, 2 sessions)"), "\(outcome.output)")
            #expect(runs(run) == 3)
            let told = text(run.root + "/fixed")
            let reason = "The check of this task fails: it ended with status 1: not yet."
            #expect(told.contains(reason), "\(told)")
            #expect(told.contains("\n```\nnot yet\n```"), "\(told)")
            #expect(!outcome.error.contains("warning"), "\(outcome.error)")
        }
    }

    @Test func `is told three times at most`() throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 mend=told")],
                defaults: defaults("\"\(Self.check)\"", ", same_failure: 1")
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 100, "\(outcome.output)\(outcome.error)")
            #expect(runs(run) == 4)
            let told = text(run.root + "/told").components(separatedBy: "The check of this task")
            #expect(told.count == 4)
            #expect(told.last?.contains("for the last time in this session") == true)
        }
    }

    /// Checks, how often the agent is told of them, and the run's status.
    @Test(arguments: [
        ("nowhere-to-be-found", 0, 101), ("kill -KILL $$", 0, 101),
        ("{command: sleep 600, timeout: 100ms}", 0, 100),
        ("{command: 'true', directory: none}", 0, 101), ("cat", 0, 0),
        ("'test -z \"$QUIRE_CHECK\"'", 0, 0),
        // It kills the hook, whose parent is no Quire.
        ("'mkdir once || exit 0; kill -KILL $PPID; sleep 600'", 0, 0),
        ("'head -c 100000000 /dev/zero; test -e told'", 1, 0), ("'tty; test -e told'", 1, 0),
        ("'setsid sleep 600 & test -e told'", 1, 0),
    ])
    func `is told where it says anything of the work`(
        verify: String,
        times: Int,
        status: Int32
    ) throws {
        try withRun { run in
            try run.write(
                [("t", "entries=1 mend=told")],
                defaults: defaults(verify, ", same_failure: 1")
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == status, "\(outcome.output)\(outcome.error)")
            let told = text(run.root + "/told").components(separatedBy: "The check of this task")
            #expect(told.count - 1 == times)
            #expect(processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty)
        }
    }

    @Test func `is off, with a word, where the agent knows no hooks or a launcher is between`()
        throws
    {
        try withRun { run in
            let tasks = [(name: "t", directives: "entries=1 mend=told")]
            let defaults = defaults("'echo run >> runs'")
            try run.write(tasks, defaults: defaults)
            let old = try run.quire(["run", "m.yaml"], environment: ["CODEX_SIM_HOOKS": "off"])
            #expect(old.status == 0, "\(old.output)\(old.error)")
            #expect(old.output.contains("verify_in_session has no effect with "), "\(old.output)")
            #expect(runs(run) == 1)
            try writeLaunched(
                run,
                "[sh, -c, '{command}']",
                tasks: [("u", tasks[0].directives)],
                defaults: defaults
            )
            let plan = try run.quire(["plan", "m.yaml"])
            #expect(plan.output.contains("not within sessions, as they have a launcher"))
            let launched = try run.quire(["run", "m.yaml"])
            #expect(launched.status == 0, "\(launched.output)\(launched.error)")
            #expect(launched.error.contains("has no effect with a launcher"), "\(launched.error)")
            #expect(runs(run) == 2)
        }
    }

    /// Answers to calls that no agent makes: without the variable, or without sense.
    @Test(arguments: [
        [:], ["QUIRE_CHECK": ""], ["QUIRE_CHECK": "{"], ["QUIRE_CHECK": "{\"workspace\": 1}"],
    ])
    func `has no answer for strangers`(variables: [String: String]) throws {
        try withRun { run in
            let outcome = try run.quire(["codex-stop-hook"], environment: variables)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty)
        }
    }
}
