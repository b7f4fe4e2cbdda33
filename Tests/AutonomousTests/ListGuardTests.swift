import Orchestration
import Testing

@testable import Autonomous

/// A list as a person thinks of it, written out by nothing of Quire's.
private struct Model {
    struct Item: Hashable {
        var number: Int
        var text: String
        var isTicked: Bool

        var line: String { "- [\(isTicked ? "x" : " ")] Task \(number): \(text)" }
    }

    /// The notes below each entry, and the lines before and after all.
    static let notes = [
        "  - a note", "  see [docs](https://example.org)", "    code", "", "### Phase",
    ]
    static let words = [
        "port", "test", "the parser", "**bold**", "naïve", "a `[x]` box", "C:\\path",
    ]

    var items: [Item] = []
    var notesBelow: [[String]] = []
    var lineEnd = "\n"
    var endsWithLine = true

    /// A random list, with no two texts alike.
    static func random(using generator: inout SplitMix64) -> Model {
        var model = Model()
        var number = 0
        for _ in 0..<Int.random(in: 1...9, using: &generator) {
            number += Int.random(in: 1...3, using: &generator)
            let word = words.randomElement(using: &generator) ?? ""
            let item = Item(
                number: number,
                text: "\(word) of \(number)",
                isTicked: Bool.random(using: &generator)
            )
            model.append(item, using: &generator)
        }
        model.lineEnd = Bool.random(using: &generator) ? "\n" : "\r\n"
        model.endsWithLine = Bool.random(using: &generator)
        return model
    }

    mutating func append(_ item: Item, using generator: inout SplitMix64) {
        items.append(item)
        notesBelow.append(
            (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                Self.notes.randomElement(using: &generator) ?? ""
            }
        )
    }

    /// The lines, and the one of each item.
    var lines: (all: [String], items: [Int]) {
        var (all, places) = (["# List", "", "## Tasks", ""], [Int]())
        for (item, notes) in zip(items, notesBelow) {
            places.append(all.count)
            all += [item.line] + notes
        }
        return (all + ["", "## Notes", "- [ ] Task 1: none"], places)
    }

    func text(_ lines: [String]) -> [UInt8] {
        Array((lines.joined(separator: lineEnd) + (endsWithLine ? lineEnd : "")).utf8)
    }

    var bytes: [UInt8] { text(lines.all) }
}

/// What was done to a list, and the entries whose new ticks can't be told any more.
private struct Tampering {
    var found: [UInt8]?
    var hidden: Set<Int> = []
    /// True if entries that were appended may be lost, too.
    var losesMore = true
    var name: String
}

extension Model {
    private static let kinds = [
        "remove", "reword", "untick", "swap", "double", "renumber", "indent", "empty", "delete",
        "heading", "fence", "comment", "open fence", "box", "insert", "null", "encoding",
    ]

    /// Tampers with a list of which the first `old` entries were there before, and `before` says which of
    /// them were ticked; `nil` if this kind does nothing to this list.
    fileprivate func tampered(
        _ old: Int,
        before: [Item],
        using generator: inout SplitMix64
    ) -> Tampering? {
        let kind = Self.kinds.randomElement(using: &generator) ?? ""
        var (lines, places) = lines
        let index = Int.random(in: 0..<old, using: &generator)
        let place = places[index]
        var result = Tampering(name: "\(kind) \(index)")
        func hide(_ entries: some Sequence<Int>) { result.hidden.formUnion(entries) }
        switch kind {
        case "remove":
            lines.remove(at: place)
            hide([index])
        case "reword":
            lines[place] += ["!", " (done)", " more"].randomElement(using: &generator) ?? ""
            hide([index])
        case "untick":
            guard before[index].isTicked else { return nil }
            lines[place] = lines[place].replacingBox(" ")
        case "swap":
            guard old > 1 else { return nil }
            lines.swapAt(place, places[(index + 1) % old])
        case "double":
            // The other one's box is empty, so nobody knows.
            lines.insert(lines[place].replacingBox(" "), at: place)
            hide([index])
        case "renumber":
            lines[place] = "- [x] Task \(items[index].number + 100): \(items[index].text)"
            hide([index])
        case "indent":
            lines[place] = " " + lines[place]
            hide([index])
        case "empty":
            lines = []
            hide(0..<old)
        case "delete":
            hide(0..<old)
            return result
        case "heading":
            lines[2] = ["# Tasks", "## Done", "Tasks"].randomElement(using: &generator) ?? ""
            hide(0..<old)
        case "fence":
            lines.insert("```", at: place + 1)
            lines.insert("```", at: place)
            hide([index])
        case "comment":
            lines[place] = "<!-- " + lines[place] + " -->"
            hide([index])
        case "open fence":
            lines.insert("~~~", at: place)
            hide(index..<old)
        case "box":
            lines[place] = lines[place].replacingBox("✓")
            hide([index])
        case "insert":
            lines.insert("- [x] Task \(items[index].number): something else", at: place)
        case "null":
            lines[place] += "\u{0}"
            hide([index])
        default:
            result.found = [0xFF, 0xFE] + text(lines)
            hide(0..<old)
            return result
        }
        result.found = text(lines)
        return result
    }
}

extension String {
    fileprivate func replacingBox(_ mark: String) -> String {
        "- [\(mark)]" + dropFirst(5)
    }
}

@Suite struct `The list is sacred` {
    private func entries(_ items: [Model.Item]) -> [Checklist.Entry] {
        items.map { Checklist.Entry(number: $0.number, text: $0.text, isTicked: $0.isTicked) }
    }

    /// What a session may do to a list.
    private func worked(_ model: Model, using generator: inout SplitMix64) -> Model {
        var model = model
        for index in model.items.indices where Int.random(in: 0..<3, using: &generator) == 0 {
            model.items[index].isTicked = true
            model.notesBelow[index].append("  - done")
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let number = (model.items.last?.number ?? 0) + 1
            let item = Model.Item(number: number, text: "new \(number)", isTicked: false)
            model.append(item, using: &generator)
        }
        return model
    }

    @Test func `ticks and appended entries are accepted as they stand`() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<1000 {
            let before = Model.random(using: &generator)
            let after = worked(before, using: &generator)
            let judgement = try ListJudgement(after.bytes, since: before.bytes)
            #expect(!judgement.isRepaired && judgement.text == after.bytes)
            #expect(judgement.list.entries == entries(after.items))
        }
    }

    @Test func `of a thousand tamperings none is accepted, and no tick is lost that counts`() throws
    {
        var generator = SplitMix64(seed: 2)
        var kinds: [String: Int] = [:]
        while kinds.values.reduce(0, +) < 1000 {
            let before = Model.random(using: &generator)
            let after = worked(before, using: &generator)
            let old = before.items.count
            guard let tampering = after.tampered(old, before: before.items, using: &generator)
            else { continue }
            kinds[
                tampering.name.split(separator: " ").dropLast().joined(separator: " "),
                default: 0
            ] += 1
            let judgement = try ListJudgement(tampering.found, since: before.bytes)
            #expect(judgement.damage != nil, "\(tampering.name): \(after.lines.all)")
            var wanted = before.items
            for index in wanted.indices where !tampering.hidden.contains(index) {
                wanted[index].isTicked = wanted[index].isTicked || after.items[index].isTicked
            }
            let found = judgement.list.entries
            #expect(
                Array(found.prefix(old)) == entries(wanted),
                "\(tampering.name): \(after.lines.all)"
            )
            // What was appended is what the session appended.
            let appended = entries(Array(after.items.dropFirst(old)))
            #expect(found.dropFirst(old).allSatisfy(appended.contains), "\(tampering.name)")
            #expect(try Checklist(bytes: judgement.text) == judgement.list)
            // Judged once more, nothing is left to put right.
            let again = try ListJudgement(judgement.text, since: before.bytes)
            #expect(!again.isRepaired && again.text == judgement.text)
        }
        #expect(kinds.count == 17 && kinds.values.allSatisfy { $0 > 20 }, "\(kinds)")
    }

    static let good = "## Tasks\n- [x] Task 1: one\n- [ ] Task 2: two\n  - note\n"
    static let kinds: [(found: String?, damage: String, text: String)] = [
        (nil, "it is gone", good), ("", "no entries", good),
        // The rest of the file stays as the session left it.
        (
            "# T\n## Tasks\n- [x] Task 1: won\n- [x] Task 2: two\n  - note\nmore",
            "entry 1 was reworded",
            "# T\n## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n  - note\nmore"
        ),
        (
            "## Tasks\n- [ ] Task 1: one\n- [X] Task 2: two\n- [ ] Task 3: three\n",
            "entry 1 was unticked",
            "## Tasks\n- [x] Task 1: one\n- [X] Task 2: two\n- [ ] Task 3: three\n"
        ),
        (
            "## Tasks\n- [x] Task 2: two\n- [ ] Task 3: three", "entry 1 is gone",
            "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n  - note\n- [ ] Task 3: three\n"
        ),
        (
            "## Tasks\n- [x] Task 2: two\n- [x] Task 1: one\n", "entry 1 stands after entry 2",
            "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n  - note\n"
        ),
        // A reworded entry that was ticked is not what was asked for.
        (
            "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two, in part\n  - note\n",
            "entry 2 was reworded",
            good
        ),
        (
            "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n```\n- [ ] Task 3: three\n",
            "never closed", "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n  - note\n"
        ),
    ]

    @Test(arguments: kinds)
    func `each kind of damage is told and undone`(
        found: String?,
        damage: String,
        text: String
    ) throws {
        let judgement = try ListJudgement(
            found.map { Array($0.utf8) },
            since: Array(Self.good.utf8)
        )
        #expect(judgement.damage?.contains(damage) == true, "\(judgement.damage ?? "none")")
        #expect(String(decoding: judgement.text, as: UTF8.self) == text)
    }

    private static let more =
        "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\n- [ ] Task 3: three\n- [x] Task 4: four\nend\n"

    @Test(
        arguments: [
            (nil, nil, more), (9, nil, more), (4, nil, more),
            (3, "entry 4 was appended", more.replacing("- [x] Task 4: four\n", with: "")),
            (
                2, "entries 3, 4 were appended",
                "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\nend\n"
            ),
            (
                0, "entries 3, 4 were appended",
                "## Tasks\n- [x] Task 1: one\n- [x] Task 2: two\nend\n"
            ),
        ] as [(Int?, String?, String)]
    )
    func `entries beyond the room for them are taken out, which is no damage`(
        most: Int?,
        surplus: String?,
        text: String
    ) throws {
        let judgement = try ListJudgement(
            Array(Self.more.utf8),
            since: Array(Self.good.utf8),
            most: most
        )
        #expect(judgement.damage == nil && judgement.surplus == surplus)
        #expect(judgement.isRepaired == (surplus != nil))
        #expect(String(decoding: judgement.text, as: UTF8.self) == text)
    }

    @Test func `what is no entry may change freely`() throws {
        let text = """
            # Another title
            ## Tasks
            ### Phase 1
            - [x] Task 1: one
                see [ ] Task 9: here
            <!-- - [ ] Task 8: hidden -->
            - [x] Task 2: two
            ```
            - [ ] Task 3: code
            ```
            """
        let bytes = Array(text.utf8) + [0x0A, 0xE9, 0x0A]
        let judgement = try ListJudgement(bytes, since: Array(Self.good.utf8), most: 2)
        #expect(!judgement.isRepaired && judgement.text == bytes)
    }
}
