import Foundation
import Orchestration
import Testing

@testable import Manifest

let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// Reads a manifest's text; every directory exists, and no file but `port.md`.
func parse(_ text: String) throws(ManifestErrors) -> Manifest {
    let files = Builder.Files(
        read: { path throws(ManifestSource.Refusal) in
            guard path == "/w/port.md" else { throw ManifestSource.Refusal("it is not there") }
            return "Port {service}."
        },
        isDirectory: { !$0.hasSuffix("nowhere") }
    )
    return try Manifest.parse(text: text, path: "m.yaml", absolute: "/w/m.yaml", files: files)
}

/// What is wrong with a manifest's text; nothing when it is accepted.
func messages(_ text: String) -> [String] {
    do {
        _ = try parse(text)
        return []
    } catch {
        return error.diagnostics.map(\.description)
    }
}

@Suite struct `The published schema` {
    private let schema: SchemaChecker

    init() throws {
        let path = root.appending(path: "config/manifest.schema.json")
        schema = try SchemaChecker(String(contentsOf: path, encoding: .utf8))
    }

    @Test func `has the parser's keys at every place`() {
        #expect(schema.properties(of: nil) == Set(Keys.top))
        #expect(schema.properties(of: "run") == Set(Keys.run))
        #expect(schema.properties(of: "run", "prompts") == Set(Keys.prompts))
        #expect(schema.properties(of: "run", "agent") == Set(Keys.agent))
        #expect(schema.properties(of: "run", "concurrency") == Set(Keys.concurrency))
        #expect(schema.properties(of: "group") == Set(Keys.group))
        #expect(schema.properties(of: "defaults") == Set(Keys.defaults))
        #expect(schema.properties(of: "task") == Set(Keys.task))
        #expect(schema.properties(of: "retries") == Set(Keys.retries))
        #expect(schema.properties(of: "run", "budget") == Set(Keys.runBudget))
        #expect(schema.properties(of: "run", "prices") == Set(Keys.prices))
        #expect(schema.properties(of: "run", "admission") == Set(Keys.admission))
        #expect(schema.properties(of: "budget") == Set(Keys.budget))
        #expect(schema.properties(of: "task", "setup") == Set(Keys.command))
        #expect(schema.properties(of: "hooks", "on_fail") == Set(Keys.hook))
        #expect(schema.properties(of: "run", "notify") == Set(Keys.notify))
        #expect(schema.properties(of: "run", "hooks") == Set(Hook.ofRuns.map(\.rawValue)))
        #expect(schema.properties(of: "task", "hooks") == Set(Hook.ofTasks.map(\.rawValue)))
        #expect(schema.properties(of: "task", "commit") == Set(Keys.commit))
        #expect(schema.properties(of: "task", "stall_after") == Set(Keys.stall))
    }

    @Test func `has the parser's words`() {
        #expect(schema.words(of: "run", "agent") == Set(Manifest.Agent.named.map(\.key)))
        #expect(
            schema.words(of: "run", "scheduler") == Set(SchedulerName.allCases.map(\.rawValue))
        )
    }

    @Test(arguments: ["Sources/quire/Manual/manifest.md", "config/examples/port-services.yaml"])
    func `is not alone in naming every key`(file: String) throws {
        let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        let words = Set(text.split { !($0.isLetter || $0 == "_") })
        for key in Keys.top + Keys.run + Keys.task {
            #expect(words.contains(Substring(key)), "\(key)")
        }
    }

    static let good = [
        "version: 1\ndefaults: {growth: 50%, tamper_limit: 3}\ntasks: [{name: a, prompt: b, growth: refuse}]",
        "version: 1\ntasks: [{name: a, prompt: b, growth: allow}, {name: c, prompt: d, growth: 1000%}]",
        "version: 1\ndefaults: {artifacts: [\"dist/**/*.gz\", a..b, .]}\ntasks: [{name: a, prompt: b, artifacts: }]",
        "version: 1\ndefaults: {isolation: worktree, commit: {subject: '{task} {x y} {entries}'}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {redact: [acme, a b c]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop_at: 90.5%}, on_limit: ask, hours: '22:00-07:00'}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop_at: 100}, on_limit: wait, accounts: [~/.codex, b, /c]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {worktrees: ~/trees}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {worktrees: ../x~y}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {check_slots: 2}\ndefaults: {verify: make}\ntasks: [{name: a, prompt: b, verify: }]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: {command: x, timeout: 1h, directory: a/b, environment: {A: 1}, on: tick}}]",
        "version: 1\ndefaults: {isolation: worktree}\ntasks: [{name: a, prompt: b, verify: x, verify_base: false}]",
        "version: 1\ndefaults: {verify: x, verify_in_session: true}\ntasks: [{name: a, prompt: b, verify_in_session: }]",
        "version: 1\ndefaults: {isolation: worktree}\ntasks: [{name: a, prompt: b, setup: npm ci}]",
        "version: 1\ndefaults: {hooks: {on_fail: x, after_session: [a, 1]}}\ntasks: [{name: a, prompt: b, hooks: {on_fail: , on_complete: {command: [x], timeout: 5s, directory: d}}}]",
        "version: 1\nrun: {hooks: {run_begin: x, run_end: [y]}, notify: [z]}\ntasks: [{name: a, prompt: b, hooks: }]",
        "version: 1\nrun: {hooks: , notify: {command: z, timeout: 1m, on: [needs-you]}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ndefaults: {isolation: worktree, setup: {command: make, timeout: 1h}}\ntasks: [{name: a, prompt: b, setup: }]",
        "version: 1\nrun: {launcher: [srun, -n1, \"--mem={memory}\"]}\ntasks: [{name: a, prompt: b, memory: 1.5G}]",
        "version: 1\nrun: {launcher: [ssh, \"n{slot}\", \"{command}\", \"${x} {{y}} {A}\"]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {launcher: []}\ndefaults: {memory: 512M}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: {tokens: 5M, time: 6h}, grow_after: 9}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: {sessions: 3}}]",
        "version: 1\ntasks: [{name: a, prompt: b}]",
        "version: 1\nx-a: &a {size: small}\nrun: {x-b: 1}\ntasks: [{name: a, prompt: b, <<: *a, x-c: }]",
        "version: \"1\"\ntasks: [{name: 7, prompt: 8}]",
        #"{"version": 1, "tasks": [{"name": "a", "prompt": "b", "env": {"N": 1, "T": true}}]}"#,
        "version: 1\nrun:\ngroups:\ndefaults:\ntasks: [{name: a, prompt: b, retries: , env: }]",
        "version: 1\nrun: {agent: {command: [a, 1]}, grace: 0}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, session_timeout: 1h30m, idle_timeout: 500ms}]",
        "version: 1\ntasks: [{name: \"a-{x}\", prompt: b, matrix: {x: [1, two]}}]",
        "version: 1\ngroups: {g: {weight: 0.5}}\ntasks: [{name: a, prompt: b, group: g}]",
        "version: 1\ntasks: [{name: a, prompt_file: port.md, retries: {limit: 0, delay: 1d}}]",
        "version: 1\nrun: {concurrency: auto, tokens_per_minute: 40k}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: {min: 2, max: 32}, tokens_per_minute: 500000}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: {max: 32}, tokens_per_minute: 2.5M}\ntasks: [{name: a, prompt: b}]",
    ]

    @Test(arguments: good)
    func `accepts what the parser accepts`(text: String) throws {
        #expect(messages(text) == [])
        #expect(try schema.errors(in: text) == [])
    }

    static let bad = [
        "version: 1\ntasks: [{name: a, prompt: b, growth: 50}]",
        "version: 1\ntasks: [{name: a, prompt: b, growth: 1001%}]",
        "version: 1\ntasks: [{name: a, prompt: b, growth: +5%}]",
        "version: 1\ntasks: [{name: a, prompt: b, growth: some}]",
        "version: 1\ntasks: [{name: a, prompt: b, tamper_limit: 0}]",
        "version: 1\ntasks: [{name: a, prompt: b, artifacts: dist}]",
        "version: 1\ntasks: [{name: a, prompt: b, artifacts: [/etc/passwd]}]",
        "version: 1\ntasks: [{name: a, prompt: b, artifacts: [dist/../../x]}]",
        "version: 1\ntasks: [{name: a, prompt: b, artifacts: ['']}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, commit: {subject: ' '}}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, commit: {subject: \"a\\nb\"}}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, commit: {title: x}}]",
        "version: 1\nrun: {redact: [abc]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {redact: acme}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop_at: 101%}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop_at: 0}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop_at: -5%}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {limits: {stop: 5%}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {on_limit: sleep}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {hours: '22-07'}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {accounts: ~/.codex}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {accounts: [~ada/.codex]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {worktrees: ~ada/trees}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {worktrees: ''}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {check_slots: 0}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: ' '}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: {on: tick}}]",
        "version: 1\ntasks: [{name: a, prompt: b, hooks: {run_end: x}}]",
        "version: 1\ntasks: [{name: a, prompt: b, hooks: {on_fail: []}}]",
        "version: 1\ntasks: [{name: a, prompt: b, hooks: {on_fail: ' '}}]",
        "version: 1\ntasks: [{name: a, prompt: b, hooks: {on_fail: {timeout: 5s}}}]",
        "version: 1\ntasks: [{name: a, prompt: b, hooks: {on_fail: {command: x, directory: /x}}}]",
        "version: 1\nrun: {hooks: {on_fail: x}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {notify: {on: [end]}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {notify: {command: x, on: []}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {notify: {command: x, on: [start]}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: {command: x, on: start}}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: {command: x, directory: /tmp}}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify_base: often}]",
        "version: 1\ntasks: [{name: a, prompt: b, verify: x, verify_in_session: often}]",
        "version: 1\nrun: {worktrees: [x]}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {launcher: srun}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, memory: 2}]",
        "version: 1\ntasks: [{name: a, prompt: b, memory: 2 GB}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: {tokens: 0}}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: {session: 4}}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: {time: 6}}]",
        "version: 1\ntasks: [{name: a, prompt: b, grow_after: 1}]",
        "tasks: [{name: a, prompt: b}]", "version: 2\ntasks: [{name: a, prompt: b}]",
        "version: 1", "version: 1\ntasks: []", "version: 1\ntasks: {}", "version: 1\ntasks: [a]",
        "version: 1\ntasks: [{prompt: b}]", "version: 1\ntasks: [{name: a}]",
        "version: 1\ntasks: [{name: a, prompt: b, prompt_file: port.md}]",
        "version: 1\nrunn: {}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: []\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: 0}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: \"4\"}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: 1.5}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: automatic}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: {min: 2}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: {min: 0, max: 4}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {concurrency: {least: 2, max: 4}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {tokens_per_minute: 0}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {tokens_per_minute: 40 k}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {tokens_per_minute: -1}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {agent: claude}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {agent: {command: []}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {agent: {}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {grace: 10}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {grace: 10 s}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {budget: {}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {admission: {min_free_memory: -1}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {admission: {min_free_disk: 5X}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {admission: {max_load: many}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\nrun: {admission: {free: 1G}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ngroups: {g: {weight: 0}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ngroups: {g: {cap: 1}}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ndefaults: {name: x}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: maybe}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, setup: ' '}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, setup: {timeout: 1m}}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, setup: {command: x, timeout: 1}}]",
        "version: 1\ntasks: [{name: a, prompt: b, isolation: worktree, setup: [make]}]",
        "version: 1\ntasks: [{name: a, prompt: b, sandbox: none}]",
        "version: 1\ntasks: [{name: a, prompt: b, resume: yes please}]",
        "version: 1\ntasks: [{name: a, prompt: b, stall_after: 0}]",
        "version: 1\ntasks: [{name: a, prompt: b, priority: 1001}]",
        "version: 1\ntasks: [{name: a, prompt: b, retries: 3}]",
        "version: 1\ntasks: [{name: a, prompt: b, env: {\"A=B\": 1}}]",
        "version: 1\ntasks: [{name: a, prompt: b, env: {A: }}]",
        "version: 1\ntasks: [{name: a, prompt: b, codex_args: -v}]",
        "version: 1\ntasks: [{name: a, prompt: b, codex_args: [a, --]}]",
        "version: 1\ntasks: [{name: a, prompt: b, codex_args: ['-']}]",
        "version: 1\ndefaults: {codex_args: ['']}\ntasks: [{name: a, prompt: b}]",
        "version: 1\ntasks: [{name: a, prompt: b, codex_features: goals}]",
        "version: 1\ntasks: [{name: a, prompt: b, codex_features: [Goals=1]}]",
        "version: 1\ntasks: [{name: a, prompt: b, hermetic: perhaps}]",
        "version: 1\ntasks: [{name: a, prompt: b, matrix: {x: []}}]",
        "version: 1\ntasks: [{name: a, prompt: [b]}]",
    ]

    @Test(arguments: bad)
    func `refuses what the parser refuses`(text: String) throws {
        #expect(messages(text) != [])
        #expect(try schema.errors(in: text) != [])
    }

    @Test func `accepts the examples, and so does the parser`() throws {
        let directory = root.appending(path: "config/examples")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".yaml") }
        #expect(names.sorted() == ["demo.yaml", "port-services.yaml"])
        for name in names {
            let path = directory.appending(path: name)
            #expect(try schema.errors(in: String(contentsOf: path, encoding: .utf8)) == [])
            #expect(throws: Never.self) { try Manifest.load(path: path.path) }
        }
    }

    @Test func `the example of every key shows every default`() throws {
        let path = root.appending(path: "config/examples/port-services.yaml").path
        let task = try #require(try Manifest.load(path: path).tasks.last)
        let bare = try #require(
            try parse("version: 1\ntasks: [{name: release-notes, prompt: b}]").tasks.first
        )
        var expected = bare.plan
        expected.needs = ["port-auth", "port-billing", "port-search"]
        expected.idleTimeout = .seconds(300)
        #expect(task.plan == expected)
        #expect(task.sandbox == bare.sandbox && task.model == nil && task.codexArguments == [])
    }
}
