import CodexEvents
import Foundation
import Orchestration
import Testing

/// What of a line decides what follows from it: by the decoder, and by Foundation.
private struct Fields: Equatable {
    var type: String?
    var item: String?
    var kind: String?
    var exitCode: Int?

    /// What the decoder found; all `nil` for what is no event.
    init(_ event: CodexEvent?) {
        switch event {
        case .threadStarted: type = "thread.started"
        case .turnStarted: type = "turn.started"
        case .turnCompleted: type = "turn.completed"
        case .turnFailed: type = "turn.failed"
        case .error: type = "error"
        case .unknown(let name): type = name
        case .undecodable, nil: break
        case .item(let phase, let item):
            (type, self.item) = ("item.\(phase)", item.id)
            (kind, exitCode) = Self.kind(item.kind)
        }
    }

    private static func kind(_ kind: Item.Kind) -> (String, Int?) {
        switch kind {
        case .agentMessage: ("agent_message", nil)
        case .reasoning: ("reasoning", nil)
        case .commandExecution(_, _, let exitCode, _, _): ("command_execution", exitCode)
        case .fileChange: ("file_change", nil)
        case .mcpToolCall: ("mcp_tool_call", nil)
        case .collabToolCall: ("collab_tool_call", nil)
        case .webSearch: ("web_search", nil)
        case .todoList: ("todo_list", nil)
        case .error: ("error", nil)
        case .unknown(let name): (name, nil)
        }
    }

    /// What Foundation found; `nil` for what it refuses.
    init?(line: [UInt8]) {
        let options = JSONSerialization.ReadingOptions.fragmentsAllowed
        guard let value = try? JSONSerialization.jsonObject(with: Data(line), options: options)
        else { return nil }
        guard let object = value as? [String: Any], let type = object["type"] as? String else {
            return
        }
        if type == "thread.started", (object["thread_id"] ?? object["session_id"]) as? String == nil
        {
            return
        }
        guard ["item.started", "item.updated", "item.completed"].contains(type) else {
            self.type = type.oneLine(80)
            return
        }
        guard let item = object["item"] as? [String: Any], let kind = item["type"] as? String else {
            return
        }
        self.type = type
        self.item = item["id"] as? String ?? ""
        self.kind = kind.oneLine(80)
        if kind == "command_execution" { exitCode = Self.integer(item["exit_code"]) }
    }

    /// A whole number that an `Int` holds, or a text of its digits; nothing else is told.
    private static func integer(_ value: Any?) -> Int? {
        if let text = value as? String { return Int(text) }
        // Foundation's truth values are numbers, too, of a type of their own.
        guard let number = value as? NSNumber, String(cString: number.objCType) != "c" else {
            return nil
        }
        return Int(exactly: number.doubleValue)
    }
}

@Suite struct `The decoder and Foundation` {
    @Test(arguments: Recording.names)
    func `agree on every line of every recording`(name: String) throws {
        let lines = try Recording(name).output.split(separator: UInt8(ascii: "\n")).map(Array.init)
        for line in lines {
            let events = decode([line[...]])
            #expect(events.count == 1)
            let text = String(decoding: line.prefix(300), as: UTF8.self)
            #expect(Fields(events.first) == Fields(line: line) ?? Fields(nil), "\(text)")
        }
    }

    @Test func `agree on random documents`() {
        var documents = RandomDocument(seed: 17)
        var (compared, codes) = (0, 0)
        for round in 0..<15_000 {
            let line = documents.line()
            // What Foundation refuses is compared elsewhere: it lets some mistakes pass, and
            // refuses some numbers that are JSON.
            guard let expected = Fields(line: line) else { continue }
            let events = decode([line[...]])
            if case .undecodable(let line)? = events.first, line.reason == .notJSON { continue }
            compared += 1
            if expected.exitCode != nil { codes += 1 }
            let text = String(decoding: line, as: UTF8.self)
            #expect(Fields(events.first) == expected, "round \(round): \(text)")
        }
        #expect(compared > 5000 && codes > 50, "\(compared) \(codes)")
    }
}
