import Foundation
import TestSupport
import Testing

private let schemas = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../config/answers").standardizedFileURL.path

/// Validates answers, read from standard input as an object of lists by their schemas' names, and prints what is wrong.
///
/// A published schema allows what later versions add; here nothing that it does not name is allowed, neither a key nor
/// a word. A word is named by `examples`.
private let validator = """
    import json, pathlib, sys
    from jsonschema import Draft202012Validator
    def strict(part):
        if isinstance(part, list):
            return [strict(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        whole = {key: strict(inner) for key, inner in part.items()}
        if whole.get("type") == "object" and "properties" in whole:
            whole.setdefault("additionalProperties", False)
        if whole.get("type") == "string" and "examples" in whole:
            whole["enum"] = part["examples"]
        return whole
    for name, answers in json.load(sys.stdin).items():
        schema = json.loads((pathlib.Path(sys.argv[1]) / (name + ".schema.json")).read_text())
        Draft202012Validator.check_schema(schema)
        for answer in answers:
            for kind in schema, strict(schema):
                for error in Draft202012Validator(kind).iter_errors(answer):
                    print(name, list(error.path), error.message[:300])
        print("checked", name, len(answers))
    """

/// The Python that has `jsonschema`: Debian's package is the system's own Python's; `nil` if none has it.
private let python: String? = ["python3", "/usr/bin/python3"].first { python in
    let words = [python, "-c", "from jsonschema import Draft202012Validator"]
    return (try? Program("/usr/bin/env", words, in: "/").run())?.status == 0
}

/// A command of the program, as its parser dumps it.
private struct Command: Decodable {
    struct Argument: Decodable {
        struct Name: Decodable { var name: String }
        var names: [Name]?
    }

    var commandName: String
    var subcommands: [Command]?
    var arguments: [Argument]?

    /// The names of the commands with `--json`, their words joined by a hyphen.
    var answering: [String] {
        (subcommands ?? []).flatMap { command in
            let own = (command.arguments ?? []).flatMap { $0.names ?? [] }
            let names = own.contains { $0.name == "json" } ? [command.commandName] : []
            return names + command.answering.map { command.commandName + "-" + $0 }
        }
    }
}

@Suite struct `Answers in JSON` {
    /// Commands whose lines are another program's: `quire logs --json` prints what Codex wrote.
    ///
    /// `quire watch` refuses `--json`.
    private static let others: Set = ["logs", "watch"]
    /// Commands that steer a run, whose answers are alike.
    private static let steering: Set = [
        "pause", "resume", "drain", "stop", "skip", "retry", "set", "add",
    ]

    @Test func `have a schema, and each schema a command`() throws {
        struct Dump: Decodable { var command: Command }
        try withRun { run in
            let outcome = try run.quire(["--experimental-dump-help"])
            let dump = try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8))
            let answering = Set(dump.command.answering).subtracting(Self.others)
            #expect(answering.count >= 9)
            let files = try FileManager.default.contentsOfDirectory(atPath: schemas)
            #expect(answering.isSuperset(of: Self.steering))
            let schemas = answering.subtracting(Self.steering).union(["steering"])
            #expect(Set(files) == Set(schemas.map { $0 + ".schema.json" }))
            #expect(Set(Self.calls.map(\.schema)).union(["steering"]) == schemas)
        }
    }

    /// Calls of every command that answers, in a workspace where `withRuns` has run a manifest.
    private static let calls: [(schema: String, words: [String])] = [
        ("list", ["list"]), ("status", ["status"]), ("status", ["status", "m.yaml"]),
        ("status", ["status", "s.yaml"]), ("explain", ["explain", "a", "m.yaml"]),
        ("explain", ["explain", "asks", "m.yaml"]), ("explain", ["explain", "t1"]),
        ("explain", ["explain", "needs", "m.yaml"]),
        ("plan", ["plan", "m.yaml"]), ("plan", ["plan", "m.yaml", "--prompts"]),
        ("plan", ["plan", "s.yaml"]), ("merge-runs", ["merge-runs", "."]),
        ("merge-runs", ["merge-runs", "s1"]), ("simulate", ["simulate", "m.yaml"]),
        ("simulate", ["simulate", "--workload", "treadmill", "--policy", "all"]),
        (
            "simulate",
            [
                "simulate", "--workload", "treadmill", "--usage-window", "5h", "--usage-tokens",
                "20M",
            ]
        ),
        ("limits", ["limits"]), ("skill-list", ["skill", "list"]), ("version", ["version"]),
        ("doctor", ["doctor", "--agent", Program.built("codex-sim")]),
        ("doctor", ["doctor", "--agent", "/nonexistent"]),
    ]

    private static let manifest = """
        version: 1
        run:
          concurrency: {min: 1, max: 2}
          agent: simulated
          admission: {min_free_memory: 0, min_free_disk: 0, max_load: 100000}
          prices: {input: 1, cached_input: 0.1, output: 2}
          budget: {tokens: 500M, cost: 100, wall: 9h}
          tokens_per_minute: 100M
          check_slots: 2
          scheduler: fifo
          hooks: {run_begin: "true", run_end: "true"}
          notify: {command: ["true"], on: [end]}
        groups: {g: {weight: 2, max_concurrent: 1, budget: {tokens: 100M}}}
        defaults: {retries: {delay: 10ms, max_delay: 20ms}}
        tasks:
          - name: a
            prompt: "sim: entries=2"
            group: g
            size: 3
            growth: 50%
            isolation: worktree
            setup: "true"
            verify: "'QUIRE' status --json --workspace 'ROOT' > 'ROOT'/during.check"
            hooks: {after_session: "'QUIRE' status --json --workspace 'ROOT' > 'ROOT'/during.$QUIRE_SESSION"}
            env: {A: b}
          - {name: asks, prompt: "sim: entries=1 ask=Which?", budget: {tokens: 90M, wall: 2h}}
          - {name: fails, prompt: "sim: fail=turn-failed", session_budget: {tokens: 90M}}
          - {name: damages, prompt: "sim: entries=2 damage=empty", tamper_limit: 1, stall_after: {sessions: 3, tokens: 5M, time: 6h}}
          - {name: needs, prompt: "sim: entries=1", needs: [asks]}
        """

    private func withRuns(_ body: (QuireRun) throws -> Void) throws {
        try withRun { run in
            let git = try shell(
                "rm -rf .git && git init -q -b main && git config user.name A && git config user.email a@b "
                    + "&& echo x > x && git add x && git commit -q -m begin && mkdir home",
                in: run.root
            )
            #expect(git.status == 0, "\(git.error)")
            let program = Program.built("quire")
            let text = Self.manifest.replacing("QUIRE' ", with: program + "' ")
            try put(text.replacing("ROOT", with: run.root), run.root + "/m.yaml")
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            try put(
                try run.quire(["merge-runs", ".", "--json"]).output,
                run.root + "/merged"
            )
            try put(
                "version: 1\nrun: {agent: simulated}\ntasks:\n"
                    + "  - {name: \"t{n}\", matrix: {n: [1, 2, 3]}, prompt: \"sim: entries=1\"}\n",
                run.root + "/s.yaml"
            )
            for words in [["1/2"], ["2/2"], ["1/2", "--state-dir", "s1"]] {
                #expect(try run.quire(["run", "s.yaml", "--shard"] + words).status == 0)
            }
            #expect(try run.quire(["skill", "install"], environment: home(run)).status == 0)
            try put("changed", run.root + "/home/.codex/skills/quire/SKILL.md")
            try body(run)
        }
    }

    private func home(_ run: QuireRun) -> [String: String] { ["HOME": run.root + "/home"] }

    @Test(.enabled(if: python != nil, "python3-jsonschema is not installed"))
    func `are as their schemas say`() throws {
        try withRuns { run in
            var answers: [String: [Any]] = [:]
            func add(_ schema: String, _ text: String, _ call: String) throws {
                let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
                let version = (object as? [String: Any])?["version"] as? Int
                #expect(version == 1, "\(call)")
                answers[schema, default: []].append(object)
            }
            for (schema, words) in Self.calls {
                let outcome = try run.quire(words + ["--json"], environment: home(run))
                try #require(!outcome.output.isEmpty, "\(words): \(outcome.error)")
                try add(schema, outcome.output, "\(words)")
            }
            // What the run told of itself while it ran.
            for session in 1...3 {
                try add("status", text(run.root + "/during.\(session)"), "during")
            }
            try add("status", text(run.root + "/during.check"), "during a check")
            try add("merge-runs", text(run.root + "/merged"), "merge-runs")
            for (schema, text) in try held(run) { try add(schema, text, "held") }

            let data = try JSONSerialization.data(withJSONObject: answers)
            try put(String(decoding: data, as: UTF8.self), run.root + "/answers")
            try put(validator, run.root + "/validator.py")
            let python = try #require(python)
            let outcome = try shell("\(python) validator.py '\(schemas)' < answers", in: run.root)
            #expect(outcome.status == 0, "\(outcome.error)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.filter { !$0.hasPrefix("checked ") } == [])
            #expect(lines.count == answers.count)
        }
    }

    /// Returns answers about a run whose starts are held by a usage limit, each with its schema.
    private func held(_ run: QuireRun) throws -> [(schema: String, text: String)] {
        try put(
            """
            version: 1
            run: {agent: simulated, concurrency: 1}
            tasks:
              - {name: limited, prompt: "sim: fail=usage-limit"}
              - {name: later, prompt: "sim: fail=usage-limit"}

            """,
            run.root + "/held.yaml"
        )
        let calls: [(schema: String, words: [String])] = [
            ("status", ["status", "held.yaml"]), ("explain", ["explain", "later", "held.yaml"]),
            ("steering", ["pause", "--of", "held.yaml"]),
            ("steering", ["set", "concurrency=2", "--of", "held.yaml"]),
            ("steering", ["stop", "later", "--of", "held.yaml"]),
            ("steering", ["skip", "nobody", "--of", "held.yaml"]),
            ("status", ["status", "held.yaml"]),
        ]
        var answers: [(schema: String, text: String)] = []
        _ = try run.quire(["run", "held.yaml", "--state-dir", "held"]) { output, pid in
            // Starts are held once a session has met the limit.
            guard answers.isEmpty, output.contains("session 1 failed") else { return }
            answers = calls.map { schema, words in
                let call = words + ["--json", "--state-dir", "held"]
                return (schema, (try? run.quire(call))?.output ?? "")
            }
            kill(pid, SIGKILL)
        }
        try #require(answers.count == calls.count)
        #expect(answers[0].text.contains("\"gate\" : \"usage_limit\""))
        #expect(answers[1].text.contains("\"starts_at_the_latest_after\""))
        #expect(answers[2].text.contains("\"accepted\" : true"))
        #expect(answers[5].text.contains("\"accepted\" : false"))
        #expect(answers[6].text.contains("\"steering\""))
        return answers
    }
}
