import TestSupport
import Testing

/// A trouble with a task's list or directory that passes, as commands in the directory around it.
private struct Trouble: CustomTestStringConvertible {
    var begins: String
    var passes: String
    /// The outcome that a run finds meanwhile.
    var outcome: String
    /// The state that is shown before; `nil` for that outcome.
    var shown: String?

    var testDescription: String { begins }

    static let all = [
        Trouble(
            begins: "mv a/task_list.md list && mkdir a/task_list.md",
            passes: "rmdir a/task_list.md && mv list a/task_list.md",
            outcome: "damaged"
        ),
        Trouble(
            begins: "mv a/task_list.md list && mkfifo a/task_list.md",
            passes: "mv list a/task_list.md",
            outcome: "damaged"
        ),
        Trouble(
            begins: "mv a/task_list.md list && ln -s ../list a/task_list.md",
            passes: "mv list a/task_list.md",
            outcome: "damaged"
        ),
        Trouble(
            begins: "cp a/task_list.md list && : > a/task_list.md",
            passes: "cp list a/task_list.md",
            outcome: "damaged"
        ),
        Trouble(
            begins: "mv a/task_list.md list",
            passes: "mv list a/task_list.md",
            outcome: "damaged",
            shown: "waiting"
        ),
        Trouble(
            begins: "mv a ../away && touch a",
            passes: "rm a && mv ../away a",
            outcome: "failed"
        ),
        Trouble(
            begins: "mv a ../away && ln -s ../away a",
            passes: "rm a && mv ../away a",
            outcome: "failed"
        ),
        Trouble(
            begins: "mv a .quire/away && ln -s .quire/away a",
            passes: "rm a && mv .quire/away a",
            outcome: "failed"
        ),
    ]
}

@Suite struct `A list that is whole again` {
    private func expect(_ state: String, of task: String, in run: QuireRun) throws {
        let rows = try run.quire(["status"]).output.split(separator: "\n")
        let row = try #require(rows.first { $0.hasPrefix("\(task) ") })
        #expect(row.split(separator: " ").dropFirst().first.map(String.init) == state, "\(rows)")
        let explained = try run.quire(["explain", task]).output
        let verb = ["failed", "stalled"].contains(state) ? "has" : "is"
        #expect(explained.contains("\(task) \(verb) \(state)"), "\(explained)")
    }

    @Test(arguments: Trouble.all, ["{}", "{verify: 'true'}"])
    private func `makes a complete task complete once its trouble has passed`(
        trouble: Trouble,
        defaults: String
    ) throws {
        try withRun { run in
            try run.write([("a", "entries=1")], defaults: defaults)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let around = run.root + "/.autonomous"
            #expect(try shell(trouble.begins, in: around).status == 0)
            try expect(trouble.shown ?? trouble.outcome, of: "a", in: run)
            let during = try run.quire(["run", "m.yaml"])
            #expect(during.status == 100, "\(during.output)")
            #expect(during.output.contains("1 task: 1 \(trouble.outcome)"), "\(during.output)")
            try expect(trouble.outcome, of: "a", in: run)
            #expect(try run.quire(["run", "m.yaml"]).status == 100)

            #expect(try shell(trouble.passes, in: around).status == 0)
            try expect("waiting", of: "a", in: run)
            let status = try run.quire(["status"]).output
            #expect(status.contains("its list is complete now"), "\(status)")
            let plan = try run.quire(["plan", "m.yaml"]).output
            #expect(plan.contains("1 task is complete"), "\(plan)")
            let after = try run.quire(["run", "m.yaml"])
            #expect(after.status == 0, "\(after.output)")
            #expect(after.output.contains("1 task: 1 complete · 0 sessions"), "\(after.output)")
            try expect("complete", of: "a", in: run)
        }
    }

    @Test(arguments: Trouble.all)
    private func `also makes one complete that the leg leaves out`(trouble: Trouble) throws {
        try withRun { run in
            try run.write([("a", "entries=1"), ("b", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let around = run.root + "/.autonomous"
            #expect(try shell(trouble.begins, in: around).status == 0)
            let during = try run.quire(["run", "m.yaml", "--only", "b"])
            #expect(during.status == 0, "\(during.output)")
            #expect(!during.output.contains("2 complete"), "\(during.output)")
            #expect(during.output.contains("a: its list was changed or deleted since it ended"))
            #expect(try shell(trouble.passes, in: around).status == 0)
            let after = try run.quire(["run", "m.yaml", "--only", "b"])
            #expect(after.output.contains("2 tasks: 2 complete"), "\(after.output)")
            try expect("complete", of: "a", in: run)
        }
    }

    @Test func `is a person's to complete, however its task ended`() throws {
        try withRun { run in
            try run.write(
                [
                    ("other", "entries=1"), ("capped", "entries=2"),
                    ("failed", "entries=2 fail=turn-failed fail-on=2"),
                ],
                defaults: "{max_sessions: 2, same_failure: 1}"
            )
            #expect(try run.quire(["run", "m.yaml"]).status == 100)
            for task in ["capped", "failed"] {
                try expect(task, of: task, in: run)
                // A list that is not complete leaves it ended.
                try put(run.list(task) + "\nA note.\n", run.task(task) + "/task_list.md")
            }
            let still = try run.quire(["run", "m.yaml", "--only", "other"])
            #expect(still.output.contains("1 complete, 1 failed, 1 capped"), "\(still.output)")
            for task in ["capped", "failed"] {
                let list = run.list(task).replacing("- [ ]", with: "- [x]")
                try put(list, run.task(task) + "/task_list.md")
                try expect("waiting", of: task, in: run)
            }
            let leg = try run.quire(["run", "m.yaml", "--only", "other"])
            #expect(leg.output.contains("3 tasks: 3 complete"), "\(leg.output)")
            for task in ["capped", "failed"] { try expect("complete", of: task, in: run) }
            let whole = try run.quire(["run", "m.yaml"])
            #expect(whole.status == 0, "\(whole.output)")
            #expect(whole.output.contains("3 tasks: 3 complete · 0 sessions"), "\(whole.output)")
        }
    }
}
