import Orchestration

/// The table at a run's end: one row a task, the troubled ones last, next to the prompt.
package enum FinalTable {
    /// Returns the table and the totals of a leg, a line each, newlines included.
    ///
    /// `width` is the terminal's columns, `nil` for no bound; `hints` are lines that follow the totals, such
    /// as the command that continues with the work left.
    package static func render(
        view: RunView,
        width: Int?,
        usesColor: Bool = false,
        hints: [SafeText] = []
    ) -> SafeText {
        let rows = view.tasks.map { (task: $0, sessions: $0.sessions, words: view.words($0)) }
        return render(rows, RunTotals(view), width, usesColor, hints)
    }

    /// Returns the table and the totals of all legs of a run, or of several runs.
    package static func render(report: RunReport, width: Int?, usesColor: Bool = false) -> SafeText
    {
        let rows = report.tasks.map { (task: $0, sessions: $0.history.count, words: $0.words) }
        let missing: [SafeText] = report.missingWords.map { ["\($0)"] } ?? []
        return render(rows, RunTotals(report), width, usesColor, missing)
    }

    private typealias Row = (task: TaskRecord, sessions: Int, words: String)

    private static func render(
        _ rows: [Row],
        _ totals: RunTotals,
        _ width: Int?,
        _ usesColor: Bool,
        _ hints: [SafeText]
    ) -> SafeText {
        let tasks = rows.map(\.task)
        let changes = TreeWords.columns(tasks)
        let figures: [Table.Column] = [
            .init("OUTCOME"), .init("TASK"), .init("ENTRIES", isRight: true),
            .init("SESSIONS", isRight: true), .init("TOKENS", isRight: true),
            .init("TIME", isRight: true),
        ]
        var table = Table(figures + changes + [Table.Column("REASON")])
        for row in rows.sorted(by: { rank($0) < rank($1) }) {
            table.add(
                cells(row) + (changes.isEmpty ? [] : [row.task.changes]) + [row.words],
                paint: row.task.outcome?.paint
            )
        }
        var lines =
            rows.isEmpty ? [] : table.lines(width: width, usesColor: usesColor) + [""]
        lines.append("\(totals.text)")
        if let held = totals.held { lines.append("\(held)") }
        lines += TreeWords.uncommitted(tasks).map { "warning: \($0)" }
        lines += QuestionWords.lines(tasks)
        return (lines + hints).joined(separator: "\n") + "\n"
    }

    private static func rank(_ row: Row) -> Int {
        guard let outcome = row.task.outcome else { return Outcome.allCases.count }
        return outcome == .complete ? 0 : 1 + (Outcome.allCases.firstIndex(of: outcome) ?? 0)
    }

    private static func cells(_ row: Row) -> [String] {
        let task = row.task
        let mark = task.outcome == .complete ? "✓" : task.outcome == nil ? "○" : "✗"
        return [
            "\(mark) \(task.outcome?.rawValue ?? "unfinished")", task.name,
            Format.progress(task.progress), "\(row.sessions)", Format.tokens(task.tokens),
            Format.duration(Duration(inSeconds: task.seconds)),
        ]
    }
}

/// Counts of a run's tasks by outcome, and the sessions, tokens and time spent on them.
struct RunTotals {
    private var counts: [Outcome: Int] = [:]
    private var tasks: Int
    private var sessions: Int
    private var tokens: String
    /// The time in words, with the legs that these numbers cover if there are several.
    private var elapsed: String
    /// Each gate that held starts, and for how long, in words; `nil` if none did.
    private(set) var held: String?

    /// Makes the totals of a leg; if earlier legs had sessions, the words add the sums of all legs.
    init(_ view: RunView) {
        (tasks, sessions) = (view.tasks.count, view.totals.sessions)
        tokens = SpentWords.tokens(
            view.totals.usage,
            estimated: view.totals.estimated,
            view.record.leg?.prices
        )
        elapsed = " · " + Format.duration(view.elapsed)
        if view.hasEarlierSessions {
            let all = view.tasks.reduce(0) { $0 + $1.sessions }
            let used = view.tasks.reduce(Int64(0)) { $0.addingClamped($1.tokens) }
            elapsed +=
                " in this leg; \(Format.count(all, "session")) · \(Format.tokenCount(used)) in all"
        }
        held = SpentWords.held(view.held)
        count(view.tasks.map(\.outcome))
    }

    /// Makes the totals of all legs.
    init(_ report: RunReport) {
        tasks = report.tasks.count
        sessions = report.tasks.reduce(0) { $0 + $1.history.count }
        tokens = Format.tokenCount(report.tasks.reduce(0) { $0.addingClamped($1.tokens) })
        let isFirst = report.parts.allSatisfy { $0.leg.number == 1 }
        elapsed =
            (isFirst ? " · " : " · newest leg ")
            + Format.duration(Duration(inSeconds: report.seconds))
        count(report.tasks.map(\.outcome))
    }

    private mutating func count(_ outcomes: [Outcome?]) {
        for case .some(let outcome) in outcomes { counts[outcome, default: 0] += 1 }
    }

    var text: String {
        let open = tasks - counts.values.reduce(0, +)
        let words = Outcome.allCases.compactMap { outcome in
            counts[outcome].map { "\($0) \(outcome.rawValue)" }
        }
        let outcomes = (words + (open > 0 ? ["\(open) unfinished"] : [])).joined(separator: ", ")
        return Format.count(tasks, "task") + (outcomes.isEmpty ? "" : ": \(outcomes)")
            + " · \(Format.count(sessions, "session")) · "
            + tokens + elapsed
    }
}
