import Agent
import CodexAgent
import Orchestration
import Testing

@Suite struct `The features of Codex in sessions` {
    /// As three versions list them, shortened.
    private static let lists = [
        "0.144.4": """
        goals                                stable             true
        hooks                                stable             true
        multi_agent                          stable             true
        multi_agent_mode                     removed            false
        multi_agent_v2                       under development  false
        plugins                              stable             true
        """,
        "0.163.0": """
        WARNING: proceeding, even though we could not create PATH aliases
        goals                                    stable             true
        hooks                                    stable             true
        memories                                 stable             false
        multi_agent                              stable             true
        multi_agent_mode                         removed            false
        plugins                                  stable             true
        unbounded_connection_retries             stable             true
        """,
    ]
    private static let help =
        "      --ignore-user-config\n          Do not load it\n      --ignore-rules\n      --json"

    private func abilities(_ version: String) -> AgentAbilities {
        AnsweringProgram(
            version: .said("codex-cli \(version)"),
            features: .said(Self.lists[version] ?? ""),
            help: .said(Self.help)
        ).checkUp().abilities
    }

    /// Returns the settings in the arguments of a session, and the options that keep configuration out.
    private func settings(
        _ abilities: AgentAbilities,
        _ settings: AgentSettings = .usual
    ) -> [String] {
        var session = AgentSession(extra: ["-c", "features.goals=true"], resumes: nil)
        (session.abilities, session.settings) = (abilities, settings)
        let arguments = Codex.cli.arguments(for: session)
        // A user's own setting is the last, and counts.
        #expect(arguments.suffix(3) == ["-c", "features.goals=true", "-"])
        return arguments.dropLast(3).filter {
            $0.hasPrefix("features.") || $0.hasPrefix("--ignore")
        }
    }

    @Test func `are those that the version has, and removed ones are none`() {
        let old = abilities("0.144.4")
        #expect(
            old.features.keys.sorted() == [
                "goals", "hooks", "multi_agent", "multi_agent_v2", "plugins",
            ]
        )
        #expect(old.features["multi_agent_v2"] == false && old.features["hooks"] == true)
        #expect(old.options.isSuperset(of: ["--ignore-user-config", "--ignore-rules", "--json"]))
        #expect(abilities("0.163.0").features["unbounded_connection_retries"] == true)
    }

    @Test func `are off where no session needs them, and only where the version has them`() {
        let usual = ["features.multi_agent=false", "features.goals=false"]
        #expect(settings(abilities("0.144.4")) == usual)
        #expect(
            settings(abilities("0.163.0")) == usual + [
                "features.unbounded_connection_retries=false"
            ]
        )
        #expect(settings(.unknown) == [])
    }

    @Test func `are brought back by name`() {
        let wanted = AgentSettings(features: ["multi_agent", "memories", "nosuch"])
        #expect(
            settings(abilities("0.163.0"), wanted) == [
                "features.goals=false", "features.unbounded_connection_retries=false",
                "features.multi_agent=true", "features.memories=true",
            ]
        )
        let found = AnsweringProgram(features: .said(Self.lists["0.163.0"] ?? ""))
            .checkUp(settings: wanted)
        #expect(found.warnings.count == 1 && found.warnings[0].contains("\"nosuch\""))
        #expect(found.refusals == [])
    }

    @Test func `leave the user's own programs out of a hermetic session`() {
        let hermetic = AgentSettings(isHermetic: true)
        let options = ["--ignore-user-config", "--ignore-rules"]
        let off = ["features.hooks=false", "features.plugins=false"]
        #expect(settings(.unknown, hermetic) == options + off)
        #expect(settings(abilities("0.144.4"), hermetic).suffix(2) == off)
        #expect(settings(abilities("0.144.4"), hermetic).prefix(2) == options[...])
    }

    @Test func `refuse to be hermetic where the version can't`() {
        let old = AnsweringProgram(help: .said("  --json"))
        #expect(old.checkUp(settings: AgentSettings(isHermetic: true)).refusals.count == 1)
        #expect(old.checkUp().refusals == [])
        let new = AnsweringProgram(help: .said(Self.help))
        #expect(new.checkUp(settings: AgentSettings(isHermetic: true)).refusals == [])
    }

    @Test(arguments: ["", "no\n", "a b\n", "goals stable\n", "\u{0}\u{1}\u{2} stable true\n"])
    func `are none in an answer that lists none`(text: String) {
        #expect(AnsweringProgram(features: .said(text)).checkUp().abilities.features == [:])
    }
}
