import Simulation

/// A page with pictures of simulated batches: what each slot did, how many tasks were complete
/// when, and what each group got.
struct SimulationPage {
    /// One batch.
    struct Result {
        var slots: Int
        var policy: String
        var batch: Batch

        var figures: BatchFigures { batch.meter.figures(policy: policy) }
    }

    let workload: Workload
    let results: [Result]

    private static let colors = [
        "#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f",
    ]
    private static let (width, height) = (960.0, 280.0)

    /// The page; it needs nothing but itself.
    var html: String {
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
        <h1>\(escaped(workload.name)): \(workload.tasks.count) tasks, seed \(workload.seed)</h1>
        \(table)
        <h2>Tasks complete over time</h2>
        \(key(results.map { "\($0.policy), \($0.slots) slots" }))
        \(completionCurves)
        \(results.map(details).joined(separator: "\n"))
        </body></html>

        """
    }

    private var table: String {
        let rows = results.map { result in
            let figures = result.figures
            let cells = [
                "\(result.policy)", "\(result.slots)", SimulationTable.hours(figures.mean),
                SimulationTable.hours(figures.p50), SimulationTable.hours(figures.p99),
                SimulationTable.hours(figures.makespan), "\(figures.sessions)",
                SimulationTable.count(figures.tokens),
            ]
            return "<tr>" + cells.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
        }
        let heads = ["scheduler", "slots", "mean", "p50", "p99", "all done", "sessions", "tokens"]
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
        return picture(lines.joined(separator: "\n"), end: end, top: "\(Int(all)) tasks")
    }

    private func details(_ result: Result) -> String {
        """
        <h2>\(escaped(result.policy)), \(result.slots) slots: what each slot did</h2>
        \(slotPicture(result))
        \(groupPicture(result))
        """
    }

    /// A row for each slot, coloured by group; at most 64 rows and 6,000 sessions are drawn.
    private func slotPicture(_ result: Result) -> String {
        let end = max(1, result.figures.end)
        let rows = min(result.slots, 64)
        let rowHeight = Self.height / Double(rows)
        let shown = result.batch.dispatches.filter { $0.slot < rows }
        let bars = shown.prefix(6000).map { start in
            let task = workload.tasks[start.task]
            let seconds = task.sessions[start.session - 1].seconds
            let x = start.at / end * Self.width
            let y = Double(start.slot) * rowHeight
            let shade = start.session == 1 ? 0.45 : 0.85
            return "<rect x=\"\(round(x))\" y=\"\(round(y))\" "
                + "width=\"\(round(max(0.3, seconds / end * Self.width)))\" "
                + "height=\"\(round(rowHeight * 0.85))\" fill=\"\(color(task.group))\" "
                + "opacity=\"\(shade)\"/>"
        }
        let note = "slots 1 to \(rows); first sessions are lighter"
        return picture(bars.joined(separator: "\n"), end: end, top: note)
    }

    /// Each group's session time over time.
    private func groupPicture(_ result: Result) -> String {
        guard workload.groups.count > 1 else { return "" }
        let end = max(1, result.figures.end)
        var seconds = Array(repeating: 0.0, count: workload.groups.count)
        var points = Array(repeating: [point(0, 0)], count: workload.groups.count)
        let total = workload.tasks.reduce(0) { $0 + $1.sessions.reduce(0) { $0 + $1.seconds } }
        let step = max(1, result.batch.dispatches.count / 300)
        for (number, start) in result.batch.dispatches.enumerated() {
            let task = workload.tasks[start.task]
            seconds[task.group] += task.sessions[start.session - 1].seconds
            guard number % step == 0 else { continue }
            for group in points.indices {
                points[group].append(point(start.at / end, seconds[group] / max(1, total)))
            }
        }
        let lines = points.enumerated().map { line($1, color($0)) }
        let names = workload.groups.enumerated().map { "group \($0), weight \($1.weight)" }
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

    private func round(_ number: Double) -> String { SimulationTable.decimal(number, 1) }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
