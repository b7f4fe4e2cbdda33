package import Agent
import Orchestration

// The features of Codex that sessions run with, and without.
extension Codex {
    /// The features that are switched off where the version has them: an unattended session of one task
    /// needs no sub-agents and no goals of its own, and must fail when the network is down instead of
    /// waiting in its slot.
    ///
    /// Source: trials with Codex CLI 0.144.4, 0.155.1 and 0.163.0. The first two take a request from
    /// 41.3 to 27.8 kB; without the third a turn fails offline after five attempts.
    static let needlessFeatures = ["multi_agent", "goals", "unbounded_connection_retries"]

    /// The features through which the user's own programs take part in a session.
    static let personalFeatures = ["hooks", "plugins"]

    /// The options of `codex exec` that keep the user's configuration and rules out.
    ///
    /// They don't keep out the login, which stays that of `CODEX_HOME`, nor skills and `AGENTS.md`.
    static let hermeticOptions = ["--ignore-user-config", "--ignore-rules"]

    /// Returns the arguments that switch features and keep the user's surroundings out.
    ///
    /// A setting by `-c` precedes the user's own arguments, which may override it, and a version that
    /// doesn't know the feature ignores it; `--disable` would fail there.
    static func settings(for session: AgentSession) -> [String] {
        let (settings, abilities) = (session.settings, session.abilities)
        var off = needlessFeatures.filter { abilities.features[$0] != nil }
        if settings.isHermetic {
            // If the version could not be asked, being hermetic matters more than a setting in vain.
            off += personalFeatures.filter {
                !abilities.areFeaturesKnown || abilities.features[$0] != nil
            }
            // The check at a turn's end is a hook; the user's own are left out with the configuration.
            if session.turnCheck != nil { off.removeAll { $0 == "hooks" } }
        }
        var states = off.filter { !settings.features.contains($0) }.map { "features.\($0)=false" }
        states += settings.features.filter { abilities.features[$0] != nil }
            .map { "features.\($0)=true" }
        return (settings.isHermetic ? hermeticOptions : []) + states.flatMap { ["-c", $0] }
    }

    /// Asks for the abilities: `features list` and `exec --help`.
    ///
    /// Turns are checked by a hook, which is on unless the user's configuration says otherwise; earlier
    /// versions have none, or none that is stable.
    package func abilities(at place: AgentPlace) -> AgentAbilities {
        var abilities = AgentAbilities(options: Self.options(in: place.ask(["exec", "--help"])))
        abilities.states = abilities.options.contains("--output-schema")
        guard case .said(let text) = place.ask(["features", "list"]) else { return abilities }
        for line in text.split(whereSeparator: \.isNewline) {
            // A name, the stage, which may be several words, and the state.
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 3, let name = words.first, Self.isFeature(name),
                let state = Bool(String(words[words.count - 1])), words[1] != "removed"
            else { continue }
            abilities.features[String(name)] = state
            if name == "hooks" { abilities.checksTurns = state && words[1] == "stable" }
        }
        return abilities
    }

    private static func isFeature(_ name: Substring) -> Bool {
        name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
        }
    }

    /// Reads the long options out of a help text.
    private static func options(in answer: ProgramAnswer) -> Set<String> {
        guard case .said(let text) = answer else { return [] }
        let words = text.split { $0.isWhitespace || $0 == "," || $0 == "=" }
        return Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init))
    }
}
