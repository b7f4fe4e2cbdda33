import Agent
import CodexAgent
import Orchestration
import Testing

@Suite struct `The reader of a session of Codex` {
    private func signs(_ lines: [String]) -> [SessionSign] {
        var signs: [SessionSign] = []
        var reader = Codex.cli.reader(resuming: nil)
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        reader.read(bytes.span) { signs.append($0) }
        reader.finish { signs.append($0) }
        return signs
    }

    private static let thread = #"{"type":"thread.started","thread_id":"a"}"#
    private static let offline =
        #"{"type":"error","message":"Reconnecting... waiting for network (Connection failed)"}"#
    private static let worked =
        #"{"type":"item.completed","item":{"id":"0","type":"command_execution","exit_code":0}}"#
    private static let quiet = SessionSign.step(SessionStep(summary: nil, isAnswer: false))

    private static let lines: [([String], [SessionSign])] = [
        ([thread], [.thread("a"), quiet]),
        // Only another name is news.
        ([thread, thread], [.thread("a"), quiet, quiet]),
        ([#"{"type":"thread.started","thread_id":"-c"}"#], [.refusedThread("-c"), quiet]),
        ([#"{"type":"turn.started"}"#], [.turnBegan, quiet]), (["no"], [.noise, quiet]),
        ([offline], [.waitsForNetwork]),
        (
            [#"{"type":"error","message":"no"}"#],
            [.step(SessionStep(summary: "no", isAnswer: false))]
        ),
        (
            [#"{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":-1}}"#],
            [
                .oddUsage("output_tokens is -1"),
                .step(SessionStep(summary: "done", isAnswer: true)),
            ]
        ),
    ]

    @Test(arguments: lines)
    func `emits what others act on`(lines: [String], expected: [SessionSign]) {
        #expect(signs(lines) == expected)
    }

    @Test func `counts steps, and shows the newest`() {
        var reader = Codex.cli.reader(resuming: nil)
        let worked = Array("\(Self.worked)\n".utf8)
        reader.read(worked.span) { _ in }
        let item = #"{"type":"item.completed","item":{"id":"1","type":"web_search","query":"q"}}"#
        let bytes = Array("\(item)\n\(item)\n".utf8)
        reader.read(bytes.span) { Issue.record("a sign: \($0)") }
        #expect(reader.passed == 2 && !reader.takePassedAnswer())
        #expect(
            reader.newestStep == SessionStep(summary: "searches for q", isAnswer: true)
        )
        let end = Array(#"{"type":"turn.completed"}"#.utf8)
        reader.read(end.span) { _ in }
        reader.finish { _ in }
        #expect(reader.newestStep == nil && reader.takePassedAnswer() && reader.isCompleted)
    }

    @Test func `knows a resumed thread's usage that it learns later`() {
        var reader = Codex.cli.reader(resuming: nil)
        reader.learn(resuming: ThreadReport(thread: "a", usage: TokenUsage(input: 5, output: 0)))
        let usage = #"{"type":"turn.completed","usage":{"input_tokens":7,"output_tokens":1}}"#
        let bytes = Array("\(Self.thread)\n\(usage)\n".utf8)
        reader.read(bytes.span) { _ in }
        let ending = SessionEnding(
            termination: .exited(0),
            standardError: [],
            outputBytes: Int64(bytes.count),
            outputLeaked: false
        )
        let result = reader.result(ending, now: WallTime(millisecondsSinceEpoch: 0))
        #expect(result.usage == TokenUsage(input: 2, output: 1) && result.failure == nil)
    }
}
