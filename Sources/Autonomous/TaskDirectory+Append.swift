package import FileAccess
import Glibc
import Orchestration

// Work that is given to a task after its checklist was written.
extension TaskDirectory {
    /// Appends an entry to the checklist, unless it has the same entry unticked.
    ///
    /// The caller has the task locked. To the next leg it is an entry that a person has appended.
    ///
    /// - Returns: the entry's number.
    /// - Throws: `FileError` if the list is missing or damaged, or can't be written.
    package func append(entry text: String) throws(FileError) -> Int {
        let text = text.oneLine(1000)
        guard let bytes = try directory().contents(of: Self.listName, limit: Checklist.sizeLimit)
        else { throw FileError("opening the checklist", taskListPath, errno: ENOENT) }
        let old: Checklist
        do {
            old = try Checklist(bytes: bytes)
        } catch {
            throw FileError("no entry can be appended to \(taskListPath): \(error)")
        }
        if let entry = old.entries.last(where: { $0.text == text && !$0.isTicked }) {
            return entry.number
        }
        let number = (old.entries.last?.number ?? 0) + 1
        let wanted = old.entries + [Checklist.Entry(number: number, text: text, isTicked: false)]
        for place in Self.ends(of: bytes, after: number - 1) {
            let isWhole = place == 0 || bytes[place - 1] == UInt8(ascii: "\n")
            let line = "\(isWhole ? "" : "\n")- [ ] Task \(number): \(text)\n"
            let new = Array(bytes[..<place]) + Array(line.utf8) + bytes[place...]
            guard (try? Checklist(bytes: new))?.entries == wanted else { continue }
            try directory().replace(Self.listName, with: new, isDurable: workspace.isDurable)
            return number
        }
        throw FileError(
            "no entry can be appended to \(taskListPath); append it by hand: - [ ] Task \(number): "
                + text
        )
    }

    /// Returns the places where the list of entries may end: after the notes of the last entry, or after
    /// its own line.
    private static func ends(of bytes: [UInt8], after number: Int) -> [Int] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        func isEntry(_ line: ArraySlice<UInt8>) -> Bool {
            let text = String(decoding: line, as: UTF8.self)
            return text.contains("Task \(number):") && text.contains("]")
        }
        guard let last = lines.lastIndex(where: isEntry) else { return [] }
        var end = last
        for place in lines.indices[(last + 1)...] where !lines[place].trimmed.isEmpty {
            if lines[place].first == UInt8(ascii: "#") { break }
            end = place
        }
        return [end, last].map { min(bytes.count, lines[$0].endIndex + 1) }
    }
}
