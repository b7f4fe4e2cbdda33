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
