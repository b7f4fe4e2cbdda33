import Autonomous
import Orchestration
import Testing

private func list(_ text: String) throws(Checklist.Damage) -> Checklist {
    try Checklist(bytes: Array(text.utf8))
}

private let good = """
    # Task List: demo

    ## Tasks

    - [x] Task 1: one
    - [ ] Task 2: two
    - [ ] Task 5: five

    """

@Suite struct `A checklist` {
    @Test func `entries are read with number, text and box`() throws {
        let entries = try list(good).entries
        #expect(entries.map(\.number) == [1, 2, 5])
        #expect(entries.map(\.text) == ["one", "two", "five"])
        #expect(entries.map(\.isTicked) == [true, false, false])
        #expect(try list(good).progress == Progress(ticked: 1, total: 3))
    }

    @Test(arguments: [
        ("## Tasks\n- [X] Task 1: upper case\n", 1, 1),
        ("## Tasks\r\n- [x] Task 1: one\r\n- [ ] Task 2: two\r\n", 1, 2),
        ("\u{FEFF}## Tasks\n- [ ] Task 1: byte-order mark\n", 0, 1),
        ("## Tasks\n### Phase 1\n- [x] Task 1: a\n### Phase 2\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n- [ ] Task 1: a\n```sh\n- [ ] Task 9: code\n```\n- [ ] Task 2: b\n", 0, 2),
        ("## Tasks\n~~~~\n- [x] bad\n~~~\n```\n~~~~\n- [ ] Task 1: a\n", 0, 1),
        (
            "## Notes\n- [ ] not an entry\n## Tasks\n- [ ] Task 1: a\n## After\n- [x] Task 2: b\n",
            0, 1
        ),
        ("## Tasks\n- [ ] Task 1: done on [2026-01-01] [x]\n- plain\n* star\n", 0, 1),
        ("## Tasks\n- [ ] Task 1: a\n  - [ ] a note of its own\n", 0, 1),
        ("## Tasks\n- [ ] Task 1: a\n- [link](x) is no box\n", 0, 1),
        ("## Tasks\n- [x] Task 1: a\n```make``` must pass.\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n- [x] Task 1: a\n``` a ` b\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n\n    ```\n- [x] Task 1: a\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n- [x] Task 1: a\n  ```\n  - [ ] b\n  ```\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n- [x] Task 1: a\n\n~~~ `\n- [ ] Task 9: code\n~~~~\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a\n> ```\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n<!--\n- [ ] Task 9: an example\n-->\n- [x] Task 1: a\n", 1, 1),
        ("## Tasks\n<!-- - [ ] Task N: an example -->\n- [x] Task 1: a\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a <!-- a remark\n- [ ] Task 2: b\n", 1, 2),
        ("## Tasks\n<details>\n- [ ] Task 1: a\n</details>\n", 0, 1),
        ("## Tasks ##\n- [ ] Task 1: a\n", 0, 1),
        ("## Tasks\n- [x] Task 1: a\n## Notes\n```\nnever closed\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a\n\n- [ ](x)\n- [a] b\n- [1]: x\n- [^1] y\n- [1]\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a\n- [text][ref]\n[x]: http://example.org\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a\n- [x](https://example.org) [x][1]\n", 1, 1),
        ("## Tasks\n- [x] Task 1: a\n- **[x] bold** and `[ ] code`\n", 1, 1),
    ])
    func `boxes count where entries stand`(text: String, ticked: Int, total: Int) throws {
        #expect(try list(text).progress == Progress(ticked: ticked, total: total))
    }

    @Test(arguments: [
        ("", "no entries"), ("# Title\n", "no entries"), ("## Tasks\n", "no entries"),
        ("- [ ] Task 1: no heading\n", "no entries"),
        ("## Tasks\n- [ ] Task 1: a\n- [ ] 2. invalid\n", "line 3"),
        ("## Tasks\n- [y] Task 1: a\n", "line 2"), ("## Tasks\n- [] Task 1: a\n", "line 2"),
        ("## Tasks\n* [ ] Task 1: a\n", "line 2"), ("## Tasks\n- [ ] Task 1:  \n", "line 2"),
        ("## Tasks\n- [ ] Task one: a\n", "line 2"),
        ("## Tasks\n- [ ] Task 99999999999999999999: a\n", "line 2"),
        ("## Tasks\n- [ ] Task 2: a\n- [ ] Task 1: b\n", "numbers must rise"),
        ("## Tasks\n- [ ] Task 1: a\n- [ ] Task 1: b\n", "numbers must rise"),
        ("## Tasks\n- [ ] Task 1: nul \u{0}\n", "line 2: it is not text"),
        ("## Tasks\n- [x] Task 1: a\n\n```\n- [ ] Task 2: b\n", "line 4: the fence"),
        ("## Tasks\n- [x] Task 1: a\n\n````\n```\n- [ ] Task 2: b\n", "line 4: the fence"),
        ("## Tasks\n- [x] Task 1: a\n~~~\n```\n- [ ] Task 2: b\n", "line 3: the fence"),
        ("## Tasks\n- [x] Task 1: a\n  ```\n- [ ] Task 2: b\n", "line 3: the fence"),
        ("## Tasks\n- [x] Task 1: a\n- ```\n- [x] Task 2: b\n", "line 3: the fence"),
        ("## Tasks\n- [x] Task 1: a\n<!--\n- [ ] Task 2: b\n", "line 3: the comment"),
        ("# Plan\n```\n## Tasks\n- [x] Task 1: a\n", "line 2: the fence"),
        ("## Tasks\n- [x] Task 1: a\n## Notes\n```\n- [ ] Task 2: b\n", "line 4: the fence"),
        ("## Tasks\n- [x] Task 1: a\n<div>\n```\n\n- [ ] Task 2: b\n", "line 4: a fence"),
        ("## Tasks\n- [x] Task 1: a\n- [x]Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n-\t[ ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n-[ ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [todo] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [in progress] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [     ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n1. [ ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n[ ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n - [ ] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [✓] Task 2: b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [-] b\n", "line 3"),
        ("## Tasks\n- [x] Task 1: a\n- [\u{A0}] Task 2: b\n", "line 3"),
    ])
    func `what is no list is damage`(text: String, words: String) {
        let damage = #expect(throws: Checklist.Damage.self) { try list(text) }
        #expect(damage?.description.contains(words) == true)
    }

    @Test(arguments: [
        "  - [ ] Task 2: b", "    - [ ] Task 2: b", "\t- [ ] Task 2: b", "- - [ ] Task 2: b",
        "-- [ ] Task 2: b", "a. [ ] Task 2: b", "(2) [ ] Task 2: b", "2: [ ] Task 2: b",
        "> - [ ] Task 2: b", "  -\t[] task 2 : b",
    ])
    func `an open box that may be an entry's is never passed over`(line: String) {
        let damage = #expect(throws: Checklist.Damage.self) {
            try list("## Tasks\n- [x] Task 1: a\n\(line)\n")
        }
        #expect(damage?.description.contains("line 3") == true)
    }

    @Test func `what is meant as an entry is one or damage, and never left out`() throws {
        let marks = [
            "- ", "-", "* ", "1. ", "1) ", "", "\u{FEFF}- ", "\u{200B}- ", "-\u{A0}", "\u{A0}- ",
            "– ",
            "— ", "− ", "• ", "▪ ", "✅ ", "\u{2003}- ", "\u{2060}", "- **", "* _", "- `", "- ~~",
            "- \\",
            "**", "- ✅ **", "\u{C}- ", "- \u{B}", "\u{1B}[31m- ",
        ]
        let boxes = ["[ ]", "[x]", "[  ]", "[]", "[todo]", "[✓]", "[1]", "[\u{A0}]"]
        let links = [" ", "", ": ", "\u{A0}", " **", "**", " – ", "\u{200B}", "\t", "` ", "~~ "]
        for mark in marks {
            for box in boxes {
                for link in links {
                    let line = mark + box + link + "Task 2: b"
                    let text = "## Tasks\n- [x] Task 1: a\n" + line + "\n"
                    do throws(Checklist.Damage) {
                        #expect(try list(text).progress.total == 2, "\(line)")
                    } catch {
                        #expect(error.description.contains("line 3"), "\(line): \(error)")
                    }
                }
            }
        }
    }

    @Test func `bytes that are no text and lists without bounds are damage`() {
        let utf16 = #expect(throws: Checklist.Damage.self) {
            try Checklist(bytes: [0xFF, 0xFE, 0x23, 0x00])
        }
        #expect(utf16?.description.contains("UTF-16") == true)
        let entry = Array("## Tasks\n- [x] Task 1: a".utf8) + [0xE9, 0x0A]
        let damage = #expect(throws: Checklist.Damage.self) { try Checklist(bytes: entry) }
        #expect(damage?.description.contains("line 2") == true)
        let huge = [UInt8](repeating: 65, count: Checklist.sizeLimit + 1)
        #expect(throws: Checklist.Damage.self) { try Checklist(bytes: huge) }
    }

    @Test(arguments: ["", "\n## Notes\n"])
    func `bytes that are no text damage nothing below the entries`(heading: String) throws {
        let bytes = Array("## Tasks\n- [x] Task 1: a\n\(heading)caf".utf8) + [0xE9, 0x0A, 0xFF]
        #expect(try Checklist(bytes: bytes).progress == Progress(ticked: 1, total: 1))
    }

    @Test(
        arguments: [
            ("- [ ] Task 2: two", "- [x] Task 2: two", nil),
            ("- [ ] Task 5: five\n", "- [ ] Task 5: five\n- [ ] Task 6: six\n", nil),
            ("- [ ] Task 2: two", "- [X] Task 2:   two  ", nil),
            ("- [ ] Task 2: two\n", "", "entry 2 is gone"),
            ("- [ ] Task 5: five\n", "", "entry 5 is gone"),
            ("Task 2: two", "Task 2: too", "entry 2 was reworded"),
            ("Task 2: two", "Task 3: two", "entry 2 is gone"),
            ("- [x] Task 1", "- [ ] Task 1", "the box of entry 1 was unticked"),
            ("- [ ] Task 5", "- [ ] Task 3: new\n- [ ] Task 5", "entry 5 is gone"),
        ] as [(String, String, String?)]
    )
    func `boxes may be ticked and entries appended, nothing else`(
        old: String,
        new: String,
        words: String?
    ) throws {
        let changed = String(
            good.split(separator: old, omittingEmptySubsequences: false)
                .joined(separator: new)
        )
        let damage = try list(changed).damage(since: list(good))
        #expect(damage == nil ? words == nil : damage?.description.contains(words ?? "-") == true)
    }

    @Test func `random edits pass only if they tick or append`() throws {
        var generator = SplitMix64(seed: 3)
        let before = try list(good)
        for _ in 0..<2000 {
            var after = before
            var isAllowed = true
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<after.entries.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: after.entries[place].isTicked = true
                case 1:
                    let number = (after.entries.last?.number ?? 0) + 1
                    after.entries.append(.init(number: number, text: "new", isTicked: false))
                case 2:
                    isAllowed = isAllowed && place >= 3
                    after.entries[place].text += "!"
                case 3:
                    isAllowed = isAllowed && (place != 0)
                    after.entries[place].isTicked = place != 0
                default:
                    isAllowed = isAllowed && place >= 3
                    after.entries.remove(at: place)
                    if after.entries.isEmpty { after = before }
                }
                if !isAllowed { break }
            }
            #expect((after.damage(since: before) == nil) == isAllowed)
        }
    }
}

@Suite struct `A task's name` {
    private func generated(_ text: String, taken: Set<String> = []) -> String {
        TaskName.generated(from: text, stamp: "20260102-030405", isTaken: taken.contains)
            .name.description
    }

    @Test(arguments: [
        ("Build a REST API for todo app", "build-a-rest-api-for-todo-app"),
        ("  Fix: the (big) BUG!! ", "fix-the-big-bug"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("one two three four five six se even", "one-two-three-four-five-six-se"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbb", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("Überraschung", "berraschung"), ("中文任务", "task-20260102-030405"),
    ])
    func `it is derived from the description`(text: String, name: String) {
        #expect(generated(text) == name)
    }

    @Test func `a taken name gets a number and still fits`() {
        let name = String(repeating: "a", count: 30)
        #expect(generated(name, taken: [name]) == String(repeating: "a", count: 28) + "-2")
        let second = String(repeating: "a", count: 28) + "-2"
        #expect(generated(name, taken: [name, second]).hasSuffix("-3"))
    }

    @Test func `a name that says nothing is warned about`() {
        let made = TaskName.generated(from: "任务", stamp: "x", isTaken: { _ in false })
        #expect(made.warning?.contains("Non-alphanumeric description detected") == true)
    }

    @Test(arguments: ["a", "A1", "build.v2_x-y", "9"])
    func `plain names are taken`(name: String) throws {
        #expect(try TaskName(given: name).description == name)
    }

    @Test(arguments: [
        (".", "cannot start with a dot"), (".hidden", "cannot start with a dot"),
        ("", "cannot be empty"), ("-x", "cannot start with a hyphen"), ("a/b", "path traversal"),
        ("a\\b", "path traversal"), ("a..b", "path traversal"), ("a b", "use letters"),
        ("é", "use letters"), ("_a", "use letters"),
        (String(repeating: "a", count: 201), "longer than"),
    ])
    func `other names are refused with the reason`(name: String, words: String) {
        let refusal = #expect(throws: TaskName.Refusal.self) { try TaskName(given: name) }
        #expect(refusal?.description.contains(words) == true)
    }
}
