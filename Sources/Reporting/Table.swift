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
    /// The indexes of rows that tell of a failure.
    private var failures: Set<Int> = []

    /// Makes an empty table.
    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a cell for each column; the cells are made safe.
    package mutating func add(_ cells: [String], isFailure: Bool = false) {
        if isFailure { failures.insert(rows.count) }
        rows.append(cells.map(Sanitizer.line))
    }

    /// The least columns for wrapping a last cell; with fewer, the cell goes below its row.
    private static let leastLast = 24

    /// Returns the lines, the titles first; with a width, the last column is wrapped to the space left.
    ///
    /// With `shrinking` a row is one line: all columns are cut, the widest first, until they fit.
    ///
    /// With `usesColor` rows of failures are red.
    package func lines(width: Int?, shrinking: Bool = false, usesColor: Bool = false) -> [SafeText]
    {
        let all = [columns.map(\.title)] + rows
        var widths = columns.indices.map { place in all.map { Columns.count($0[place]) }.max() ?? 0
        }
        if let width, let last = widths.indices.last {
            let others = widths.dropLast().reduce(0) { $0 + $1 + 2 }
            widths[last] = min(widths[last], max(8, width - others))
            if shrinking { Self.shrink(&widths, to: width - 2 * last) }
        }
        return all.enumerated().flatMap { place, row -> [SafeText] in
            guard !shrinking else { return [line(row, widths, width)] }
            var row = row
            let more = wrapLast(&row, widths, width)
            let lines = [line(row, widths)] + more.map(SafeText.init(trusted:))
            // The first line is that of the titles.
            return usesColor && failures.contains(place - 1) ? lines.map(Self.red) : lines
        }
    }

    private static func red(_ line: SafeText) -> SafeText {
        SafeText(trusted: "\u{1B}[31m\(line.description)\u{1B}[0m")
    }

    private func line(_ row: [String], _ widths: [Int], _ width: Int? = nil) -> SafeText {
        let cells = columns.indices.map { place in
            Columns.pad(row[place], widths[place], right: columns[place].isRight)
        }
        let line = cells.joined(separator: "  ")
        let text = String(line.reversed().drop { $0 == " " }.reversed())
        return SafeText(trusted: Columns.fit(text, width ?? .max))
    }

    /// Leaves the part of a row's last cell that fits, and returns the lines with the rest.
    private func wrapLast(_ row: inout [String], _ widths: [Int], _ width: Int?) -> [String] {
        guard let width, let room = widths.last, let text = row.last, Columns.count(text) > room
        else { return [] }
        guard room >= Self.leastLast else {
            row[row.count - 1] = ""
            return Columns.wrap(text, max(8, width - 4)).map { "    " + $0 }
        }
        let lines = Columns.wrap(text, room)
        row[row.count - 1] = lines[0]
        let indent = String(repeating: " ", count: widths.dropLast().reduce(0) { $0 + $1 + 2 })
        return lines.dropFirst().map { indent + $0 }
    }

    /// Narrows the widest columns until the sum is reached, none below four.
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
