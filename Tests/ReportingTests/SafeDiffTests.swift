import Testing

@testable import Reporting

@Suite struct `A comparison's line` {
    private let filter = SafeDiff(
        colors: ["38;2;1;2;3": "32", "38;2;4;5;6": "", "38;2;7;8;9": "32m\u{1B}[8"]
    )

    private static let lines: [(String, String)] = [
        ("plain", "plain"), ("\u{1B}[38;2;1;2;3m+a\u{1B}[m", "\u{1B}[32m+a\u{1B}[m"),
        ("\u{1B}[38;2;4;5;6m a\u{1B}[m", " a\u{1B}[m"), ("\u{1B}[38;2;7;8;9ma", "a"),
        ("\u{1B}[32mmine", "\\u{1B}[32mmine"), ("\u{1B}[8m", "\\u{1B}[8m"),
        ("\u{1B}", "\\u{1B}"), ("\u{1B}[", "\\u{1B}["), ("\u{1B}[1", "\\u{1B}[1"),
        ("\u{1B}\u{1B}[38;2;1;2;3mx", "\\u{1B}\u{1B}[32mx"), ("a\tb", "a    b"), ("a\r", "a^M"),
        ("\u{1B}[38;2;1;2;3", "\\u{1B}[38;2;1;2;3"), ("   a  b  ", "   a  b  "),
        ("\u{9B}2J\u{202E}", "\\u{9B}2J\\u{202E}"), ("", ""), ("m\u{1B}m", "m\\u{1B}m"),
    ]

    @Test(arguments: lines)
    func `keeps git's colours and shows all else`(line: String, shown: String) {
        #expect(filter.line(Array(line.utf8)).description == shown)
    }

    @Test func `steers nothing, whatever its bytes are`() {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            [0x1B], Array("[".utf8), Array("38;2;1;2;3m".utf8), [0x9B], [0xC2, 0x9B], [0xFF],
            Array("m".utf8), Array("]0;".utf8), [7], [0xE2, 0x80, 0xAE], [0], Array("a ".utf8),
        ]
        for _ in 0..<3000 {
            let bytes = (0..<10).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            let text = filter.line(bytes).description
            let rest = text.replacing("\u{1B}[32m", with: "").replacing("\u{1B}[m", with: "")
            let isSafe = rest.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && $0 != "\u{202E}"
            }
            #expect(isSafe, "\(bytes)")
        }
    }
}
