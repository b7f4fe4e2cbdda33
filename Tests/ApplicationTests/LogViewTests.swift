import Application
import Orchestration
import Reporting
import Testing

@testable import CodexEvents
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
        session.end?.message = verdict == .failed ? "the build broke" : nil
        return session
    }

    private func item(_ kind: Item.Kind) -> CodexEvent {
        .item(.completed, Item(id: "1", kind: kind))
    }

    @Test func `names a session by its thread, and tells its end before the next one's beginning`()
    {
        let rows = [session(1, "a"), session(2, "b", verdict: .failed)]
        var view = LogView(width: nil) { rows }
        let first = view.text(for: .threadStarted("a"))?.description ?? ""
        #expect(first.hasPrefix("— session 1, executor, 19") && first.hasSuffix(", thread a"))
        let second = (view.text(for: .threadStarted("b"))?.description ?? "").split(separator: "\n")
        #expect(second.first == "— session 1 made progress after 1m 15s")
        #expect(second.last?.hasSuffix(", thread b") == true)
        #expect(
            view.finish()?.description == "— session 2 failed after 1m 15s: the build broke"
        )
    }

    @Test func `tells of sessions that left nothing in the log`() {
        let rows = [
            session(1, nil, verdict: .failed), session(2, "b"), session(3, nil, verdict: nil),
        ]
        var view = LogView(width: nil) { rows }
        let lines = (view.text(for: .threadStarted("b"))?.description ?? "").split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasSuffix(": failed after 1m 15s: the build broke"))
        // The third still runs.
        #expect(view.finish()?.description == "— session 2 made progress after 1m 15s")
    }

    @Test func `names a thread that no session is known of`() {
        var view = LogView(width: nil) { [] }
        #expect(view.text(for: .threadStarted("x"))?.description == "— thread x")
        #expect(view.finish() == nil)
    }

    private static let steps: [(Item.Kind, String?)] = [
        (.agentMessage("one\ntwo"), "one\ntwo"), (.reasoning("hm"), "  thinks: hm"),
        (.fileChange(paths: ["a", "b"], status: "completed"), "  edits a, b"),
        (.mcpToolCall(server: "s", tool: "t", status: "failed"), "  calls s.t (failed)"),
        (
            .mcpToolCall(server: "s", tool: "t", status: "failed", error: "no\nway"),
            "  calls s.t (failed): no\n    way"
        ),
        (.webSearch(query: "q"), "  searches for q"),
        (.todoList(completed: 1, total: 3), "  plans: 1 of 3"),
        (.error("no"), "  warns: no"), (.unknown(type: "new"), "? item new"),
    ]

    @Test(arguments: steps)
    func `words each step`(kind: Item.Kind, text: String?) {
        var view = LogView(width: nil) { [] }
        #expect(view.text(for: item(kind))?.description == text)
    }

    @Test func `shows the last lines of a failed command alone`() {
        var view = LogView(width: nil) { [] }
        let output = (1...30).map { "line \($0)" }.joined(separator: "\n") + "\n"
        let text = view.text(
            for: item(
                .commandExecution(
                    command: "make",
                    outputBytes: 5000,
                    exitCode: 2,
                    status: "failed",
                    outputEnd: output
                )
            )
        )
        let lines = (text?.description ?? "").split(separator: "\n").map(String.init)
        #expect(lines[0] == "  runs make → exit status 2")
        #expect(lines[1] == "    … the end of 5000 bytes of output:")
        #expect(lines[2] == "    line 11" && lines.last == "    line 30")
    }
}
