import Testing

@testable import Reporting

@Suite struct `Keys` {
    private static let known: [(String, [Key])] = [
        ("a", [.character("a")]), ("é日🎉", [.character("é"), .character("日"), .character("🎉")]),
        ("\r", [.enter]), ("\n", [.enter]), ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]),
        ("\t", [.tab]), ("\u{C}", [.redraw]), ("\u{1}\u{0}", [.unknown, .unknown]),
        ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
        ("\u{1B}OA\u{1B}OB\u{1B}OC\u{1B}OD", [.up, .down, .right, .left]),
        (
            "\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~",
            [.home, .end, .home, .end, .home, .end]
        ),
        ("\u{1B}OH\u{1B}OF\u{1B}[5~\u{1B}[6~", [.home, .end, .pageUp, .pageDown]),
        ("\u{1B}[1;5A\u{1B}[5;2~", [.up, .pageUp]),
        ("\u{1B}[15~\u{1B}[[A\u{1B}OP\u{1B}x", [.unknown, .unknown, .unknown, .unknown]),
        ("\u{1B}[200~rm -rf /\nq\u{1B}[201~q", [.paste("rm -rf /\nq"), .character("q")]),
        ("\u{1B}[200~\u{1B}[A\u{1B}[200~\u{1B}[201~", [.paste("\u{1B}[A\u{1B}[200~")]),
        (
            "\u{1B}]0;title\u{7}a\u{1B}P1+r\u{1B}\\b",
            [.unknown, .character("a"), .unknown, .character("b")]
        ),
        ("\u{1B}[<0;10;10Mq\u{1B}[?1;2cq", [.unknown, .character("q"), .unknown, .character("q")]),
    ]

    @Test(arguments: known)
    func `are known however their bytes come`(text: String, keys: [Key]) {
        let bytes = Array(text.utf8)
        for split in 0...bytes.count {
            var decoder = KeyDecoder()
            let decoded = decoder.decode(bytes[..<split]) + decoder.decode(bytes[split...])
            #expect(decoded == keys, "\(text.debugDescription) at \(split)")
            #expect(!decoder.isWaiting)
        }
    }

    @Test func `of Escape are one key once nothing follows`() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]).isEmpty && decoder.isWaiting)
        #expect(decoder.flush() == .escape && decoder.flush() == nil)
        #expect(decoder.decode([0x1B, 0x1B]) == [.escape] && decoder.isWaiting)
        #expect(decoder.decode(Array("[A".utf8)) == [.up])
        #expect(decoder.flush() == nil)
    }

    @Test func `of broken text are no letters, and hide none`() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0xE6, 0x97, 0x71]) == [.unknown, .character("q")])
        #expect(decoder.decode([0xFF, 0xC0, 0x80]) == [.unknown, .unknown, .unknown])
        #expect(decoder.decode([0xED, 0xA0, 0x80]) == [.unknown])
        #expect(
            decoder.decode([0xE2, 0x80, 0xAE]) == [.unknown],
            "a character that turns text around"
        )
    }

    @Test func `of a long paste are one, and of bounded length`() {
        var decoder = KeyDecoder()
        var keys = decoder.decode(Array("\u{1B}[200~".utf8))
        for _ in 0..<100 { keys += decoder.decode([UInt8](repeating: 0x79, count: 4096)) }
        keys += decoder.decode(Array("\u{1B}[201~y".utf8))
        #expect(keys.count == 2 && keys.last == .character("y"))
        guard case .paste(let text)? = keys.first else {
            Issue.record("no paste")
            return
        }
        #expect(text.utf8.count == KeyDecoder.longestPaste)
    }

    @Test func `of any bytes are the same in any pieces`() {
        var random = SplitMix(seed: 3)
        let pieces: [[UInt8]] = [
            [0x1B], Array("[".utf8), Array("O".utf8), Array("~".utf8), Array("200~".utf8),
            Array("\u{1B}[201~".utf8), Array("5".utf8), [0xE6], [0x97], [0xA5], [0xF0, 0x9F],
            Array("q".utf8), [0x7F], [0x00], [0x9B], Array("]".utf8), [0x07], Array(";".utf8),
        ]
        for _ in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<(random.next() % 20) { bytes += pieces[Int(random.next() % 18)] }
            var whole = KeyDecoder()
            var single = KeyDecoder()
            let keys = whole.decode(bytes)
            #expect(bytes.flatMap { single.decode([$0]) } == keys, "\(bytes)")
            // Whatever came before: a person gets out, and letters are letters again.
            _ = whole.decode(Array("\u{1B}[201~\u{7}".utf8))
            _ = whole.flush()
            _ = whole.decode(Array("~~".utf8))
            #expect(whole.decode(Array("q".utf8)) == [.character("q")], "\(bytes)")
        }
    }
}
