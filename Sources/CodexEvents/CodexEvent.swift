package import Orchestration

/// One line of `codex exec --json`, typed.
///
/// Source: the recordings of Codex CLI 0.163.0. What is unknown is carried, never refused.
package enum CodexEvent: Hashable, Sendable {
    /// The thread has an id; first of all, once.
    case threadStarted(String)
    /// The agent began to work on the prompt.
    case turnStarted
    /// The agent ended well. The usage is the whole thread's; `nil` where the line had none, or none
    /// that can be; `odd` is what of it can't be, which is left out or cut.
    case turnCompleted(TokenUsage?, odd: String? = nil)
    /// The agent failed, for the reason it gives.
    case turnFailed(String)
    /// A message on the error channel: a retry that Codex makes by itself, or what `turn.failed`
    /// is about to say.
    case error(String)
    /// A step of the work.
    case item(ItemPhase, Item)
    /// A type that this version of Quire doesn't know.
    case unknown(type: String)
    /// A line that is not an event.
    case undecodable(Undecodable)
}

/// Where a step of the work stands.
package enum ItemPhase: String, Hashable, Sendable {
    /// It began.
    case started
    /// It has news.
    case updated
    /// It is over.
    case completed
}

/// A step of the work.
package struct Item: Hashable, Sendable {
    /// Its id within the thread.
    package var id: String
    /// What it is.
    package var kind: Kind

    /// What a step of the work is.
    package enum Kind: Hashable, Sendable {
        /// The agent says something.
        case agentMessage(String)
        /// The agent thinks.
        case reasoning(String)
        /// A shell command. `outputBytes` is the length of its output as it stood in the line;
        /// `exitCode` is `nil` while it runs; `outputEnd` is the last 4 KiB of the output of one
        /// that failed, as far as the line was kept.
        case commandExecution(
            command: String,
            outputBytes: Int,
            exitCode: Int?,
            status: String,
            outputEnd: String = ""
        )
        /// Files were changed.
        case fileChange(paths: [String], status: String)
        /// A tool server's tool; `error` is what the server said of a call that failed.
        case mcpToolCall(server: String, tool: String, status: String, error: String = "")
        /// Another agent's tool.
        case collabToolCall(tool: String, status: String)
        /// A search on the web.
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
    /// Why a line is not an event.
    package enum Reason: String, Hashable, Sendable {
        /// It is not JSON.
        case notJSON = "not JSON"
        /// It is JSON, but not an object with a `type`.
        case notAnEvent = "not an event"
        /// It has more tokens than a decoder's memory may hold.
        case tooLong = "too long"
    }

    /// Why.
    package var reason: Reason
    /// The line's beginning, repaired to UTF-8, at most 200 bytes of it.
    package var sample: String
}

extension CodexEvent {
    /// Whether it says that the session waits for the network, which is no sign of life.
    package var isNetworkWaiting: Bool {
        if case .error(let message) = self {
            message.hasPrefix("Reconnecting... waiting for network (")
        } else {
            false
        }
    }

    /// Whether it says that Codex repeats a request by itself, which is not a failure.
    package var isReconnecting: Bool {
        if case .error(let message) = self { message.hasPrefix("Reconnecting... ") } else { false }
    }

    /// Whether the model must have answered for it: a step of the work that is not a warning, or
    /// the turn's completion.
    package var isAnswer: Bool {
        switch self {
        case .turnCompleted: true
        case .item(_, let item):
            if case .error = item.kind { false } else { true }
        default: false
        }
    }

    /// What the agent does, in one short line; `nil` where there is nothing to say.
    ///
    /// Free of control characters, at most 80 characters.
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

    /// One line of at most `limit` characters, without control characters and escape sequences.
    ///
    /// Characters that could steer a terminal or reorder text are shown by their numbers, as
    /// everywhere (`\u{1B}`); those of no width are left out.
    package func oneLine(_ limit: Int) -> String {
        var result = ""
        var count = 0
        var wasSpace = true
        for scalar in unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if isSpace && wasSpace { continue }
            let shown = isSpace ? " " : scalar.shown
            if count + shown.unicodeScalars.count > limit {
                let room = String(String.UnicodeScalarView(result.unicodeScalars.prefix(limit - 1)))
                return room + "…"
            }
            result += shown
            count += shown.unicodeScalars.count
            wasSpace = isSpace
        }
        return wasSpace && !result.isEmpty ? String(result.dropLast()) : result
    }
}

extension Unicode.Scalar {
    /// The character as it may be shown.
    fileprivate var shown: String {
        switch value {
        case 0xAD, 0x200B...0x200D, 0x2060...0x2064, 0xFEFF: return ""
        default: break
        }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned:
            let digits = String(value, radix: 16, uppercase: true)
            return "\\u{" + (digits.count < 2 ? "0" : "") + digits + "}"
        default: return String(self)
        }
    }
}
