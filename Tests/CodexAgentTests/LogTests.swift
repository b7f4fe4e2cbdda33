import Agent
import Testing

@testable import CodexAgent
@testable import CodexEvents

@Suite struct `Codex's log for people` {
    private static func item(_ kind: Item.Kind, _ phase: ItemPhase = .completed) -> CodexEvent {
        .item(phase, Item(id: "1", kind: kind))
    }

    private static let steps: [(CodexEvent, LogEntry?)] = [
        (.threadStarted("a"), .thread("a")), (.turnStarted, nil), (.turnCompleted(nil), nil),
        (item(.reasoning("hm"), .started), nil), (item(.agentMessage("a\nb")), .message("a\nb")),
        (item(.reasoning("hm")), .step("  thinks: ", [.lines("hm")])),
        (
            item(.fileChange(paths: ["a", "b"], status: "declined")),
            .step("  edits ", [.line("a"), .line(", "), .line("b"), .line(" (declined)")])
        ),
        (
            item(.mcpToolCall(server: "s", tool: "t", status: "failed")),
            .step("  calls ", [.line("s.t"), .line(" (failed)")])
        ),
        (
            item(.mcpToolCall(server: "s", tool: "t", status: "failed", error: "no\nway")),
            .step("  calls ", [.line("s.t"), .line(" (failed)"), .line(": "), .lines("no\nway")])
        ),
        (item(.collabToolCall(tool: "t", status: "")), .step("  calls ", [.line("t")])),
        (item(.webSearch(query: "q")), .step("  searches for ", [.line("q")])),
        (item(.todoList(completed: 1, total: 3)), .step("  plans: ", [.line("1 of 3")])),
        (item(.error("no")), .step("  warns: ", [.lines("no")])),
        (item(.unknown(type: "new")), .step("? item ", [.line("new")])),
        (.unknown(type: "new"), .step("? event ", [.line("new")])),
        (.error("no"), .trouble([.lines("no")])),
        (.turnFailed("no"), .trouble([.line("failed: "), .lines("no")])),
        (
            .undecodable(Undecodable(reason: .notJSON, sample: "hi")),
            .step("? ", [.line("hi")])
        ),
        (
            item(
                .commandExecution(
                    command: "/bin/bash -lc 'make'",
                    outputBytes: 3,
                    exitCode: 2,
                    status: "failed",
                    outputEnd: "no\n"
                )
            ),
            .command(
                "make",
                hasFailed: true,
                result: " → exit status 2",
                outputBytes: 3,
                outputEnd: "no\n"
            )
        ),
        (
            item(
                .commandExecution(command: "x", outputBytes: 0, exitCode: nil, status: "declined")
            ),
            .command("x", hasFailed: true, result: " (declined)", outputBytes: 0, outputEnd: "")
        ),
    ]

    @Test(arguments: steps)
    func `each event has its entry`(event: CodexEvent, entry: LogEntry?) {
        #expect(LogEntry(event) == entry)
    }
}
