import Agent
import CodexAgent
import Foundation
import Orchestration
import Testing

/// A program that answers the questions of a check-up.
struct AnsweringProgram {
    var version = ProgramAnswer.said("codex-cli 0.163.0\n")
    var login = ProgramAnswer.said("Logged in\n")
    var features = ProgramAnswer.said("")
    var help = ProgramAnswer.said("")
    var sandbox = ProgramAnswer.silent

    func checkUp(
        isNamed: Bool = false,
        key: String? = nil,
        sandbox mode: Sandbox = .workspaceWrite,
        settings: AgentSettings = .usual,
        extra: [String] = []
    ) -> CheckUp {
        Codex.cli.checkUp(
            CheckUpNeeds(
                program: "/bin/codex",
                isNamed: isNamed,
                directory: "/",
                sandbox: mode,
                settings: settings,
                extra: extra
            ),
            at: AgentPlace(
                ask: answer,
                shell: { line in
                    line.contains("OPENAI_API_KEY") && key != nil
                        ? .silent : .failed("no such file")
                }
            )
        )
    }

    private func answer(_ words: [String]) -> ProgramAnswer {
        switch words {
        case ["--version"]: version
        case ["login", "status"]: login
        case ["features", "list"]: features
        case ["exec", "--help"]: help
        default: words.first == "sandbox" ? sandbox : .failed("unexpected: \(words)")
        }
    }
}

@Suite struct `A check-up of Codex` {
    private static let version = ProgramAnswer.said("codex-cli 0.163.0")
    private static let failure = ProgramAnswer.failed("no")
    private static let hang = ProgramAnswer.unanswered("it did not end")
    private static let broken = ProgramAnswer.failed("Error loading config.toml: no")

    private static let cases:
        [(ProgramAnswer, ProgramAnswer, isNamed: Bool, key: String?, [String])] = [
            (version, version, false, nil, ["✓ agent", "✓ sandbox", "✓ login"]),
            (hang, version, false, nil, ["✗ agent"]), (failure, version, false, nil, ["✗ agent"]),
            (.silent, .silent, true, nil, ["⚠ agent", "⚠ login"]),
            (.said("agent 1"), hang, true, nil, ["✓ agent", "⚠ agent", "⚠ login"]),
            (version, failure, false, nil, ["✓ agent", "✓ sandbox", "✗ login"]),
            (version, failure, true, nil, ["✓ agent", "✓ sandbox", "⚠ login"]),
            (version, failure, false, "k", ["✓ agent", "✓ sandbox", "⚠ login"]),
            (version, broken, true, nil, ["✓ agent", "✓ sandbox", "✗ configuration"]),
            (
                .said("codex-cli 0.163.0 (simulated)"), version, true, nil,
                ["✓ agent", "✓ login"]
            ),
        ]

    @Test(arguments: cases.indices)
    func `says what a run would miss`(index: Int) {
        let (version, login, isNamed, key, expected) = Self.cases[index]
        let found = AnsweringProgram(version: version, login: login)
            .checkUp(isNamed: isNamed, key: key)
        #expect(found.findings.map { "\($0.mark.rawValue) \($0.subject)" } == expected)
    }

    @Test func `has advice for Codex alone`() {
        func words(isNamed: Bool) -> String {
            AnsweringProgram(version: Self.failure).checkUp(isNamed: isNamed).findings[0].words
        }
        #expect(words(isNamed: false) == "/bin/codex --version failed: no; reinstall the Codex CLI")
        #expect(words(isNamed: true) == "/bin/codex --version failed: no")
    }

    @Test(arguments: [
        "WARNING: could not update PATH for 1.2.3\ncodex-cli 0.163.0\n",
        "codex-cli 0.163.0\nWARNING: a newer version 0.164.0 is there\n",
        "npm warn config 9.9.9\n\ncodex-cli 0.163.0 \n",
    ])
    func `finds the version among warnings`(text: String) {
        let found = AnsweringProgram(version: .said(text)).checkUp(isNamed: true)
        #expect(found.isUnderstood)
        #expect(found.findings.first?.words.contains("codex-cli 0.163.0") == true)
        #expect(!found.findings.contains { $0.mark == .doubtful })
    }

    /// Versions, and the words that tell them from tested ones.
    @Test(arguments: [
        ("0.133.0", "is older"), ("0.144.3", "is older"), ("0.150.2", "lies between them"),
        ("0.163.1", "is newer"), ("1.0.0", "is newer"), ("99999999999999999999.1.1", "is newer"),
        ("none", "what version this is isn't known"),
    ])
    func `tells what it thinks of a version that Quire is not tested with`(
        version: String,
        words: String
    ) {
        let doubt = CodexVersion(in: "codex-cli " + version).doubt
        #expect(doubt?.contains(words) == true, "\(doubt ?? "")")
        for tested in CodexVersion.tested {
            #expect(doubt?.contains(tested) == true)
            #expect(CodexVersion(in: "codex-cli \(tested)").doubt == nil)
        }
    }

    @Test func `knows the versions that the end-to-end tests run`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../EndToEndTests/codex-versions")
        let versions = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        #expect(CodexVersion.tested == versions.map(String.init))
        #expect(
            CodexVersion.tested.map(CodexVersion.init(in:))
                == CodexVersion.tested.map(CodexVersion.init(in:)).sorted()
        )
    }

    @Test func `refuses nothing where a launcher did not reach the program`() {
        let lost = AnsweringProgram(version: .unreached("was not begun by the launcher"))
        for isNamed in [true, false] {
            var found = lost.checkUp(isNamed: isNamed)
            found.name(launcher: "ssh node0")
            #expect(found.refusals == [] && found.abilities == .unknown)
            #expect(found.warnings.count == 1)
            #expect(found.warnings[0].hasPrefix("through the launcher ssh node0: "))
            #expect(found.findings.map(\.mark) == [.doubtful])
        }
    }

    @Test func `lets another agent run, whatever it answers`() {
        let other = AnsweringProgram(version: .said("agent 1.0"), login: Self.failure)
        #expect(other.checkUp(isNamed: true).refusals == [])
        #expect(AnsweringProgram(version: Self.hang).checkUp(isNamed: true).refusals == [])
        #expect(AnsweringProgram(version: Self.hang).checkUp().refusals.count == 1)
    }

    private static let denied = ProgramAnswer.failed(
        "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it."
    )

    private static let sandboxes: [(ProgramAnswer, Sandbox, [String], Finding.Mark?)] = [
        (denied, .workspaceWrite, [], .missing), (.silent, .workspaceWrite, [], .well),
        // A version without the question, and a program that hangs.
        (.failed("error: unrecognized subcommand 'sandbox'"), .workspaceWrite, [], .doubtful),
        (hang, .workspaceWrite, [], .doubtful), (denied, .dangerFullAccess, [], nil),
        (denied, .workspaceWrite, ["--dangerously-bypass-approvals-and-sandbox"], nil),
        (denied, .workspaceWrite, ["-c", "sandbox_mode=\"danger-full-access\""], nil),
        (denied, .workspaceWrite, ["-s", "danger-full-access"], nil),
        (denied, .workspaceWrite, ["-s", "read-only"], .missing),
        (denied, .dangerFullAccess, ["--sandbox=workspace-write"], .missing),
    ]

    @Test(arguments: sandboxes.indices)
    func `finds a sandbox that can't start`(index: Int) {
        let (answer, sandbox, extra, mark) = Self.sandboxes[index]
        let found = AnsweringProgram(sandbox: answer).checkUp(sandbox: sandbox, extra: extra)
        #expect(found.findings.first { $0.subject == "sandbox" }?.mark == mark)
        #expect(found.refusals.isEmpty == (mark != .missing))
    }

    private static let machines:
        [([String: String], Set<String>, has: [String], hasNot: [String])] = [
            (
                ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"], [],
                ["sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", "danger-full-access"],
                ["--security-opt", "userns_clone"]
            ),
            (
                ["/proc/sys/kernel/unprivileged_userns_clone": "0\n"], [],
                ["sysctl -w kernel.unprivileged_userns_clone=1"], ["apparmor"]
            ),
            (
                ["/proc/sys/kernel/unprivileged_userns_clone": "1\n"], ["/.dockerenv"],
                ["--security-opt seccomp=unconfined", "danger-full-access"], ["sysctl"]
            ),
            ([:], [], ["sysctl", "--security-opt", "danger-full-access"], []),
        ]

    @Test(arguments: machines.indices)
    func `tells what mends the sandbox on this machine`(index: Int) {
        let (files, there, has, hasNot) = Self.machines[index]
        let advice = SandboxMachine(file: { files[$0] }, exists: there.contains).advice
        for words in has { #expect(advice.contains(words), "\(advice)") }
        for words in hasNot { #expect(!advice.contains(words), "\(advice)") }
    }
}
