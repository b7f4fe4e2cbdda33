/// Rows in aligned columns.
package struct Table: Sendable {
    /// A column's head and side.
    package struct Column: Sendable {
        /// Its head.
        package var title: String
        /// Whether its cells stand at the right, as numbers do.
        package var isRight: Bool

        /// Makes a column.
        package init(_ title: String, isRight: Bool = false) {
            self.title = title
            self.isRight = isRight
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// Makes an empty table.
    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a cell for each column, which is made safe.
    package mutating func add(_ cells: [String]) {
        rows.append(cells.map(Sanitizer.line))
    }

    /// The lines, the head first; the last column is cut to what the width leaves, if there is one.
    ///
    /// With `shrinking` the others are cut, too, the widest first, until all columns fit.
    package func lines(width: Int?, shrinking: Bool = false) -> [SafeText] {
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { place in all.map { Columns.count($0[place]) }.max() ?? 0
        }
        if let width, let last = widths.indices.last {
            let others = widths.dropLast().reduce(0) { $0 + $1 + 2 }
            widths[last] = min(widths[last], max(8, width - others))
            if shrinking { Self.shrink(&widths, to: width - 2 * last) }
        }
        return all.map { row in
            let cells = columns.indices.map { place in
                Columns.pad(row[place], widths[place], right: columns[place].isRight)
            }
            let line = cells.joined(separator: "  ")
            let text = String(line.reversed().drop { $0 == " " }.reversed())
            return SafeText(trusted: shrinking ? Columns.fit(text, width ?? .max) : text)
        }
    }

    /// Takes columns from the widest until they come to a sum, none less than four.
    private static func shrink(_ widths: inout [Int], to sum: Int) {
        var excess = widths.reduce(0, +) - sum
        while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 4
        {
            widths[widest] -= 1
            excess -= 1
        }
    }
}
