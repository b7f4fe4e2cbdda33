import Application
import Orchestration
import Simulation
import Reporting
import Testing

@testable import Manifest

private func manifest(_ text: String) throws -> Manifest {
    try Manifest.parse(
        text: "version: 1\n" + text,
        path: "m.yaml",
        absolute: "/w/m.yaml",
        files: Builder.Files(read: { _ in "" }, isDirectory: { _ in true })
    )
}

@Suite struct `The details of a plan` {
    @Test func `are told once for all tasks, and by names where they differ`() throws {
        let details = PlanDetails(
            try manifest(
                """
                tasks:
                  - {name: a, prompt: p}
                  - {name: b, prompt: p, model: big, env: {WORDS: "a b", KEY: "c d"}}
                """
            )
        )
        let lines = details.lines
        #expect(lines.first == "commands that would run, with the prompt as standard input:")
        #expect(lines.contains { $0.hasPrefix("  codex exec ") && $0.hasSuffix("  (a)") })
        #expect(lines.contains { $0.contains("big") && $0.hasSuffix("  (b)") })
        #expect(lines.contains("  workspace-write"))
        #expect(lines.suffix(2) == ["  KEY=[redacted]  (b)", "  WORDS='a b'  (b)"])
        let one = try manifest("tasks: [{name: b, prompt: p, env: {A_TOKEN: abc-def}}]")
        let work = "\(PlanDetails(one).work(of: one.tasks[0]))"
        #expect(work.contains("[redacted]") && !work.contains("abc-def"), "\(work)")
    }

    private static let texts: [(text: String, columns: Int?, lines: [String])] = [
        ("a b", nil, ["a b"]),
        ("one two three four five six", 20, ["one two three four", "    five six"]),
        ("", 20, [""]), ("x\ny", 20, ["x", "y"]),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa", 20, ["aaaaaaaaaaaaaaaaaaaa", "    aaaaa"]),
    ]

    @Test(arguments: texts)
    func `are wrapped at spaces`(text: String, columns: Int?, lines: [String]) {
        #expect(text.wrapped(to: columns) == lines.joined(separator: "\n"))
    }
}

@Suite struct `The table of a plan` {
    private static let text = """
        tasks:
          - {name: schema, prompt: p}
          - {name: port, prompt: "\(String(repeating: "long ", count: 200))", needs: [schema, a, b, c, d]}
        """
        + ["a", "b", "c", "d"].map { "\n  - {name: \($0), prompt: q}" }.joined()

    private func lines(_ text: String, width: Int?) throws -> (lines: [String], likeness: String?) {
        var table = PlanTable(try manifest(text), redactor: Redactor(words: ["secret"]))
        return (table.lines(width: width).map(\.description), table.likeness)
    }

    @Test(arguments: [40, 80, 200])
    func `fits a terminal, without what all tasks have alike`(width: Int) throws {
        let (lines, likeness) = try lines(Self.text, width: width)
        #expect(lines.count == 7 && lines.allSatisfy { Columns.count($0) <= width }, "\(lines)")
        #expect(lines[0].wholeMatch(of: /TASK +NEEDS +PROMPT/) != nil, "\(lines[0])")
        #expect(lines[2].contains("schema and 4 more"), "\(lines[2])")
        #expect(likeness == "all tasks: at most 100 sessions, in /w", "\(likeness ?? "")")
    }

    @Test func `is cut nowhere in a pipe, but at the marked ends of prompts`() throws {
        let (lines, _) = try lines(Self.text, width: nil)
        #expect(lines[0].contains("GROUP") && lines[0].contains("DIRECTORY"))
        #expect(lines[2].contains("schema a b c d") && lines[2].hasSuffix("long …"), "\(lines[2])")
    }

    /// The place of the secret in a prompt: at its beginning, across the end of what is shown, behind that.
    @Test(arguments: [0, 397, 2000])
    func `has no secrets, wherever prompts are cut`(place: Int) throws {
        let prompt =
            String(repeating: "x", count: place) + "secret" + String(repeating: "y", count: 900)
        let text = "tasks: [{name: a, prompt: \(prompt)}, {name: b, prompt: \(prompt)}]"
        let (lines, _) = try lines(text, width: nil)
        #expect(!lines.contains { $0.contains("sec") }, "\(lines)")
        #expect(lines[1].split(separator: " ").last == lines[2].split(separator: " ").last)
    }
}

@Suite struct `The estimate of a plan` {
    @Test func `is the same each time, and says what it rests on`() throws {
        let manifest = try manifest("tasks: [{name: a, prompt: p, size: 3}, {name: b, prompt: p}]")
        let estimates = (0..<2).compactMap { _ in
            PlanEstimate(manifest, ManifestHistory(), complete: 1)?.lines
        }
        #expect(estimates.count == 2 && estimates[0] == estimates[1])
        #expect(
            estimates[0].first?.hasPrefix("what 2 tasks would take (1 more is complete)") == true
        )
        #expect(
            estimates[0].contains("sessions: of 1 task from size hints, of 1 task a guess (5 each)")
        )
    }

    @Test func `is the same with checks and hooks, which nobody runs for it`() throws {
        let tasks = "tasks: [{name: a, prompt: p, size: 3}, {name: b, prompt: p, size: 4}]"
        let hooks =
            "run: {hooks: {run_begin: x, run_end: x}, notify: x}\n"
            + "defaults: {verify: x, hooks: {before_session: x, on_complete: x}}\n"
        let estimates = try ["", hooks].map {
            PlanEstimate(try manifest($0 + tasks), ManifestHistory(), complete: 0)?.lines
        }
        #expect(estimates[0] != nil && estimates[0] == estimates[1])
    }

    @Test func `warns of a budget that is too small, and of none that will do`() throws {
        let tasks = "tasks: [{name: a, prompt: p, size: 4}]"
        func warnings(_ tokens: String) throws -> [String] {
            let manifest = try manifest("run: {budget: {tokens: \(tokens)}}\n" + tasks)
            return PlanEstimate(manifest, ManifestHistory(), complete: 0)?.warnings ?? []
        }
        #expect(try warnings("1k").count == 1)
        #expect(
            try warnings("1k")[0].hasPrefix("the run's budget is smaller than the estimate: 1.0k")
        )
        #expect(try warnings("100G").isEmpty)
    }

    @Test func `is none where nothing is left`() throws {
        let all = try manifest("tasks: [{name: a, prompt: p}]")
        #expect(PlanEstimate(all.keeping([]), ManifestHistory(), complete: 1) == nil)
    }
}

@Suite struct `The id of a run` {
    private static let runs: [(id: String, manifest: String, isRun: Bool)] = [
        ("/w/m.yaml", "/w/m.yaml", true), ("/w/m.yaml#2/8", "/w/m.yaml", true),
        ("/w/m.yaml#9/8", "/w/m.yaml", false), ("/w/m.yaml#x", "/w/m.yaml", false),
        ("/w/m.yaml2", "/w/m.yaml", false), ("/w/m.yam", "/w/m.yaml", false),
    ]

    @Test(arguments: runs)
    func `tells the manifest, in whole or in shards`(id: String, manifest: String, isRun: Bool) {
        #expect(RunName.isRun(id, of: manifest) == isRun)
        if isRun { #expect(RunName.manifest(of: id) == manifest) }
    }

    @Test func `of a shard is read back`() throws {
        let shard = try #require(Shard("3/4"))
        let id = RunName.of("/w/a#1/2.yaml", shard)
        #expect(id == "/w/a#1/2.yaml#3/4" && RunName.manifest(of: id) == "/w/a#1/2.yaml")
        #expect(RunName.of("/w/m.yaml", nil) == "/w/m.yaml")
    }
}

@Suite struct `The words of a scheduler` {
    @Test(arguments: SchedulerName.allCases)
    func `give a reason for each way to be chosen`(scheduler: SchedulerName) {
        let ways: [Scheduler.Stream] = [.age, .parked, .length, .rank]
        let reasons = ways.map { ScheduleWords.reason($0, scheduler) }
        #expect(Set(reasons).count == reasons.count && !reasons.contains(""))
        #expect(ScheduleWords.reason(nil, scheduler) == "the scheduler chose it")
        let unknown = ScheduleWords.reason(.rank, scheduler, isUnknown: true)
        #expect(unknown.contains("nothing was known of its size") == (scheduler == .pace))
    }

    @Test func `say when no order is better than another, and why`() throws {
        func words(_ workload: Workload) throws -> String {
            try #require(ScheduleWords.order(workload))
        }
        let alike = try words(WorkloadName.same40.draw(seed: 1))
        #expect(alike.contains("of about one size, so no scheduler is much better"))
        #expect(try words(WorkloadName.trace.draw(seed: 1)).contains("differ in size"))
        let few = WorkloadName.trace.draw(seed: 1, tasks: 8, slots: 8)
        #expect(try words(few).contains("start at once, so no scheduler is better"))
        #expect(ScheduleWords.order(WorkloadName.arrivals.draw(seed: 1)) == nil)
        #expect(ScheduleWords.order(WorkloadName.dag.draw(seed: 1)) == nil)
    }

    @Test(arguments: [(spread: 1, isAlike: true), (20, false)])
    func `say so of a run, too, once it has seen some tasks`(spread: Int, isAlike: Bool) {
        let plan = RunPlan(tasks: (0..<20).map { TaskPlan(name: "t\($0)") })
        var scheduler = Scheduler(plan: plan)
        #expect(ScheduleWords.order(scheduler.estimates, .pace) == nil)
        for task in 0..<20 {
            scheduler.enqueue(task)
            scheduler.sessionStarted(task, slot: 0)
            let seconds = task % 4 == 0 ? 100.0 * Double(spread) : 100
            let report = Estimates.Report(seconds: seconds, done: 1, total: 1, completes: true)
            scheduler.sessionEnded(task, seconds: seconds, report: report)
        }
        let told = ScheduleWords.order(scheduler.estimates, .pace)
        #expect((told?.contains("of about one size") ?? false) == isAlike)
        #expect(ScheduleWords.order(scheduler.estimates, .fifo) == nil)
    }
}

@Suite struct `The page of a simulation` {
    @Test func `shows names as they are, and never as markup`() throws {
        var workload = WorkloadName.small.draw(seed: 1, tasks: 5, slots: 2)
        workload.name = "<script>&"
        var batch = Batch(workload, plan: nil)
        batch.run()
        let result = SimulationPage.Result(slots: 2, policy: "pace", batch: batch)
        let html = SimulationPage(workload: workload, results: [result]).html
        #expect(html.contains("<title>Quire: &lt;script&gt;&amp; simulated</title>"))
        #expect(!html.contains("<script>"))
        #expect(html.contains("pace, 2 slots: what each slot did"))
    }

    @Test func `has a table of the same figures`() {
        var batch = Batch(WorkloadName.small.draw(seed: 1, tasks: 5, slots: 2), plan: nil)
        batch.run()
        let figures = batch.figures(policy: "pace")
        let table = SimulationTable([(2, figures)], againstClairvoyant: [1.25])
        let lines = table.lines(width: nil).map(\.description)
        #expect(lines.count == 2 && lines[0].contains("× CLAIRVOYANT"))
        #expect(lines[1].contains("pace") && lines[1].contains("1.25"))
        #expect(table.limitLines(width: nil).isEmpty)
    }
}
