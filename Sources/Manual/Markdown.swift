/// The reader of the Markdown that the manual is written in.
///
/// It knows what the manual uses: headings, paragraphs, lists of one level, tables, fenced code. Everything
/// else is text.
package enum Markdown {
    /// Returns the blocks of a text.
    package static func blocks(of text: String) -> [Block] {
        var reader = BlockReader()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            reader.read(String(line))
        }
        reader.endBlock()
        return reader.blocks
    }
}

/// The blocks of the lines read so far.
private struct BlockReader {
    var blocks: [Block] = []
    /// The block that goes on with the next line, if that continues it.
    private var open: Block?
    private var isInCode = false

    mutating func read(_ line: String) {
        if line.hasPrefix("```") {
            let isBeginning = !isInCode
            endBlock()
            isInCode = isBeginning
            if isBeginning { open = .code(language: String(line.dropFirst(3)), lines: []) }
        } else if case .code(let language, let lines) = open {
            open = .code(language: language, lines: lines + [line])
        } else if line.isEmpty {
            endBlock()
        } else if let heading = Self.heading(line) {
            endBlock()
            blocks.append(heading)
        } else if line.hasPrefix("|") {
            readRow(line)
        } else {
            readText(line)
        }
    }

    mutating func endBlock() {
        if let open { blocks.append(open) }
        open = nil
        isInCode = false
    }

    private mutating func readText(_ line: String) {
        let text = String(line.drop { $0 == " " })
        let entry = Self.entry(line)
        switch (open, entry) {
        case (.list(let entries), let entry?):
            open = .list(entries + [entry])
        case (.list(var entries), nil):
            entries[entries.count - 1].text += " " + text
            open = .list(entries)
        case (.paragraph(let before), nil):
            open = .paragraph(before + " " + text)
        case (_, let entry?):
            endBlock()
            open = .list([entry])
        case (_, nil):
            endBlock()
            open = .paragraph(text)
        }
    }

    private mutating func readRow(_ line: String) {
        let cells = Self.cells(line)
        guard case .table(let header, let rows) = open else {
            endBlock()
            open = .table(header: cells, rows: [])
            return
        }
        // The line below the header says how columns are aligned.
        if cells.allSatisfy({ !$0.isEmpty && $0.allSatisfy { "-:".contains($0) } }) { return }
        open = .table(header: header, rows: rows + [cells])
    }

    private static func heading(_ line: String) -> Block? {
        let level = line.prefix { $0 == "#" }.count
        guard level > 0, line.dropFirst(level).first == " " else { return nil }
        return .heading(level: level, String(line.dropFirst(level + 1)))
    }

    private static func entry(_ line: String) -> Block.Entry? {
        if line.hasPrefix("- ") { return Block.Entry(marker: "-", text: String(line.dropFirst(2))) }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, line.dropFirst(digits.count).hasPrefix(". ") else { return nil }
        return Block.Entry(marker: digits + ".", text: String(line.dropFirst(digits.count + 2)))
    }

    /// Returns the cells between the bars of a row; a bar after a backslash is a cell's own.
    private static func cells(_ line: String) -> [String] {
        line.dropFirst().replacing("\\|", with: "\u{0}").split(
            separator: "|",
            omittingEmptySubsequences: false
        ).dropLast().map { cell in
            cell.replacing("\u{0}", with: "|").split(separator: " ").joined(separator: " ")
        }
    }
}
