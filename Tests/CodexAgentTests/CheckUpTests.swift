import Agent
import CodexAgent
import Testing

@Suite struct `A check-up of Codex` {
    private static let version = ProgramAnswer.said("codex-cli 0.163.0")
    private static let failure = ProgramAnswer.failed("no")
    private static let hang = ProgramAnswer.unanswered("it did not end")
    private static let broken = ProgramAnswer.failed("Error loading config.toml: no")

    private static let cases:
        [(ProgramAnswer, ProgramAnswer, isNamed: Bool, key: String?, [String])] = [
            (version, version, false, nil, ["✓ agent", "✓ login"]),
            (hang, version, false, nil, ["✗ agent"]), (failure, version, false, nil, ["✗ agent"]),
            (.silent, .silent, true, nil, ["⚠ agent", "⚠ login"]),
            (.said("agent 1"), hang, true, nil, ["✓ agent", "⚠ agent", "⚠ login"]),
            (version, failure, false, nil, ["✓ agent", "✗ login"]),
            (version, failure, true, nil, ["✓ agent", "⚠ login"]),
            (version, failure, false, "k", ["✓ agent", "⚠ login"]),
            (version, broken, true, nil, ["✓ agent", "✗ configuration"]),
        ]

    @Test(arguments: cases.indices)
    func `says what a run would miss`(index: Int) {
        let (version, login, isNamed, key, expected) = Self.cases[index]
        let findings = Codex.cli.checkUp(
            "/bin/codex",
            isNamed: isNamed,
            in: "/",
            variable: { $0 == "OPENAI_API_KEY" ? key : $0.hasSuffix("_KEY") ? nil : "/nowhere" },
            ask: { $0 == ["--version"] ? version : login }
        )
        #expect(findings.map { "\($0.mark.rawValue) \($0.subject)" } == expected)
    }

    @Test func `has advice for Codex alone`() {
        func words(isNamed: Bool) -> String {
            Codex.cli.checkUp(
                "/bin/codex",
                isNamed: isNamed,
                in: "/",
                variable: { _ in nil },
                ask: { _ in Self.failure }
            )[0].words
        }
        #expect(words(isNamed: false) == "/bin/codex --version failed: no; reinstall the Codex CLI")
        #expect(words(isNamed: true) == "/bin/codex --version failed: no")
    }
}
