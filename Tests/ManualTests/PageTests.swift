import Foundation
import Testing

@testable import Manual

@Suite struct `A page of the manual` {
    private let text = """
        # Title

        A paragraph with `code that is long` and a [link](trees.md),
        in two lines.

        - one
          more
        - two
        1. first

        | a | b |
        |---|---|
        | `x\\|y` | [trees](trees.md) |

        ```yaml
        key: value   # kept as it is, however long it may be, since it is an example of something
        ```
        """

    @Test func `is read into blocks`() {
        #expect(
            Markdown.blocks(of: text) == [
                .heading(level: 1, "Title"),
                .paragraph(
                    "A paragraph with `code that is long` and a [link](trees.md), in two lines."
                ),
                .list([
                    .init(marker: "-", text: "one more"), .init(marker: "-", text: "two"),
                    .init(marker: "1.", text: "first"),
                ]),
                .table(header: ["a", "b"], rows: [["`x|y`", "[trees](trees.md)"]]),
                .code(
                    language: "yaml",
                    lines: [
                        "key: value   # kept as it is, however long it may be, since it is an example of something"
                    ]
                ),
            ]
        )
    }

    @Test func `is laid out for a width`() {
        let page = TerminalPage(width: 40, isStyled: false)
        #expect(
            page.text(of: Markdown.blocks(of: text)) == """
                TITLE

                A paragraph with `code that is long` and
                a link: `quire help trees`, in two
                lines.

                - one more
                - two
                1. first

                A      B
                `x|y`  `quire help trees`

                    key: value   # kept as it is, however long it may be, since it is an example of something

                """
        )
    }

    @Test(arguments: [1, 40, 66, 80, 100, 500])
    func `fits every width, with styles and without`(width: Int) throws {
        let room = min(max(width, 40), 100)
        for topic in Topic.all {
            let plain = TerminalPage(width: width, isStyled: false).text(of: topic.page)
            let styled = TerminalPage(width: width, isStyled: true).text(of: topic.page)
            for text in [plain, styled.replacing(/\u{1B}\[[0-9;]*m/, with: "")] {
                for line in text.split(separator: "\n") where !line.hasPrefix("    ") {
                    // A word that is longer than its column has to go beyond it.
                    let longest = line.split(separator: " ").map(\.count).max() ?? 0
                    #expect(
                        line.count <= room || longest > 12 && room < 80,
                        "\(topic.name): \(line)"
                    )
                }
            }
        }
    }

    @Test func `loses no word, in any form`() {
        for topic in Topic.all {
            let words = topic.text.split { !($0.isLetter || $0.isNumber) }.filter { $0 != "md" }
            let styled = TerminalPage(width: 80, isStyled: true).text(of: topic.page)
                .replacing(/\u{1B}\[[0-9;]*m/, with: "")
            let shown = Set(styled.lowercased().split { !($0.isLetter || $0.isNumber) })
            let languages: Set<String> = ["yaml", "sh", "text"]
            for word in words where !languages.contains(String(word)) {
                #expect(shown.contains(Substring(word.lowercased())), "\(topic.name): \(word)")
            }
        }
    }
}
