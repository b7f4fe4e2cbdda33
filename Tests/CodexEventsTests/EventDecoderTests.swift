import CodexEvents
import Foundation
import Orchestration
import Testing

@Suite struct `Decoding a stream` {
    @Test func `a session's events are typed`() throws {
        let events = decode([try Recording("commands").output[...]])
        #expect(events.first == .threadStarted("01a207bb-d49a-7692-bcc1-daddf4bdcf41"))
        #expect(events.contains(.turnStarted))
        let output = events.compactMap { event -> (Int, Int?)? in
            guard case .item(.completed, let item) = event,
                case .commandExecution(_, let bytes, let code, _, _) = item.kind
            else { return nil }
            return (bytes, code)
        }
        #expect(output.map(\.1) == [0, 2, 0])
        // A newline is two characters in JSON.
        #expect(output[1].0 == 61)
        let usage = TokenUsage(input: 4800, cachedInput: 4000, output: 136, reasoningOutput: 40)
        #expect(events.last == .turnCompleted(usage))
        #expect(!events.contains { if case .undecodable = $0 { true } else { false } })
    }

    @Test func `file changes, reasoning and warnings are items`() throws {
        let events = decode([try Recording("file-change").output[...]])
        let kinds = events.compactMap { event -> Item.Kind? in
            if case .item(.completed, let item) = event { item.kind } else { nil }
        }
        #expect(kinds.contains(.reasoning("**Planning the next step**")))
        #expect(
            kinds.contains(
                .fileChange(paths: ["/workspace/demo/hello.txt"], status: "completed")
            )
        )
        #expect(kinds.contains { if case .error = $0 { true } else { false } })
    }

    @Test(arguments: Recording.names.filter { $0 != "large-output" })
    func `every split of the bytes gives the same events`(name: String) throws {
        let bytes = try Recording(name).output
        let whole = decode([bytes[...]])
        for split in bytes.indices {
            #expect(decode([bytes[..<split], bytes[split...]]) == whole, "split at \(split)")
        }
        #expect(decode(bytes.indices.map { bytes[$0...$0] }) == whole)
    }

    @Test func `a line of 400 KB is decoded in pieces of any size`() throws {
        let bytes = try Recording("large-output").output
        let whole = decode([bytes[...]])
        #expect(whole.count == 8)
        for size in [61, 4096, 65_536] {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                bytes[$0..<min($0 + size, bytes.count)]
            }
            #expect(decode(pieces) == whole, "pieces of \(size)")
        }
        let bytesOfOutput = whole.compactMap { event -> Int? in
            guard case .item(.completed, let item) = event,
                case .commandExecution(_, let bytes, _, _, _) = item.kind
            else { return nil }
            return bytes
        }
        // 348,894 bytes and 60,000 newlines, each of which is two characters in JSON.
        #expect(bytesOfOutput == [408_894])
    }

    @Test func `a string that is cut at its bound is cut between characters`() throws {
        let text = String(repeating: "é\\u00e9😀", count: 40_000)
        let line = #"{"type":"item.completed","item":{"type":"agent_message","text":"\#(text)"}}"#
        let bytes = Array((line + "\n").utf8)
        let whole = decode([bytes[...]])
        guard case .item(_, let item)? = whole.first, case .agentMessage(let kept) = item.kind
        else {
            Issue.record("no message: \(whole.first.debugDescription.prefix(200))")
            return
        }
        #expect(kept.hasPrefix("éé😀éé😀") && !kept.contains("\u{FFFD}"))
        for split in stride(from: 16_000, to: 17_000, by: 97) {
            #expect(decode([bytes[..<split], bytes[split...]]) == whole)
        }
    }

    static let bad: [(String, [CodexEvent])] = [
        ("", []),
        ("\n\r\n  \n", []),
        ("{\"type\":\"turn.started\"}", [.turnStarted]),
        ("\u{FEFF}{\"type\":\"turn.started\"}\r\n", [.turnStarted]),
        ("{\"a\":{\"type\":\"error\"},\"type\":\"turn.started\"}\n", [.turnStarted]),
        ("{\"type\":\"error\",\"type\":\"turn.started\"}\n", [.turnStarted]),
        (#"{"type":"thread.started","session_id":"old"}"#, [.threadStarted("old")]),
        (#"{"type":"something.new","x":[1,{"y":null}]}"#, [.unknown(type: "something.new")]),
        (#"{"type":"error","message":"\ud83d\ude00 \ud800 \u0041"}"#, [.error("😀 \u{FFFD} A")]),
        (
            #"{"type":"turn.completed","usage":{"input_tokens":1e400,"output_tokens":-5}}"#,
            [.turnCompleted(nil, odd: "input_tokens is 1e400")]
        ),
    ]

    @Test(arguments: bad)
    func `odd lines decode as they should`(text: String, events: [CodexEvent]) {
        #expect(decode(text) == events)
    }

    @Test(arguments: [
        "{\"type\":\"error\",\"message\":\"cut",
        "{\"type\":\"error\",\"message\":\"raw\nnewline\"}",
        "{\"type\":\"error\"", "{\"type\":\"error\",}", "{'type':'error'}", "[1,2", "nul",
        "{\"type\":\"error\",\"message\":\"\u{0}\"}", "{\"type\":\"a\\x\"}", "{\"type\":01}",
        "warning: can't open \"x", String(repeating: "[", count: 100_000), "\u{0}\u{0}",
        "{\"type\":5}", "[]", "17", "\"text\"", "{\"type\":\"item.started\"}",
    ])
    func `what is no event is told and the next line decodes`(text: String) {
        let events = decode(text + "\n{\"type\":\"turn.started\"}\n")
        #expect(events.last == .turnStarted)
        #expect(events.count >= 2)
        for event in events.dropLast() {
            guard case .undecodable(let line) = event else {
                Issue.record("\(event) is a wrong event")
                continue
            }
            #expect(line.sample.utf8.count <= 600)
        }
    }

    @Test func `a line with more than memory may hold is given up and the next one decodes`() {
        let many = String(repeating: "1,", count: 400_000)
        let events = decode("{\"type\":\"error\",\"x\":[\(many)1]}\n{\"type\":\"turn.started\"}\n")
        #expect(events.count == 2)
        guard case .undecodable(let line)? = events.first else {
            Issue.record("not given up")
            return
        }
        #expect(line.reason == .tooLong)
    }

    @Test func `a strict parser and the decoder agree on mutated recordings`() throws {
        var generator = SplitMix64(seed: 11)
        let lines = try ["commands", "usage-limit", "file-change"].flatMap { name in
            try Recording(name).output.split(separator: UInt8(ascii: "\n")).map(Array.init)
        }
        let alphabet = Array("{}[]\",:\\u0129-+.tfnx \t".utf8)
        for round in 0..<20_000 {
            var line = lines[Int.random(in: 0..<lines.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<line.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: line[place] = byte
                case 1: line.insert(byte, at: place)
                default: if line.count > 1 { line.remove(at: place) }
                }
            }
            // Foundation lets a comma pass before a closing bracket, and refuses bad UTF-8, which
            // the decoder repairs.
            let text = String(decoding: line, as: UTF8.self)
            if text.contains(",}") || text.contains(",]") || text.contains("\u{FFFD}") { continue }
            let isJSON = (try? JSONSerialization.jsonObject(with: Data(line))) != nil
            let events = decode([line[...]])
            let isRefused = events.contains {
                if case .undecodable(let line) = $0 { line.reason == .notJSON } else { false }
            }
            #expect(isJSON == !isRefused, "round \(round): \(text)")
        }
    }

    @Test(arguments: [
        (#"{"type":"error","message":"Reconnecting... waiting for network (x)"}"#, true),
        (#"{"type":"error","message":"Reconnecting... 1/5 (x)"}"#, false),
        (
            #"{"type":"error","message":"Reconnecting... 1/5 (Connection failed: error sending request)"}"#,
            true
        ),
        (#"{"type":"error","message":"Connection failed: error sending request"}"#, false),
        (
            #"{"type":"item.completed","item":{"type":"error","message":"Reconnecting... waiting for network ("}}"#,
            false
        ),
    ])
    func `waiting for the network is told from everything else`(line: String, isWaiting: Bool) {
        #expect(decode(line).first?.isNetworkWaiting == isWaiting)
    }

    @Test(arguments: [1, 7, 4096], [true, false])
    func `an answer that is passed over is told when another event follows`(
        size: Int,
        isAnswer: Bool
    ) {
        let text = #"""
            {"type":"turn.started"}
            {"type":"item.completed","item":{"id":"0","type":"\#(isAnswer ? "reasoning" : "error")"}}
            {"type":"turn.failed","error":{"message":"no"}}

            """#
        var decoder = EventDecoder(steps: .newest)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            decoder.decode(piece.span) { _ in }
        }
        #expect(decoder.passed == 1 && decoder.newestStep == nil)
        let told = [decoder.takePassedAnswer(), decoder.takePassedAnswer()]
        #expect(told == [isAnswer, false])
    }

    @Test func `a summary is one safe line`() {
        let line =
            #"{"type":"item.completed","item":{"type":"agent_message","text":"a\n\u001b[31mred\u001b]0;x\u0007 \u202e b"}}"#
        #expect(decode(line).first?.summary == #"says: a \u{1B}[31mred\u{1B}]0;x\u{07} \u{202E} b"#)
    }
}

private let toolCalls: [(fields: String, error: String)] = [
    (
        #""error":{"message":"tool call failed: \"no\" route"},"result":null,"status":"failed""#,
        #"tool call failed: "no" route"#
    ),
    (
        #""error":null,"result":{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]},"status":"failed""#,
        "a\nb"
    ),
    (#""status":"failed""#, ""), (#""error":"text","status":"failed""#, ""),
    (#""error":null,"result":{"content":[{"type":"text","text":"a"}]},"status":"completed""#, ""),
    (#""error":{"message":"still"},"status":"in_progress""#, ""),
]

@Test(arguments: toolCalls)
func `a failed call of a tool says why`(fields: String, error: String) {
    let line =
        #"{"type":"item.completed","item":{"id":"i","type":"mcp_tool_call","server":"s","tool":"t","#
        + fields + "}}\n"
    guard case .item(_, let item) = decode(line).first,
        case .mcpToolCall("s", "t", _, let words) = item.kind
    else {
        Issue.record("no call of a tool: \(line)")
        return
    }
    #expect(words == error)
}
