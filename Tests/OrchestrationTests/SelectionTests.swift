import Orchestration
import Testing

private let tasks = [
    TaskPlan(name: "schema"), TaskPlan(name: "port-auth", needs: ["schema"]),
    TaskPlan(name: "port-mail", needs: ["schema"]), TaskPlan(name: "page-1"),
]

private func names(_ selection: Selection) throws -> [String] {
    try selection.apply(to: tasks).map(\.name)
}

@Suite struct `The selection of tasks` {
    @Test func `everything is selected unless said otherwise`() throws {
        #expect(try names(Selection()) == ["schema", "port-auth", "port-mail", "page-1"])
    }

    static let selections: [(only: [String], skip: [String], names: [String])] = [
        (["port-*"], [], ["port-auth", "port-mail"]),
        (["schema", "page-?"], [], ["schema", "page-1"]),
        ([], ["port-*"], ["schema", "page-1"]),
        (["p*"], ["*-auth"], ["port-mail", "page-1"]),
        (["p[ao]*-[am]*"], [], ["port-auth", "port-mail"]),
        (["*"], ["*"], []),
    ]

    @Test(arguments: selections)
    func `patterns take and leave out`(only: [String], skip: [String], expected: [String]) throws {
        #expect(try names(Selection(only: only, skip: skip)) == expected)
    }

    @Test func `a list of names narrows it further`() throws {
        let selection = Selection(only: ["p*"], among: ["page-1", "schema"])
        #expect(try names(selection) == ["page-1"])
        #expect(try names(Selection(among: [])) == [])
    }

    @Test(arguments: [["prot-*"], ["port-*", "prot-*"]])
    func `a pattern that nothing matches is a mistake`(patterns: [String]) {
        for selection in [Selection(only: patterns), Selection(skip: patterns)] {
            #expect(throws: Selection.Problem.nothingMatches(pattern: "prot-*")) {
                try selection.apply(to: tasks)
            }
        }
    }

    @Test func `what is needed must be selected or complete`() throws {
        let ports = try Selection(only: ["port-*"]).apply(to: tasks)
        try Selection.checkNeeds(of: ports) { $0 == "schema" }
        try Selection.checkNeeds(of: tasks) { _ in false }
        #expect(throws: Selection.Problem.needIsMissing(task: "port-auth", need: "schema")) {
            try Selection.checkNeeds(of: ports) { _ in false }
        }
    }
}

@Suite struct `Runs that bear few failures` {
    private let refused = Failure(.turnFailed, "no")

    private func plan(_ most: Int?) -> RunPlan {
        var plan = RunPlan(concurrency: 2)
        plan.tasks = ["a", "b", "c", "d"].map { TaskPlan(name: $0, sameFailure: 1) }
        plan.maxFailures = most
        return plan
    }

    @Test func `nothing starts after the last failure that is borne, and what runs may finish`() {
        var run = Scenario(plan(1))
        #expect(run.begin() == ["start a#1 slot 0 initializer", "start b#1 slot 1 initializer"])
        let lines = run.end("a", 1, failure: refused)
        #expect(lines.contains { $0.contains("a failed") })
        #expect(lines.contains { $0.contains("nothing more starts, 1 session may finish") })
        #expect(!lines.contains { $0.hasPrefix("start") })
        #expect(
            run.end("b", 1, ticked: 0) == ["b#1 initialized, charged to session", "end finished"]
        )
        #expect(run.state.unfinished == 3)
    }

    @Test func `fewer failures than are borne change nothing`() {
        var run = Scenario(plan(2))
        _ = run.begin()
        #expect(run.end("a", 1, failure: refused).last == "start c#1 slot 0 initializer")
        let lines = run.end("b", 1, failure: refused)
        #expect(lines.contains { $0.contains("2 tasks failed: nothing more starts") })
        #expect(lines.last != "end finished")
        #expect(run.end("c", 1, ticked: 0).last == "end finished")
    }

    @Test func `failures of earlier legs don't count, and caps are as after any end`() {
        var first = Scenario(plan(1))
        _ = first.begin()
        _ = first.end("a", 1, failure: refused)
        _ = first.end("b", 1, ticked: 0)
        let list = ChecklistState.good(Progress(ticked: 0, total: 4))
        var second = Scenario(plan(1), found: ["b": list], state: first.state)
        #expect(second.begin() == ["start b#2 slot 0 executor", "start c#1 slot 1 initializer"])
    }

    @Test func `a signal meanwhile ends the run as a signal does`() {
        var run = Scenario(plan(1))
        _ = run.begin()
        _ = run.end("a", 1, failure: refused)
        _ = run.play([.shutdownRequested(.interrupt)])
        #expect(run.end("b", 1, ticked: 0).last == "end interrupted")
    }

    @Test func `a task that is damaged before anything starts counts`() {
        var run = Scenario(plan(1), found: ["b": .damaged("it is gone")])
        #expect(run.begin().last == "end finished")
    }
}
