/// A part of a page of the manual.
package enum Block: Equatable, Sendable {
    /// A heading; the page's own title has level 1.
    case heading(level: Int, String)
    /// A paragraph, in one line.
    case paragraph(String)
    /// A list; each entry has its marker (`-`, `1.`) and its text, in one line.
    case list([Entry])
    /// A table with the cells of its first line and of all others.
    case table(header: [String], rows: [[String]])
    /// Lines that are shown as they are, and their language, which may be empty.
    case code(language: String, lines: [String])

    /// An entry of a list.
    package struct Entry: Equatable, Sendable {
        /// The sign or number before it.
        package var marker: String
        /// Its text.
        package var text: String
    }

    /// Returns true if the block names a key or word in code, such as `` `timeout` `` or `timeout: 20m`.
    func mentions(_ word: String) -> Bool {
        let texts: [String] =
            switch self {
            case .heading, .table: []
            case .paragraph(let text): [text]
            case .list(let entries): entries.map(\.text)
            case .code(_, let lines): lines
            }
        return texts.contains { $0.contains("`\(word)`") || $0.contains("\(word):") }
    }
}
