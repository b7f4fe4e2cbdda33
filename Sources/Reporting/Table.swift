/// Rows in aligned columns.
package struct Table: Sendable {
    /// A column's title and alignment.
    package struct Column: Sendable {
        /// The title.
        package var title: String
        /// True if the cells are aligned right, as numbers are.
        package var isRight: Bool

        /// Makes a column.
        package init(_ title: String, isRight: Bool = false) {
            self.title = title
            self.isRight = isRight
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []
    /// The newest row as it was given.
    private var given: [String] = []
    /// The emphasis of rows, by their indexes.
    private var paints: [Int: Paint] = [:]

    /// Makes an empty table.
    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a cell for each column; the cells are made safe.
    package mutating func add(_ cells: [String], paint: Paint? = nil) {
        paints[rows.count] = paint
        let safe = cells.indices.map { place in
            // Cells below each other are often one in memory, and long.
            given.indices.contains(place) && given[place] == cells[place]
                ? rows[rows.count - 1][place] : Sanitizer.line(cells[place])
        }
        rows.append(safe)
        given = cells
    }

    /// The least columns for wrapping a cell beside others; with fewer, it goes below.
    private static let leastRoom = 24
    /// The columns that are left to the last of those that are cut before others are.
    private static let leastLast = 8
    /// The indentation of what goes below its row.
    private static let indent = 4

    /// Returns the lines, the titles first; without a width a row is one line, and nothing is cut.
    ///
    /// With a width, cells that have no room in their line go below it, and those that have none in a line of
    /// their own are wrapped: nothing is cut either. With `shrinking` a row is one line: all columns are cut,
    /// the widest first, until they fit.
    ///
    /// With `usesColor` rows have the colours of their emphasis.
    package func lines(width: Int?, shrinking: Bool = false, usesColor: Bool = false) -> [SafeText]
    {
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { place in all.map { Columns.count($0[place]) }.max() ?? 0
        }
        if let width, shrinking { Self.shrink(&widths, to: width - 2 * (columns.count - 1)) }
        return all.enumerated().flatMap { place, row -> [SafeText] in
            let lines =
                shrinking
                ? [Columns.fit(line(row, widths), width ?? .max)]
                : width.map { laid(row, widths, max(Self.indent + 8, $0)) } ?? [line(row, widths)]
            // The first line is that of the titles.
            return lines.map {
                SafeText(trusted: $0.trimmed).painted(paints[place - 1], if: usesColor)
            }
        }
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
        columns.indices.map { place in
            // Nothing stands behind the last text.
            let isOpen = place == columns.count - 1 && !columns[place].isRight
            return isOpen
                ? Columns.fit(row[place], widths[place]) : padded(row, place, widths[place])
        }.joined(separator: "  ")
    }

    private func padded(_ row: [String], _ place: Int, _ width: Int) -> String {
        Columns.pad(row[place], width, right: columns[place].isRight)
    }

    /// Lays a row out in lines of at most `width` columns.
    private func laid(_ row: [String], _ widths: [Int], _ width: Int) -> [String] {
        var lines: [String] = []
        var (line, used) = ("", 0)
        for place in row.indices {
            let isLast = place == row.count - 1
            let start = used > 0 ? used + 2 : 0
            // A text in the last column need not fill it.
            let isOpen = isLast && !columns[place].isRight
            let size = isOpen ? Columns.count(row[place]) : widths[place]
            let isBeside = isLast && used > 0 && width - start >= Self.leastRoom
            if start + size > width, !isBeside, used > 0 {
                lines.append(line)
                (line, used) = ("", 0)
            }
            let isBelow = used == 0 && !lines.isEmpty
            let indent = isBelow ? Self.indent : used > 0 ? start : 0
            line += String(repeating: " ", count: indent - used)
            let room = width - indent
            guard Columns.count(row[place]) > room else {
                line += padded(row, place, min(size, room))
                used = indent + min(size, room)
                continue
            }
            let pieces = Columns.wrap(row[place], room)
            let blanks = String(repeating: " ", count: indent)
            lines += ([line + pieces[0]] + pieces.dropFirst().dropLast().map { blanks + $0 })
            line = blanks + (pieces.last ?? "")
            used = Columns.count(line)
        }
        return lines + [line]
    }

    /// Narrows the last column, then the widest ones, until the sum is reached; none below four.
    private static func shrink(_ widths: inout [Int], to sum: Int) {
        var excess = widths.reduce(0, +) - sum
        if excess > 0, let last = widths.last {
            let less = min(excess, max(0, last - leastLast))
            widths[widths.count - 1] -= less
            excess -= less
        }
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 4
        {
            widths[widest] -= 1
            excess -= 1
        }
    }
}

extension String {
    /// The text without the spaces at its end.
    fileprivate var trimmed: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
