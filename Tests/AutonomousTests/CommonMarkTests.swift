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

@Suite struct `Checklists and CommonMark` {
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
