import Orchestration
import Reporting
import Testing

@Suite struct `Words for programs` {
    @Test(arguments: [
        ("plain/Az09._-,:=@%+", "plain/Az09._-,:=@%+"), ("", "''"), ("a b", "'a b'"),
        ("it's", #"'it'\''s'"#), ("$(x)", "'$(x)'"), ("ä", "'ä'"), ("a\nb", "'a\nb'"), ("~", "'~'"),
    ])
    func `a text is one word of a shell`(text: String, quoted: String) {
        #expect(text.shellQuoted == quoted)
    }

    @Test(arguments: [
        ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;", "a&lt;b&gt;&amp;&quot;c&quot;"),
        ("a\tb\nc\rd", "a\tb\nc&#13;d", "a&#9;b&#10;c&#13;d"),
        (
            "a\n::b ##vso[c]", "a\n&#58;:b ##vso&#91;c]", "a&#10;::b ##vso&#91;c]"
        ),
        ("\u{1B}[0m\u{202E}", "\u{FFFD}[0m\u{FFFD}", "\u{FFFD}[0m\u{FFFD}"), ("é👍", "é👍", "é👍"),
    ])
    func `a text stands in XML`(text: String, element: String, attribute: String) {
        #expect(text.markupEscaped() == element)
        #expect(text.markupEscaped(isAttribute: true) == attribute)
    }

    @Test(arguments: [
        (nil, "TASK  REASON\na     one two three four five six seven\nb     short"),
        (32, "TASK  REASON\na     one two three four five\n      six seven\nb     short"),
        (24, "TASK  REASON\na\n    one two three four\n    five six seven\nb     short"),
    ])
    func `a table's last column is wrapped, and loses nothing`(width: Int?, text: String) {
        var table = Table([.init("TASK"), .init("REASON")])
        table.add(["a", "one two three four five six seven"])
        table.add(["b", "short"])
        let lines = table.lines(width: width).map { line in
            String(line.description.reversed().drop { $0 == " " }.reversed())
        }
        #expect(lines.joined(separator: "\n") == text)
    }

    @Test(arguments: [12, 40, 80, 200])
    func `a table loses nothing, and has no line that is too long`(width: Int) {
        var random = SplitMix64(seed: UInt64(width))
        for _ in 0..<200 {
            let count = Int.random(in: 1...8, using: &random)
            func cell() -> String {
                let words = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? String(repeating: "y", count: Int.random(in: 1...30, using: &random))
                        : "日本"
                }
                return words.joined(separator: " ")
            }
            var table = Table(
                (0..<count).map { place in
                    Table.Column("TITLE-\(place)", isRight: Bool.random(using: &random))
                }
            )
            let rows = (0..<5).map { _ in (0..<count).map { _ in cell() } }
            for row in rows { table.add(row) }
            let lines = table.lines(width: width).map(\.description)
            #expect(lines.allSatisfy { Columns.count($0) <= width }, "\(lines)")
            let text = lines.joined().filter { $0 != " " }
            let cells = (0..<count).map { "TITLE-\($0)" } + rows.joined()
            #expect(text == cells.joined().filter { $0 != " " }, "\(lines)")
        }
    }

    @Test func `a table's rows are coloured line by line`() {
        var table = Table([.init("TASK"), .init("REASON")])
        table.add(["a", "one two three four five six seven"], paint: .failure)
        table.add(["b", "short"])
        let lines = table.lines(width: 32, usesColor: true).map(\.description)
        #expect(lines[1] == "\u{1B}[31ma     one two three four five\u{1B}[0m")
        #expect(lines[2] == "\u{1B}[31m      six seven\u{1B}[0m")
        #expect(lines[3] == "b     short")
    }

    @Test(
        arguments: [
            (2, 60, nil), (3, 60, "about 2m 00s left (1m 01s to 3m 53s)"),
            (8, 80, "about 1m 00s left (37s to 1m 34s)"),
        ] as [(Int, Int, String?)]
    )
    func `the time left has a range that narrows with what is known`(
        ticked: Int,
        seconds: Int,
        words: String?
    ) {
        var task = TaskRecord(name: "a")
        task.progress = Progress(ticked: 4, total: 10)
        let left = TimeLeft(ticked: ticked, in: .seconds(seconds), of: [task])
        #expect(left?.words == words)
    }

    @Test(arguments: [
        (Double(0), "0"), (999, "999"), (1200, "1.2k"), (40_000_000, "40M"), (2.5e9, "2.5G"),
        (999.9, "999"), (999_940, "999.9k"), (999_960, "1M"), (9.9996e11, "1T"), (1e12, "1T"),
        (2e13, "20T"),
        (0x1p63, "9223372T"), (.infinity, "922337203685477580.7T"), (.nan, "0"), (-5, "-5"),
    ])
    func `tokens in a sentence are short`(count: Double, text: String) {
        #expect(Format.tokensInWords(count) == text)
    }
}
