import Orchestration

// Which keys of a line mean what.
extension CodexEvent {
    /// Reads a line's value; `nil` when it is not an object with a `type`.
    init?(_ value: JSONLine.Value) {
        guard let type = value["type"]?.string else { return nil }
        switch type {
        case "thread.started":
            // Older versions named it `session_id`.
            guard let thread = (value["thread_id"] ?? value["session_id"])?.string else {
                return nil
            }
            self = .threadStarted(thread)
        case "turn.started": self = .turnStarted
        case "turn.completed": self = .turnCompleted(value["usage"].flatMap(TokenUsage.init))
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

extension TokenUsage {
    /// Reads `usage`; `nil` when it has neither input nor output, or more than can be.
    init?(_ value: JSONLine.Value) {
        func count(_ key: String) -> Int64? { value[key]?.integer.map { max(0, $0) } }
        guard count("input_tokens") != nil || count("output_tokens") != nil else { return nil }
        let keys = [
            "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens",
        ]
        guard keys.allSatisfy({ count($0) ?? 0 <= Self.limit }) else { return nil }
        self.init(
            input: count("input_tokens") ?? 0,
            cachedInput: count("cached_input_tokens") ?? 0,
            output: count("output_tokens") ?? 0,
            reasoningOutput: count("reasoning_output_tokens") ?? 0
        )
    }
}

extension Item {
    /// Reads `item`; `nil` when it is not an object with a `type`.
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
            let exitCode = value["exit_code"]?.integer.map { Int($0) }
            let hasFailed = exitCode.map { $0 != 0 } ?? (text("status") == "failed")
            self = .commandExecution(
                command: text("command"),
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
            let completed = items.count {
                if case .bool(true)? = $0["completed"] { true } else { false }
            }
            self = .todoList(completed: completed, total: items.count)
        case "error": self = .error(text("message"))
        default: self = .unknown(type: type.oneLine(80))
        }
    }

    /// What a failed call says: the call's own error, or that which the tool answers with.
    private static func toolError(_ value: JSONLine.Value) -> String {
        let answer = value["result"]?["content"]?.elements ?? []
        let words =
            value["error"]?["message"]?.string
            ?? answer.compactMap { $0["text"]?.string }.joined(separator: "\n")
        return String(words.prefix(4096))
    }
}
