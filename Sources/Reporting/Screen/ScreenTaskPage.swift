import Orchestration

/// Words for a task in the list.
struct ScreenTaskLine {
    private let view: RunView
    private let columns: Int

    init(_ view: RunView, columns: Int) { (self.view, self.columns) = (view, columns) }

    func line(_ task: TaskRecord, isSelected: Bool) -> ScreenLine {
        let width = min(32, max(8, columns / 4))
        let name = Columns.isolated(Columns.pad(Sanitizer.line(task.name), width))
        var text = (isSelected ? "> " : "  ") + name + " "
        text += Columns.pad(view.state(of: task), 12) + " "
        text += Columns.pad(Format.progress(task.progress), 7, right: true)
        // Where a line is short, the reason says more than figures.
        if columns >= 100 {
            let time = Format.duration(Duration(inSeconds: task.seconds))
            text += Columns.pad(Format.count(task.sessions, "session"), 13, right: true)
            text += Columns.pad(Format.tokens(task.tokens), 8, right: true)
            text += Columns.pad(time, 9, right: true)
        }
        let reason = view.reason(of: task).map { "  \($0.oneLine(columns))" as SafeText } ?? ""
        let line = ScreenLine(SafeText(trusted: text) + reason)
        return isSelected ? line.marked(.selected, columns) : line
    }
}

extension RunView {
    /// Returns the state of a task in a word or two, as `quire status` has it.
    func state(of task: TaskRecord) -> String {
        if let outcome = task.outcome { return outcome.rawValue }
        if let running = task.running { return "session \(running)" }
        return checking.contains(task.name) ? "checked" : "waiting"
    }

    /// Returns the reason of a task's state; `nil` if there is nothing to tell.
    func reason(of task: TaskRecord) -> String? {
        if let reason = task.reason { return reason }
        if checking.contains(task.name) { return "its check (verify) runs" }
        if task.outcome == nil, task.isLeftOut { return "not selected in the newest leg" }
        let words = words(task)
        return words == "work is left" ? nil : words
    }
}

/// The page of one task: its checklist, its sessions and the end of its log.
struct ScreenTaskPage {
    /// The lines that stay while the others scroll.
    private(set) var head: [ScreenLine] = []
    private(set) var body: [ScreenLine] = []

    init(_ name: String, _ view: RunView, _ details: TaskDetails?, at now: Moment, columns: Int) {
        guard let task = view.task(name) else {
            head = [ScreenLine("\(name)  is no task of the newest leg", .title)]
            return
        }
        head = [Self.title(task, view)]
        if let reason = view.reason(of: task) {
            let lines = Columns.wrap(Sanitizer.line(reason), max(1, columns))
            body += lines.map { ScreenLine(SafeText(trusted: $0), .notice) }
        }
        if task.outcome == .needsYou {
            body.append(ScreenLine("to answer: a, or \(QuestionWords.command(name))", .notice))
        }
        guard let details else {
            body.append(ScreenLine("reading …", .dim))
            return
        }
        body.append(ScreenLine("checklist", .title))
        if let trouble = details.listTrouble { body.append(ScreenLine(trouble, .dim)) }
        body += details.entries.flatMap { Self.lines($0.text, $0.isTicked, columns) }
        body.append(ScreenLine("sessions", .title))
        if details.sessions.isEmpty { body.append(ScreenLine("none yet", .dim)) }
        body += details.sessions.map { Self.line($0, view, now) }
        body.append(ScreenLine("log", .title))
        if details.log.isEmpty { body.append(ScreenLine("nothing yet", .dim)) }
        body += details.log.flatMap { line in
            Columns.wrap(line.description, max(8, columns)).map {
                ScreenLine(SafeText(trusted: $0))
            }
        }
    }

    private static func title(_ task: TaskRecord, _ view: RunView) -> ScreenLine {
        var line = ScreenLine(
            SafeText(trusted: Columns.isolated(Sanitizer.line(task.name))) + "  ",
            .title
        )
        var parts = [view.state(of: task)]
        if let progress = task.progress {
            parts.append(Format.count(progress.ticked, of: progress.total, "entry"))
        }
        parts += [
            Format.count(task.sessions, "session"), Format.tokenCount(task.tokens),
            Format.duration(Duration(inSeconds: task.seconds)),
        ]
        line.add("\(parts.joined(separator: " · "))")
        return line
    }

    private static func lines(_ text: SafeText, _ isTicked: Bool, _ columns: Int) -> [ScreenLine] {
        let lines = Columns.wrap(text.description, max(8, columns - 4))
        return lines.enumerated().map { place, line in
            let box = place > 0 ? "    " : isTicked ? "[x] " : "[ ] "
            return ScreenLine(SafeText(trusted: box + line), isTicked ? .dim : .plain)
        }
    }

    private static func line(
        _ session: SessionRecord,
        _ view: RunView,
        _ now: Moment
    )
        -> ScreenLine
    {
        let head: SafeText =
            "#\(session.key.number) \(session.role.rawValue), slot \(session.slot): "
        guard let end = session.end else {
            let time = Format.duration(now.wall - session.began)
            return ScreenLine(head + "runs for \(time)")
        }
        let time = Format.duration(Duration(inSeconds: end.seconds))
        let tokens = end.usage.map { ", \(Format.tokenCount($0.total))" } ?? ""
        let ticked = end.ticked.map { " \(max(0, $0 - (session.tickedBefore ?? 0)))" } ?? ""
        let words: SafeText = "\(end.verdict.words)\(end.verdict == .ticked ? ticked : ""), \(time)"
        let message: SafeText = end.message.map { ": \($0)" } ?? ""
        let check: SafeText = session.check.map { "; \($0.words)" } ?? ""
        return ScreenLine(
            head + words + "\(tokens)" + message + check,
            end.failure == nil ? .plain : .failure
        )
    }
}
