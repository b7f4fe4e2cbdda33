import CodexEvents
import Foundation

// decode-events quire|foundation FILE: the seconds that decoding a file of events takes, read in
// the pieces that a pipe delivers.

/// What a rival looks up in each line.
private struct Line: Decodable {
    struct Item: Decodable {
        var id: String?
        var type: String
        var exit_code: Int?
    }

    var type: String
    var item: Item?
}

private func decodeWithQuire(_ bytes: [UInt8]) -> Int {
    var decoder = EventDecoder(steps: .newest)
    var events = 0
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
        let piece = bytes.span.extracting(start..<min(start + 65_536, bytes.count))
        decoder.decode(piece) { _ in events += 1 }
    }
    decoder.finish { _ in events += 1 }
    return events + decoder.passed
}

private func decodeWithFoundation(_ bytes: [UInt8]) -> Int {
    let decoder = JSONDecoder()
    let data = Data(bytes)
    var events = 0
    for line in data.split(separator: UInt8(ascii: "\n"))
    where (try? decoder.decode(Line.self, from: line)) != nil {
        events += 1
    }
    return events
}

guard CommandLine.arguments.count == 3,
    let data = FileManager.default.contents(atPath: CommandLine.arguments[2])
else {
    print("usage: decode-events quire|foundation FILE")
    exit(64)
}
let bytes = [UInt8](data)
let isQuire = CommandLine.arguments[1] == "quire"
let start = ContinuousClock.now
let events = isQuire ? decodeWithQuire(bytes) : decodeWithFoundation(bytes)
let duration = (ContinuousClock.now - start) / .seconds(1)
FileHandle.standardError.write(Data("\(events) events\n".utf8))
print(duration)
