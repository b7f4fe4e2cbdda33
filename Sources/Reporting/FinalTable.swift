import Orchestration

/// What a run came to: one row a task, the troubled ones last, where the eye is.
package enum FinalTable {
    /// The table and the totals, a line each, newlines included.
    ///
    /// `width` is the terminal's columns, `nil` for no bound; `hint` the command that goes on with
    /// what is left, `nil` for none.
    package static func render(view: RunView, width: Int?, hint: String?) -> String {
        var table = Table([
            .init("OUTCOME"), .init("TASK"), .init("ENTRIES", isRight: true),
            .init("SESSIONS", isRight: true), .init("TOKENS", isRight: true),
            .init("TIME", isRight: true), .init("REASON"),
        ])
        for task in view.tasks.sorted(by: { rank($0) < rank($1) }) { table.add(cells(task)) }
        var lines = table.lines(width: width)
        lines += ["", totals(view)]
        if let hint { lines.append(hint) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rank(_ task: RunView.Task) -> Int {
        guard let outcome = task.outcome else { return Outcome.allCases.count }
        return outcome == .complete ? 0 : 1 + (Outcome.allCases.firstIndex(of: outcome) ?? 0)
    }

    private static func cells(_ task: RunView.Task) -> [String] {
        let mark = task.outcome == .complete ? "✓" : task.outcome == nil ? "○" : "✗"
        return [
            "\(mark) \(task.outcome?.rawValue ?? "unfinished")", task.name,
            Format.progress(task.progress), "\(task.sessions)", Format.tokens(task.tokens),
            Format.duration(.seconds(task.seconds)), task.reason ?? "work is left",
        ]
    }

    private static func totals(_ view: RunView) -> String {
        let counts = Outcome.allCases.compactMap { outcome in
            let count = view.count(outcome)
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }
        let open = view.tasks.count { $0.outcome == nil }
        let elapsed = view.elapsed
        return "\(Format.count(view.tasks.count, "task")): "
            + (counts + (open > 0 ? ["\(open) unfinished"] : [])).joined(separator: ", ")
            + " · \(Format.count(view.sessionsEnded, "session")) · "
            + "\(Format.tokens(view.tokens)) tokens · "
            + Format.duration(elapsed)
    }
}
