import Orchestration

// The meaning of a line's keys.
extension CodexEvent {
    /// Makes an event of a line's value; `nil` unless it is an object with a `type`.
    init?(_ value: JSONLine.Value) {
        guard let type = value["type"]?.string else { return nil }
        switch type {
        case "thread.started":
            // Older versions called it `session_id`.
            guard let thread = (value["thread_id"] ?? value["session_id"])?.string else {
                return nil
            }
            self = .threadStarted(thread)
        case "turn.started": self = .turnStarted
        case "turn.completed":
            let usage = value["usage"].map(ToldUsage.init)
            self = .turnCompleted(usage?.usage, odd: usage?.oddity)
        case "turn.failed": self = .turnFailed(value["error"]?["message"]?.string ?? "")
        case "error": self = .error(value["message"]?.string ?? "")
        case "item.started", "item.updated", "item.completed":
            guard let phase = ItemPhase(rawValue: String(type.dropFirst(5))),
                let item = value["item"].flatMap(Item.init)
            else { return nil }
            self = .item(phase, item)
        default: self = .unknown(type: type.oneLine(80))
        }
    }
}

/// The token counts in a line, and the first implausible one.
struct ToldUsage {
    /// The counts; `nil` without input and output, or if one is no number or implausibly large.
    private(set) var usage: TokenUsage?
    /// The first implausible count, as reported; it is left out or reduced.
    private(set) var oddity: String?

    /// Reads `usage`.
    init(_ value: JSONLine.Value) {
        var isUsable = true
        func count(_ key: String) -> Int64? {
            guard let told = value[key], !told.isNull else { return nil }
            let number = told.number
            let count = number.map { Int64(clamping: max(0, $0)) }
            if (count ?? .max) > TokenUsage.limit { isUsable = false }
            if count.map(Double.init) != number || !isUsable {
                oddity = oddity ?? "\(key) is \(told.short)"
            }
            return isUsable ? count : nil
        }
        let (input, output) = (count("input_tokens"), count("output_tokens"))
        let cached = count("cached_input_tokens") ?? 0
        let reasoning = count("reasoning_output_tokens") ?? 0
        guard isUsable, input != nil || output != nil else { return }
        if cached > input ?? 0 {
            oddity = oddity ?? "cached_input_tokens is \(cached), of input_tokens \(input ?? 0)"
        }
        usage = TokenUsage(
            input: input ?? 0,
            cachedInput: min(cached, input ?? 0),
            output: output ?? 0,
            reasoningOutput: reasoning
        )
    }
}

extension Item {
    /// Makes an item of `item`; `nil` unless it is an object with a `type`.
    init?(_ value: JSONLine.Value) {
        guard let type = value["type"]?.string else { return nil }
        id = value["id"]?.string ?? ""
        kind = Kind(type, value)
    }
}

extension Item.Kind {
    fileprivate init(_ type: String, _ value: JSONLine.Value) {
        func text(_ key: String) -> String { value[key]?.string ?? "" }
        switch type {
        case "agent_message": self = .agentMessage(text("text"))
        case "reasoning": self = .reasoning(text("text"))
        case "command_execution":
            let output = value["aggregated_output"]
            let exitCode = value["exit_code"]?.exactInteger
            let hasFailed = exitCode.map { $0 != 0 } ?? (text("status") == "failed")
            self = .commandExecution(
                command: value["command"]?.command ?? "",
                outputBytes: output?.stringLength ?? 0,
                exitCode: exitCode,
                status: text("status"),
                outputEnd: hasFailed ? output?.stringEnd(4096) ?? "" : ""
            )
        case "file_change":
            let paths = value["changes"]?.elements.compactMap { $0["path"]?.string } ?? []
            self = .fileChange(paths: paths, status: text("status"))
        case "mcp_tool_call":
            self = .mcpToolCall(
                server: text("server"),
                tool: text("tool"),
                status: text("status"),
                error: text("status") == "failed" ? Self.toolError(value) : ""
            )
        case "collab_tool_call":
            self = .collabToolCall(tool: text("tool"), status: text("status"))
        case "web_search": self = .webSearch(query: text("query"))
        case "todo_list":
            let items = value["items"]?.elements ?? []
            let completed = items.count { $0["completed"]?.isTrue == true }
            self = .todoList(completed: completed, total: items.count)
        case "error": self = .error(text("message"))
        default: self = .unknown(type: type.oneLine(80))
        }
    }

    /// Returns a failed call's error: its own, or the one in the tool's answer.
    private static func toolError(_ value: JSONLine.Value) -> String {
        let answer = value["result"]?["content"]?.elements ?? []
        let words =
            value["error"]?["message"]?.string
            ?? answer.compactMap { $0["text"]?.string }.joined(separator: "\n")
        return String(words.prefix(4096))
    }
}
