package import Agent
import Orchestration

// The questions that a check-up asks `codex`.
extension Codex {
    package func checkUp(_ needs: CheckUpNeeds, at place: AgentPlace) -> CheckUp {
        let question = "\(needs.program) --version"
        var checkUp = CheckUp(isUnderstood: !needs.isNamed)
        switch place.ask(["--version"]) {
        case .unreached(let reason):
            // A launcher that loses its slot's machine is tried again by the sessions.
            let words = "\(question) can't be asked: it \(reason); sessions are started unchecked"
            checkUp.add(.doubtful, "agent", words)
            checkUp.warnings.append(words)
            return checkUp
        case .unanswered(let reason):
            checkUp.add(.missing, "agent", "\(question) did not answer: \(reason)")
            return checkUp
        case .failed(let error):
            // Quire knows no advice for other agents.
            let advice = needs.isNamed ? "" : "; reinstall the Codex CLI"
            checkUp.add(.missing, "agent", "\(question) failed: \(error)\(advice)")
            return checkUp
        case .silent:
            checkUp.add(
                .doubtful,
                "agent",
                "\(question) said nothing: what agent that is isn't known"
            )
        case .said(let text): judge(version: text, needs, &checkUp, at: place)
        }
        let login = login(place.ask(["login", "status"]), of: needs.program) {
            needs.isNamed || Self.needsNoLogin(needs, at: place)
        }
        checkUp.findings.append(login)
        return checkUp
    }

    /// Judges the version, and asks a Codex for its abilities and its sandbox.
    private func judge(
        version text: String,
        _ needs: CheckUpNeeds,
        _ checkUp: inout CheckUp,
        at place: AgentPlace
    ) {
        let version = Self.versionLine(text)
        let number = CodexVersion(in: version)
        let isTested = number.doubt == nil ? " (\(CodexVersion.known))" : ""
        checkUp.add(.well, "agent", "\(needs.program), \(version)\(isTested)")
        if let words = number.doubt { checkUp.add(.doubtful, "agent", words) }
        guard version.hasPrefix("codex") else { return }
        checkUp.isUnderstood = true
        // The simulated agent has neither features nor a sandbox.
        guard !version.contains("(simulated)") else { return }
        checkUp.abilities = abilities(at: place)
        checkSettings(needs, version, &checkUp)
        let sandbox = Self.sandboxFinding(needs, at: place)
        checkUp.findings += [sandbox].compactMap(\.self)
    }

    /// Returns the line that has the version: warnings may precede it.
    private static func versionLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        let line =
            lines.first { $0.wholeMatch(of: /codex\S*\s+v?\d+\.\d+\.\d+.*/) != nil }
            ?? lines.first { $0.contains(/\d+\.\d+\.\d+/) } ?? lines.first ?? ""
        return String(line).oneLine(200)
    }

    /// Compares the requests of a manifest with the abilities of this version.
    private func checkSettings(_ needs: CheckUpNeeds, _ version: String, _ checkUp: inout CheckUp) {
        let abilities = checkUp.abilities
        let missing = Self.hermeticOptions.filter { !abilities.options.contains($0) }
        if needs.settings.isHermetic, !missing.isEmpty {
            checkUp.add(
                .missing,
                "hermetic",
                "\(version) has no \(missing.joined(separator: " and no ")), without which your own "
                    + "configuration takes part; update Codex, or leave \"hermetic\" out"
            )
        }
        guard abilities.areFeaturesKnown else { return }
        for name in needs.settings.features where abilities.features[name] == nil {
            let words =
                "codex_features names \"\(name)\", which \(version) doesn't have: sessions do without it "
                + "(codex features list names what it has)"
            checkUp.add(.doubtful, "features", words)
            checkUp.warnings.append(words)
        }
    }

    /// Judges the agent's login: a custom provider needs none, and another agent may not know the question.
    private func login(
        _ answer: ProgramAnswer,
        of program: String,
        isOptional: () -> Bool
    ) -> Finding {
        let unknown = "whether there is a login isn't known"
        let question = "\(program) login status"
        switch answer {
        case .said(let words): return Finding(.well, "login", Self.lastLine(words))
        case .silent: return Finding(.doubtful, "login", "\(question) said nothing; \(unknown)")
        case .unanswered(let reason), .unreached(let reason):
            return Finding(.doubtful, "login", "\(question) did not answer: \(reason); \(unknown)")
        case .failed(let error) where error.hasPrefix("Error loading config"):
            return Finding(.missing, "configuration", "\(error); correct it")
        case .failed(let error):
            let advice = "\(error); log in with: codex login"
            guard isOptional() else { return Finding(.missing, "login", advice) }
            return Finding(
                .doubtful,
                "login",
                advice + " (not needed with a provider of your own)"
            )
        }
    }

    /// Returns the last line of an answer, which warnings may precede.
    private static func lastLine(_ text: String) -> String {
        String(text.split(whereSeparator: \.isNewline).last ?? "").oneLine(200)
    }

    /// Returns true if the environment has an API key, or the configuration or the arguments set a model
    /// provider.
    private static func needsNoLogin(_ needs: CheckUpNeeds, at place: AgentPlace) -> Bool {
        if needs.extra.contains(where: { $0.contains("model_provider") || $0 == "--oss" }) {
            return true
        }
        return place.holds(
            #"""
            [ "$CODEX_API_KEY$OPENAI_API_KEY" ] && exit 0
            while IFS= read -r line || [ "$line" ]; do
              case $line in '#'*) ;; *model_provider*) exit 0 ;; esac
            done < "${CODEX_HOME:-$HOME/.codex}/config.toml"
            exit 1
            """#
        )
    }
}

extension CheckUp {
    fileprivate mutating func add(_ mark: Finding.Mark, _ subject: String, _ words: String) {
        findings.append(Finding(mark, subject, words))
    }
}
