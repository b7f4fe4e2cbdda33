package import Agent
import Orchestration

// The way of a person into a thread.
extension Codex {
    /// Options that `codex exec` and `codex resume` share, and that choose what a thread is continued with.
    private static let shared: Set = [
        "-c", "--config", "-p", "--profile", "--enable", "--disable", "--local-provider",
    ]

    /// Returns the arguments of `codex resume`.
    ///
    /// A person answers for approvals, so that their own setting counts, and none of the options for unattended
    /// sessions is passed. The directory is named: Codex would ask otherwise if the thread began elsewhere.
    ///
    /// Source: `codex resume --help` of Codex CLI 0.163.0.
    package func arguments(
        attachingTo thread: String,
        in directory: String,
        for session: AgentSession
    ) -> [String]? {
        // The stand-in has nobody to talk to.
        if case .own = program { return nil }
        guard let thread = ThreadID.checked(thread) else { return nil }
        var arguments = ["resume", "-C", directory, "--sandbox", session.sandbox.rawValue]
        if let model = session.model { arguments += ["--model", model] }
        arguments += Self.sharedOptions(among: session.extra)
        for directory in session.directories { arguments += ["--add-dir", directory] }
        return arguments + [thread]
    }

    private static func sharedOptions(among words: [String]) -> [String] {
        var found: [String] = []
        var isValue = false
        for word in words {
            if isValue {
                found.append(word)
                isValue = false
            } else if shared.contains(word) {
                found.append(word)
                isValue = true
            } else if word == "--oss"
                || shared.contains(where: { $0.hasPrefix("--") && word.hasPrefix($0 + "=") })
            {
                found.append(word)
            }
        }
        return isValue ? found.dropLast() : found
    }
}
