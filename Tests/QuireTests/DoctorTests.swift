import Foundation
import TestSupport
import Testing

@Suite struct `The doctor fails where a run would` {
    /// A doctor's visit with an agent "codex" that answers `login status`, and `--version`, with this.
    private func visit(
        login: String = "echo Logged in",
        version: String = "echo codex-cli 0.163.0",
        configuration: String? = nil,
        options: [String] = []
    ) throws -> Outcome {
        try withRun { run in
            try put(
                "#!/bin/sh\ncase $1 in --version) \(version);; login) \(login);; esac\n",
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

    /// How an agent keeps a question unanswered, and what is said of that.
    private static let unanswered = [
        ("sleep 600", "did not answer: it did not end within 5s"),
        ("trap '' TERM; sleep 600 & wait", "did not answer: it did not end within 5s"),
        ("yes", "did not answer: it said more than 65536 bytes"),
        ("yes & wait", "did not answer: it said more than 65536 bytes"),
        ("yes >&2", "did not answer: it did not end within 5s"),
    ]

    @Test(arguments: unanswered)
    func `with an agent that does not say its version, after the other checks`(
        version: String,
        words: String
    ) throws {
        let outcome = try visit(version: version)
        #expect(outcome.status == 69)
        #expect(
            outcome.output.contains(#/✗ agent: .*\/codex --version/#)
                && outcome.output.contains("--version \(words)\n"),
            "\(outcome.output)"
        )
        for check in ["descriptors", "disk", "state", "clock"] {
            #expect(outcome.output.contains(" \(check): "), "\(outcome.output)")
        }
    }

    @Test(arguments: unanswered + [("true", "said nothing")])
    func `without a word about a login, it is not known`(login: String, words: String) throws {
        let outcome = try visit(login: login)
        #expect(
            outcome.output.contains("login status \(words); whether there is a login isn't known"),
            "\(outcome.output)"
        )
        #expect(outcome.output.contains(#/⚠ login: /#) && !outcome.output.contains(#/[✓✗] login/#))
    }

    @Test func `with a version that nobody says`() throws {
        let outcome = try visit(version: "true")
        #expect(outcome.output.contains("--version said nothing"), "\(outcome.output)")
        #expect(!outcome.output.contains("✓ agent"))
    }

    /// What keeps a run from a state in a place, and the words for it.
    private static let states = [
        (
            "/proc/x", "",
            #"directory "/proc/x" can't be used: making the directory "/proc/x" failed"#
        ),
        ("/proc/x/y", "", #"directory "/proc/x/y" can't be used: making the directory "/proc/x"#),
        ("state", "ulimit -f 10;", "can't grow: files may have no more than 5120 bytes here"),
        ("made/state", "ulimit -f 10;", "can't grow: files may have no more than 5120 bytes here"),
        ("file", "", "is a file, not a directory"),
        ("file/state", "", "a file stands where a directory is needed"),
        ("gone/state", "ln -sfn nowhere gone;", "is a link"),
    ]

    @Test(arguments: states)
    func `and says of the state what a run says`(
        place: String,
        before: String,
        words: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            try put("", run.root + "/file")
            try put("", run.root + "/made/kept")
            let quire = Program.built("quire")
            func said(_ command: String) throws -> (words: Substring, status: Int32) {
                let outcome = try shell(
                    "\(before) QUIRE_STATE_DIR=\(place) exec \(quire) \(command)",
                    in: run.root
                )
                let lines = (outcome.output + outcome.error).split(separator: "\n")
                let line = lines.first { $0.contains(#/state dir|run database/#) } ?? ""
                return (line.drop { !$0.isWhitespace }, outcome.status)
            }
            let doctor = try said("doctor --agent \(Program.built("codex-sim"))")
            let left = try shell("ls -A . made", in: run.root).output
            let real = try said("run m.yaml")
            #expect(doctor.status == 69 && real.status == 69)
            #expect(doctor.words.contains(words), "\(doctor)")
            #expect(doctor.words.hasSuffix(real.words), "\(doctor) \(real)")
            #expect(!doctor.words.contains("trial") && !left.contains("trial"), "\(doctor) \(left)")
        }
    }

    @Test func `with a state that can't be written`() throws {
        let outcome = try visit(login: "true", options: ["--state-dir", "file/state"])
        #expect(outcome.status == 69)
        #expect(
            outcome.output.contains(#/✗ state: .*file/state" can't be used/#),
            "\(outcome.output)"
        )
    }
}

@Suite struct `The doctor's advice` {
    @Test(arguments: [
        (
            "echo hello\n",
            "it has no #! line; begin it with one that names its interpreter, such as"
        ),
        ("\u{7F}ELFgarbage", "it is a program that is cut off or damaged"),
    ])
    func `about another agent's program is not to install Codex`(
        content: String,
        words: String
    ) throws {
        try withRun { run in
            try put(content, run.root + "/bin/codex")
            #expect(chmod(run.root + "/bin/codex", 0o755) == 0)
            let named = try run.quire(["doctor", "--agent", "bin/codex"])
            #expect(named.status == 69 && named.output.contains(words), "\(named.output)")
            #expect(!named.output.contains("reinstall"), "\(named.output)")
            let found = try run.quire(["doctor"], environment: ["PATH": run.root + "/bin"])
            #expect(found.output.contains("; reinstall the Codex CLI"), "\(found.output)")
        }
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
