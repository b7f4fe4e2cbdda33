import Orchestration
import Reporting
package import Simulation

/// A page with charts of simulated batches: the sessions in each slot, complete tasks over time, and the
/// session time of each group.
package struct SimulationPage {
    /// One batch.
    package struct Result {
        /// The number of sessions at once.
        package var slots: Int
        /// The scheduler's name.
        package var policy: String
        /// The batch as it was played.
        package var batch: Batch

        /// Makes a result; see the properties.
        package init(slots: Int, policy: String, batch: Batch) {
            (self.slots, self.policy, self.batch) = (slots, policy, batch)
        }

        /// The batch in numbers.
        package var figures: BatchFigures { batch.figures(policy: policy) }

        /// Compares the batch with the others on the same number of slots.
        package func comparison(in results: [Result]) -> BatchComparison {
            let others = results.filter { $0.slots == slots }.compactMap { other in
                Policy(rawValue: other.policy).map { ($0, other.batch) }
            }
            return BatchComparison(batch, with: Dictionary(others) { first, _ in first })
        }
    }

    private let workload: Workload
    private let results: [Result]

    private static let colors = [
        "#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f",
    ]
    private static let (width, height) = (960.0, 280.0)

    /// Makes the page of a workload's results.
    package init(workload: Workload, results: [Result]) {
        (self.workload, self.results) = (workload, results)
    }

    /// The page, without references to other files.
    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Quire: \(escaped(workload.name)) simulated</title>
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; \
        padding: 0 1rem; color: #1f2937; background: #fff }
        h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums }
        th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #e5e7eb }
        th:first-child, td:first-child { text-align: left }
        svg { width: 100%; height: auto; background: #f9fafb; border: 1px solid #e5e7eb }
        .key span { margin-right: 1.2rem; white-space: nowrap } .key i { display: inline-block; \
        width: .8rem; height: .8rem; margin-right: .35rem; vertical-align: -1px }
        text { font: 12px system-ui, sans-serif; fill: #4b5563 }
        </style></head><body>
        <h1>\(escaped(workload.name)): \(Format.count(workload.tasks.count, "task")), seed \(workload.seed)</h1>
        \(table)
        <h2>Tasks complete over time</h2>
        \(key(results.map { "\($0.policy), \(Format.count($0.slots, "slot"))" }))
        \(completionCurves)
        \(results.map(details).joined(separator: "\n"))
        </body></html>

        """
    }

    private var table: String {
        let rows = results.map { result in
            let figures = result.figures
            let cells = [
                "\(result.policy)", "\(result.slots)",
                SimulationTable.completion(figures.mean, figures),
                SimulationTable.completion(figures.p50, figures),
                SimulationTable.completion(figures.p99, figures), "\(figures.completed)",
                SimulationTable.completion(figures.makespan, figures),
                SimulationTable.hours(figures.end), "\(figures.sessions)",
                SimulationTable.count(figures.tokens),
            ]
            return "<tr>" + cells.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
        }
        let heads = [
            "scheduler", "slots", "mean", "p50", "p99", "completed", "all done", "end", "sessions",
            "tokens",
        ]
        return "<table><tr>" + heads.map { "<th>\($0)</th>" }.joined() + "</tr>"
            + rows.joined(separator: "\n") + "</table>"
    }

    private func key(_ names: [String]) -> String {
        let parts = names.enumerated().map { place, name in
            "<span><i style=\"background:\(color(place))\"></i>\(escaped(name))</span>"
        }
        return "<p class=\"key\">" + parts.joined() + "</p>"
    }

    private var completionCurves: String {
        let end = max(1, results.map { $0.figures.makespan }.max() ?? 1)
        let all = Double(max(1, workload.tasks.count { $0.completesAfter != nil }))
        let lines = results.enumerated().map { place, result in
            let times = result.batch.completions.compactMap(\.self).sorted()
            var points = [point(0, 0)]
            let step = max(1, times.count / 400)
            for number in stride(from: 0, to: times.count, by: step) {
                points.append(point(times[number] / end, Double(number + 1) / all))
            }
            if let last = times.last { points.append(point(last / end, Double(times.count) / all)) }
            return line(points, color(place))
        }
        return picture(lines.joined(separator: "\n"), end: end, top: Format.count(Int(all), "task"))
    }

    private func details(_ result: Result) -> String {
        """
        <h2>\(escaped(result.policy)), \(Format.count(result.slots, "slot")): what each slot did</h2>
        \(slotPicture(result))
        \(groupPicture(result))
        """
    }

    /// Draws a row for each slot, coloured by group, a cell for each pixel; at most 64 rows.
    private func slotPicture(_ result: Result) -> String {
        let end = max(1, result.figures.end)
        let rows = min(result.slots, 64)
        let columns = Int(Self.width)
        var cells = Array(repeating: [Shade?](repeating: nil, count: columns), count: rows)
        for start in result.batch.dispatches where start.slot < rows {
            let task = workload.tasks[start.task]
            let first = Int(start.at / end * Self.width)
            let after = (start.at + start.seconds) / end * Self.width
            for column in first..<max(first + 1, Int(after)) where column < columns {
                cells[start.slot][column] = Shade(group: task.group, isFirst: start.session == 1)
            }
        }
        let slots = rows == 1 ? "slot 0" : "slots 0 to \(rows - 1)"
        var note = "\(slots); first sessions are lighter"
        if !result.batch.holds.isEmpty { note += "; starts were held where it is grey" }
        return picture(holds(result, end) + bars(cells), end: end, top: note)
    }

    /// Draws the times during which starts were held, at least a pixel wide, behind everything else.
    private func holds(_ result: Result, _ end: Double) -> String {
        result.batch.holds.map { from, to in
            let width = max(1, (to - from) / end * Self.width)
            return "<rect x=\"\(round(from / end * Self.width))\" y=\"0\" "
                + "width=\"\(round(width))\" height=\"\(Self.height)\" fill=\"#d1d5db\"/>\n"
        }.joined()
    }

    /// The fill of a cell of a slot.
    private struct Shade: Hashable {
        var group: Int
        var isFirst: Bool
    }

    /// Draws one path for each shade, with a stroke for each run of equal cells.
    private func bars(_ rows: [[Shade?]]) -> String {
        let rowHeight = Self.height / Double(rows.count)
        var strokes: [Shade: String] = [:]
        for (row, cells) in rows.enumerated() {
            let y = round((Double(row) + 0.5) * rowHeight)
            var start = 0
            for column in 1...cells.count
            where column == cells.count || cells[column] != cells[start] {
                if let shade = cells[start] {
                    strokes[shade, default: ""] += "M\(start) \(y)h\(column - start)"
                }
                start = column
            }
        }
        return strokes.sorted { ($0.key.group, $0.value) < ($1.key.group, $1.value) }
            .map { shade, path in
                "<path d=\"\(path)\" stroke=\"\(color(shade.group))\" "
                    + "stroke-width=\"\(round(rowHeight * 0.85))\" "
                    + "opacity=\"\(shade.isFirst ? 0.45 : 0.85)\"/>"
            }
            .joined(separator: "\n")
    }

    /// Draws the session time of each group over time.
    private func groupPicture(_ result: Result) -> String {
        guard workload.groups.count > 1 else { return "" }
        let end = max(1, result.figures.end)
        var seconds = Array(repeating: 0.0, count: workload.groups.count)
        var points = Array(repeating: [point(0, 0)], count: workload.groups.count)
        let total = result.batch.dispatches.reduce(0) { sum, start in
            sum + start.seconds
        }
        let step = max(1, result.batch.dispatches.count / 300)
        for (number, start) in result.batch.dispatches.enumerated() {
            let task = workload.tasks[start.task]
            seconds[task.group] += start.seconds
            guard number % step == 0 else { continue }
            for group in points.indices {
                points[group].append(point(start.at / end, seconds[group] / max(1, total)))
            }
        }
        for group in points.indices {
            points[group].append(point(1, seconds[group] / max(1, total)))
        }
        let lines = points.enumerated().map { line($1, color($0)) }
        let names = workload.groups.enumerated().map { place, group in
            "\(group.name ?? "group \(place)"), weight \(group.weight)"
        }
        return "<p>Session time of each group</p>" + key(names)
            + picture(lines.joined(separator: "\n"), end: end, top: "all session time")
    }

    private func picture(_ contents: String, end: Double, top: String) -> String {
        """
        <svg viewBox="-10 -20 \(Self.width + 20) \(Self.height + 45)" role="img">
        <text x="0" y="-6">\(escaped(top))</text>
        \(contents)
        <line x1="0" y1="\(Self.height)" x2="\(Self.width)" y2="\(Self.height)" stroke="#9ca3af"/>
        <text x="0" y="\(Self.height + 18)">0</text>
        <text x="\(Self.width)" y="\(Self.height + 18)" text-anchor="end">\
        \(SimulationTable.hours(end))</text>
        </svg>
        """
    }

    private func point(_ x: Double, _ y: Double) -> String {
        "\(round(x * Self.width)),\(round((1 - min(1, y)) * Self.height))"
    }

    private func line(_ points: [String], _ color: String) -> String {
        "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\" "
            + "points=\"\(points.joined(separator: " "))\"/>"
    }

    private func color(_ place: Int) -> String { Self.colors[place % Self.colors.count] }

    private func round(_ number: Double) -> String { Format.decimal(number, 1) }

    private func escaped(_ text: String) -> String { text.markupEscaped() }
}
