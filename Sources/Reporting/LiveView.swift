package import Orchestration

/// A run in a terminal: a block of lines that is redrawn in place, below lines that stay.
///
/// The view changes neither other contents of the terminal nor its settings (so the cursor is not hidden):
/// after SIGKILL, Quire could restore nothing. No line is wider than the terminal, and the block leaves one
/// row free.
package struct LiveView: Sendable {
    /// A terminal's size.
    package struct Size: Hashable, Sendable {
        /// The number of characters in a line.
        package var columns: Int
        /// The number of lines.
        package var rows: Int

        /// Makes a size.
        package init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    private let usesColor: Bool
    private let offset: @Sendable (WallTime) -> Int
    private var drawnRows = 0

    /// Makes a view that shows local time.
    package init(usesColor: Bool, offset: @escaping @Sendable (WallTime) -> Int) {
        self.usesColor = usesColor
        self.offset = offset
    }

    /// Returns the text to write: `lines`, which stay, and below them the block with the current state.
    package mutating func update(
        lines: [SafeText],
        view: RunView,
        at now: Moment,
        size: Size
    ) -> SafeText {
        let block = frame(view: view, at: now, size: size)
        // Lines that stay are wrapped, not cut: their text may be shown nowhere else.
        let kept = lines.flatMap { Columns.wrap($0.description, max(1, size.columns)) }
        let text = erase + (kept + block).map { $0 + "\n" }.joined()
        drawnRows = block.count
        return SafeText(trusted: text)
    }

    /// Returns the text to write at the end: it erases the block and leaves `lines`.
    package mutating func finish(lines: [SafeText]) -> SafeText {
        let text = erase + lines.map { $0.description + "\n" }.joined()
        drawnRows = 0
        return SafeText(trusted: text)
    }

    /// Erases the block; the carriage return undoes the `^C` with which a terminal echoes Ctrl-C.
    private var erase: String { drawnRows > 0 ? "\r\u{1B}[\(drawnRows)A\u{1B}[0J" : "" }

    /// Returns the block's lines.
    package func frame(view: RunView, at now: Moment, size: Size) -> [String] {
        let room = size.rows - 1
        guard room > 0, size.columns > 0 else { return [] }
        var lines = [header(view, now, size.columns), counts(view, size.columns)]
        lines += notices(view, now, size.columns)
        let slots = view.slots.sorted { $0.key < $1.key }
        let space = room - lines.count
        let shown = slots.count <= space ? slots.count : max(0, space - 1)
        for (number, slot) in slots.prefix(shown) {
            lines.append(slotLine(number, slot, view, now, size.columns))
        }
        if shown < slots.count {
            lines.append(Columns.fit("  … and \(slots.count - shown) more", size.columns))
        }
        return Array(lines.prefix(room))
    }

    private func header(_ view: RunView, _ now: Moment, _ columns: Int) -> String {
        let elapsed = view.began.map { Format.duration(now.awake - $0.awake) } ?? "0s"
        var text = "\(Sanitizer.line(view.name))  \(elapsed)"
        if let left = view.remaining(at: now), view.record.leg?.ended == nil {
            text += "  about \(Format.duration(left)) left"
        }
        text += "  \(view.tokensHere)"
        return paint(Columns.fit(text, columns), "1")
    }

    private func counts(_ view: RunView, _ columns: Int) -> String {
        let progress = view.progress
        let share = progress.total > 0 ? Double(progress.ticked) / Double(progress.total) : 0
        var parts = ["\(view.count(.complete)) of \(view.tasks.count) complete"]
        parts += view.standing
        for outcome in Outcome.allCases where outcome != .complete && view.count(outcome) > 0 {
            parts.append("\(view.count(outcome)) \(outcome.rawValue)")
        }
        let bar = columns >= 60 ? Format.bar(share, width: 20) + " " : ""
        let entries = Format.count(progress.ticked, of: progress.total, "entry")
        return Columns.fit(bar + entries + " · " + parts.joined(separator: " · "), columns)
    }

    private func notices(_ view: RunView, _ now: Moment, _ columns: Int) -> [String] {
        var lines = view.gates.map { gate in
            "held" + GateWords.hold(gate, at: now.wall, offset: offset) + ": \(gate.reason)"
        }
        let limit = view.record.concurrencyLimit
        if limit < view.record.leg?.concurrency ?? 0 {
            lines.append("at most \(Format.count(limit, "session")) at once for now")
        }
        lines += TreeWords.fewUncommitted(view.tasks)
        lines += QuestionWords.few(view.tasks)
        if let shutdown = view.shutdown { lines.append(ShutdownWords.text(shutdown)) }
        return lines.map { paint(Columns.fit(Sanitizer.line($0), columns), "33") }
    }

    private func slotLine(
        _ number: Int,
        _ slot: RunView.Slot,
        _ view: RunView,
        _ now: Moment,
        _ columns: Int
    ) -> String {
        let task = view.task(slot.key.task)
        let quiet = now.awake - slot.lastActivity
        let waits = slot.waitsForNetwork ? "waits for the network" : nil
        let activity = slot.isEnding ? "is being ended" : waits ?? slot.activity ?? "starts"
        let elapsed = Format.duration(now.awake - slot.since)
        let tokens = Format.tokens(task?.tokens ?? 0)
        let name = Columns.pad(Sanitizer.line(slot.key.task), min(28, max(8, columns / 4)))
        var text = Columns.pad("\(number)", 3, right: true) + "  \(name)  "
        text += Columns.pad("#\(slot.key.number)", 4) + " "
        text += Columns.pad(Format.progress(task?.progress), 6, right: true)
        if columns >= 70 { text += Columns.pad(tokens, 8, right: true) }
        text += Columns.pad(elapsed, 9, right: true) + "  "
        if quiet >= .seconds(10) { text += "(quiet \(Format.duration(quiet))) " }
        return Columns.fit(text + Sanitizer.line(activity), columns)
    }

    private func paint(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
