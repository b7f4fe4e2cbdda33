package import Orchestration

extension ScreenModel {
    /// Returns the screen's lines, at most as many as there are rows; each is cut when it is written.
    ///
    /// Moves the first line to what there is.
    package mutating func draw(
        _ contents: ScreenContents,
        at now: Moment,
        size: ScreenSize,
        offset: (WallTime) -> Int
    ) -> [ScreenLine] {
        guard size.rows > 0, size.columns > 0 else { return [] }
        let summary = ScreenSummary(contents, at: now, offset: offset, columns: size.columns)
        // The last line is the person's; with one row alone a question goes before all else.
        let last = lastLine(contents, size.columns)
        if size.rows == 1 { return prompt == nil ? Array(summary.lines.prefix(1)) : [last] }
        let room = size.rows - 1
        let lines =
            switch page {
            case .list: list(contents, summary, now, size, room)
            case .task(let name): task(name, contents, now, size, room)
            case .help: scrolled([ScreenLine("Keys", .title)], Self.help(host), room)
            }
        let blank = ScreenLine()
        return Array((lines + repeatElement(blank, count: room)).prefix(room)) + [last]
    }

    // MARK: - The list

    private mutating func list(
        _ contents: ScreenContents,
        _ summary: ScreenSummary,
        _ now: Moment,
        _ size: ScreenSize,
        _ room: Int
    ) -> [ScreenLine] {
        let head = Array(summary.lines.prefix(max(1, room / 2)))
        var rest = room - head.count
        let slots = ScreenSlots(contents.view, at: now, columns: size.columns)
            .lines(most: rest >= 6 ? rest / 2 : 0)
        rest -= slots.count
        return head + slots + tasks(contents.view, size.columns, rest)
    }

    /// Returns the part of the list around the cursor.
    private mutating func tasks(_ view: RunView, _ columns: Int, _ room: Int) -> [ScreenLine] {
        let list = ScreenList(view, filter: filter)
        let names = list.names
        let chosen = cursor.flatMap { names.contains($0) ? $0 : nil } ?? names.first
        guard room > 0 else { return [] }
        guard !names.isEmpty else {
            return [ScreenLine(filter.isEmpty ? "no tasks" : "no task is like \"\(filter)\"", .dim)]
        }
        let rows = list.sections.flatMap { section, tasks in
            [ListRow.title("\(section.title) (\(tasks.count))", section)] + tasks.map(ListRow.task)
        }
        let place = rows.firstIndex { $0.name == chosen } ?? 0
        // The title above the first task is shown with it.
        let first = place == 1 ? 0 : place
        top = max(0, min(top, first, rows.count - room))
        if place >= top + room { top = place - room + 1 }
        let words = ScreenTaskLine(view, columns: columns)
        return rows[top..<min(rows.count, top + room)].map { row in
            switch row {
            case .title(let text, let section): ScreenLine(text, section.look)
            case .task(let task): words.line(task, isSelected: task.name == chosen)
            }
        }
    }

    // MARK: - A page that scrolls

    private mutating func task(
        _ name: String,
        _ contents: ScreenContents,
        _ now: Moment,
        _ size: ScreenSize,
        _ room: Int
    ) -> [ScreenLine] {
        let details = contents.details.flatMap { $0.task == name ? $0 : nil }
        let page = ScreenTaskPage(name, contents.view, details, at: now, columns: size.columns)
        return scrolled(page.head, page.body, room)
    }

    /// Returns the head, and below it the part of the body that is to be shown.
    private mutating func scrolled(
        _ head: [ScreenLine],
        _ body: [ScreenLine],
        _ room: Int
    ) -> [ScreenLine] {
        let head = head.prefix(max(1, room / 2))
        let space = max(0, room - head.count)
        let end = max(0, body.count - space)
        if top >= end, openTask != nil { follows = true }
        top = follows ? end : min(top, end)
        return Array(head + body[top..<min(body.count, top + space)])
    }

    // MARK: - The last line

    private func lastLine(_ contents: ScreenContents, _ columns: Int) -> ScreenLine {
        switch prompt {
        case .filter: return typing("/", columns)
        case .answer(let task): return typing("answer to \(task): ", columns)
        case .concurrency: return typing("sessions at once: ", columns)
        case .confirmation(let request):
            return ScreenLine("\(Self.words(request))? y: yes, another key: no", .notice)
        case .leaving:
            return ScreenLine(
                "d: drain the run, another key: go on; one in the background: quire run --detach",
                .notice
            )
        case nil: break
        }
        if let message { return ScreenLine(message, .notice) }
        switch page {
        case .help: return ScreenLine("q: back", .dim)
        case .task: return ScreenLine("q: back  ↑ ↓: scroll  s: stop  a: answer  ?: keys", .dim)
        case .list:
            let kept: SafeText = filter.isEmpty ? "" : "filter: \(filter)  Esc: all tasks  "
            return ScreenLine(kept + "?: keys  Enter: open  /: filter  q: leave", .dim)
        }
    }

    /// Returns the words that ask for a confirmation.
    private static func words(_ request: SteeringRequest) -> SafeText {
        switch request {
        case .stop(let tasks): "stop \(tasks.joined(separator: ", ")), and end its session"
        case .pause: "pause, and end the sessions that run, to go on with them later"
        case .drain, .resume, .skip, .retry, .set, .tell, .answer, .add:
            "start nothing more, and end once sessions have finished"
        }
    }

    /// Returns what is typed after its title, with the end of a text that has no room.
    private func typing(_ title: SafeText, _ columns: Int) -> ScreenLine {
        var text = Sanitizer.line(typed)
        let room = max(1, columns - Columns.count(title.description) - 1)
        while Columns.count(text) > room { text.removeFirst() }
        return ScreenLine(title + SafeText(trusted: text) + "_", .title)
    }

    private static func help(_ host: Host) -> [ScreenLine] {
        let leaving =
            host == .run
            ? "asks; the run ends with this Quire (Ctrl-C drains it)" : "leave; the run goes on"
        let keys: [(String, String)] = [
            ("↑ ↓ PgUp PgDn Home End", "move; also k, j, g, G"),
            ("Enter, →", "open a task: its checklist, sessions and live log"),
            ("Esc, ←", "back; in the list: drop the filter"),
            ("/", "filter by name, group or state"),
            ("a", "answer the task's question"),
            ("s", "stop the task, and end its session"),
            ("p, P, r", "pause starts; end the sessions that run, too; resume"),
            ("+, -, c", "one session more or less at once; type the number"),
            ("d", "drain: start nothing more, and end once sessions have finished"),
            ("Ctrl-L", "draw the screen anew"), ("Ctrl-Z", "suspend; fg comes back"),
            ("?", "this page"), ("q", leaving),
        ]
        return keys.map { key, words in
            ScreenLine(SafeText(trusted: "  " + Columns.pad(key, 24) + words))
        }
    }
}

/// A row of the list of tasks.
private enum ListRow {
    case title(SafeText, ScreenList.Section)
    case task(TaskRecord)

    var name: String? { if case .task(let task) = self { task.name } else { nil } }
}

extension ScreenList.Section {
    fileprivate var look: ScreenLine.Look {
        switch self {
        case .needsYou: .notice
        case .failed: .failure
        case .running, .waiting: .title
        case .done: .good
        }
    }
}
