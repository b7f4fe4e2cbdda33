import Orchestration

/// JSON of any shape, on one line, with what is rare in real output.
struct RandomDocument {
    var generator: SplitMix64
    private static let keys = [
        "type", "item", "id", "exit_code", "type", "item", "a", "", "ty\\u0070e", "\\\"", "ïd",
    ]
    private static let texts = [
        "item.completed", "item.started", "item.updated", "item.x", "x", "", "\\n\\t\\\\",
        "\\u00e9",
        "item\\u002ecompleted", "}{][,:", "é😀", String(repeating: "long ", count: 30),
        "\\/\\b\\f\\r",
    ]
    private static let scalars = [
        "0", "-0", "1", "-12.5e+3", "1E30", "true", "false", "null",
        "123456789012345678901234567890",
    ]

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func line() -> [UInt8] {
        var text = ""
        if Int.random(in: 0..<2, using: &generator) == 0 {
            let kind = pick(["x", "command_execution", "todo_list", "reasoning"])
            let key = pick(["y", "exit_code", "text", "items", "id"])
            text =
                "{\"type\":\"item.completed\",\"item\":{\"id\":\"i\",\"type\":\"\(kind)\",\"\(key)\":"
            if key == "exit_code" {
                text += pick(Self.scalars)
            } else {
                value(into: &text, depth: 0)
            }
            text += "}}"
        } else {
            value(into: &text, depth: 0)
        }
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...2, using: &generator) { mutate(&bytes) }
        bytes.removeAll { $0 == UInt8(ascii: "\n") }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let alphabet = Array("{}[]\",:\\u0129-+.etfnx \t\r\u{1}é".utf8)
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    private mutating func pick(_ list: [String]) -> String {
        list[Int.random(in: 0..<list.count, using: &generator)]
    }

    private mutating func space(into text: inout String) {
        if Int.random(in: 0..<8, using: &generator) == 0 { text += pick([" ", "\t", "\r", "   "]) }
    }

    private mutating func value(into text: inout String, depth: Int) {
        space(into: &text)
        switch Int.random(in: 0..<(depth > 6 ? 4 : 8), using: &generator) {
        case 0, 1: text += "\"\(pick(Self.texts))\""
        case 2, 3: text += pick(Self.scalars)
        case 4: list(into: &text, depth: depth)
        default: object(into: &text, depth: depth)
        }
        space(into: &text)
    }

    private mutating func list(into text: inout String, depth: Int) {
        text += "["
        for number in 0..<Int.random(in: 0...3, using: &generator) {
            if number > 0 { text += "," }
            value(into: &text, depth: depth + 1)
        }
        text += "]"
    }

    private mutating func object(into text: inout String, depth: Int) {
        text += "{"
        for number in 0..<Int.random(in: 0...4, using: &generator) {
            if number > 0 { text += "," }
            space(into: &text)
            text += "\"\(pick(Self.keys))\":"
            value(into: &text, depth: depth + 1)
        }
        text += "}"
    }
}
