import Testing

@testable import Orchestration

private func plan(
    _ models: [String]? = ["small", "large"],
    stallAfter: Int = 2,
    sameFailure: Int = 3,
    isChecked: Bool = false
) -> RunPlan {
    var task = TaskPlan(name: "a", stallAfter: stallAfter, sameFailure: sameFailure)
    task.models = models
    if isChecked { task.check = CheckPlan(on: .completion) }
    return RunPlan(concurrency: 1, tasks: [task])
}

private func list(_ ticked: Int, of total: Int = 4) -> ChecklistState {
    .good(Progress(ticked: ticked, total: total))
}

extension Scenario {
    /// The model of the session that runs, and the model before it where the task moved to it.
    fileprivate var model: [String?] {
        let start = state.running.values.first?.start
        return [start?.model, start?.move?.from]
    }
}

@Suite struct `A ladder of models` {
    @Test func `begins with the first model, and a stall leads to the next with a fresh context`() {
        var plan = plan()
        plan.tasks[0].resume = true
        var run = Scenario(plan, found: ["a": list(1)])
        #expect(run.begin() == ["start a#1 slot 0 executor"])
        #expect(run.model == ["small", nil])
        let thread = "0196f9a5-0000-7000-8000-000000000001"
        #expect(
            run.end("a", 1, thread: thread).last == "start a#2 slot 0 executor resuming \(thread)"
        )
        #expect(run.model == ["small", nil])
        let lines = run.end("a", 2, thread: thread)
        let words =
            "goes on with the model large in place of small, since 2 sessions in a row ticked nothing"
        #expect(lines.contains("warning: \(words)"), "\(lines)")
        #expect(lines.contains("start a#3 slot 0 executor"), "\(lines)")
        #expect(run.model == ["large", "small"])
        #expect(run.state.running.values.first?.start.move?.evidence == .stall)
        // What counts towards a stall begins anew, and the last model's stall is the task's.
        _ = run.end("a", 3)
        #expect(run.model == ["large", nil])
        #expect(run.end("a", 4).contains("a stalled: 2 sessions in a row ticked nothing"))
    }

    @Test func `leads to the next model after two red checks since one passed`() {
        var run = Scenario(plan(stallAfter: 99, isChecked: true), found: ["a": list(3)])
        _ = run.begin()
        _ = run.end("a", 1, ticked: 4)
        _ = run.check("a", .failed, "one", ticked: 3)
        #expect(run.model == ["small", nil])
        _ = run.end("a", 2, ticked: 4)
        // Another failure of the same check is as much evidence.
        _ = run.check("a", .timedOut, "two", ticked: 3)
        #expect(run.model == ["large", "small"])
        let move = run.state.running.values.first?.start.move
        #expect(
            move == ModelMove(from: "small", .redCheck, "its check failed 2 times: it said two")
        )
        // Three failures in a row in the same way end a task, counted anew.
        for session in 3...5 {
            _ = run.end("a", session, ticked: 4)
            let lines = run.check("a", .failed, "two", ticked: 3)
            #expect(lines.contains { $0.hasPrefix("a failed:") } == (session == 5), "\(lines)")
        }
    }

    @Test
    func `takes no failure for evidence that the base has, too, nor one before a check passed`() {
        var plan = plan(stallAfter: 99, sameFailure: 9, isChecked: true)
        plan.tasks[0].check = CheckPlan(on: .tick)
        var run = Scenario(plan, found: ["a": list(0)])
        _ = run.begin()
        var base = CheckEnded(task: "a", session: 0, .failed)
        (base.isOfBase, base.base, base.message) = (true, "base", "said no")
        (base.termination, base.output) = (.exited(1), "no")
        _ = run.play([.checkEnded(base, list(0), list: nil, nil)])
        for session in 1...3 {
            _ = run.end("a", session, ticked: 1)
            _ = run.check("a", .failed, ticked: 0, base: "base")
            #expect(run.model == ["small", nil])
        }
        for (number, result) in [CheckResult.failed, .passed, .failed].enumerated() {
            _ = run.end("a", 4 + number, ticked: number == 2 ? 2 : 1)
            _ = run.check("a", result, "other", ticked: result == .passed ? 1 : number / 2)
            #expect(run.model == ["small", nil], "\(number)")
        }
    }

    @Test func `leads to the next model where the first writes no list`() {
        var run = Scenario(plan())
        _ = run.begin()
        for session in 1...3 { _ = run.end("a", session) }
        #expect(run.model == ["large", "small"])
        for session in 4...5 { _ = run.end("a", session) }
        #expect(
            run.end("a", 6).contains(
                "a failed: 3 initializer sessions in a row wrote no task_list.md"
            )
        )
    }

    @Test func `ends where same_failure says so first, and is none for a task without one`() {
        var strict = Scenario(plan(sameFailure: 1, isChecked: true), found: ["a": list(3)])
        _ = strict.begin()
        _ = strict.end("a", 1, ticked: 4)
        #expect(strict.check("a", .failed, ticked: 3).contains { $0.hasPrefix("a failed:") })
        var pinned = Scenario(plan(nil), found: ["a": list(1)])
        _ = pinned.begin()
        #expect(pinned.model == [nil, nil])
        _ = pinned.end("a", 1)
        #expect(pinned.end("a", 2).contains("a stalled: 2 sessions in a row ticked nothing"))
    }

    @Test
    func
        `is gone on with by the next leg, from its first model where it was changed or all begins anew`()
    {
        var run = Scenario(plan(), found: ["a": list(1)])
        _ = run.begin()
        for session in 1...3 { _ = run.end("a", session) }
        #expect(run.model == ["large", nil])
        for (models, anew, expected) in [
            (["small", "large"], nil, "large"), (["tiny", "small"], nil, "tiny"),
            (["small", "large"], ["a"], "small"),
        ] as [([String], [String]?, String)] {
            var next = Scenario(
                plan(models),
                found: ["a": anew == nil ? list(1) : .missing],
                state: run.state,
                anew: anew
            )
            _ = next.begin()
            #expect(next.model == [expected, nil], "\(models)")
        }
    }

    @Test func `survives a snapshot`() throws {
        var run = Scenario(plan(), found: ["a": list(1)])
        _ = run.begin()
        for session in 1...2 { _ = run.end("a", session) }
        #expect(run.state.task("a")?.rung.move != nil)
        #expect(RunState(RunSnapshot(of: run.state))?.tasks == run.state.tasks)
    }
}

@Suite struct `What a session says of its work` {
    private func end(
        _ statement: SessionStatement?,
        trouble: String? = nil,
        ticked: Int = 2,
        question: String? = nil
    ) -> (lines: [String], state: RunState) {
        var run = Scenario(plan(nil), found: ["a": list(1)])
        _ = run.begin()
        var result = SessionResult(termination: .exited(0))
        (result.statement, result.statementTrouble) = (statement, trouble)
        result.question = question
        let key = SessionKey(task: "a", number: 1)
        let lines = run.play([.sessionEnded(key, result, list(ticked))], after: 1)
        return (lines, run.state)
    }

    private static let statements:
        [(SessionStatement?, trouble: String?, ticked: Int, warning: String?)] = [
            (SessionStatement(.progress), nil, 2, nil),
            (SessionStatement(.done, evidence: "it passes"), nil, 4, nil),
            (
                SessionStatement(.done), nil, 2,
                "session 1 says that the task is done, but 2 entries are not ticked: the list decides"
            ),
            (
                SessionStatement(.done), nil, 3,
                "session 1 says that the task is done, but 1 entry is not ticked: the list decides"
            ),
            (
                SessionStatement(.blocked, question: " \n"), nil, 2,
                "session 1 says that it is blocked, and asks nothing"
            ),
            (SessionStatement(.progress, question: "why?"), nil, 2, nil),
            (
                nil, "no JSON", 2,
                "session 1 was asked for a verdict, which changes nothing: no JSON"
            ),
        ]

    @Test(arguments: statements.indices)
    func `changes nothing, and is told where it can't be so`(index: Int) {
        let (statement, trouble, ticked, warning) = Self.statements[index]
        let (told, state) = end(statement, trouble: trouble, ticked: ticked)
        let (silent, other) = end(nil, ticked: ticked)
        #expect(told.filter { !$0.hasPrefix("warning: ") } == silent)
        #expect(
            told.filter { $0.hasPrefix("warning: ") } == (warning.map { ["warning: " + $0] } ?? [])
        )
        #expect(state.tasks == other.tasks)
    }

    @Test func `is in the record in one line each, without secrets`() {
        let long = SessionStatement(
            .blocked,
            question: String(repeating: "x\n", count: 5000),
            evidence: "a\nb"
        )
        let shortened = long.shortened
        #expect(shortened.evidence == "a b" && !(shortened.question ?? "\n").contains("\n"))
        #expect((shortened.question ?? "").count <= TaskEnded.questionLength)
        var result = SessionResult(termination: .exited(0))
        result.statement = SessionStatement(.done, question: "hush?", evidence: "hush!")
        result.statementTrouble = "not hush"
        let event = Event.sessionEnded(SessionKey(task: "a", number: 1), result, .missing)
        guard case .sessionEnded(_, let redacted, _) = event.redacted(by: Redactor(words: ["hush"]))
        else { return }
        #expect(!"\(redacted)".contains("hush"))
    }
}
