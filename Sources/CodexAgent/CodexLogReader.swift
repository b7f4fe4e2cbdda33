import Agent
import CodexEvents

/// The reader of a log of Codex's JSON Lines.
struct CodexLogReader: LogReader {
    private var decoder = EventDecoder(longestLine: 16 * 1024 * 1024)

    mutating func read(_ bytes: Span<UInt8>, _ emit: (LogEntry) -> Void) {
        decoder.decode(bytes) { if let entry = LogEntry($0) { emit(entry) } }
    }

    mutating func finish(_ emit: (LogEntry) -> Void) {
        decoder.finish { if let entry = LogEntry($0) { emit(entry) } }
    }
}

extension LogEntry {
    /// Makes the entry of an event; `nil` if people need none.
    init?(_ event: CodexEvent) {
        switch event {
        case .threadStarted(let thread): self = .thread(thread)
        case .item(.completed, let item): self.init(item.kind)
        case .error(let message): self = .trouble([.lines(message)])
        case .turnFailed(let message): self = .trouble([.line("failed: "), .lines(message)])
        case .undecodable(let line): self = .step("? ", [.line(line.sample)])
        case .unknown(let type): self = .step("? event ", [.line(type)])
        case .item, .turnStarted, .turnCompleted: return nil
        }
    }

    private init(_ kind: Item.Kind) {
        switch kind {
        case .agentMessage(let text): self = .message(text)
        case .reasoning(let text): self = .step("  thinks: ", [.lines(text)])
        case .commandExecution(let command, let bytes, let code, let status, let end):
            let state = status.isEmpty ? "" : " (\(status))"
            self = .command(
                command.bareCommand,
                hasFailed: code.map { $0 != 0 } ?? ["failed", "declined"].contains(status),
                result: code.map { " → exit status \($0)" } ?? state,
                outputBytes: bytes,
                outputEnd: end
            )
        case .fileChange(let paths, let status):
            let names = paths.flatMap { [LogText.line(", "), .line($0)] }.dropFirst()
            self = .step("  edits ", names + Self.failed(status))
        case .mcpToolCall(let server, let tool, let status, let error):
            let call = [LogText.line("\(server).\(tool)")] + Self.failed(status)
            self = .step("  calls ", call + (error.isEmpty ? [] : [.line(": "), .lines(error)]))
        case .collabToolCall(let tool, let status):
            self = .step("  calls ", [.line(tool)] + Self.failed(status))
        case .webSearch(let query): self = .step("  searches for ", [.line(query)])
        case .todoList(let completed, let total):
            self = .step("  plans: ", [.line("\(completed) of \(total)")])
        case .error(let message): self = .step("  warns: ", [.lines(message)])
        case .unknown(let type): self = .step("? item ", [.line(type)])
        }
    }

    private static func failed(_ status: String) -> [LogText] {
        status == "failed" || status == "declined" ? [.line(" (\(status))")] : []
    }
}
