import Foundation
import Orchestration
import Reporting
import Testing

/// What a terminal or a CI system would obey in a text; `nil` for nothing.
private func command(in text: String) -> String? {
    for scalar in text.unicodeScalars where scalar != "\n" {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            return "U+" + String(scalar.value, radix: 16)
        default: break
        }
    }
    if text.contains(#/(?:^|\n)[^\S\n]*::/#) { return "a line that begins with ::" }
    if text.contains(#/##[A-Za-z]*\[/#) { return "##[" }
    return nil
}

/// Texts that try to be obeyed: fragments that mean something to somebody, in random order.
private struct HostileTexts: Sequence, IteratorProtocol {
    private static let fragments = [
        "\u{1B}[31m", "\u{1B}]0;title\u{07}", "\u{1B}]8;;http://x\u{1B}\\", "\u{9B}2J",
        "\u{1B}[?25l",
        "\u{1B}", "\r", "\n", "\r\n", "\t", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}",
        "\u{202E}", "\u{2066}", "\u{2069}", "\u{200F}", "\u{61C}", "\u{200B}", "\u{FEFF}", "\u{AD}",
        "\u{E0041}", "\u{0}", "\u{7F}", "\u{8}", "\u{1B}P0;1|17/17\u{1B}\\", "::error::x", "::",
        ":",
        "\n::stop-commands::t\n", " \u{A0}::add-mask::e", "##[error]x", "##vso[task.complete]",
        "##teamcity[x]", "#", "##", "[", "section_start:1:x\r\u{1B}[0K", "a", "word ", "ü", "日本",
        "🎉",
        "e\u{301}", "<b>", "&", "\"", "]]>", "|", "`", "@all", "\\", "%0A", "\u{FFFD}",
        "\u{10FFFF}",
    ]

    private var random: SplitMix64
    private var left: Int

    init(count: Int, seed: UInt64) { (left, random) = (count, SplitMix64(seed: seed)) }

    mutating func next() -> String? {
        guard left > 0 else { return nil }
        left -= 1
        return (0..<Int.random(in: 1...8, using: &random)).map { _ in
            Self.fragments.randomElement(using: &random) ?? ""
        }.joined()
    }
}

@Suite struct `Text from outside` {
    private func report(_ text: String) throws -> RunReport {
        let now = WallTime(millisecondsSinceEpoch: 0)
        let start = SessionStarted(task: text, session: 1, slot: 0, role: .executor)
        var session = SessionRecord(start, at: now)
        session.thread = text
        var end = SessionRecord.End(at: now, seconds: 0, .failed, .session)
        (end.failure, end.message) = (.turnFailed, text)
        session.end = end
        session.check = SessionRecord.Check(.failed, message: text)
        let tasks = [Outcome.failed, .complete, .capped].map { outcome in
            var task = TaskRecord(name: text, group: text)
            (task.outcome, task.reason, task.history) = (outcome, text, [session])
            task.work = work(text)
            return task
        }
        var leg = LegRecord(run: text, name: text, began: now)
        leg.end(RunEnded(ending: .finished, outcomes: [:], unfinished: 0), at: now)
        return RunReport([
            try #require(RunReport.Part(RunRecord(leg, tasks: tasks), in: text))
        ])
    }

    private func failedCheck(_ text: String) -> CheckEnded {
        var fact = CheckEnded(task: text, session: 1, .failed)
        (fact.message, fact.output) = (text, text)
        return fact
    }

    private func work(_ text: String) -> CheckpointedWork {
        CheckpointedWork(changes: .init(), uncommitted: [text])
    }

    /// The run of a few tasks, all of whose words are this text.
    private func facts(_ text: String) -> [RunEvent] {
        let plan = RunPlan(concurrency: 1, tasks: [TaskPlan(name: text, group: text)])
        return [
            .runBegan(RunBegan(run: text, name: text, pid: 1, quireVersion: text, plan: plan)),
            .gateClosed(
                GateClosed(gate: .usageLimit, account: text, until: nil, reason: text)
            ),
            .warned(Warned(task: text, message: text)),
            .sessionStarted(
                SessionStarted(task: text, session: 1, slot: 0, role: .executor, resumes: text)
            ),
            .threadStarted(ThreadStarted(task: text, session: 1, thread: text)),
            .sessionSignalled(
                SessionSignalled(task: text, session: 1, step: .terminate, reason: text)
            ),
            .checkpointMade(
                CheckpointMade(task: text, session: 1, commit: text, work: work(text))
            ),
            .checkBegan(CheckBegan(task: text, session: 1)), .checkEnded(failedCheck(text)),
            .hookBegan(HookBegan(.onFail, task: text, session: 1)),
            .hookEnded(HookEnded(HookBegan(.onFail, task: text), .passed)),
            .taskEnded(TaskEnded(task: text, outcome: .failed, reason: text, sessions: 1)),
        ]
    }

    @Test func `says nothing to a terminal or to CI, wherever it is shown`() throws {
        let zone: @Sendable (WallTime) -> Int = { _ in 0 }
        let now = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        for (number, text) in HostileTexts(count: 2_000, seed: 1).enumerated() {
            let report = try report(text)
            var shown: [SafeText] = [
                "\(text)", "  \(text)", SafeText(lines: text), SafeText(record: text), "#\(text)",
                "\(text)[",
                SafeText(lines: text).hanging(4, width: 20),
                FinalTable.render(report: report, width: 40),
                FinalTable.render(report: report, width: nil),
                TaskList.line(name: text, progress: Progress(ticked: 0, total: 1), thread: text),
            ]
            let plain = PlainReporter(offset: zone)
            var task = TaskReporter(directory: text, maxSessions: 1)
            var view = RunView()
            for fact in facts(text) {
                view.apply(fact, at: now)
                shown += plain.lines(for: fact, at: now, view: view) + task.lines(for: fact)
            }
            shown.append(plain.summary(view: view, at: now))
            shown.append(FinalTable.render(view: view, width: 60, hints: ["\(text)"]))
            // Drawing all pages takes long.
            let frame = number.isMultiple(of: 8) ? screens(of: view, text, at: now) : []
            for safe in shown.map(\.description) + frame {
                let found = command(in: Sanitizer.disarmed(safe))
                #expect(
                    found == nil,
                    "\(found ?? ""): \(text.debugDescription) as \(safe.debugDescription)"
                )
            }
        }
    }

    /// Returns the lines of all pages of a run's screen, with the text in every place.
    private func screens(of view: RunView, _ text: String, at now: Moment) -> [String] {
        var details = TaskDetails(task: text)
        details.entries = [("\(text)", false)]
        details.log = SafeText(lines: text).separateLines
        details.sessions = view.tasks.first?.history ?? []
        let contents = ScreenContents(view: view, notices: ["\(text)"], details: details)
        let size = ScreenSize(columns: 70, rows: 20)
        var model = ScreenModel(host: .run)
        var lines: [ScreenLine] = []
        for key in [Key.unknown, .character("/"), .paste(text), .enter, .enter, .character("?")] {
            _ = model.handle(key, view, size: size)
            lines += model.draw(contents, at: now, size: size) { _ in 0 }
        }
        var differ = ScreenDiffer(usesColor: false)
        let drawn = differ.update(lines, size: ScreenSize(columns: 70, rows: lines.count))
        // The screen's own sequences have no other letters.
        return drawn.description.replacing(/\u{1B}\[[0-9;]*[mHJK]/, with: "\n")
            .split(separator: "\n").map(String.init) + lines.map(\.text)
    }

    @Test func `is data alone in the files and annotations that CI reads`() throws {
        for text in HostileTexts(count: 500, seed: 2) {
            let report = try report(text)
            for file in [JUnitReport.render(report), MarkdownReport.render(report)] {
                let hostile = file.unicodeScalars.contains { scalar in
                    scalar.properties.generalCategory == .control
                        && !["\n", "\r", "\t"].contains(scalar)
                        || "\u{202E}\u{2066}\u{2069}\u{2028}\u{2029}\u{E0041}".unicodeScalars
                            .contains(scalar)
                }
                #expect(!hostile, "\(text.debugDescription)")
                // They may go to standard output, behind the token that ended the agents' part.
                #expect(Sanitizer.disarmed(file) == file, "\(text.debugDescription)")
            }
            for line in GitHubReport.annotations(report).text.split(separator: "\n") {
                #expect(
                    line.wholeMatch(of: #/::(error|warning|notice) title=[^:,\r]*::[^\r]*/#) != nil
                )
                #expect(command(in: String(line.dropFirst(2))) == nil)
            }
        }
    }

    @Test func `comes back from JSON as it was`() throws {
        for text in HostileTexts(count: 2_000, seed: 3) {
            let json = try JSONText.pretty(["key": text]).description
            let found = command(in: json)
            #expect(found == nil, "\(found ?? ""): \(json)")
            let back = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
            #expect(Array((back["key"] ?? "").unicodeScalars) == Array(text.unicodeScalars))
        }
    }

    @Test(arguments: [
        ("::error::x", "\\::error::x"), ("  ::x", "  \\::x"), ("a\n::x\nb", "a\n\\::x\nb"),
        ("a::b", "a::b"),
        ("##[group]", "##\\[group]"), ("x ##vso[a]", "x ##vso\\[a]"),
        ("## Tasks [1]", "## Tasks [1]"),
        ("###[x]", "###\\[x]"), ("#[x]", "#[x]"),
    ])
    func `is no command of a CI system`(text: String, disarmed: String) {
        #expect(Sanitizer.disarmed(text) == disarmed)
    }

    @Test(arguments: [
        ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}]0;t\u{07}a", "a"),
        ("\u{1B}]8;;u\u{1B}\\l", "l"),
        ("a\u{1B}", "a"), ("a\u{1B}[3", "a"), ("a\u{1B}[31\nb", "a\nb"), ("\u{1B}(Bx", "x"),
    ])
    func `loses its colours where it has several lines`(text: String, plain: String) {
        #expect(Sanitizer.withoutSequences(text) == plain)
    }
}
