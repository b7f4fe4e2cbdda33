import Dates
import Foundation
import Orchestration
import Reporting
import Testing

/// Two hours east of UTC.
private let offset: @Sendable (WallTime) -> Int = { _ in 7200 }

@Suite struct `What a run shows` {
    private let run = SimulatedRun()

    @Test func `plain lines tell everything that people care about`() throws {
        let reporter = PlainReporter(offset: offset)
        var text = ""
        var last: (Moment, RunView)?
        run.replay { event, moment, view in
            for line in reporter.lines(for: event, at: moment, view: view) {
                text += "\(line)\n"
            }
            last = (moment, view)
        }
        if let (moment, view) = last { text += "\(reporter.summary(view: view, at: moment))\n" }
        try expectGolden(text, "plain.txt")
    }

    @Test func `a session that an earlier leg lost counts for its task, and not for the leg`() {
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        var view = RunView()
        let plan = RunPlan(tasks: [TaskPlan(name: "a")])
        view.apply(
            .runBegan(RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)),
            at: moment
        )
        let lost = SessionEnded(
            task: "a",
            session: 1,
            verdict: .lost,
            charge: .retry,
            seconds: 90,
            usage: TokenUsage(input: 5000)
        )
        view.apply(.sessionEnded(lost), at: moment)
        #expect(view.task("a")?.tokens == 5000 && view.task("a")?.seconds == 90)
        #expect(view.totals.usage == .zero && view.totals.sessions == 0)
    }

    @Test func `a limit beyond a day is told in local time, too`() {
        let now = WallTime(millisecondsSinceEpoch: 0)
        let gate = GateClosed(
            gate: .usageLimit,
            account: nil,
            until: now + .seconds(3 * 86_400),
            reason: "r"
        )
        let words = GateWords.hold(gate, at: now) { _ in 3600 }
        #expect(words.hasSuffix("more, until 1970-01-04 01:00:00+01:00"), "\(words)")
    }

    @Test func `JSON Lines hold every fact with the format's version`() throws {
        let lines = JSONLines(run: "/w/m.yaml")
        var text = ""
        var sequence = 0
        try run.replay { event, moment, _ in
            sequence += 1
            text += try lines.line(event, sequence: sequence, at: moment).description
        }
        for line in text.split(separator: "\n") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["version"] as? Int == 1)
            #expect(object?["event"] is String && object?["time"] is String)
        }
        try expectGolden(text, "events.jsonl")
    }

    @Test func `the final table has a reason for every task`() throws {
        var view = RunView()
        run.replay { view = $2 }
        let text =
            FinalTable.render(view: view, width: nil, hints: ["To go on: quire run m.yaml"])
            + "\n" + FinalTable.render(view: view, width: 60)
        try expectGolden(text.description, "table.txt")
    }

    @Test func `files in no commit are told until a checkpoint leaves none out`() {
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        var view = RunView()
        let plan = RunPlan(tasks: [TaskPlan(name: "a"), TaskPlan(name: "b")])
        view.apply(
            .runBegan(RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)),
            at: moment
        )
        func shown(_ words: [String]) -> (frame: [String], table: String) {
            var changes = CheckpointedWork.Changes()
            (changes.files, changes.added) = (2, 3)
            let work = CheckpointedWork(changes: changes, uncommitted: words)
            view.apply(
                .checkpointMade(CheckpointMade(task: "b", session: 1, work: work)),
                at: moment
            )
            var model = ScreenModel(host: .run)
            let lines = model.draw(
                ScreenContents(view: view),
                at: moment,
                size: ScreenSize(columns: 80, rows: 24),
                offset: offset
            )
            return (
                lines.map(\.text).filter { !$0.isEmpty },
                FinalTable.render(view: view, width: nil).description
            )
        }
        #expect(!FinalTable.render(view: view, width: nil).description.contains("CHANGES"))
        let one = shown([".env"])
        #expect(one.frame.contains("b: .env") && one.table.contains("\nwarning: b: .env\n"))
        #expect(one.table.contains("2 files, +3 -0"))
        let many = shown(["1", "2", "3", "4"])
        #expect(many.frame.contains { $0.hasPrefix("4 files of tasks' work were not committed") })
        let none = shown([])
        #expect(none.frame.count == one.frame.count - 1 && !none.table.contains("warning"))
    }

    @Test func `a task whose check runs neither runs nor waits`() {
        let moment = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        var view = RunView()
        let plan = RunPlan(tasks: [TaskPlan(name: "a"), TaskPlan(name: "b")])
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        view.apply(.runBegan(began), at: moment)
        view.apply(.checkBegan(CheckBegan(task: "b", session: 0)), at: moment)
        let summary = RunSummary.text(view, at: moment)
        #expect(summary.hasPrefix("0 running, 1 checked, 1 waiting, "), "\(summary)")
        view.apply(.checkEnded(CheckEnded(task: "b", session: 0, .failed)), at: moment)
        #expect(RunSummary.text(view, at: moment).hasPrefix("0 running, 2 waiting, "))
    }
}

@Suite struct `Text for people` {
    @Test(arguments: [
        ("a\u{1B}]0;title\u{07}b", "a\\u{1B}]0;title\\u{07}b"), ("a\r\n\tb", "a b"),
        ("a\u{202E}b", "a\\u{202E}b"), ("a\u{200B}\u{FEFF}b", "ab"), ("a  b", "a  b"),
        ("naïve 日本 🎉", "naïve 日本 🎉"), ("a\u{0}\u{7F}\u{9B}b", "a\\u{00}\\u{7F}\\u{9B}b"),
        ("a\u{2028}\u{85}b", "a b"),
        (
            "e" + String(repeating: "\u{301}", count: 99),
            "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}"
        ),
    ])
    func `control characters are shown by their numbers`(text: String, line: String) {
        #expect(Sanitizer.line(text) == line)
    }

    @Test(arguments: [
        ("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🎉", 2), ("❤\u{FE0F}", 2), ("ﾊﾝ", 2), ("", 0),
    ])
    func `columns are counted`(text: String, count: Int) {
        #expect(Columns.count(text) == count)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
        ("ab", 1, "…"), ("ab", 0, ""),
    ])
    func `text is cut to its columns`(text: String, columns: Int, cut: String) {
        #expect(Columns.fit(text, columns) == cut)
        #expect(Columns.count(Columns.pad(text, columns)) == columns)
    }

    @Test(arguments: [
        (0.4, "0s"), (59.9, "59s"), (60, "1m 00s"), (3599, "59m 59s"), (3600, "1h 00m"),
        (100_000, "27h 46m"), (-5, "0s"),
    ])
    func `a duration has at most two units`(seconds: Double, text: String) {
        #expect(Format.duration(.seconds(seconds)) == text)
    }

    @Test(arguments: [
        (Int64(0), "0"), (999, "999"), (1000, "1.0k"), (12_340, "12.3k"), (4_100_000, "4.1M"),
        (949_999, "950.0k"), (949_950, "950.0k"), (999_949, "999.9k"), (999_950, "1.0M"),
        (999_999_999, "1.0G"), (1_000_000_000, "1.0G"), (999_950_000_000, "1.0T"),
        (1_000_000_000_000, "1.0T"), (20_000_000_000_000, "20.0T"), (.max, "9223372.0T"),
        (-1, "-1"), (.min, "-9223372036854775808"),
    ])
    func `tokens are rounded`(count: Int64, text: String) {
        #expect(Format.tokens(count) == text)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
        (1_795_424_892_568, "2026-11-23T09:08:12.568Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `an instant is told in UTC`(milliseconds: Int64, text: String) {
        #expect(WallTime(millisecondsSinceEpoch: milliseconds).timestamp == text)
    }
}
