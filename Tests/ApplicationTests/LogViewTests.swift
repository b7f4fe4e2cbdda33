import Agent
import Application
import Orchestration
import Reporting
import Testing

@testable import RunStore

@Suite struct `The view of a log` {
    private func session(
        _ number: Int,
        _ thread: String?,
        verdict: Verdict? = .ticked
    )
        -> SessionRecord
    {
        let began = WallTime(millisecondsSinceEpoch: Int64(number) * 1000)
        let start = SessionStarted(task: "t", session: number, slot: 0, role: .executor)
        var session = SessionRecord(start, at: began)
        session.thread = thread
        guard let verdict else { return session }
        let end = WallTime(millisecondsSinceEpoch: 90_000)
        session.end = SessionRecord.End(at: end, seconds: 75, verdict, .session)
        session.commit = number == 2 ? "0123456789abcdef" : nil
        session.end?.message = verdict == .failed ? "the build broke" : nil
        return session
    }

    @Test func `names a session by its thread, and tells its end before the next one's beginning`()
    {
        let rows = [session(1, "a"), session(2, "b", verdict: .failed)]
        var view = LogView(width: nil) { rows }
        let first = view.text(for: .thread("a"))?.description ?? ""
        #expect(first.hasPrefix("— session 1, executor, 19") && first.hasSuffix(", thread a"))
        let second = (view.text(for: .thread("b"))?.description ?? "").split(separator: "\n")
        #expect(second.first == "— session 1 made progress after 1m 15s")
        #expect(second.last?.hasSuffix(", thread b") == true)
        #expect(
            view.finish()?.description
                == "— session 2 failed after 1m 15s, commit 0123456789ab: the build broke"
        )
    }

    @Test func `tells the end of a check after its session, also where it comes later`() {
        var rows = [session(1, "a"), session(2, nil, verdict: .failed), session(3, "b")]
        rows[0].check = SessionRecord.Check(.failed, message: "ended with status 1")
        rows[1].check = SessionRecord.Check(.passed)
        rows[2].check = SessionRecord.Check()
        var view = LogView(width: nil) { rows }
        _ = view.text(for: .thread("a"))
        let lines = (view.text(for: .thread("b"))?.description ?? "").split(separator: "\n")
        #expect(lines.count == 5, "\(lines)")
        #expect(lines[1] == "— session 1: its check failed: it ended with status 1")
        #expect(lines[3] == "— session 2: its check passed")
        let end = "— session 3 made progress after 1m 15s"
        #expect(view.ends(by: rows)?.description == end)
        #expect(view.ends(by: rows) == nil)
        var ended = rows
        ended[2].check = SessionRecord.Check(.passed)
        #expect(view.ends(by: ended)?.description == "— session 3: its check passed")
        #expect(view.ends(by: ended) == nil)
    }

    @Test func `tells of sessions that left nothing in the log`() {
        let rows = [
            session(1, nil, verdict: .failed), session(2, "b"), session(3, nil, verdict: nil),
        ]
        var view = LogView(width: nil) { rows }
        let lines = (view.text(for: .thread("b"))?.description ?? "").split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasSuffix(": failed after 1m 15s: the build broke"))
        // The third still runs.
        #expect(
            view.finish()?.description
                == "— session 2 made progress after 1m 15s, commit 0123456789ab"
        )
    }

    @Test func `names a thread that no session is known of`() {
        var view = LogView(width: nil) { [] }
        #expect(view.text(for: .thread("x"))?.description == "— thread x")
        #expect(view.finish() == nil)
    }

    private static let entries: [(LogEntry, String)] = [
        (.message("one\ntwo"), "one\ntwo"),
        (.step("  thinks: ", [.lines("one\ntwo")]), "  thinks: one\n    two"),
        (.step("  edits ", [.line("a\nb"), .line(", "), .line("c")]), "  edits a b, c"),
        (.trouble([.line("failed: "), .lines("no\nway")]), "! failed: no\n    way"),
        (.step("? item ", [.line("\u{1B}[2J")]), "? item \\u{1B}[2J"),
        (
            .command(
                "make\ntest",
                hasFailed: false,
                result: " → exit status 0",
                outputBytes: 9,
                outputEnd: ""
            ),
            "  runs make\\ntest → exit status 0"
        ),
        (
            .command("", hasFailed: false, result: "", outputBytes: 0, outputEnd: ""),
            "  runs an unnamed command"
        ),
    ]

    @Test(arguments: entries)
    func `words each step`(entry: LogEntry, text: String) {
        var view = LogView(width: nil) { [] }
        #expect(view.text(for: entry)?.description == text)
    }

    @Test func `shows the last lines of a failed command alone`() {
        var view = LogView(width: nil) { [] }
        let output = (1...30).map { "line \($0)" }.joined(separator: "\n") + "\n"
        let text = view.text(
            for: .command(
                "make",
                hasFailed: true,
                result: " → exit status 2",
                outputBytes: 5000,
                outputEnd: output
            )
        )
        let lines = (text?.description ?? "").split(separator: "\n").map(String.init)
        #expect(lines[0] == "  runs make → exit status 2")
        #expect(lines[1] == "    … the end of 5000 bytes of output:")
        #expect(lines[2] == "    line 11" && lines.last == "    line 30")
    }
}
