import Orchestration
import Reporting
import Testing

private func task(_ name: String, asking question: String) -> TaskRecord {
    var task = TaskRecord(name: name)
    (task.outcome, task.reason) = (.needsYou, TaskEnded.asking + question)
    return task
}

@Suite struct `Questions to a person` {
    @Test func `are listed with the command that answers them`() {
        var leftOut = task("left-out", asking: "Why?")
        leftOut.isLeftOut = true
        let tasks = [TaskRecord(name: "b"), task("a", asking: "Which\u{1B}[2J?"), leftOut]
        let lines = QuestionWords.lines(tasks).map(\.description)
        #expect(
            lines == ["", "a asks: Which\\u{1B}[2J?", "    to answer: quire answer a \"…\""]
        )
        #expect(QuestionWords.lines([leftOut]).isEmpty)
    }

    @Test func `take no more room than a screen has`() {
        let tasks = (1...30).map { task("t\($0)", asking: String(repeating: "x", count: 1000)) }
        let lines = QuestionWords.lines(tasks).map(\.description)
        #expect(lines.count == 42 && lines.allSatisfy { $0.count < 420 })
        #expect(lines.last == "… and 10 more questions; see quire status")
    }
}
