import Foundation
import TestSupport
import Testing

@Suite struct `The doctor fails where a run would` {
    /// A doctor's visit with an agent "codex" that answers `login status` with this.
    private func visit(
        login: String,
        configuration: String? = nil,
        options: [String] = []
    ) throws -> Outcome {
        try withRun { run in
            try put(
                "#!/bin/sh\ncase $1 in --version) echo codex-cli 0.163.0;; login) \(login);; esac\n",
                run.root + "/bin/codex"
            )
            #expect(chmod(run.root + "/bin/codex", 0o755) == 0)
            if let configuration { try put(configuration, run.root + "/home/config.toml") }
            try put("", run.root + "/file")
            return try run.quire(
                ["doctor"] + options,
                environment: [
                    "PATH": run.root + "/bin:/usr/bin:/bin", "CODEX_HOME": run.root + "/home",
                    "OPENAI_API_KEY": "", "CODEX_API_KEY": "",
                ]
            )
        }
    }

    @Test func `with a login all is well`() throws {
        let outcome = try visit(login: "echo Logged in using ChatGPT")
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("✓ login: Logged in using ChatGPT"))
    }

    @Test func `without a login, unless a provider of one's own needs none`() throws {
        let login = "echo WARNING: of no account >&2; echo Not logged in >&2; exit 1"
        let without = try visit(login: login)
        #expect(without.status == 69)
        #expect(without.output.contains("✗ login: Not logged in"), "\(without.output)")
        let own = try visit(login: login, configuration: "model_provider = \"own\"\n")
        #expect(own.status == 0 && own.output.contains("⚠ login"), "\(own.output)")
    }

    @Test func `with a configuration that the agent can't read`() throws {
        let words = "Error loading configuration: config.toml:1:11: invalid basic string"
        let outcome = try visit(login: "echo WARNING: x >&2; echo '\(words)' >&2; exit 1")
        #expect(outcome.status == 69)
        #expect(outcome.output.contains("✗ configuration: \(words)"), "\(outcome.output)")
    }

    @Test func `with a state that can't be written`() throws {
        let outcome = try visit(login: "true", options: ["--state-dir", "file/state"])
        #expect(outcome.status == 69)
        #expect(
            outcome.output.contains(#/✗ state: .*file/state can't be written/#),
            "\(outcome.output)"
        )
    }
}

@Suite struct `An agent's broken configuration` {
    @Test func `is told in its own words, and costs each task one session at most`() throws {
        try withRun { run in
            try put(
                """
                #!/bin/sh
                cat > /dev/null
                echo run >> '\(run.root)/sessions'
                echo 'WARNING: proceeding, even though' >&2
                printf 'Error loading config.toml:\\n/h/config.toml:1:11: invalid basic string\\n' >&2
                printf '  |\\n1 | model = "x\\n  |           ^\\n\\n' >&2
                exit 1
                """,
                run.root + "/agent"
            )
            #expect(chmod(run.root + "/agent", 0o755) == 0)
            let tasks = (1...30).map { "{name: t\($0), prompt: p}" }.joined(separator: ", ")
            try put(
                "version: 1\nrun: {concurrency: 2, agent: {command: [./agent]}}\ntasks: [\(tasks)]\n",
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 69, "\(outcome.output)")
            let words = "/h/config.toml:1:11: invalid basic string | 1 | model = \"x | ^"
            #expect(outcome.output.contains(words), "\(outcome.output)")
            #expect(outcome.output.contains("--retry-failed"))
            let sessions = text(run.root + "/sessions").split(separator: "\n").count
            #expect((3...6).contains(sessions), "\(sessions)")
        }
    }
}
