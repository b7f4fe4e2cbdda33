import Foundation
import Orchestration
import Testing

private typealias Progress = Orchestration.Progress

private let half = ChecklistState.good(Progress(ticked: 1, total: 2))

private func plan(_ tasks: TaskPlan...) -> RunPlan { RunPlan(concurrency: 2, tasks: tasks) }

private func answer(_ task: String, asking question: String? = nil) -> [Event] {
    var inspected = TaskInspected(task: task, checklist: half)
    inspected.question = question
    return [.taskAnswered(task), .taskInspected(inspected)]
}

@Suite struct `A task that asks a person` {
    @Test func `ends for now at once, and the run with it, if nothing else is left`() {
        var run = Scenario(plan(TaskPlan(name: "a", stallAfter: 1)), found: ["a": half])
        _ = run.begin()
        #expect(
            run.end("a", 1, question: "Which?") == [
                "a#1 idled, charged to session", "a needs-you: it asks: Which?", "end finished",
            ]
        )
        #expect(run.state.unfinished == 0)
    }

    @Test(arguments: [Failure(.turnFailed, "no"), Failure(.overload, "busy")])
    func `is heard whatever became of its session, and tries nothing again`(failure: Failure) {
        var run = Scenario(
            plan(TaskPlan(name: "a", sameFailure: 1, retries: RetryPlan(limit: 0))),
            found: ["a": half]
        )
        _ = run.begin()
        let lines = run.end("a", 1, failure: failure, question: "Which?")
        #expect(lines.suffix(2) == ["a needs-you: it asks: Which?", "end finished"])
        #expect(run.delays == [nil])
    }

    @Test func `is complete if its list is`() {
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": half])
        _ = run.begin()
        let lines = run.end("a", 1, ticked: 2, of: 2, question: "Which?")
        #expect(lines.contains("a complete: every entry is ticked"))
        let warning = "warning: its list is complete, so nobody is asked; it asks: Which?"
        #expect(lines.filter { $0.hasPrefix("warning") } == [warning])
    }

    @Test(arguments: [("Which?", false), ("When?", true)])
    func `is heard by the next leg only if it was not unheard before`(left: String, isHeard: Bool) {
        let plan = plan(TaskPlan(name: "a", stallAfter: 1))
        var run = Scenario(plan, found: ["a": half])
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        var answered = Scenario(plan, found: ["a": half], state: run.state)
        _ = answered.begin()
        let stalled = answered.end("a", 2, question: "Which?")
        #expect(stalled.contains { $0.hasPrefix("a stalled") })
        var next = Scenario(
            plan,
            found: ["a": half],
            state: answered.state,
            asking: ["a": left]
        )
        let lines = next.begin(retryFailed: true)
        #expect(lines.contains("a needs-you: it asks: \(left)") == isHeard)
        #expect(lines.contains("start a#3 slot 0 executor") != isHeard)
    }

    @Test func `asks still in the next leg, also after one that left it out`() {
        let plan = plan(TaskPlan(name: "a"))
        var run = Scenario(plan, found: ["a": half])
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        var leftOut = TaskPlan(name: "a")
        leftOut.isLeftOut = true
        let others = RunPlan(concurrency: 1, tasks: [leftOut])
        var without = Scenario(others, found: ["a": half], state: run.state, lookingAt: ["a"])
        _ = without.begin()
        for state in [run.state, without.state] {
            var next = Scenario(plan, found: ["a": half], state: state, asking: ["a": "Which?"])
            #expect(next.begin().contains("a needs-you: it asks: Which?"))
        }
    }

    @Test func `goes on in the same leg once it is answered, with fresh counts`() {
        var run = Scenario(
            plan(TaskPlan(name: "a", stallAfter: 2), TaskPlan(name: "b")),
            found: ["a": half, "b": half]
        )
        _ = run.begin()
        #expect(
            run.end("a", 1, question: "Which?") == [
                "a#1 idled, charged to session", "a needs-you: it asks: Which?",
            ]
        )
        #expect(run.play(answer("a")) == ["a reopened", "start a#2 slot 0 executor"])
        // Neither a second answer nor one to a task that asks nothing does anything.
        #expect(run.play([.taskAnswered("a"), .taskAnswered("b"), .taskAnswered("c")]) == [])
        #expect(run.end("a", 2, ticked: 2, of: 2).last == "a complete: every entry is ticked")
        #expect(run.end("b", 1, ticked: 2, of: 2).last == "end finished")
    }

    @Test func `ends again where its directory still holds the question`() {
        var run = Scenario(
            plan(TaskPlan(name: "a"), TaskPlan(name: "b")),
            found: ["a": half, "b": half]
        )
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        #expect(
            run.play(answer("a", asking: "Which?")) == [
                "a reopened", "a needs-you: it asks: Which?",
            ]
        )
    }

    @Test func `that asks the same again is idle until it stalls`() {
        var run = Scenario(plan(TaskPlan(name: "a", stallAfter: 2)), found: ["a": half])
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        var again = Scenario(
            plan(TaskPlan(name: "a", stallAfter: 2)),
            found: ["a": half],
            state: run.state
        )
        #expect(again.begin() == ["a reopened", "start a#2 slot 0 executor"])
        let warning =
            "warning: a session asked again what the task had asked before, and is not heard: Which?"
        let first = again.end("a", 2, question: "Which?")
        #expect(first.contains(warning) && first.last == "start a#3 slot 0 executor")
        let last = again.end("a", 3, question: "Which?")
        #expect(
            last == [
                "a#3 idled, charged to session", "a stalled: 2 sessions in a row ticked nothing",
                "end finished",
            ]
        )
    }

    @Test func `that asks something else is heard again`() {
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": half])
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        var again = Scenario(plan(TaskPlan(name: "a")), found: ["a": half], state: run.state)
        _ = again.begin()
        #expect(again.end("a", 2, question: "When?").contains("a needs-you: it asks: When?"))
    }

    @Test func `blocks what needs it only when nothing else is left to do`() {
        let tasks = plan(
            TaskPlan(name: "a"),
            TaskPlan(name: "b"),
            TaskPlan(name: "c", needs: ["a"]),
            TaskPlan(name: "d", needs: ["c"])
        )
        var run = Scenario(tasks, found: ["a": half, "b": half])
        _ = run.begin()
        #expect(run.end("a", 1, question: "Which?").last == "a needs-you: it asks: Which?")
        var answered = run
        #expect(
            run.end("b", 1, ticked: 2, of: 2) == [
                "b#1 ticked, charged to session", "b complete: every entry is ticked",
                "c blocked: it needs \"a\", which needs you",
                "d blocked: it needs \"c\", which is blocked", "end finished",
            ]
        )
        _ = answered.play(answer("a"))
        #expect(answered.end("a", 2, ticked: 2, of: 2).contains("start c#1 slot 0 initializer"))
    }

    @Test func `is in a snapshot as it is in the journal`() throws {
        var run = Scenario(plan(TaskPlan(name: "a")), found: ["a": half])
        _ = run.begin()
        _ = run.end("a", 1, question: "Which?")
        let copy = try #require(RunState(RunSnapshot(of: run.state)))
        #expect(copy.task("a")?.question == "Which?")
        #expect(copy.tasks == run.state.tasks)
    }
}

@Test func `facts of earlier versions ask nothing, and are read`() throws {
    var inspected = TaskInspected(task: "a", checklist: .missing)
    var ended = SessionEnded(task: "a", session: 1, verdict: .idled, charge: .session)
    var reopened = TaskReopened(task: "a")
    func texts() throws -> [String] {
        try [RunEvent.taskInspected(inspected), .sessionEnded(ended), .taskReopened(reopened)].map {
            let data = try JSONEncoder().encode($0)
            #expect(try JSONDecoder().decode(RunEvent.self, from: data) == $0)
            return String(decoding: data, as: UTF8.self)
        }
    }
    #expect(try texts().allSatisfy { !$0.contains("question") && !$0.contains("isAnswered") })
    (inspected.question, ended.question, reopened.isAnswered) = ("Which?", "Which?", true)
    #expect(try texts().allSatisfy { $0.contains("Which?") || $0.contains("isAnswered") })
}
