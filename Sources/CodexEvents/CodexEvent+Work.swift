// The evidence in an event that the agent can work.
extension CodexEvent {
    /// Beginnings of the sandbox's own words, where it can't start.
    ///
    /// Source: Codex CLI 0.144.4, 0.155.1 and 0.163.0 with new user namespaces denied, as the output of each
    /// command: `bwrap: No permissions to create a new namespace, …`.
    private static let complaints = [
        "bwrap: ", "codex-linux-sandbox: ", "thread 'main' panicked at linux-sandbox/",
        "error running landlock",
    ]

    /// Returns true if a text begins with the sandbox's complaint that it can't start.
    package static func isSandboxComplaint(_ text: some StringProtocol) -> Bool {
        let line = text.drop { $0.isWhitespace }
        return complaints.contains { line.hasPrefix($0) }
    }

    /// The sandbox's words, if the event is a command that it refused; `nil` for any other event.
    package var sandboxComplaint: String? {
        guard case .item(.completed, let item) = self,
            case .commandExecution(_, _, let code, _, let end) = item.kind, code != 0,
            Self.isSandboxComplaint(end)
        else { return nil }
        return end
    }

    /// True if the event is a step that an agent can't take without a sandbox that works: a command that
    /// ended otherwise than by the sandbox's refusal, a changed file, a tool's call, or a kind of step that
    /// this version of Quire doesn't know.
    package var showsWork: Bool {
        guard case .item(let phase, let item) = self else { return false }
        switch item.kind {
        case .commandExecution(_, _, let code, let status, _):
            guard phase == .completed, status != "declined" else { return false }
            return code == 0 || code != nil && sandboxComplaint == nil
        case .fileChange(_, let status): return phase == .completed && status == "completed"
        case .mcpToolCall, .collabToolCall, .unknown: return phase == .completed
        case .agentMessage, .reasoning, .webSearch, .todoList, .error: return false
        }
    }
}
