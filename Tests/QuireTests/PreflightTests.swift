import Foundation
import TestSupport
import Testing

/// A workspace whose `PATH` has a "codex" of the test's own, around the simulated agent.
struct CodexOfOnesOwn {
    let run: QuireRun

    /// The answer of a sandbox that can't start.
    static let denied =
        "echo 'bwrap: No permissions to create a new namespace, likely because of the kernel.' >&2; exit 1"

    /// The answers to the questions of the check-up, as lines of the shell.
    struct Answers {
        var version = "echo codex-cli 0.163.0"
        var login = "echo Logged in"
        var features =
            "printf 'goals  stable  true\\nhooks  stable  true\\nmulti_agent  under development  true\\n'"
        var sandbox = "true"
        var session = "exec '\(Program.built("codex-sim"))' \"$@\""
    }

    init(_ run: QuireRun, _ answers: Answers = Answers(), called name: String = "codex") throws {
        self.run = run
        try script(Self.program(answers, in: run.root), "\(run.root)/bin/\(name)")
    }

    /// The program, which notes how it is called.
    static func program(_ answers: Answers, in root: String) -> String {
        """
        echo "$*" >> '\(root)/calls'
        case "$1 $2" in
        "--version ") \(answers.version) ;;
        login*) \(answers.login) ;;
        features*) \(answers.features) ;;
        sandbox*) \(answers.sandbox) ;;
        "exec --help") echo '  --ignore-user-config  --ignore-rules' ;;
        *) \(answers.session) ;;
        esac
        """
    }

    func quire(
        _ words: [String],
        environment: [String: String] = [:],
        watching: @escaping (String, Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let own = [
            "PATH": run.root + "/bin:/usr/bin:/bin", "CODEX_HOME": run.root + "/home",
            "OPENAI_API_KEY": "", "CODEX_API_KEY": "",
        ]
        return try run.quire(
            words,
            environment: own.merging(environment) { $1 },
            watching: watching
        )
    }

    var calls: [Substring] { text(run.root + "/calls").split(separator: "\n") }

    /// The calls that started sessions.
    var sessions: [Substring] {
        calls.filter { $0.hasPrefix("exec ") && $0 != "exec --help" }
    }
}

@Suite struct `Before the first session, Codex` {
    private static let denied = CodexOfOnesOwn.denied
    private static let loggedOut = "echo Not logged in >&2; exit 1"

    @Test func `is asked once for all tasks, and runs them without what they don't need`() throws {
        try withRun { run in
            let codex = try CodexOfOnesOwn(run)
            try run.write([("a", "entries=2"), ("b", "entries=1")], agent: "codex")
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(codex.calls.count { $0.hasPrefix("sandbox") } == 1)
            #expect(codex.sessions.count == 5)
            for session in codex.sessions {
                #expect(session.contains("-c features.multi_agent=false -c features.goals=false"))
                #expect(!session.contains("unbounded") && !session.contains("hooks"))
            }
        }
    }

    /// What Codex answers, what the manifest asks for, and the words with which the run is refused.
    private static let refusals: [(CodexOfOnesOwn.Answers, defaults: String, words: String?)] = [
        (.init(sandbox: denied), "{}", "sandbox: danger-full-access"),
        (.init(sandbox: denied), "{sandbox: danger-full-access}", nil),
        (.init(sandbox: "echo no such question >&2; exit 2"), "{}", nil),
        (.init(login: loggedOut), "{}", "codex login"),
        (.init(login: loggedOut), "{codex_args: [-c, 'model_provider=\"own\"']}", nil),
        (.init(login: loggedOut), "{env: {CODEX_API_KEY: k}}", nil),
        (.init(version: "exit 3"), "{}", "--version failed"),
        (.init(version: "echo 'warning 1.2'; echo codex-cli 0.150.0"), "{}", nil),
        (.init(features: "exit 2"), "{}", nil), (.init(), "{hermetic: true}", nil),
    ]

    @Test(arguments: refusals.indices)
    func `ends a run that it can't carry out before a token is spent`(index: Int) throws {
        let (answers, defaults, words) = Self.refusals[index]
        try withRun { run in
            let codex = try CodexOfOnesOwn(run, answers)
            try run.write([("a", "entries=1")], defaults: defaults, agent: "codex")
            let doctor = try codex.quire(["doctor", "m.yaml"])
            #expect(doctor.status == (words == nil ? 0 : 69), "\(doctor.output)\(doctor.error)")
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == (words == nil ? 0 : 69), "\(outcome.output)\(outcome.error)")
            #expect(codex.sessions.isEmpty == (words != nil))
            if let words {
                #expect(outcome.error.contains(words), "\(outcome.error)")
                #expect(doctor.output.contains(words), "\(doctor.output)")
            }
        }
    }

    @Test func `is not asked where nothing is left to do`() throws {
        try withRun { run in
            var codex = try CodexOfOnesOwn(run)
            try run.write([("a", "entries=1")], agent: "codex")
            #expect(try codex.quire(["run", "m.yaml"]).status == 0)
            codex = try CodexOfOnesOwn(run, .init(login: Self.loggedOut))
            #expect(try codex.quire(["run", "m.yaml"]).status == 0)
        }
    }

    @Test func `warns of a feature that it doesn't have, and goes on`() throws {
        try withRun { run in
            let codex = try CodexOfOnesOwn(run)
            try run.write(
                [("a", "entries=1")],
                defaults: "{codex_features: [multi_agent, nosuch]}",
                agent: "codex"
            )
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("\"nosuch\""), "\(outcome.output)")
            for session in codex.sessions {
                #expect(session.contains("-c features.goals=false -c features.multi_agent=true"))
                #expect(!session.contains("nosuch"))
            }
        }
    }

    @Test func `is a command whose program has its name, and no other`() throws {
        try withRun { run in
            let codex = try CodexOfOnesOwn(run, .init(sandbox: Self.denied), called: "codex-own")
            let agent = "{command: [./bin/codex-own]}"
            try run.write([("a", "entries=1")], agent: agent)
            #expect(try codex.quire(["run", "m.yaml"]).status == 69)
            let other = try CodexOfOnesOwn(run, .init(sandbox: Self.denied), called: "agent")
            try run.write([("a", "entries=1")], agent: "{command: [./bin/agent]}")
            #expect(try other.quire(["run", "m.yaml"]).status == 0)
        }
    }

    /// What takes its place, and the feature that sessions then still name.
    @Test(arguments: [
        ("echo codex-cli 0.163.0", "printf 'goals  stable  true\\n'", true),
        ("echo codex-cli 0.163.0", "exit 2", false), ("exit 3", "exit 3", false),
    ])
    func `is asked again when another version takes its place`(
        version: String,
        features: String,
        isNamed: Bool
    ) throws {
        try withRun { run in
            var next = CodexOfOnesOwn.Answers()
            (next.version, next.features) = (version, features)
            try script(CodexOfOnesOwn.program(next, in: run.root), run.root + "/next")
            let replace = "mv '\(run.root)/next' '\(run.root)/bin/codex' 2> /dev/null\n"
            var first = CodexOfOnesOwn.Answers()
            first.session = replace + first.session
            let codex = try CodexOfOnesOwn(run, first)
            try run.write([("a", "entries=1")], agent: "codex")
            let outcome = try codex.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(
                codex.sessions.map { $0.contains("features.multi_agent=false") } == [true, false]
            )
            #expect(
                codex.sessions.map { $0.contains("features.goals=false") } == [true, isNamed]
            )
        }
    }

    @Test func `is no program that hands no signals on: nothing of it is left`() throws {
        try withRun { run in
            var shim = CodexOfOnesOwn.Answers()
            shim.version = "echo 'npm warn 1.2.3'; echo codex-cli 0.163.0"
            // The agent leads a session of its own, and the shim ignores what it is told.
            shim.session =
                "trap '' TERM; setsid '\(Program.built("codex-sim"))' \"$@\" < /dev/stdin & "
                + "echo $! > '\(run.root)/agent.pid'; wait"
            let codex = try CodexOfOnesOwn(run, shim)
            try run.write([("a", "hang")], agent: "codex", run: "grace: 200ms\n  drain_timeout: 0s")
            let pidFile = run.root + "/agent.pid"
            let outcome = try codex.quire(["run", "m.yaml"]) { _, pid in
                if text(pidFile).hasSuffix("\n") { kill(pid, SIGTERM) }
            }
            #expect(outcome.status == 143, "\(outcome.output)\(outcome.error)")
            let words = text(pidFile).trimmingCharacters(in: .whitespacesAndNewlines)
            let agent = try #require(pid_t(words))
            #expect(kill(agent, 0) == -1 && errno == ESRCH)
        }
    }

    @Test func `has no network within its own sandbox, and the run says so at once`() throws {
        try withRun { run in
            let codex = try CodexOfOnesOwn(run)
            let nested = ["CODEX_SANDBOX_NETWORK_DISABLED": "1"]
            try run.write([("a", "entries=1")], agent: "codex")
            let outcome = try codex.quire(["run", "m.yaml"], environment: nested)
            #expect(outcome.status == 69 && outcome.error.contains("to get out"))
            #expect(codex.calls.isEmpty)
            try run.write([("a", "entries=1")])
            #expect(try codex.quire(["run", "m.yaml"], environment: nested).status == 0)
        }
    }
}
