import Orchestration
import Testing

@testable import Reporting

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

    @Test func `are told by every report with the command that answers them`() throws {
        let began = WallTime(millisecondsSinceEpoch: 1_790_000_000_000)
        var leftOut = task("left-out", asking: "Why?")
        leftOut.isLeftOut = true
        let record = RunRecord(
            LegRecord(run: "r", name: "port", began: began),
            part: nil,
            tasks: [task("a", asking: "Which?"), leftOut]
        )
        let report = RunReport([try #require(RunReport.Part(record, in: "/ci"))])
        let advice = "it asks: Which?; to answer: quire answer a "
        for text in [
            JUnitReport.render(report), MarkdownReport.render(report),
            GitHubReport.annotations(report).text,
        ] {
            #expect(text.contains(advice) && !text.contains("answer left-out"), "\(text)")
        }
    }

    @Test func `are told in lines as they come, and a check that was not run took no time`() {
        let reporter = PlainReporter { _ in 0 }
        let now = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        func lines(_ event: RunEvent) -> [String] {
            reporter.lines(for: event, at: now, view: RunView()).map {
                String($0.description.dropFirst("00:00:00+00:00 ".count))
            }
        }
        let ended = TaskEnded(task: "a", outcome: .needsYou, reason: "it asks: Which?", sessions: 2)
        #expect(
            lines(.taskEnded(ended)) == [
                "a: NEEDS-YOU (-, 2 sessions): it asks: Which?",
                "a: to answer: quire answer a \"…\"",
            ]
        )
        let words = "a: its check was not run, as its list claims nothing any more"
        #expect(lines(.checkEnded(CheckEnded(task: "a", session: 2, .withdrawn))) == [words])
        #expect(
            lines(.checkEnded(CheckEnded(task: "a", session: 2, .passed))) == [
                "a: its check passed, 0s"
            ]
        )
    }
}
