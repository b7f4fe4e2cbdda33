/// A table whose cells are wrapped so that it fits a page.
struct TableLayout {
    var header: [String]
    var rows: [[String]]
    var page: TerminalPage

    private static let gap = 2

    /// The table's lines; rows of several lines are set apart by an empty one.
    var lines: [String] {
        let widths = columnWidths
        var lines = row(header.map { $0.isEmpty ? "" : "**\($0.uppercased())**" }, widths)
        let laidOut = rows.map { row($0, widths) }
        let isAiry = laidOut.contains { $0.count > 2 }
        for row in laidOut {
            if isAiry { lines.append("") }
            lines += row
        }
        return lines
    }

    /// The columns' widths: their own, and where that is too much the widest ones share what is left.
    private var columnWidths: [Int] {
        var widths = header.indices.map { column in
            ([header] + rows).map { column < $0.count ? length($0[column]) : 0 }.max() ?? 0
        }
        let room = page.width - Self.gap * (widths.count - 1)
        while widths.reduce(0, +) > room, let widest = widths.max(), widest > 12 {
            widths[widths.firstIndex(of: widest) ?? 0] -= 1
        }
        return widths
    }

    /// Returns the columns of a cell that is not wrapped.
    private func length(_ cell: String) -> Int { Self.columns(page.wrapped(cell, .max)[0]) }

    private func row(_ cells: [String], _ widths: [Int]) -> [String] {
        let columns = zip(cells, widths).map { cell, width in page.wrapped(cell, width) }
        let starts = widths.indices.map { widths[..<$0].reduce(0, +) + Self.gap * $0 }
        return (0..<(columns.map(\.count).max() ?? 0)).map { line in
            var text = ""
            var position = 0
            for (column, start) in zip(columns, starts) where line < column.count {
                text += String(repeating: " ", count: max(start - position, 0)) + column[line]
                position = max(start, position) + Self.columns(column[line])
            }
            return text
        }
    }

    /// Returns the columns that a text takes; escape sequences take none.
    private static func columns(_ text: String) -> Int {
        text.replacing(/\u{1B}\[[0-9;]*m/, with: "").count
    }
}
