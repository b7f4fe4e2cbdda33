import Agent
import Testing

@testable import CodexAgent

@Suite struct `Codex's hook for the end of a turn` {
    private let check = TurnCheck(
        command: "'/a \"b\"\\c é' codex-stop-hook",
        timeout: .seconds(480)
    )

    @Test func `is set before the user's arguments, with the hash that Codex trusts it by`() {
        var session = AgentSession(extra: ["--mine"], turnCheck: check)
        let arguments = Codex.cli.arguments(for: session)
        let command = "'/a \\\"b\\\"\\\\c é' codex-stop-hook"
        // As `sha256sum` has it of what Codex 0.163.0 has accepted.
        let hash = "da4f7fd15c9f2ca77bba57e165770a7c9465539fb454e3b59f6fcb654f8f1cca"
        let settings = [
            "-c", "hooks.Stop=[{hooks=[{type=\"command\",command=\"\(command)\",timeout=480}]}]",
            "-c",
            "hooks.state={\"/<session-flags>/config.toml:stop:0:0\"={trusted_hash=\"sha256:\(hash)\"}}",
            "--mine",
        ]
        #expect(arguments.firstRange(of: settings) != nil, "\(arguments)")
        #expect(!arguments.contains { $0.contains("bypass") })
        session.turnCheck = nil
        #expect(!Codex.cli.arguments(for: session).contains { $0.contains("hooks") })
    }

    @Test(arguments: ["a\nb", "a\u{7F}", "\u{1B}[1m"])
    func `is none for a command that settings can't hold as it is`(command: String) {
        #expect(StopHook(TurnCheck(command: command, timeout: .seconds(1))) == nil)
    }

    /// Lists of features, and whether they have hooks.
    @Test(arguments: [
        ("goals  stable  true\nhooks  stable  true\n", true), ("hooks stable false", false),
        ("hooks  under development  true", false), ("codex_hooks  stable  true", false),
        ("plugin_hooks  removed  true", false), ("", false), (nil, false),
    ])
    func `is set where the program's features have it`(features: String?, canCheck: Bool) {
        let answer = features.map { $0.isEmpty ? ProgramAnswer.silent : .said($0) } ?? .failed("no")
        #expect(AnsweringProgram(features: answer).checkUp().abilities.checksTurns == canCheck)
    }
}
