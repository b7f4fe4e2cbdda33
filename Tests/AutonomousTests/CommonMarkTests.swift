import Autonomous
import Foundation
import Orchestration
import TestSupport
import Testing

/// An independent parser of Markdown, `markdown-it-py`.
private enum CommonMark {
    /// What it sees in a text.
    struct View: Decodable {
        struct Entry: Decodable, Hashable {
            var number: Int
            var isTicked: Bool

            init(number: Int, isTicked: Bool) { (self.number, self.isTicked) = (number, isTicked) }

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                number = try container.decode(Int.self)
                isTicked = try container.decode(Bool.self)
            }
        }

        /// The entries under `## Tasks`.
        var entries: [Entry]
        /// Whether a fence or a comment is never closed.
        var isOpen: Bool
    }

    /// The Python that has it: the system's own, where Debian's package is, or the one in `PATH`.
    static let python = ["/usr/bin/python3", "python3"].first { python in
        (try? call(python, ["-c", "import markdown_it"]).status) == 0
    }

    /// What it sees in each of the texts.
    static func views(of texts: [String]) throws -> [View] {
        try withWorkspace { directory in
            let path = directory + "/texts.json"
            try JSONEncoder().encode(texts).write(to: URL(fileURLWithPath: path))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "commonmark.py").path
            let outcome = try call(try #require(python), [script, path])
            try #require(outcome.status == 0, "\(outcome.error)")
            return try JSONDecoder().decode([View].self, from: Data(outcome.output.utf8))
        }
    }

    private static func call(
        _ python: String,
        _ arguments: [String]
    ) throws -> TestSupport.Outcome {
        try Program("/usr/bin/env", [python] + arguments, in: "/").run()
    }
}

/// Lists out of pieces that show or hide what follows.
private struct RandomList {
    /// Entries are made; the rest is taken as it is.
    private static let pieces = [
        "", "", "", "text", "text", "  more of it", "    deep", "- a note", "  - [ ] a note's note",
        "- [1] a reference", "- [PR](https://example.org/pr/12) is open",
        "[ref]: https://example.org",
        "```", "```", "```", "````", "~~~", "~~~~", "```sh", "~~~ a`b", "``` a`b", "```make``` it",
        " ```", "  ```", "   ```", "    ```", "\t```", "  ~~~", "  ```sh", "``` ", "- ```", "- ~~~",
        "1. one", "10. ten", "1. ```", "> quote", "> ```", "> - quoted", "* * *", "---", "- ", "-",
        "<!-- all of it -->", "<!--", "-->", "  <!--", "  -->", "- <!--", "<!-->", "a --> b",
        "### A phase", "# A title", "## Notes", "## Tasks", " ## Tasks", "## Tasks ##", "##Tasks",
        " - item", "   - item", "-     code", "+ plus", "* star", "  1) inner", "  - inner",
    ]
    private static let html = ["<div>", "</div>", "<pre>", "</pre>", "<b>", "<p>text", "<?x", "?>"]

    var generator: SplitMix64

    mutating func next(withHTML: Bool) -> String {
        let pieces = Self.pieces + (withHTML ? Self.html + Self.html : [])
        var lines = ["## Tasks", ""]
        var number = 0
        for _ in 0..<Int.random(in: 1...14, using: &generator) {
            if Int.random(in: 0..<5, using: &generator) < 2 {
                number += 1
                let box = Int.random(in: 0..<4, using: &generator) == 0 ? " " : "x"
                lines.append("- [\(box)] Task \(number): do it")
            } else {
                lines.append(pieces.randomElement(using: &generator) ?? "")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Lists as people and agents write them in repositories: each in one style from its first line to its last.
private struct StyledList {
    /// A style: what stands before the tasks, around entries, within one, and after all.
    struct Style {
        var name: String
        var head: [String] = []
        /// What stands between entries, at the margin: a block each.
        var between: [String] = [""]
        /// What an entry says.
        var words = ["do it"]
        /// What belongs to an entry, below its line: a block each.
        var notes: [String] = []
        var tail: [String] = []
        var lineEnd = "\n"
    }

    static let styles = [
        Style(
            name: "an agent's plan",
            head: [
                "# Task List: port-auth", "", "## Overview", "", "Port it. See *the schema*.", "",
            ],
            between: ["", "\n### Phase 2: Port\n", "\n### Phase 3: Test & verify\n"],
            words: [
                "Port `src/auth.ts` to the schema", "Write **all** tests", "Update docs (see #12)",
            ],
            notes: [
                "  - Files: `a.ts`, `b.ts`", "  - Expected: tests pass\n  - Notes: none",
                "  Acceptance: the build is green.", "  ```sh\n  npm test\n  ```",
            ],
            tail: ["", "## Notes", "", "- nothing else", "- [x] Task 99: of the notes"]
        ),
        Style(
            name: "an issue",
            head: ["<!-- Please fill in. -->", "", "**Describe** it :tada: @someone", ""],
            between: [
                "", "\n<!-- - [ ] Task 90: an example -->\n", "\n---\n", "\n> as said in #7\n",
            ],
            words: ["https://example.org/pull/12 by @ada", "~~no~~ yes", ":rocket: ship it (#3)"],
            notes: ["  > quoted", "  continued over\n  two lines", "  1. first\n  2. second"],
            tail: ["", "cc @ada", "", "[ref]: https://example.org"]
        ),
        Style(
            name: "a readme",
            head: [
                "[![CI](https://ci/badge.svg)](https://ci)", "", "# Project", "", "| a | b |",
                "|---|---|", "| 1 | `x|y` |", "", "```md", "- [ ] Task 1: how a list looks", "```",
                "",
            ],
            between: [
                "", "\n```text\n- [x] Task 91: in code\n```\n",
                "\n    - [x] Task 92: indented code\n",
            ],
            words: ["Add `--flag`", "Support Windows[^1]", "Ünïcode – “quotes” 日本語"],
            notes: ["  ~~~\n  ``` not closed\n  ~~~", "  ![shot](a.png)"],
            tail: ["", "[^1]: one day", "", "## License", "", "MIT"]
        ),
        Style(
            name: "a changelog",
            head: [
                "Changelog", "=========", "", "## [Unreleased]", "", "### Added", "", "* a thing",
                "",
            ],
            between: ["", "\n### Fixed\n", "\n* a bullet of another kind\n", "\nA paragraph.\n"],
            words: ["Fixed: crash on `nil`.", "Removed **BREAKING** option"],
            notes: ["  * nested\n    * deeper", "    far in"],
            tail: ["", "## [1.0.0] - 2024-01-01", "", "- First release"]
        ),
        Style(
            name: "a document of a word processor",
            head: ["---", "title: Plan", "---", "", "Intro  ", "with breaks\\", "here.", ""],
            between: ["", "\n\n\n", "\n* * *\n", "\n1. counted\n2. on\n", "\nHeading\n-------\n"],
            words: ["“Smart” words…", "tab\there", "trailing  "],
            notes: ["\tby a tab", "  \n  after a blank line"],
            tail: ["", "", "The end."],
            lineEnd: "\r\n"
        ),
        Style(
            name: "a page with HTML",
            head: [
                "<h1 align=\"center\">Plan</h1>", "", "<!-- toc -->", "- [Tasks](#tasks)",
                "<!-- tocstop -->", "",
            ],
            between: [
                "", "\n<details>\n<summary>More</summary>\n\nfolded\n\n</details>\n", "\n<br>\n",
                "\n<!--\n- [x] Task 93: put off\n-->\n", "\n<!-- one --> <!-- two -->\n",
            ],
            words: ["<kbd>Ctrl</kbd> works", "a &amp; b", "a <!-- hidden --> remark"],
            notes: ["  <b>bold</b>", "  <!-- a remark -->"],
            tail: ["", "<p align=\"right\"><a href=\"#top\">up</a></p>"]
        ),
    ]

    var generator: SplitMix64

    mutating func next() -> (style: String, text: String) {
        let style = Self.styles.randomElement(using: &generator) ?? Self.styles[0]
        var lines = style.head + ["## Tasks", ""]
        let isDone = Int.random(in: 0..<4, using: &generator) == 0
        for number in 1...Int.random(in: 1...8, using: &generator) {
            let box =
                isDone || Bool.random(using: &generator)
                ? "xX".randomElement(using: &generator) : " "
            let words = style.words.randomElement(using: &generator) ?? ""
            lines.append("- [\(box ?? "x")] Task \(number): \(words)")
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                lines.append(style.notes.randomElement(using: &generator) ?? "")
            }
            for _ in 0..<Int.random(in: 0...1, using: &generator) {
                lines.append(style.between.randomElement(using: &generator) ?? "")
            }
        }
        let text = (lines + style.tail).joined(separator: "\n") + "\n"
        return (style.name, text.replacing("\n", with: style.lineEnd))
    }
}

@Suite struct `Checklists and CommonMark` {
    @Test(.enabled(if: CommonMark.python != nil, "python3-markdown-it is not installed"))
    func `agree on 10,000 lists in the styles of real repositories`() throws {
        var lists = StyledList(generator: SplitMix64(seed: 6))
        let styled = (0..<10_000).map { _ in lists.next() }
        var (good, all, complete): ([String: Int], [String: Int], Int) = ([:], [:], 0)
        for ((style, text), view) in zip(styled, try CommonMark.views(of: styled.map(\.text))) {
            all[style, default: 0] += 1
            guard let list = try? Checklist(bytes: Array(text.utf8)) else { continue }
            good[style, default: 0] += 1
            let entries = list.entries.map {
                CommonMark.View.Entry(number: $0.number, isTicked: $0.isTicked)
            }
            #expect(entries == view.entries, "\(style):\n\(text)")
            if list.progress.isComplete { complete += 1 }
        }
        // Nearly all of what people write is read, not called damaged.
        for (style, count) in all {
            #expect(good[style, default: 0] * 100 >= count * 95, "\(style): \(good) of \(all)")
        }
        #expect(all.count == StyledList.styles.count && complete > 2000, "\(complete)")
    }

    @Test(
        .enabled(if: CommonMark.python != nil, "python3-markdown-it is not installed"),
        arguments: [false, true]
    )
    func `agree on what an entry is, or the list is damaged`(withHTML: Bool) throws {
        var lists = RandomList(generator: SplitMix64(seed: withHTML ? 5 : 4))
        let texts = (0..<5000).map { _ in lists.next(withHTML: withHTML) }
        var (good, complete, doubtful) = (0, 0, 0)
        for (text, view) in zip(texts, try CommonMark.views(of: texts)) {
            guard let list = try? Checklist(bytes: Array(text.utf8)) else {
                if !view.isOpen, !view.entries.isEmpty { doubtful += 1 }
                continue
            }
            let entries = list.entries.map {
                CommonMark.View.Entry(number: $0.number, isTicked: $0.isTicked)
            }
            good += 1
            // Of what stands in raw HTML, entries count that no parser shows.
            #expect(
                withHTML
                    ? Set(entries).isSuperset(of: view.entries) : entries == view.entries,
                "\(text)"
            )
            if list.progress.isComplete {
                complete += 1
                #expect(!view.entries.contains { !$0.isTicked }, "\(text)")
            }
        }
        #expect(good > 1000 && complete > 100, "\(good) \(complete)")
        // An empty item in a paragraph, and fences in HTML, are damage though nothing is open.
        #expect(doubtful < (withHTML ? 1000 : 10), "\(doubtful)")
    }
}
