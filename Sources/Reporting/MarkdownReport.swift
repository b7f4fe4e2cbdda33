import Orchestration

/// A run as Markdown, for job summaries and comments: tasks in trouble come first.
package enum MarkdownReport {
    /// Returns the report, with as many rows as fit into `limit` bytes.
    package static func render(_ report: RunReport, limit: Int = .max) -> String {
        let summary = RunTotals(report)
        let isWell = report.missing.isEmpty && report.tasks.allSatisfy { $0.outcome == .complete }
        var page = Page(limit: limit)
        page.add("### \(isWell ? "✅" : "❌") \(escape(report.name))\n\n\(escape(summary.text))\n")
        if report.parts.count == 1,
            let words = ShardWords.empty(report.parts[0].whole, tasks: report.tasks.count)
        {
            page.add("\n\(words).\n")
        }
        if let words = report.missingWords { page.add("\n**\(escape(words))**\n") }
        for words in report.parts.compactMap(\.unfinishedWords) { page.add("\n\(words).\n") }
        page.addWarnings(TreeWords.uncommitted(report.tasks))
        let troubled = report.tasks.filter { $0.outcome != .complete }
        page.addTable(troubled.sorted { rank($0) < rank($1) })
        let flaky = report.tasks.filter(\.isFlaky)
        if !flaky.isEmpty {
            page.addDetails("\(Format.count(flaky.count, "task")) complete after retries", flaky)
        }
        let smooth = report.tasks.filter { $0.outcome == .complete && !$0.isFlaky }
        if !smooth.isEmpty {
            page.addDetails("\(Format.count(smooth.count, "task")) complete", smooth)
        }
        return page.text
    }

    private static func rank(_ task: TaskRecord) -> Int {
        task.outcome.flatMap { Outcome.allCases.firstIndex(of: $0) } ?? Outcome.allCases.count
    }

    /// Escapes text so that it holds no markup, no HTML and no mention of anybody.
    static func escape(_ text: String) -> String {
        var result = ""
        for character in Sanitizer.line(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "@": result += "&#64;"
            case "#": result += "&#35;"
            case "|": result += "&#124;"
            case "\\", "`", "*", "_", "[", "]", "~", "!", "$": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }
}

extension RunReport.Part {
    /// The words on a part that did not finish; `nil` for one that did.
    fileprivate var unfinishedWords: String? {
        guard leg.ending != .finished else { return nil }
        let words = leg.ending?.words ?? "did not end: it was killed, or still runs"
        return "\(name) \(words)"
    }

    private var name: String {
        guard let shard else { return "The run" }
        return "Shard \(shard)"
    }
}

private struct Page {
    let limit: Int
    private(set) var text = ""

    init(limit: Int) { self.limit = limit }

    mutating func add(_ more: String) { text += more }

    /// Adds a list of warnings, the first twenty of them.
    mutating func addWarnings(_ warnings: [String]) {
        let more = warnings.count - 20
        let rest = more > 0 ? ["and \(Format.count(more, "more warning"))"] : []
        for words in warnings.prefix(20) + rest { text += "\n⚠️ \(MarkdownReport.escape(words))\n" }
    }

    mutating func addDetails(_ title: String, _ tasks: [TaskRecord]) {
        text += "\n<details><summary>\(title)</summary>\n"
        addTable(tasks)
        text += "\n</details>\n"
    }

    mutating func addTable(_ tasks: [TaskRecord]) {
        guard !tasks.isEmpty else { return }
        let hasTrees = !TreeWords.columns(tasks).isEmpty
        let (title, rule) = hasTrees ? ("| changes ", "|---:") : ("", "")
        text += "\n| | task | entries | sessions | tokens | time \(title)| |\n"
        text += "|---|---|---:|---:|---:|---:\(rule)|---|\n"
        for (place, task) in tasks.enumerated() {
            let row = Self.row(task, hasTrees: hasTrees)
            // 400 bytes stay free for the line about omitted tasks and the end of the page.
            guard text.utf8.count + row.utf8.count + 400 <= limit else {
                text += "\n… and \(Format.count(tasks.count - place, "task")) more\n"
                return
            }
            text += row
        }
    }

    private static func row(_ task: TaskRecord, hasTrees: Bool) -> String {
        let mark = task.outcome == .complete ? (task.isFlaky ? "⚠️" : "✅") : "❌"
        var words = task.outcome == .complete ? task.note ?? "" : task.wordsAndAdvice
        if task.isFlaky, let last = task.troubles.last {
            let count = task.troubles.count
            words =
                "\(Format.count(count, "session")) failed, last: \(last.end?.message ?? last.words)"
        }
        let figures = [
            "\(mark) \(task.outcome?.rawValue ?? "unfinished")", MarkdownReport.escape(task.name),
            Format.progress(task.progress), "\(task.history.count)", Format.tokens(task.tokens),
            Format.duration(Duration(inSeconds: task.seconds)),
        ]
        let cells = figures + (hasTrees ? [task.changes] : []) + [MarkdownReport.escape(words)]
        return "| \(cells.joined(separator: " | ")) |\n"
    }
}
