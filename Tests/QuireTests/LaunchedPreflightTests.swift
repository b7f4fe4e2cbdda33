import Foundation
import TestSupport
import Testing

@Suite struct `Before the first session, Codex behind a launcher` {
    /// Writes a launcher to `node0`, `node1` and so on, which refuses a node that is down, and a Codex there.
    private func machines(
        _ run: QuireRun,
        _ answers: CodexOfOnesOwn.Answers,
        down: String = "none",
        launcher: String = "[./on, 'node{slot}', '{command}']",
        tasks: [String] = ["a", "b"],
        defaults: String = "{retries: {delay: 10ms, max_delay: 20ms}}"
    ) throws -> CodexOfOnesOwn {
        try script(
            "[ \"$1\" = \(down) ] && { echo 'no route to host' >&2; exit 255; }\n"
                + "NODE=$1 exec sh -c \"$2\"",
            run.root + "/on"
        )
        var answers = answers
        answers.session =
            "echo \"$NODE $*\" >> '\(run.root)/sessions'; " + answers.session
        let codex = try CodexOfOnesOwn(run, answers)
        try run.write(
            tasks.map { ($0, "entries=2") },
            concurrency: 2,
            defaults: defaults,
            agent: "codex",
            run: "launcher: \(launcher)"
        )
        return codex
    }

    @Test func `is asked on each machine, and each session has the features of its own`() throws {
        try withRun { run in
            var answers = CodexOfOnesOwn.Answers()
            answers.features =
                "[ \"$NODE\" = node0 ] && echo 'goals  stable  true'; echo 'multi_agent  stable  true'"
            let codex = try machines(run, answers)
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            for question in ["--version", "login", "features", "sandbox"] {
                #expect(codex.calls.count { $0.hasPrefix(question) } == 2, "\(question)")
            }
            let sessions = text(run.root + "/sessions").split(separator: "\n")
            #expect(sessions.count == 6 && Set(sessions.map { $0.prefix(5) }).count == 2)
            for session in sessions {
                #expect(session.contains("features.multi_agent=false"))
                #expect(
                    session.contains("features.goals=false") == session.hasPrefix("node0 "),
                    "\(session)"
                )
            }
        }
    }

    @Test func `is refused where its sandbox can't start on one of them, with a word on which`()
        throws
    {
        try withRun { run in
            var answers = CodexOfOnesOwn.Answers()
            answers.sandbox = "[ \"$NODE\" = node0 ] || { \(CodexOfOnesOwn.denied); }"
            let codex = try machines(run, answers)
            for command in ["doctor", "run"] {
                let outcome = try codex.quire([command, "m.yaml"])
                #expect(outcome.status == 69, "\(outcome.output)\(outcome.error)")
                let said = outcome.output + outcome.error
                #expect(said.contains("sandbox: through the launcher "), "\(said)")
                #expect(said.contains("/on node1 {command}: Codex's sandbox (workspace-write)"))
                #expect(said.contains("sandbox: danger-full-access"))
            }
            #expect(codex.sessions.isEmpty)
        }
    }

    @Test func `is left to its sessions on a machine that the launcher does not reach`() throws {
        try withRun { run in
            let codex = try machines(run, CodexOfOnesOwn.Answers(), down: "node1")
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(
                outcome.output.contains("can't be asked: it was not begun by the launcher"),
                "\(outcome.output)"
            )
            #expect(outcome.output.contains("no route to host"))
            #expect(codex.sessions.allSatisfy { $0.contains("features.goals=false") })
        }
    }

    @Test func `is asked once by a launcher that leads to one place, and once for each sandbox`()
        throws
    {
        try withRun { run in
            try script("exec \"$@\"", run.root + "/plain")
            var answers = CodexOfOnesOwn.Answers()
            answers.login = "echo Not logged in >&2; exit 1"
            let codex = try machines(
                run,
                answers,
                launcher: "[./plain]",
                defaults: "{sandbox: danger-full-access}"
            )
            // A launcher's own status counts as little as its silence.
            let refused = try codex.quire(["run", "m.yaml"])
            #expect(
                refused.status == 69 && refused.error.contains("codex login"),
                "\(refused.error)"
            )
            #expect(codex.calls.count { $0 == "--version" } == 1)
            #expect(!codex.calls.contains { $0.hasPrefix("sandbox") })
            // A provider of one's own needs no login, and its configuration is read there.
            try put(
                "# model_provider = 1\nmodel_provider = \"own\"",
                run.root + "/home/config.toml"
            )
            #expect(try codex.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test(arguments: ["exit 0", "exit 3", "cat", "echo 'quire-1: begun'; exit 0", "yes"])
    func `has answered nothing where the launcher alone says that it went well`(
        launcher: String
    ) throws {
        try withRun { run in
            var answers = CodexOfOnesOwn.Answers()
            answers.sandbox = CodexOfOnesOwn.denied
            let codex = try machines(run, answers, launcher: "[./bad]", tasks: ["a"])
            // The questions alone are lost: sessions are brought to Codex.
            try script(
                "[ \"$1\" = codex ] && exec \"$@\"\n\(launcher)",
                run.root + "/bad"
            )
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("can't be asked"), "\(outcome.output)")
            #expect(!codex.calls.contains { $0.hasPrefix("sandbox") })
        }
    }
}
