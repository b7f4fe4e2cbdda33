package import Orchestration

/// The entries of a task's `task_list.md`.
///
/// Entries stand under the heading `## Tasks` up to the next heading of that level; `###` headings
/// may stand between them, and fenced code and comments hold none. A box in a list item that is not
/// indented is an entry or damage; boxes inside of an item are its own notes. Where a reading is in
/// doubt the list is damaged, or the line counts: never is an entry left out.
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
    /// Bytes that are no UTF-8 are damage in entries alone.
    ///
    /// - Throws: `Damage` when it is too large, is not text, has no entries, has entries that are
    ///   malformed or out of order, or a fence or comment that is never closed.
    package init(bytes: [UInt8]) throws(Damage) {
        guard bytes.count <= Self.sizeLimit else {
            throw Damage(description: "it is larger than \(Int64(Self.sizeLimit).bytesForPeople)")
        }
        if let encoding = ByteOrder.name(bytes) {
            throw Damage(description: "it is \(encoding), not UTF-8; write it in UTF-8")
        }
        entries = []
        var reader = MarkdownReader()
        var rest = bytes.starts(with: ByteOrder.utf8Mark) ? bytes.dropFirst(3) : bytes[...]
        while !rest.isEmpty {
            let line = rest.takeLine()
            guard case .shown(let isNested) = try reader.read(line) else { continue }
            if line.contains(0) {
                throw Damage(
                    description: "line \(reader.number): it is not text, but holds a byte that is 0"
                )
            }
            if !isNested { try add(line, reader.number) }
        }
        try reader.finish()
        if entries.isEmpty {
            throw Damage(description: "it has no entries under a heading \"## Tasks\"")
        }
    }

    /// How many entries are ticked, of how many.
    package var progress: Progress {
        Progress(ticked: entries.count(where: \.isTicked), total: entries.count)
    }

    private mutating func add(_ line: Line, _ number: Int) throws(Damage) {
        let isIndented = line.first?.isBlank == true
        // What is indented may be a note, whatever stands between it and its entry.
        guard let item = BoxedItem(line.indented().rest), item.isTitled || !isIndented else {
            return
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
        if let last = entries.last, entry.number <= last.number {
            throw Damage(
                description: "line \(number): entry \(entry.number) stands after entry "
                    + "\(last.number); numbers must rise"
            )
        }
        entries.append(entry)
    }
}

/// Encodings of text that begin with a byte-order mark and are not UTF-8.
private enum ByteOrder {
    static let utf8Mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The encoding's name; `nil` for what is not known to be another one.
    static func name(_ bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return "UTF-16"
        }
        return nil
    }
}
