import Autonomous
import Driver
import EventLoop
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting
import TestSupport
import Testing
import Trees

@testable import Application

/// A directory with a repository of somebody else's, a clone of it, and what lies outside of both.
struct TrustFixture {
    let root: String

    static let git: String = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        return path.split(separator: ":").map { $0 + "/git" }.first { access($0, X_OK) == 0 }
            ?? "/usr/bin/git"
    }()

    static func with<Result>(_ body: (TrustFixture) throws -> Result) throws -> Result {
        let root = TestEnvironment.temporaryDirectory + "/quire-trust-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let fixture = TrustFixture(root: root)
        try put("the prompt\n", root + "/outside/p.md")
        try FileManager.default.createDirectory(
            atPath: root + "/up/inside",
            withIntermediateDirectories: true
        )
        try put("in\n", root + "/up/inside/p.md")
        try fixture.shell("git init -q -b main up")
        return try body(fixture)
    }

    func shell(_ script: String) throws {
        var shell = Program("/bin/sh", ["-ec", script], in: root)
        for name in ["AUTHOR", "COMMITTER"] {
            shell.environment["GIT_\(name)_NAME"] = "Ada"
            shell.environment["GIT_\(name)_EMAIL"] = "ada@example.org"
        }
        let outcome = try shell.run()
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    }

    /// Returns the texts of a manifest in a directory of the fixture.
    func texts(_ place: String) throws -> [GuardedText] {
        texts(of: try Manifest.load(path: root + "/" + place))
    }

    private func texts(of manifest: Manifest) -> [GuardedText] {
        let workspace = Workspace.containing((manifest.path as NSString).deletingLastPathComponent)
        return GuardedTexts.of(manifest, in: workspace, home: root + "/home")
    }

    /// Judges a manifest as a user would have it.
    func trust(
        _ place: String,
        isStream: Bool = false,
        isCI: Bool = false,
        approvals: ApprovalFile? = nil,
        user: uid_t = geteuid()
    ) throws -> ManifestTrust {
        let manifest = try Manifest.load(path: root + "/" + place)
        let environment = TestEnvironment.base.map { Array("\($0)=\($1)".utf8) }
        let judge = TrustJudge(
            git: Git(program: Self.git, inherited: InheritedEnvironment(environment)),
            approvals: approvals,
            isCI: isCI,
            user: user
        )
        return judge.judge(texts(of: manifest), of: manifest, isStream: isStream) { texts(of: $0) }
    }
}

/// A manifest's text that needs approval, and a manifest that has it.
struct GuardedCase: Sendable, CustomTestStringConvertible {
    var kind: GuardedText.Kind
    var run = "agent: codex"
    var task = "prompt: p"
    /// The text, with `ROOT` for the fixture's directory and `TOP` for the manifest's.
    var text: String

    var testDescription: String { "\(kind): \(text)" }

    /// Writes the manifest; `ROOT` is the fixture's.
    func write(_ fixture: TrustFixture, _ place: String = "up/m.yaml") throws {
        let text = """
            version: 1
            run: {\(run)}
            tasks:
              - {name: t, \(task)}
            """
        try put(text.replacing("ROOT", with: fixture.root) + "\n", fixture.root + "/" + place)
    }

    static let all = [
        GuardedCase(
            kind: .agent,
            run: "agent: {command: [/opt/tool, 'a b']}",
            text: "/opt/tool 'a b'"
        ),
        GuardedCase(kind: .agent, run: "agent: {command: [tool]}", text: "tool"),
        GuardedCase(
            kind: .agent,
            run: "agent: {command: [./tool]}",
            text: "./tool\nwhich is TOP/tool"
        ),
        GuardedCase(
            kind: .launcher,
            run: "launcher: [ssh, node, '{command}']",
            text: "ssh node '{command}'"
        ),
        GuardedCase(
            kind: .template,
            run: "prompts: {executor: ROOT/outside/p.md}",
            text: "ROOT/outside/p.md"
        ),
        GuardedCase(kind: .accounts, run: "accounts: [homes/one]", text: "homes/one"),
        GuardedCase(kind: .worktrees, run: "worktrees: ~/trees", text: "ROOT/home/trees"),
        GuardedCase(kind: .worktrees, run: "worktrees: ../trees", text: "ROOT/trees"),
        GuardedCase(kind: .worktrees, run: "worktrees: .git/trees", text: "TOP/.git/trees"),
        GuardedCase(
            kind: .promptFile,
            task: "prompt_file: ../outside/p.md",
            text: "ROOT/outside/p.md"
        ),
        GuardedCase(
            kind: .setup,
            task: "prompt: p, isolation: worktree, setup: npm ci",
            text: "npm ci"
        ),
        GuardedCase(
            kind: .setup,
            task: "prompt: p, isolation: worktree, setup: 'make $GOAL', env: {GOAL: all, B: b}",
            text: "make $GOAL\nwith GOAL=all"
        ),
        GuardedCase(kind: .verify, task: "prompt: p, verify: swift test", text: "swift test"),
        GuardedCase(
            kind: .verify,
            task: "prompt: p, verify: {command: x, directory: inside, environment: {B: c, A: a}}",
            text: "x\nin inside\nwith A=a\nwith B=c"
        ),
        GuardedCase(
            kind: .hooks,
            task: "prompt: p, env: {X: y}, hooks: {on_fail: {command: 'say $X', directory: d}}",
            text: "say $X\nwith X=y\nas on_fail\nin d"
        ),
        GuardedCase(
            kind: .hooks,
            run: "hooks: {run_begin: make ready}",
            text: "make ready\nas run_begin"
        ),
        GuardedCase(kind: .notify, run: "notify: tell", text: "tell \"$@\"\nas notify"),
        GuardedCase(kind: .variable, task: "prompt: p, env: {PATH: ./bin}", text: "PATH=./bin"),
        GuardedCase(
            kind: .variable,
            task: "prompt: p, env: {LD_PRELOAD: x.so}",
            text: "LD_PRELOAD=x.so"
        ),
        GuardedCase(
            kind: .codexArguments,
            task: "prompt: p, codex_args: [-c, 'notify=[\"sh\"]']",
            text: "-c 'notify=[\"sh\"]'"
        ),
        GuardedCase(
            kind: .simulation,
            run: "agent: simulated",
            task: "prompt: 'sim: entries=1 work=../x work=z evidence=inside/y'",
            text: "work=../x"
        ),
        GuardedCase(
            kind: .sandbox,
            task: "prompt: p, sandbox: danger-full-access",
            text: "danger-full-access"
        ),
        GuardedCase(
            kind: .directory,
            task: "prompt: p, directory: ../outside",
            text: "ROOT/outside"
        ),
        GuardedCase(kind: .directory, task: "prompt: p, directory: /", text: "/"),
        GuardedCase(
            kind: .directory,
            task: "prompt: p, directory: .git/refs",
            text: "TOP/.git/refs"
        ),
    ]
}

@Suite struct `A text that somebody else's manifest may not use unseen` {
    @Test(arguments: GuardedCase.all)
    func `is found, in whole`(example: GuardedCase) throws {
        try TrustFixture.with { fixture in
            try example.write(fixture)
            let texts = try fixture.texts("up/m.yaml")
            let expected = example.text.replacing("ROOT", with: fixture.root)
                .replacing("TOP", with: fixture.root + "/up")
            #expect(texts.map(\.kind) == [example.kind])
            #expect(texts.map(\.text) == [expected])
        }
    }

    @Test func `is of a kind that these tests know`() {
        #expect(Set(GuardedCase.all.map(\.kind)) == Set(GuardedText.Kind.allCases))
        #expect(
            Set(GuardedText.Kind.allCases.map(\.effect)).count == GuardedText.Kind.allCases.count
                - 1
        )
    }

    @Test(arguments: [
        ("agent: codex", "prompt: p"), ("agent: simulated", "prompt: p"),
        ("agent: simulated", "prompt: p, sandbox: danger-full-access, codex_args: [-c, notify=x]"),
        ("worktrees: trees", "prompt_file: inside/p.md, directory: inside"),
        ("prompts: {executor: inside/p.md}", "prompt: p, directory: ."),
        ("worktrees: inside/../trees", "prompt: p, env: {CI: '1', API_URL: x}, model: gpt-5"),
        (
            "agent: codex",
            "prompt: p, codex_args: [-c, model_reasoning_effort=high, --color, never]"
        ),
        ("agent: codex", "prompt: p, isolation: worktree, sandbox: workspace-write"),
    ])
    func `is none of what is harmless`(run: String, task: String) throws {
        try TrustFixture.with { fixture in
            let example = GuardedCase(kind: .agent, run: run, task: task, text: "")
            try example.write(fixture)
            #expect(try fixture.texts("up/m.yaml").map(\.text) == [])
        }
    }

    @Test(arguments: [
        ["--dangerously-bypass-approvals-and-sandbox"], ["--yolo"], ["--full-auto"],
        ["-s", "danger-full-access"], ["--sandbox=danger-full-access"], ["--add-dir", "/"],
        ["-c", "mcp_servers.x.command=sh"], ["-cnotify=x"], ["--config=notify=x"], ["-c"],
        ["-c", "sandbox_mode=danger-full-access"], ["-c", "model_provider=x"], ["-p", "other"],
        ["--enable", "hooks"], ["-o", "/etc/x"], ["--json=", "x"], ["-m", "--yolo"], ["word"],
        ["--"],
        ["-c", "model_providers.x.base_url=http://x"], ["--new-option"], ["-c", "model.x=y"],
    ])
    func `is any argument of Codex that is not known`(arguments: [String]) {
        #expect(!GuardedArguments.areHarmless(arguments))
        #expect(!GuardedArguments.areHarmless(["--json"] + arguments))
    }

    @Test(arguments: [
        [], ["--json"], ["-m", "gpt-5"], ["--model=gpt-5", "-c", "model_verbosity=low"],
        ["--config", "hide_agent_reasoning=true", "--ephemeral"],
    ])
    func `is no argument of Codex that only says how a model is asked`(arguments: [String]) {
        #expect(GuardedArguments.areHarmless(arguments))
    }

    @Test func `is a variable by which programs load others, and no other`() {
        let guarded = [
            "PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "GIT_SSH_COMMAND",
            "PYTHONSTARTUP",
            "PYTHONPATH", "NODE_OPTIONS", "BASH_FUNC_ls%%", "https_proxy", "HTTPS_PROXY",
            "CODEX_HOME",
            "OPENAI_BASE_URL", "npm_config_script_shell", "HOME", "QUIRE_STATE_DIR",
            "RUSTC_WRAPPER",
        ]
        for name in guarded { #expect(GuardedVariables.contain(name), "\(name)") }
        for name in ["CI", "API_URL", "MYPATH", "PATHS", "SERVICE", "DEBUG", "LANG", "TZ"] {
            #expect(!GuardedVariables.contain(name), "\(name)")
        }
    }

    @Test func `is one text for all tasks that have it`() throws {
        try TrustFixture.with { fixture in
            try put(
                """
                version: 1
                defaults: {verify: make test}
                tasks:
                  - {name: "a-{k}", prompt: p, matrix: {k: [x, y, z]}}
                  - {name: b, prompt: p, verify: "make other\\u001b[2J"}

                """,
                fixture.root + "/up/m.yaml"
            )
            let texts = try fixture.texts("up/m.yaml")
            #expect(
                texts.map(\.place) == ["verify of a-x and 2 more, line 4", "verify of b, line 5"]
            )
            #expect(texts[1].text == "make other\u{1B}[2J")
        }
    }

    @Test func `has a key of its kind and of each of its parts`() {
        typealias Part = GuardedText.Part
        func key(_ kind: GuardedText.Kind, _ parts: [Part]) -> String {
            GuardedText(content: .init(kind: kind, parts: parts), tasks: [], line: 0).key
        }
        let contents: [(GuardedText.Kind, [Part])] = [
            (.verify, [Part(text: "a")]), (.setup, [Part(text: "a")]), (.verify, [Part(text: "b")]),
            (.verify, [Part(text: "a\nwith B=1")]),
            (.verify, [Part(text: "a"), Part(label: "with", text: "B=1")]),
            (.verify, [Part(text: "a"), Part(label: "in", text: "B=1")]),
            (.verify, [Part(text: "a"), Part(text: "")]), (.verify, [Part(text: "a0:")]),
        ]
        #expect(Set(contents.map { key($0, $1) }).count == contents.count)
        #expect(
            key(.launcher, [Part(text: "env A=1")])
                == "19e34f88818dd82263c8da1e6a82e365bd890f4987ad14fee2921a166396d6eb"
        )
    }

    /// Source: FIPS 180-4's examples, and `sha256sum` for lengths around a block's.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 55),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"
        ),
        (
            String(repeating: "a", count: 64),
            "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
        ),
        (
            String(repeating: "a", count: 1000),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"
        ),
    ])
    func `is known by its SHA-256`(text: String, digest: String) {
        #expect(SHA256.hex(of: Array(text.utf8)) == digest)
    }

    @Test func `is none of Quire's own examples, unless their table has it`() throws {
        let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../config/examples").standardized.path
        let names = try FileManager.default.contentsOfDirectory(atPath: examples)
            .filter { $0.hasSuffix(".yaml") }
        #expect(names.contains("demo.yaml"))
        var used: Set<String> = []
        for name in names {
            let manifest = try Manifest.load(path: examples + "/" + name)
            let workspace = Workspace.containing(examples)
            for text in GuardedTexts.of(manifest, in: workspace, home: "/nowhere") {
                #expect(
                    KnownTexts.keys.contains(text.key),
                    "\(name): \(text.place); put \(text.key) into Application/KnownTexts.swift"
                )
                used.insert(text.key)
            }
        }
        #expect(used == KnownTexts.keys)
    }
}

@Suite struct `A manifest` {
    /// A manifest's way to where it is, and whether its texts need approval there.
    struct Way: Sendable, CustomTestStringConvertible {
        var name: String
        var script: String
        var place = "c/m.yaml"
        var isStream = false
        var isCI = false
        var user: uid_t = 0
        var isNeeded: Bool

        var testDescription: String { name }
    }

    private static let commit = "(cd up; git add .; git commit -qm m)"
    private static let clone = "\(commit); git clone -q up c"

    private static let ways = [
        Way(name: "untracked", script: "true", place: "up/m.yaml", isNeeded: false),
        Way(
            name: "untracked in CI",
            script: "true",
            place: "up/m.yaml",
            isCI: true,
            isNeeded: false
        ),
        Way(name: "committed here", script: commit, place: "up/m.yaml", isNeeded: false),
        Way(
            name: "committed here, in CI",
            script: commit,
            place: "up/m.yaml",
            isCI: true,
            isNeeded: true
        ),
        Way(name: "cloned", script: clone, isNeeded: true),
        Way(name: "cloned in CI", script: clone, isCI: true, isNeeded: true),
        Way(name: "cloned, from standard input", script: clone, isStream: true, isNeeded: false),
        Way(
            name: "cloned and changed elsewhere",
            script: "\(clone); echo '# mine' >> c/m.yaml",
            isNeeded: true
        ),
        Way(
            name: "cloned, changed elsewhere and committed",
            script: "\(clone); cd c; echo '# mine' >> m.yaml; git commit -qam mine",
            isNeeded: true
        ),
        Way(name: "of another user", script: "true", place: "up/m.yaml", user: 1, isNeeded: true),
        Way(
            name: "copied out of a clone by hand",
            script: "\(clone); cp c/m.yaml mine.yaml",
            place: "mine.yaml",
            isNeeded: false
        ),
    ]

    /// A manifest with a text of each kind.
    private static let everything = GuardedCase(
        kind: .agent,
        run:
            "agent: {command: [./tool]}, launcher: [env], worktrees: ~/trees, accounts: [~/.codex], "
            + "prompts: {initializer: ROOT/outside/p.md}, hooks: {run_end: y}, notify: z",
        task: "prompt_file: ROOT/outside/p.md, isolation: worktree, setup: npm ci, verify: make, "
            + "env: {PATH: /x}, codex_args: [--yolo], sandbox: danger-full-access, directory: ROOT/outside",
        text: ""
    )

    @Test(arguments: ways)
    func `needs approval for each kind of text by the way that it came`(way: Way) throws {
        guard way.user == 0 || geteuid() == 0 else { return }
        try TrustFixture.with { fixture in
            try Self.everything.write(fixture)
            #expect(
                Set(try fixture.texts("up/m.yaml").map(\.kind))
                    == Set(GuardedText.Kind.allCases).subtracting([.simulation])
            )
            try fixture.shell(way.script)
            let place = fixture.root + "/" + way.place
            if way.user != 0 { #expect(chown(place, way.user + 1, 0) == 0) }
            let trust = try fixture.trust(
                way.place,
                isStream: way.isStream,
                isCI: way.isCI,
                user: way.user == 0 ? geteuid() : way.user
            )
            #expect(trust.needed.count == (way.isNeeded ? trust.entries.count : 0), "\(trust)")
            #expect(!trust.entries.isEmpty && (trust.origin != nil) == way.isNeeded)
        }
    }

    private static let check = GuardedCase(
        kind: .verify,
        task: "prompt: p, verify: make test, env: {PATH: /x}",
        text: ""
    )

    @Test func `whose text was changed by hand needs none for that one`() throws {
        try TrustFixture.with { fixture in
            try Self.check.write(fixture)
            try fixture.shell("\(Self.clone); sed -i 's/make test/make mine/' c/m.yaml")
            #expect(try fixture.trust("c/m.yaml").needed.map(\.text) == ["PATH=/x"])
            try fixture.shell("cd c; git commit -qam mine")
            #expect(try fixture.trust("c/m.yaml").needed.map(\.text) == ["PATH=/x"])
            // The same text as of somebody's other branch is not one's own.
            try fixture.shell(
                """
                cd up; git checkout -q -b other; sed -i 's/make test/make theirs/' m.yaml
                git commit -qam theirs; cd ../c; git fetch -q; git checkout -q origin/other -- m.yaml
                """
            )
            #expect(try fixture.trust("c/m.yaml").needed.map(\.text) == ["make theirs", "PATH=/x"])
        }
    }

    @Test func `whose earlier version can't be read needs approval for all`() throws {
        try TrustFixture.with { fixture in
            try put("tasks: [\n", fixture.root + "/up/m.yaml")
            try fixture.shell(Self.clone)
            try Self.check.write(fixture, "c/m.yaml")
            #expect(try fixture.trust("c/m.yaml").needed.count == 2)
        }
    }

    @Test func `is approved once for a text, and asked for again where that is another`() throws {
        try TrustFixture.with { fixture in
            try Self.check.write(fixture)
            try fixture.shell(Self.clone)
            let state = ["XDG_STATE_HOME": fixture.root + "/state"]
            let file = try #require(ApprovalFile(environment: state))
            try file.approve(try fixture.trust("c/m.yaml", approvals: file).needed)
            let trust = try fixture.trust("c/m.yaml", approvals: file)
            #expect(trust.entries.map(\.standing) == [.approved, .approved] && trust.origin == nil)
            // Nothing that was recorded counts in CI.
            #expect(try fixture.trust("c/m.yaml", isCI: true, approvals: file).needed.count == 2)
            try fixture.shell(
                "cd up; sed -i 's/make test/make tset/' m.yaml; git commit -qam x; cd ../c; git pull -q"
            )
            let next = try fixture.trust("c/m.yaml", approvals: file)
            #expect(next.needed.map(\.text) == ["make tset"])
        }
    }

    @Test func `of one's own needs no file of approvals, and another's is told of its damage`()
        throws
    {
        try TrustFixture.with { fixture in
            try Self.check.write(fixture)
            try put("garbage\n", fixture.root + "/state/quire/trust")
            chmod(fixture.root + "/state/quire/trust", 0o600)
            chmod(fixture.root + "/state/quire", 0o700)
            let state = ["XDG_STATE_HOME": fixture.root + "/state"]
            let file = try #require(ApprovalFile(environment: state))
            #expect(try fixture.trust("up/m.yaml", approvals: file).trouble == nil)
            try fixture.shell(Self.clone)
            let trust = try fixture.trust("c/m.yaml", approvals: file)
            #expect(trust.trouble?.message.description.contains("damaged") == true)
            #expect(trust.needed.count == 2)
        }
    }
}
