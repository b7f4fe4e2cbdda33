import Orchestration
import Testing

@testable import Manifest

@Suite struct `A manifest` {
    private func task(_ rest: String) -> String {
        "version: 1\ntasks:\n  - {name: a, prompt: p, \(rest)}\n"
    }

    @Test func `every error is told at once, in the order of the lines`() {
        let text = """
            version: 1
            run:
              concurency: 4
              agent: simulate
            tasks:
              - name: a
                prompt: x
                max_session: 3
                idle_timeout: soon
              - name: a
                promt: y
              - name: b
                prompt: z
                needs: [c]
            """
        #expect(
            messages(text) == [
                "m.yaml:3:3: unknown key \"concurency\" in \"run\"; did you mean \"concurrency\"?",
                "m.yaml:4:10: expected codex or simulated for \"agent\", found \"simulate\"; "
                    + "did you mean \"simulated\"?",
                "m.yaml:8:5: unknown key \"max_session\" in a task; did you mean \"max_sessions\"?",
                "m.yaml:9:19: expected a duration such as 45m, 1h30m or 10s for \"idle_timeout\", "
                    + "found \"soon\"",
                "m.yaml:10:11: task \"a\" is already defined on line 6; names must be unique",
                "m.yaml:11:5: unknown key \"promt\" in a task; did you mean \"prompt\"?",
                "m.yaml:12:11: task \"b\" needs \"c\", which is not defined; did you mean \"a\"?",
            ]
        )
    }

    static let mistakes: [(text: String, message: String)] = [
        ("", "m.yaml: it is empty; begin with \"version: 1\" and list \"tasks:\""),
        ("# nothing\n", "m.yaml: it is empty; begin with \"version: 1\" and list \"tasks:\""),
        ("version: 1\ntasks: [", "m.yaml:3:1: it is not YAML: "),
        ("\"a", "it is not YAML: "), ("{}", "\"version\" is missing"),
        ("version: 1\nversion: 1\n", "the key \"version\" stands more than once in one mapping"),
        (
            "version: 1\ntasks: [{name: a, prompt: p, env: {A: \"b\\0c\"}}]",
            "m.yaml:2:39: \"A\" holds a NUL (\\0), which no program can be handed; remove it"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, codex_args: [a, \"\\0\"]}]",
            "each of \"codex_args\" holds a NUL"
        ),
        (
            "version: 1\nrun: {agent: {command: [\"a\\0b\"]}}\ntasks: [{name: a, prompt: p}]",
            "holds a NUL"
        ),
        ("[1, 2]", "m.yaml:1:1: expected a mapping for the manifest, found a list"),
        (
            "version: 1\nrun: {budget: {tokens: 0}}\ntasks: [{name: a, prompt: p}]",
            "m.yaml:2:24: \"tokens\" is 0, with which nothing could start; leave it out for no limit"
        ),
        (
            "version: 1\nrun: {budget: {wall: 0s}}\ntasks: [{name: a, prompt: p}]",
            "\"wall\" is 0, with which nothing could start; leave it out for no limit"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, budget: {cost: 0}}]",
            "\"cost\" is 0, with which nothing could start; leave it out for no limit"
        ),
        (
            "version: 1\nrun: {budget: {cost: 60}}\ntasks: [{name: a, prompt: p}]",
            "a budget limits \"cost\", but \"run\" has no \"prices\""
        ),
        (
            "version: 1\nrun: {prices: {input: 1, output: 2}}\ntasks: [{name: a, prompt: p}]",
            "\"prices\" lacks \"cached_input\"; cost can only be counted with all three"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, budget: {token: 5M}}]",
            "unknown key \"token\" in \"budget\"; did you mean \"tokens\"?"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, session_budget: {tokens: 5X}}]",
            "expected a number such as 40M or 200k for \"tokens\", found \"5X\""
        ),
        (
            "version: 1\nrun: {admission: {min_free_memory: 1 GB}}",
            "expected a size such as 512M or 2G, or 0 for no such check, for \"min_free_memory\", "
                + "found \"1 GB\""
        ),
        (
            "version: 1\nrun: {admission: {max_load: high}}",
            "expected a number such as 16, or 0 for no such check, for \"max_load\""
        ),
        (
            "version: 1\nrun: {admission: {min_memory: 1G}}",
            "unknown key \"min_memory\" in \"admission\"; did you mean"
        ),
        ("version: 3", "this Quire reads version 1 of the manifest, not \"3\""),
        ("version: 1\ntasks:\n", "there are no tasks"),
        ("version: 1\ntasks: [{name: ../x, prompt: p}]", "\"../x\" can't be a task's name"),
        ("version: 1\ntasks: [{name: .hidden, prompt: p}]", "begin with a letter or digit"),
        ("version: 1\ntasks: [{name: a/b, prompt: p}]", "\"a/b\" can't be a task's name"),
        ("version: 1\ntasks: [{name: \"a\\u0000\", prompt: p}]", "can't be a task's name"),
        (
            "version: 1\ntasks: [{name: \"{x}\", prompt: p}]",
            "m.yaml:2:17: {x} names nothing: the task has no matrix"
        ),
        ("version: 1\ntasks: [{name: a, prompt: \" \"}]", "the prompt is empty"),
        (
            "version: 1\ntasks: [{name: a, prompt_file: x.md}]",
            "\"/w/x.md\" can't be used: it is not there"
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, matrix: {x: [1, 2]}}]",
            "the name \"a\" must contain {x}, or its tasks would share a name"
        ),
        (
            "version: 1\ntasks: [{name: \"a{x}{y}\", prompt: p, matrix: {x: [1], y: []}}]",
            "\"y\" in the matrix of \"a{x}{y}\" has no values"
        ),
        ("version: 1\ntasks: [{name: a, prompt: p, needs: [a]}]", "task \"a\" needs itself"),
        (
            "version: 1\ntasks: [{name: a, prompt: p, group: backnd}]\ngroups: {backend: }",
            "there is no group \"backnd\"; did you mean \"backend\"?"
        ),
        ("version: 1\ntasks: [{name: a, prompt: p, directory: nowhere}]", "does not exist"),
        ("version: 1\ntasks: [{name: a, prompt: p, session_timeout: 0}]", "longer than 0"),
        ("version: 1\ntasks: [{name: a, prompt: p, colour: red}]", "unknown key \"colour\""),
        (
            "version: 1\nrun: {launcher: [ssh, \"{comand}\"]}\ntasks: [{name: a, prompt: p}]",
            "m.yaml:2:24: the launcher has no {comand}; did you mean {command}?"
        ),
        (
            "version: 1\nrun: {launcher: [\"{command}\"]}\ntasks: [{name: a, prompt: p}]",
            "\"launcher\" begins with \"{command}\", but must begin with a program"
        ),
        (
            "version: 1\nrun: {launcher: [srun, \"--mem={memory}\"]}\ntasks: [{name: a, prompt: p}]",
            "the launcher has {memory}, but task \"a\" has no \"memory\""
        ),
        (
            "version: 1\ntasks: [{name: a, prompt: p, memory: 2}]",
            "\"memory\" is less than 1M, with which nothing could run"
        ),
        (
            "version: 1\nrun: {bugdet: {tokens: 4M}}",
            "unknown key \"bugdet\" in \"run\"; did you mean \"budget\"?"
        ),
    ]

    @Test(arguments: mistakes)
    func `a mistake is named with its place`(text: String, message: String) {
        #expect(messages(text).contains { $0.contains(message) }, "\(messages(text))")
    }

    @Test func `what the machine must have left is read with its units`() throws {
        func admission(_ text: String) throws -> AdmissionPlan? {
            try parse("version: 1\nrun: \(text)\ntasks: [{name: a, prompt: p}]").plan.admission
        }
        #expect(try admission("{}") == AdmissionPlan())
        #expect(
            try admission("{admission: {min_free_memory: 1.5G, max_load: 16, min_free_disk: 0}}")
                == AdmissionPlan(minFreeMemory: 1_610_612_736, maxLoad: 16, minFreeDisk: 0)
        )
        #expect(
            try admission("{admission: {min_free_disk: 100T, max_load: 0}}")
                == AdmissionPlan(minFreeDisk: 100 << 40)
        )
        // A simulated agent is smaller than Codex.
        let simulated = try admission("{agent: simulated}")?.sessionMemory
        #expect(simulated.map { $0 < AdmissionPlan.usualSession } == true)
    }

    @Test func `budgets are read with their units`() throws {
        let manifest = try parse(
            """
            version: 1
            run:
              budget: {tokens: 40M, cost: 60, wall: 10h, hard: true}
              prices: {input: 1.25, cached_input: 0.125, output: 10}
            groups: {g: {budget: {tokens: 1.5G}}}
            defaults: {budget: {tokens: 200k}, session_budget: {cost: 2.50, wall: 5m}}
            tasks:
              - {name: a, prompt: p, budget: {tokens: 7}}
              - {name: b, prompt: p, budget: null}
            """
        )
        let limits = Budget(tokens: 40_000_000, cost: 60, wall: .seconds(36_000))
        #expect(manifest.budget == RunBudget(limits, isHard: true))
        #expect(manifest.prices == Prices(input: 1.25, cachedInput: 0.125, output: 10))
        #expect(manifest.groups[0].budget == Budget(tokens: 1_500_000_000))
        #expect(manifest.tasks[0].plan.budget == Budget(tokens: 7))
        #expect(manifest.tasks[1].plan.budget == nil)
        let session = Budget(cost: 2.5, wall: .seconds(300))
        #expect(manifest.tasks.allSatisfy { $0.plan.sessionBudget == session })
    }

    @Test func `a launcher and what its sessions need are read`() throws {
        let manifest = try parse(
            "version: 1\nrun: {launcher: [srun, \"--mem={memory}\"]}\n"
                + "defaults: {memory: 1.5G}\n"
                + "tasks: [{name: a, prompt: p}, {name: b, prompt: p, memory: 512M}]"
        )
        #expect(manifest.launcher == ["srun", "--mem={memory}"])
        #expect(manifest.tasks.map(\.memory) == [1536 << 20, 512 << 20])
    }

    @Test func `a circle is told with its members`() {
        let text = """
            version: 1
            tasks:
              - {name: free, prompt: p}
              - {name: a, prompt: p, needs: [free, c]}
              - {name: b, prompt: p, needs: [a]}
              - {name: c, prompt: p, needs: [b]}
              - {name: behind, prompt: p, needs: [c]}
            """
        #expect(
            messages(text) == ["m.yaml:4:12: tasks need each other in a circle: a → c → b → a"]
        )
    }

    @Test func `a matrix is multiplied out, and its needs with it`() throws {
        let manifest = try parse(
            """
            version: 1
            defaults: {env: {A: all, B: all}, retries: {limit: 9}}
            tasks:
              - name: "{os}-{v}"
                matrix: {os: [linux, mac], v: [1, 2]}
                prompt: Build {os} {v} {{other}}
                directory: src/{os}
                env: {B: "{v}"}
                retries: {delay: 2s}
              - {name: end, prompt: p, needs: ["{os}-{v}"]}
              - {name: one, prompt: p, needs: [mac-2]}
            """
        )
        #expect(
            manifest.tasks.map(\.plan.name)
                == ["linux-1", "linux-2", "mac-1", "mac-2", "end", "one"]
        )
        #expect(manifest.tasks[2].prompt == "Build mac 1 {other}")
        #expect(manifest.tasks[2].directory == "/w/src/mac")
        #expect(manifest.tasks[2].environment == ["A": "all", "B": "1"])
        #expect(manifest.tasks[2].plan.retries.limit == 9)
        #expect(manifest.tasks[2].plan.retries.delay == .seconds(2))
        #expect(manifest.tasks[4].plan.needs == ["linux-1", "linux-2", "mac-1", "mac-2"])
        #expect(manifest.tasks[5].plan.needs == ["mac-2"])
    }

    @Test func `a matrix that makes too many tasks is refused before it is made`() {
        let values = (1...400).map(String.init).joined(separator: ", ")
        let text = """
            version: 1
            tasks: [{name: "{a}{b}", prompt: p, matrix: {a: [\(values)], b: [\(values)]}}]
            """
        #expect(messages(text).contains { $0.contains("makes more than 100000 tasks") })
    }

    @Test(arguments: [
        ("45m", 2700.0), ("1h30m", 5400), ("500ms", 0.5), ("2d", 172_800), ("0", 0), ("0s", 0),
    ])
    func `a duration is read`(text: String, seconds: Double) throws {
        #expect(Quantity.duration(text).map { $0 / .seconds(1) } == seconds)
    }

    @Test(arguments: ["", "5", "m", "1.5h", "-1s", "1h 2m", "99999d", "1w", "٣s"])
    func `what is no duration is refused`(text: String) {
        #expect(Quantity.duration(text) == nil)
    }

    @Test func `names that differ in case alone are warned of`() throws {
        let manifest = try parse(
            "version: 1\ntasks: [{name: Auth, prompt: p}, {name: auth, prompt: p}]"
        )
        #expect(manifest.warnings.map(\.message).contains { $0.contains("in case alone") })
    }

    @Test func `any bytes are refused or accepted, never more`() {
        var random = SystemRandomNumberGenerator()
        let start = Array(SchemaTests.good.joined(separator: "\n---\n").utf8)
        for _ in 0..<300 {
            var bytes = start
            for _ in 0..<6 {
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            _ = messages(String(decoding: bytes, as: UTF8.self))
        }
    }

    private typealias SchemaTests = `The published schema`
}
