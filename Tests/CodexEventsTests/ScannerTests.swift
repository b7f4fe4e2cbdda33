import CScan
import CodexEvents
import Foundation
import Orchestration
import Testing

/// A stream of bytes, decoded without its steps of the work.
private struct Passed {
    var events: [CodexEvent] = []
    var passed = 0
    var newest: CodexEvent?

    init(_ pieces: [ArraySlice<UInt8>]) {
        var decoder = EventDecoder(steps: .newest)
        for piece in pieces {
            let bytes = Array(piece)
            decoder.decode(bytes.span) { events.append($0) }
        }
        decoder.finish { events.append($0) }
        passed = decoder.passed
        newest = decoder.newestStep
    }
}

extension CodexEvent {
    fileprivate var isStep: Bool { if case .item = self { true } else { false } }
    fileprivate var isUndecodable: Bool { if case .undecodable = self { true } else { false } }
}

/// How many lines at the beginning the scanner passes over, with each of its two ways.
private func passedLines(_ bytes: [UInt8]) -> (fast: cscan_items, portable: cscan_items) {
    bytes.withUnsafeBufferPointer {
        (
            cscan_items($0.baseAddress, $0.count),
            cscan_items_portable($0.baseAddress, $0.count)
        )
    }
}

@Suite struct `Passing over steps of the work` {
    @Test(arguments: Recording.names)
    func `nothing else is lost, and the newest step is the last`(name: String) throws {
        let bytes = try Recording(name).output
        let all = decode([bytes[...]])
        let passed = Passed([bytes[...]])
        #expect(passed.events.filter { !$0.isStep } == all.filter { !$0.isStep })
        // A line too long to be kept whole is a step that is emitted.
        let emitted = passed.events.count(where: \.isStep)
        #expect(emitted == (name == "large-output" ? 1 : 0))
        #expect(passed.passed + emitted == all.count(where: \.isStep))
        let last = all.last { !$0.isUndecodable }
        #expect(passed.newest == (last?.isStep == true ? last : nil))
    }

    @Test(arguments: Recording.names.filter { $0 != "large-output" })
    func `every split of the bytes gives the same`(name: String) throws {
        let bytes = try Recording(name).output
        let whole = Passed([bytes[...]])
        for split in bytes.indices {
            let parts = Passed([bytes[..<split], bytes[split...]])
            #expect(parts.events == whole.events, "split at \(split)")
            #expect(parts.passed == whole.passed, "split at \(split)")
            #expect(parts.newest == whole.newest, "split at \(split)")
        }
        let single = Passed(bytes.indices.map { bytes[$0...$0] })
        #expect(single.events == whole.events && single.passed == whole.passed)
    }

    @Test func `a step in the middle of a session is known by its newest line`() {
        let line = #"{"type":"item.started","item":{"id":"1","type":"web_search","query":"#
        let bytes = Array("\(line)\"one\"}}\n\(line)\"two\"}}\n\(line)".utf8)
        #expect(Passed([bytes[...]]).newest?.summary == "searches for two")
        let more = Array("\"three\"}}\nwarning: x\n".utf8)
        let passed = Passed([bytes[...], more[...]])
        #expect(passed.newest?.summary == "searches for three" && passed.passed == 3)
        #expect(passed.events.count == 1 && passed.events.allSatisfy(\.isUndecodable))
        let done = Array("{\"type\":\"turn.completed\"}\n".utf8)
        #expect(Passed([bytes[...], more[...], done[...]]).newest == nil)
    }

    @Test func `what is passed over is strict JSON, and means what the parser says`() {
        var documents = RandomDocument(seed: 3)
        var passedOver = 0
        for round in 0..<30_000 {
            let line = documents.line()
            let (fast, portable) = passedLines(line + [UInt8(ascii: "\n")])
            #expect(fast.count == portable.count, "round \(round)")
            #expect(fast.newest.id.start == portable.newest.id.start, "round \(round)")
            guard fast.count == 1 else { continue }
            passedOver += 1
            let text = String(decoding: line, as: UTF8.self)
            // Foundation refuses numbers that no double holds; JSON has no such limit.
            let huge = text.range(of: "[eE][+-]?[0-9]{3}", options: .regularExpression)
            if huge != nil { continue }
            let library = try? JSONSerialization.jsonObject(with: Data(text.utf8))
            #expect(library != nil, "round \(round): \(text)")
            guard case .item(_, let item)? = decode([line[...]]).first else {
                Issue.record("round \(round): no step: \(text)")
                continue
            }
            let (id, kind) = (fast.newest.id, fast.newest.kind)
            #expect(kind.end >= kind.start && kind.start > 0)
            let scanned = String(decoding: line[Int(id.start)..<Int(id.end)], as: UTF8.self)
            #expect(scanned.contains("\\") || item.id == scanned, "round \(round): \(text)")
        }
        #expect(passedOver > 3000)
    }

    @Test func `a line of any length is passed over or decoded, alike at every split`() {
        for length in (0..<200).map(\.self) + [16_000, 65_400, 65_500, 65_536, 66_000, 200_000] {
            let text = String(repeating: "x", count: length)
            let line =
                #"{"type":"item.completed","item":{"id":"i","type":"reasoning","text":"\#(text)"}}"#
            let bytes = Array((line + "\n{\"type\":\"turn.started\"}\n").utf8)
            let whole = decode([bytes[...]])
            for split in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 37)) {
                #expect(decode([bytes[..<split], bytes[split...]]) == whole)
                let parts = Passed([bytes[..<split], bytes[split...]])
                #expect(parts.passed + parts.events.count(where: \.isStep) == 1)
                #expect(parts.events.last == .turnStarted)
            }
        }
    }

    @Test(arguments: [
        #"{"type":"item.completed","item":{"type":"x"},}"#,
        #"{"type":"item.completed","item":{"type":"x"}}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":"\x"}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":"\u12g4"}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":01}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":1x}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":"b}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":[1,]}}"#,
        #"{"type":"item.completed","item":{"type":"x","a":nul}}"#,
        #"{"type":"item.completed","item":{"type":"x"}} {}"#,
        "{\"type\":\"item.completed\",\"item\":{\"type\":\"x\",\"a\":\"\u{1}\"}}",
        "{\"type\":\"item.completed\",\"item\":{\"type\":\"x\",\"a\":\u{0}}}",
        #"{"type":"item.completed","item":{"type":5}}"#,
        #"{"type":"item.completed","item":[]}"#,
        #"{"type":"item.completed","type":"x","item":{"type":"x"}}"#,
        #"{"type":"item.completed","item":{"type":"x"},"item":1}"#,
        #"{"type":"item.completed","\u0069tem":1,"item":{"type":"x"}}"#,
    ])
    func `what is not for certain a step is not passed over`(line: String) {
        let (fast, portable) = passedLines(Array((line + "\n").utf8))
        #expect(fast.count == 0 && portable.count == 0)
    }

    @Test func `nesting of any depth is survived`() {
        for depth in [1, 60, 61, 62, 63, 64, 65, 127, 128, 129, 4000, 30_000] {
            let nested =
                String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let line = #"{"type":"item.completed","item":{"type":"x","a":\#(nested)}}"#
            let bytes = Array((line + "\n{\"type\":\"turn.started\"}\n").utf8)
            let parts = Passed([bytes[...]])
            #expect(parts.events.last == .turnStarted)
            let isStep = decode([bytes[...]]).first?.isStep == true
            #expect(isStep == (parts.passed + parts.events.count(where: \.isStep) == 1))
        }
    }
}
