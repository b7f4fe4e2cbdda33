import Foundation
import TestSupport
import Testing

/// All that is recorded and shown of a run whose agent tells secrets.
@Suite struct `A secret that an agent tells` {
    private static let secrets = [
        "inherited-horse-staple", "own-battery-staple", "acme-project",
        "gh" + "p_" + String(repeating: "aB3dE5gH7", count: 4),
    ]
    private static let plain = ["innocent-value-1", "innocent-value-2"]
    private static let environment = [
        "MY_API_TOKEN": secrets[0], "INNOCENT": plain[0], "GITHUB_ACTIONS": "true",
    ]

    /// A run of a task whose only session fails, and tells these secrets wherever it can.
    private func withSecrets(_ body: (QuireRun, Outcome) throws -> Void) throws {
        try withRun { run in
            let words = Self.secrets.joined(separator: " and ")
            let item =
                #"{"type":"item.completed","item":{"id":"0","type":"agent_message","text":"I saw \#(words)"}}"#
            let command =
                #"{"type":"item.completed","item":{"id":"1","type":"command_execution","command":"echo \#(words)","#
                + #""aggregated_output":"\#(words)\n","exit_code":1,"status":"failed"}}"#
            let lines = [
                #"{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}"#,
                #"{"type":"turn.started"}"#, item, command,
                #"{"type":"turn.failed","error":{"message":"no \#(words)"}}"#,
            ]
            try put(lines.joined(separator: "\n") + "\n", run.root + "/lines")
            let script =
                "cat > /dev/null\necho 'error: \(words)' >&2\ncat '\(run.root)/lines'\nexit 1\n"
            try put("#!/bin/sh\n" + script, run.root + "/agent")
            #expect(chmod(run.root + "/agent", 0o755) == 0)
            try put(
                """
                version: 1
                run: {agent: {command: [./agent]}, redact: [\(Self.secrets[2])], admission: \(QuireRun.unbounded)}
                defaults: {env: {SERVICE_PASSWORD: \(Self.secrets[1]), PLAIN: \(Self.plain[1])}}
                tasks: [{name: t, prompt: p, same_failure: 1, retries: {limit: 0}}]

                """,
                run.root + "/m.yaml"
            )
            let reports = ["--events", "events", "--junit", "junit.xml", "--markdown", "report.md"]
            try body(
                run,
                try run.quire(["run", "m.yaml"] + reports, environment: Self.environment)
            )
        }
    }

    @Test func `is in nothing that is recorded or shown, except in the log as it is`() throws {
        try withSecrets { run, outcome in
            #expect(outcome.status == 100, "\(outcome.error)")
            let words = Self.secrets.joined(separator: " or ")
            try put("Is it \(words)?\n", run.task("t") + "/question.md")
            var views = ["run": outcome.output + outcome.error]
            for name in ["events", "junit.xml", "report.md"] {
                views[name] = text(run.root + "/" + name)
            }
            for words in [
                ["status"], ["status", "--json"], ["list"], ["list", "--json"], ["explain", "t"],
                ["explain", "t", "--json"], ["logs", "t"], ["logs", "t", "--stderr"],
                ["merge-runs", ".", "--json"],
            ] {
                let answer = try run.quire(words, environment: Self.environment)
                views[words.joined(separator: " ")] = answer.output + answer.error
            }
            for (name, view) in views {
                #expect(!view.isEmpty, "\(name)")
                for secret in Self.secrets { #expect(!view.contains(secret), "\(name): \(view)") }
            }
            for name in [
                "run", "events", "logs t", "logs t --stderr", "list", "list --json",
            ] {
                #expect(
                    views[name]?.contains("[redacted]") == true,
                    "\(name): \(views[name] ?? "")"
                )
            }
            let log = text(run.task("t") + "/session.log")
            #expect(log == text(run.root + "/lines"))
        }
    }

    @Test(arguments: [["logs", "t"], ["list"]])
    func `may be shown where the manifest has gone, which is told`(words: [String]) throws {
        try withSecrets { run, _ in
            try put("Which?\n", run.task("t") + "/question.md")
            let before = try run.quire(words, environment: Self.environment)
            #expect(before.status == 0 && before.error == "", "\(before.error)")
            let path = run.root + "/m.yaml"
            try put("version: 1\n", path)
            let wrong = try run.quire(words, environment: Self.environment)
            #expect(wrong.error.contains("m.yaml (env, redact) are not known"), "\(wrong.error)")
            #expect(wrong.error.contains("as it has errors; see quire plan"))
            try FileManager.default.removeItem(atPath: path)
            let gone = try run.quire(words, environment: Self.environment)
            #expect(gone.status == 0 && gone.error.contains("as it is not there to read"))
            // What this environment holds is redacted all the same.
            #expect(!gone.output.contains(Self.secrets[0]), "\(gone.output)")
        }
    }

    @Test func `is not in the database, nor is anything of the environment but names`() throws {
        try withSecrets { run, _ in
            for words in Self.secrets + Self.plain {
                let found = try shell("grep -rlaF -e '\(words)' .autonomous/.quire", in: run.root)
                #expect(found.status == 1 && found.output == "", "\(words): \(found.output)")
            }
        }
    }
}
