package import Orchestration

/// A line of `codex exec --json`, typed.
///
/// Source: recordings of Codex CLI 0.163.0. Unknown types are carried, never refused.
package enum CodexEvent: Hashable, Sendable {
    /// The thread got its id; first of all, once.
    case threadStarted(String)
    /// The agent began its turn, the work on the prompt.
    case turnStarted
    /// The turn ended well. The usage is the whole thread's; `nil` if the line had none, or no
    /// plausible one. `odd` describes an implausible count, which is left out or reduced.
    case turnCompleted(TokenUsage?, odd: String? = nil)
    /// The turn failed, with the agent's reason.
    case turnFailed(String)
    /// A message on the error channel: a retry that Codex makes by itself, or the reason that
    /// `turn.failed` will repeat.
    case error(String)
    /// An item: a step of the turn.
    case item(ItemPhase, Item)
    /// A type that this version of Quire doesn't know.
    case unknown(type: String)
    /// A line that is not an event.
    case undecodable(Undecodable)
}

/// The progress of an item.
package enum ItemPhase: String, Hashable, Sendable {
    /// The item began.
    case started
    /// The item changed.
    case updated
    /// The item ended.
    case completed
}

/// An item: one step of a turn.
package struct Item: Hashable, Sendable {
    /// The item's id within the thread.
    package var id: String
    /// The kind of step, with its details.
    package var kind: Kind

    /// The kinds of items.
    package enum Kind: Hashable, Sendable {
        /// A message of the agent.
        case agentMessage(String)
        /// The agent's reasoning.
        case reasoning(String)
        /// A shell command.
        ///
        /// `outputBytes` is the length of its output in the line; `exitCode` is `nil` while it runs;
        /// `outputEnd` is the last 4 KiB of a failed command's output, as far as the line was kept.
        case commandExecution(
            command: String,
            outputBytes: Int,
            exitCode: Int?,
            status: String,
            outputEnd: String = ""
        )
        /// Files were changed.
        case fileChange(paths: [String], status: String)
        /// A call of an MCP server's tool; `error` is the server's message about a failed call.
        case mcpToolCall(server: String, tool: String, status: String, error: String = "")
        /// A call of a tool that involves another agent.
        case collabToolCall(tool: String, status: String)
        /// A web search.
        case webSearch(query: String)
        /// The agent's own plan.
        case todoList(completed: Int, total: Int)
        /// A warning; not a failure.
        case error(String)
        /// A type that this version of Quire doesn't know.
        case unknown(type: String)
    }
}

/// A line that is not an event.
package struct Undecodable: Hashable, Sendable {
    /// The reason why a line is not an event.
    package enum Reason: String, Hashable, Sendable {
        /// The line is not JSON.
        case notJSON = "not JSON"
        /// The line is JSON, but not an object with a `type`.
        case notAnEvent = "not an event"
        /// The line has more outside of long strings than the decoder's memory may hold.
        case tooLong = "too long"
    }

    /// The reason.
    package var reason: Reason
    /// The first 200 bytes of the line at most, repaired to UTF-8.
    package var sample: String
}

extension CodexEvent {
    /// True if the session waits for the network, or tries again to reach it, which is no sign of life.
    package var isNetworkWaiting: Bool {
        guard isReconnecting, case .error(let message) = self else { return false }
        return message.hasPrefix("Reconnecting... waiting for network (")
            || message.contains("error sending request")
    }

    /// True if Codex repeats a request by itself, which is not a failure.
    package var isReconnecting: Bool {
        if case .error(let message) = self { message.hasPrefix("Reconnecting... ") } else { false }
    }

    /// True if the model must have answered: an item that is not a warning, or the turn's completion.
    package var isAnswer: Bool {
        switch self {
        case .turnCompleted: true
        case .item(_, let item):
            if case .error = item.kind { false } else { true }
        default: false
        }
    }

    /// The agent's activity, in one line of at most 80 characters without control characters; `nil`
    /// for none.
    package var summary: String? {
        switch self {
        case .threadStarted, .turnStarted, .unknown, .undecodable: nil
        case .turnCompleted: "done"
        case .turnFailed(let message): "failed: \(message)".oneLine(80)
        case .error(let message): message.oneLine(80)
        case .item(_, let item): item.kind.summary?.oneLine(80)
        }
    }
}

extension Item.Kind {
    fileprivate var summary: String? {
        switch self {
        case .agentMessage(let text): "says: \(text)"
        case .reasoning(let text): "thinks: \(text)"
        case .commandExecution(let command, _, let code, _, _):
            "runs \(command.bareCommand)" + (code.map { $0 == 0 ? "" : " → \($0)" } ?? "")
        case .fileChange(let paths, _): paths.fileSummary
        case .mcpToolCall(let server, let tool, _, _): "calls \(server).\(tool)"
        case .collabToolCall(let tool, _): "calls \(tool)"
        case .webSearch(let query): "searches for \(query)"
        case .todoList(let completed, let total): "plans: \(completed) of \(total)"
        case .error(let message): "warns: \(message)"
        case .unknown: nil
        }
    }
}

extension [String] {
    fileprivate var fileSummary: String? {
        guard let first else { return nil }
        let name = first.split(separator: "/").last.map(String.init) ?? first
        return "edits \(name)" + (count > 1 ? " +\(count - 1)" : "")
    }
}

extension String {
    /// The command without the shell that Codex wraps around it.
    package var bareCommand: String {
        for prefix in ["/bin/bash -lc ", "bash -lc "] where hasPrefix(prefix) {
            let rest = dropFirst(prefix.count)
            let isQuoted = rest.count > 1 && (rest.first == "'" || rest.first == "\"")
            return String(isQuoted ? rest.dropFirst().dropLast() : rest)
        }
        return self
    }
}
