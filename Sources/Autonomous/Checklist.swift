package import Orchestration

/// The entries of a task's `task_list.md`.
///
/// Entries stand under the heading `## Tasks` up to the next heading of that level; `###` headings
/// may stand between them, and fenced code holds none. A box in a list item that is not indented
/// is an entry or damage; indented ones are an entry's own notes.
package struct Checklist: Hashable, Sendable {
    /// A line of the list.
    package struct Entry: Hashable, Sendable {
        /// Its number; rises from entry to entry.
        package var number: Int
        /// What is to be done, without white space at its ends.
        package var text: String
        /// Whether its box is ticked.
        package var isTicked: Bool

        /// Makes an entry.
        package init(number: Int, text: String, isTicked: Bool) {
            self.number = number
            self.text = text
            self.isTicked = isTicked
        }
    }

    /// What makes a list unusable; the words say where.
    package struct Damage: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong and where, as in `line 7: …`.
        package var description: String
    }

    /// The largest list that is read, in bytes.
    package static let sizeLimit = 8 * 1024 * 1024

    /// The entries, in order; at least one.
    package var entries: [Entry]

    /// Reads a list.
    ///
    /// - Throws: `Damage` when it is too large, is not text, has no entries, or has entries that
    ///   are malformed or out of order.
    package init(bytes: [UInt8]) throws(Damage) {
        guard bytes.count <= Self.sizeLimit else {
            throw Damage(description: "it is larger than \(Self.sizeLimit / 1024 / 1024) MiB")
        }
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
            throw Damage(description: "it is not text")
        }
        entries = []
        var reader = LineReader()
        var number = 0
        var rest = bytes[...]
        while !rest.isEmpty {
            number += 1
            let line = rest.takeLine()
            if reader.isEntryPossible(line) { try add(line, number) }
        }
        if entries.isEmpty {
            throw Damage(description: "it has no entries under a heading \"## Tasks\"")
        }
    }

    /// How many entries are ticked, of how many.
    package var progress: Progress {
        Progress(ticked: entries.count(where: \.isTicked), total: entries.count)
    }

    private mutating func add(_ line: Line, _ number: Int) throws(Damage) {
        guard let item = BoxedItem(line) else { return }
        guard let entry = item.entry else {
            throw Damage(
                description: "line \(number): \"\(line.text.prefix(60))\" is not an entry of the "
                    + "form \"- [ ] Task N: description\""
            )
        }
        if let last = entries.last, entry.number <= last.number {
            throw Damage(
                description: "line \(number): entry \(entry.number) stands after entry "
                    + "\(last.number); numbers must rise"
            )
        }
        entries.append(entry)
    }
}

/// Where in a Markdown text the reading stands.
private struct LineReader {
    private var isInTasks = false
    private var fence: (mark: UInt8, length: Int)?

    /// Whether the next line stands where entries stand.
    mutating func isEntryPossible(_ line: Line) -> Bool {
        let text = line.starts(with: Line.byteOrderMark) ? line.dropFirst(3) : line
        let indent = text.prefix { $0 == UInt8(ascii: " ") }.count
        if indent < 4, let mark = fenceMark(text.dropFirst(indent)) {
            if let open = fence {
                if mark.mark == open.mark, mark.length >= open.length, mark.isBare { fence = nil }
            } else {
                fence = (mark.mark, mark.length)
            }
            return false
        }
        if fence != nil { return false }
        if text.starts(with: "## ".utf8) {
            isInTasks = text.dropFirst(3).trimmed.elementsEqual("Tasks".utf8)
            return false
        }
        return isInTasks
    }

    private func fenceMark(_ text: Line) -> (mark: UInt8, length: Int, isBare: Bool)? {
        guard let mark = text.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
            return nil
        }
        let length = text.prefix { $0 == mark }.count
        guard length >= 3 else { return nil }
        return (mark, length, text.dropFirst(length).trimmed.isEmpty)
    }
}

/// A list item that begins with a box, well-formed or not.
private struct BoxedItem {
    let entry: Checklist.Entry?

    init?(_ line: Line) {
        guard let bullet = line.first, "-*+".utf8.contains(bullet) else { return nil }
        let item = line.dropFirst().drop { $0 == UInt8(ascii: " ") }
        guard item.first == UInt8(ascii: "["), let end = Self.boxEnd(item) else { return nil }
        entry = Self.entry(line, box: item[(item.startIndex + 1)..<end], rest: item[(end + 1)...])
    }

    /// The bracket that closes a box of at most three characters, whatever they are.
    private static func boxEnd(_ item: Line) -> Int? {
        var characters = 0
        for place in item.indices.dropFirst() {
            if item[place] == UInt8(ascii: "]") { return place }
            // A byte that continues a character is none of its own.
            if item[place] & 0xC0 != 0x80 { characters += 1 }
            if characters > 3 { return nil }
        }
        return nil
    }

    private static func entry(_ line: Line, box: Line, rest: Line) -> Checklist.Entry? {
        guard line.starts(with: "- [".utf8), box.count == 1, let mark = box.first else {
            return nil
        }
        guard " xX".utf8.contains(mark), rest.starts(with: " Task ".utf8) else { return nil }
        let digits = rest.dropFirst(6).prefix { (0x30...0x39).contains($0) }
        let text = rest.dropFirst(6 + digits.count)
        guard let number = Int(digits.text), text.first == UInt8(ascii: ":") else { return nil }
        let description = text.dropFirst().trimmed
        guard !description.isEmpty else { return nil }
        return Checklist.Entry(
            number: number,
            text: description.text,
            isTicked: mark != UInt8(ascii: " ")
        )
    }
}

/// A line of a text: its bytes, because every session's end reads its list.
typealias Line = ArraySlice<UInt8>

extension Line {
    fileprivate static var byteOrderMark: [UInt8] { [0xEF, 0xBB, 0xBF] }

    /// Removes the first line, which ends with CR, LF or both, and returns it without that.
    fileprivate mutating func takeLine() -> Line {
        let end = firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? endIndex
        let line = self[..<end]
        self = self[end...]
        if popFirst() == UInt8(ascii: "\r"), first == UInt8(ascii: "\n") { removeFirst() }
        return line
    }

    fileprivate var text: String { String(decoding: self, as: UTF8.self) }

    /// The bytes without white space around them.
    var trimmed: Line {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = firstIndex(where: { !isSpace($0) }),
            let last = lastIndex(where: { !isSpace($0) })
        else { return [] }
        return self[first...last]
    }
}
