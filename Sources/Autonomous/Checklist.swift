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
    package init(bytes: some Collection<UInt8>) throws(Damage) {
        guard bytes.count <= Self.sizeLimit else {
            throw Damage(description: "it is larger than \(Self.sizeLimit / 1024 / 1024) MiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw Damage(description: "it is not text")
        }
        entries = []
        var reader = LineReader()
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            guard reader.isEntryPossible(line) else { continue }
            try add(line, number)
        }
        if entries.isEmpty {
            throw Damage(description: "it has no entries under a heading \"## Tasks\"")
        }
    }

    /// How many entries are ticked, of how many.
    package var progress: Progress {
        Progress(ticked: entries.count(where: \.isTicked), total: entries.count)
    }

    private mutating func add(_ line: Substring, _ number: Int) throws(Damage) {
        guard let item = BoxedItem(line) else { return }
        guard let entry = item.entry else {
            throw Damage(
                description: "line \(number): \"\(line.prefix(60))\" is not an entry of the form "
                    + "\"- [ ] Task N: description\""
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
    private var fence: (mark: Character, length: Int)?

    /// Whether the next line stands where entries stand.
    mutating func isEntryPossible(_ line: Substring) -> Bool {
        let text = line.hasPrefix("\u{FEFF}") ? line.dropFirst() : line
        let indent = text.prefix { $0 == " " }.count
        if let mark = fenceMark(text.dropFirst(indent)), indent < 4 {
            if let open = fence {
                if mark.mark == open.mark, mark.length >= open.length, mark.isBare { fence = nil }
            } else {
                fence = (mark.mark, mark.length)
            }
            return false
        }
        if fence != nil { return false }
        if text.hasPrefix("## ") {
            isInTasks = text.dropFirst(3).trimmed == "Tasks"
            return false
        }
        return isInTasks
    }

    private func fenceMark(
        _ text: Substring
    ) -> (mark: Character, length: Int, isBare: Bool)? {
        guard let mark = text.first, mark == "`" || mark == "~" else { return nil }
        let length = text.prefix { $0 == mark }.count
        guard length >= 3 else { return nil }
        return (mark, length, text.dropFirst(length).trimmed.isEmpty)
    }
}

/// A list item that begins with a box, well-formed or not.
private struct BoxedItem {
    let entry: Checklist.Entry?

    init?(_ line: Substring) {
        guard let bullet = line.first, "-*+".contains(bullet) else { return nil }
        let item = line.dropFirst().drop { $0 == " " }
        guard item.first == "[", let end = item.prefix(5).firstIndex(of: "]") else { return nil }
        let box = item[item.index(after: item.startIndex)..<end]
        entry = Self.entry(line, box: box, rest: item[item.index(after: end)...])
    }

    private static func entry(
        _ line: Substring,
        box: Substring,
        rest: Substring
    ) -> Checklist.Entry? {
        guard line.hasPrefix("- ["), [" ", "x", "X"].contains(box) else { return nil }
        guard rest.hasPrefix(" Task ") else { return nil }
        let digits = rest.dropFirst(6).prefix { $0.isASCII && $0.isNumber }
        let text = rest.dropFirst(6 + digits.count)
        guard let number = Int(digits), text.hasPrefix(":") else { return nil }
        let description = text.dropFirst().trimmed
        guard !description.isEmpty else { return nil }
        return Checklist.Entry(number: number, text: String(description), isTicked: box != " ")
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        let spaces = start.reversed().prefix(while: \.isWhitespace).count
        return start.dropLast(spaces)
    }
}
