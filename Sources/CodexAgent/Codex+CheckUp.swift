package import Agent
import Foundation

// The questions that a check-up asks `codex`.
extension Codex {
    /// The version of the CLI that Quire was measured with.
    private static let measured = "0.163.0"

    package func checkUp(
        _ program: String,
        isNamed: Bool,
        in directory: String,
        variable: (String) -> String?,
        ask: ([String]) -> ProgramAnswer
    ) -> [Finding] {
        let question = "\(program) --version"
        var findings: [Finding] = []
        switch ask(["--version"]) {
        case .unanswered(let reason):
            return [Finding(.missing, "agent", "\(question) did not answer: \(reason)")]
        case .failed(let error):
            // Quire knows no advice for other agents.
            let advice = isNamed ? "" : "; reinstall the Codex CLI"
            return [Finding(.missing, "agent", "\(question) failed: \(error)\(advice)")]
        case .silent:
            let words = "\(question) said nothing: what agent that is isn't known"
            findings.append(Finding(.doubtful, "agent", words))
        case .said(let version):
            findings.append(Finding(.well, "agent", "\(program), \(version)"))
            guard !version.contains(Self.measured) else { break }
            let words =
                "Quire was measured with Codex \(Self.measured); unknown events of other versions are "
                + "carried, not understood"
            findings.append(Finding(.doubtful, "agent", words))
        }
        let login = login(ask(["login", "status"]), of: program) {
            isNamed || Self.needsNoLogin(variable, in: directory)
        }
        return findings + [login]
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
        case .said(let words): return Finding(.well, "login", words)
        case .silent: return Finding(.doubtful, "login", "\(question) said nothing; \(unknown)")
        case .unanswered(let reason):
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

    /// Returns true if the environment has an API key, or the configuration sets a model provider.
    private static func needsNoLogin(
        _ variable: (String) -> String?,
        in directory: String
    ) -> Bool {
        let keys = ["CODEX_API_KEY", "OPENAI_API_KEY"]
        if keys.contains(where: { !(variable($0) ?? "").isEmpty }) { return true }
        let home = CodexHome(variable).account(of: [:], in: directory)
        guard let data = FileManager.default.contents(atPath: home + "/config.toml") else {
            return false
        }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
            .contains { $0.contains("model_provider") && $0.first != "#" }
    }
}
