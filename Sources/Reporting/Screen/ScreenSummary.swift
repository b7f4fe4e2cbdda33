import Orchestration

/// The summary of a run: what is done and left, what it used, and what holds it.
struct ScreenSummary {
    /// The lines, the most important first.
    private(set) var lines: [ScreenLine] = []

    init(
        _ contents: ScreenContents,
        at now: Moment,
        offset: (WallTime) -> Int,
        columns: Int
    ) {
        let view = contents.view
        guard view.record.leg != nil else {
            lines = [ScreenLine("the agents are checked, and the tasks' directories opened")]
            return
        }
        let isRunning = contents.status == "running"
        lines = [Self.title(view, contents.status, isRunning ? view.timeLeft(at: now) : nil, now)]
        lines += Self.counts(view, WorkSizes(view.tasks).share, columns)
        lines.append(ScreenLine("\(Self.spent(view))"))
        let notices = view.gates.map { gate in
            "starts are held\(GateWords.hold(gate, at: now.wall, offset: offset)): \(gate.reason)"
        }
        lines += notices.map { ScreenLine("\($0)", .notice) }
        if let words = LimitWords.line(view.record.holds.limits, at: now.wall) {
            lines.append(ScreenLine("\(words)"))
        }
        if let change = view.record.holds.concurrency.last {
            let most = Format.count(change.limit, "session")
            lines.append(ScreenLine("at most \(most) at once: \(change.reason)", .notice))
        }
        if let shutdown = view.shutdown, isRunning {
            lines.append(ScreenLine("\(ShutdownWords.text(shutdown))", .notice))
        }
        lines += view.record.holds.troubles.map { ScreenLine("it can't go on: \($0)", .failure) }
        lines += contents.notices.map { ScreenLine($0, .notice) }
        lines += TreeWords.fewUncommitted(view.tasks).map { ScreenLine("\($0)", .notice) }
    }

    private static func title(
        _ view: RunView,
        _ status: String,
        _ left: TimeLeft?,
        _ now: Moment
    ) -> ScreenLine {
        var line = ScreenLine(
            SafeText(trusted: Columns.isolated(Sanitizer.line(view.name))) + "  ",
            .title
        )
        let elapsed =
            status == "running"
            ? view.began.map { now.awake - $0.awake } ?? .zero : view.elapsed
        line.add("\(status)  \(Format.duration(elapsed))")
        if let left { line.add("  \(left.words)") }
        return line
    }

    /// Returns the counts, in two lines where one is too short for them.
    private static func counts(_ view: RunView, _ share: Double, _ columns: Int) -> [ScreenLine] {
        let progress = view.progress
        var parts = [
            "\(Format.decimal(share * 100, 0)) %",
            Format.count(progress.ticked, of: progress.total, "entry"),
            "\(view.count(.complete)) of \(view.tasks.count) complete",
        ]
        parts += view.standing
        for outcome in Outcome.allCases where outcome != .complete && view.count(outcome) > 0 {
            parts.append("\(view.count(outcome)) \(outcome.rawValue)")
        }
        let unknown = view.tasks.count { $0.isOpen && $0.progress == nil && $0.running == nil }
        if unknown > 0, unknown < view.tasks.count { parts.append("\(unknown) not begun") }
        let bar = columns >= 60 ? Format.bar(share, width: 20) + " " : ""
        return Columns.wrap(bar + parts.joined(separator: " · "), columns).prefix(2)
            .map { ScreenLine("\($0)") }
    }

    private static func spent(_ view: RunView) -> String {
        let spent = view.record.spent
        let tokens = SpentWords.tokens(
            spent.usage,
            estimated: spent.estimated,
            view.record.leg?.prices
        )
        return "\(Format.count(spent.sessions, "session")) · \(tokens)"
    }
}

/// The table of slots.
struct ScreenSlots {
    private let view: RunView
    private let now: Moment
    private let columns: Int

    init(_ view: RunView, at now: Moment, columns: Int) {
        (self.view, self.now, self.columns) = (view, now, columns)
    }

    /// Returns a title and a line for each busy slot, or as many as there is room for and their number.
    func lines(most: Int) -> [ScreenLine] {
        let slots = view.slots.sorted { $0.key < $1.key }
        guard !slots.isEmpty, most >= 2 else { return [] }
        let room = most - 1
        let shown = slots.count <= room ? slots.count : max(0, room - 1)
        var lines = [
            ScreenLine(
                SafeText(
                    trusted: "SLOT " + Columns.pad("TASK", nameWidth) + " SESSION ENTRIES"
                        + (hasFigures ? "  TOKENS" : "") + "     TIME  ACTIVITY"
                ),
                .dim
            )
        ]
        lines += slots.prefix(shown).map { line($0.key, $0.value) }
        if shown < slots.count {
            lines.append(
                ScreenLine("  … and \(Format.count(slots.count - shown, "more slot"))", .dim)
            )
        }
        return lines
    }

    private var nameWidth: Int { min(28, max(8, columns / 4)) }
    private var hasFigures: Bool { columns >= 70 }

    private func line(_ number: Int, _ slot: RunView.Slot) -> ScreenLine {
        let task = view.task(slot.key.task)
        let waits = slot.waitsForNetwork ? "waits for the network" : nil
        let activity = slot.isEnding ? "is being ended" : waits ?? slot.activity ?? "starts"
        let name = Columns.isolated(Columns.pad(Sanitizer.line(slot.key.task), nameWidth))
        var text = Columns.pad("\(number)", 4, right: true) + " \(name) "
        text += Columns.pad("#\(slot.key.number)", 7, right: true) + " "
        text += Columns.pad(Format.progress(task?.progress), 7, right: true)
        if hasFigures { text += Columns.pad(Format.tokens(task?.tokens ?? 0), 8, right: true) }
        text += Columns.pad(Format.duration(now.awake - slot.since), 9, right: true) + "  "
        let quiet = now.awake - slot.lastActivity
        if quiet >= .seconds(10) { text += "(quiet \(Format.duration(quiet))) " }
        return ScreenLine(SafeText(trusted: text) + "\(activity)")
    }
}
