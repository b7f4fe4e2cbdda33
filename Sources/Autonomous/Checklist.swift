package import Orchestration

/// The entries of a task's `task_list.md`.
///
/// Entries stand between the heading `## Tasks` and the next heading of that level. `###` headings may
/// divide them; fenced code and comments contain none. A box in a list item without indentation is an
/// entry or damage; boxes within an item are notes. In doubt the list is damaged, or the line counts as
/// an entry: no entry is ever left out.
package struct Checklist: Hashable, Sendable {
    /// An entry of the checklist.
    package struct Entry: Hashable, Sendable {
        /// The entry's number; rises from entry to entry.
        package var number: Int
        /// The description, without white space at its ends.
        package var text: String
        /// True if the box is ticked.
        package var isTicked: Bool

        /// Makes an entry.
        package init(number: Int, text: String, isTicked: Bool) {
            self.number = number
            self.text = text
            self.isTicked = isTicked
        }
    }

    /// The reason why a list is unusable.
    package struct Damage: Error, Hashable, Sendable, CustomStringConvertible {
        /// The fault and its line, as in `line 7: …`.
        package var description: String
    }

    /// Largest list that is read, in bytes.
    package static let sizeLimit = 8 * 1024 * 1024

    /// The entries, in order; at least one.
    package var entries: [Entry]

    /// Makes a list of entries.
    init(entries: [Entry]) {
        self.entries = entries
    }

    /// Parses a list.
    ///
    /// Bytes that are not UTF-8 are damage only in entries.
    ///
    /// - Throws: `Damage` if the list is too large, is not text, has no entries, or has entries that
    ///   are malformed or out of order, or a fence or comment that is never closed.
    package init(bytes: [UInt8]) throws(Damage) {
        var entries: [Entry] = []
        try Self.read(bytes) {
            (line: Line, number: Int, isNested: Bool) throws(Damage) in
            if line.contains(0) {
                throw Damage(
                    description: "line \(number): it is not text, but holds a byte that is 0"
                )
            }
            guard let entry = isNested ? nil : try Self.entry(on: line, number) else {
                return try Self.checkOpenBox(line, number)
            }
            if let last = entries.last, entry.number <= last.number {
                throw Damage(
                    description: "line \(number): entry \(entry.number) stands after entry "
                        + "\(last.number); numbers must rise"
                )
            }
            entries.append(entry)
        }
        if entries.isEmpty {
            throw Damage(description: "it has no entries under a heading \"## Tasks\"")
        }
        self.entries = entries
    }

    /// The number of ticked entries, and of all.
    package var progress: Progress {
        Progress(ticked: entries.count(where: \.isTicked), total: entries.count)
    }

    /// Calls `body` with each visible line of the section, its number, and whether it is within an item.
    static func read(
        _ bytes: [UInt8],
        _ body: (_ line: Line, _ number: Int, _ isNested: Bool) throws(Damage) -> Void
    ) throws(Damage) {
        guard bytes.count <= sizeLimit else {
            throw Damage(description: "it is larger than \(Int64(sizeLimit).bytesForPeople)")
        }
        if let encoding = ByteOrder.name(bytes) {
            throw Damage(description: "it is \(encoding), not UTF-8; write it in UTF-8")
        }
        var reader = MarkdownReader()
        var rest = bytes.starts(with: ByteOrder.utf8Mark) ? bytes.dropFirst(3) : bytes[...]
        while !rest.isEmpty {
            let line = rest.takeLine()
            guard case .shown(let isNested) = try reader.read(line) else { continue }
            try body(line, reader.number, isNested)
        }
        try reader.finish()
    }

    /// Throws if a line that is no entry has an empty box before `Task N:`.
    ///
    /// Within an item, in a quotation or behind a mark of another kind it may be an entry that was meant: a
    /// list is never complete while that is in doubt.
    private static func checkOpenBox(_ line: Line, _ number: Int) throws(Damage) {
        guard BoxedItem.isOpen(on: line) else { return }
        throw Damage(
            description: "line \(number): \"\(line.text.prefix(60))\" has an open box, but is no "
                + "entry; entries begin with \"- [ ] Task N:\" at the start of a line"
        )
    }

    /// Returns the entry on a line outside of items; `nil` if none is meant.
    static func entry(on line: Line, _ number: Int) throws(Damage) -> Entry? {
        let isIndented = line.first?.isBlank == true
        // An indented line may be a note, even if something stands between it and its entry.
        guard let item = BoxedItem(line.indented().rest), item.isTitled || !isIndented else {
            return nil
        }
        guard !isIndented, let entry = item.entry else {
            throw Damage(
                description: "line \(number): \"\(line.text.prefix(60))\" is not an entry of the "
                    + "form \"- [ ] Task N: description\""
                    + (isIndented ? ", which is not indented" : "")
            )
        }
        guard String(validating: line, as: UTF8.self) != nil else {
            throw Damage(description: "line \(number): the entry is not text in UTF-8")
        }
        return entry
    }
}

/// Recognises text that has a byte-order mark and is not UTF-8.
private enum ByteOrder {
    static let utf8Mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Returns the encoding's name; `nil` unless it is known not to be UTF-8.
    static func name(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return "UTF-16"
        }
        return nil
    }
}
