import Orchestration
import Simulation
import Testing

/// A plan with priorities, groups with shares and caps, needs and weights, drawn at random.
private func plan(_ random: inout SplitMix64) -> RunPlan {
    var plan = RunPlan(concurrency: Int.random(in: 1...6, using: &random))
    plan.groups = [
        GroupPlan(name: "g", weight: 3), GroupPlan(name: "h", weight: 1, maxConcurrent: 2),
    ]
    for number in 0..<40 {
        var task = TaskPlan(name: "t\(number)")
        task.group = [nil, "g", "h"].randomElement(using: &random) ?? nil
        task.priority = Int.random(in: 0...2, using: &random)
        task.weight = Double(Int.random(in: 1...3, using: &random))
        task.size = Bool.random(using: &random) ? Double.random(in: 1...20, using: &random) : nil
        if number > 0, Int.random(in: 0..<5, using: &random) == 0 {
            task.needs = ["t\(Int.random(in: 0..<number, using: &random))", "elsewhere"]
        }
        plan.tasks.append(task)
    }
    return plan
}

extension [Command] {
    fileprivate var started: [String] {
        compactMap { if case .startSession(let start) = $0 { start.task } else { nil } }
    }
}

@Suite struct `The tasks that are opened first` {
    /// What starts when all directories are open is what was said to start, as far as slots go.
    @Test(arguments: UInt64(1)...60)
    func `are those that would start if all were open`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let plan = plan(&random)
        var world = World(plan: plan, faults: Faults(), seed: seed)
        world.run(turns: Int.random(in: 0...150, using: &random))
        var state = RunState()
        for batch in world.journal { state.apply(batch.events, at: batch.at) }
        guard state.leg.ending == nil else { return }
        let first = state.tasksToStart(plan: plan, retryFailed: false, count: plan.concurrency)
        // A crash: what ran is lost, and every checklist is found as it was last seen.
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let inspected = state.tasksToOpen(plan: plan, retryFailed: false).map { name in
            let task = state.task(name)
            return Event.taskInspected(
                TaskInspected(
                    task: name,
                    checklist: task?.checklist ?? .missing,
                    thread: task?.thread
                )
            )
        }
        var orchestrator = Orchestrator(recovering: state, seed: 1)
        let last = world.journal.last?.at
        let now = last ?? Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
        let started = orchestrator.handle([.runBegan(began)] + inspected, at: now).started
        #expect(started == first)
    }

    @Test func `are no more than are wanted, and none that ended or must wait`() {
        var plan = RunPlan(concurrency: 2, tasks: (0..<6).map { TaskPlan(name: "t\($0)") })
        plan.tasks[1].needs = ["t0"]
        plan.tasks[4].priority = 1
        var scenario = Scenario(plan, found: ["t5": .good(Progress(ticked: 2, total: 2))])
        _ = scenario.begin()
        #expect(scenario.state.task("t5")?.outcome == .complete)
        func first(_ count: Int) -> [String] {
            scenario.state.tasksToStart(plan: plan, retryFailed: false, count: count)
        }
        #expect(first(2) == ["t4", "t0"])
        #expect(first(10) == ["t4", "t0", "t2", "t3"])
    }

    @Test func `leave a run whose other directories are still being opened going`() {
        let plan = RunPlan(concurrency: 4, tasks: (0..<3).map { TaskPlan(name: "t\($0)") })
        var scenario = Scenario(plan)
        func inspected(_ task: String, _ checklist: ChecklistState = .missing) -> Event {
            .taskInspected(TaskInspected(task: task, checklist: checklist))
        }
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        _ = scenario.play([.runBegan(began), inspected("t0")])
        #expect(scenario.state.running.keys.map(\.task) == ["t0"])
        _ = scenario.play([inspected("t1", .good(Progress(ticked: 1, total: 1)))])
        #expect(scenario.state.task("t1")?.outcome == .complete)
        #expect(scenario.state.task("t2")?.outcome == nil)
        _ = scenario.play([inspected("t2")])
        #expect(scenario.state.running.count == 2)
    }

    @Test func `are given back where they had ended before they were open`() {
        var plan = RunPlan(concurrency: 1, tasks: (0..<2).map { TaskPlan(name: "t\($0)") })
        plan.budget = RunBudget(Budget(wall: .seconds(10)))
        var scenario = Scenario(plan)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let missing = ChecklistState.missing
        _ = scenario.play([
            .runBegan(began), .taskInspected(TaskInspected(task: "t0", checklist: missing)),
        ])
        let held = Event.taskHeld(task: "t1", reason: "'t1' is already running (pid: 7)")
        _ = scenario.play([held], after: 20)
        #expect(scenario.state.task("t1")?.outcome == .capped)
        var orchestrator = scenario.orchestrator
        let now = Moment(awake: .seconds(30), wall: WallTime(millisecondsSinceEpoch: 0))
        let late = Event.taskInspected(TaskInspected(task: "t1", checklist: missing))
        #expect(orchestrator.handle([late], at: now).contains(.releaseTask("t1")))
        // Nor is it told that one waits which has ended.
        #expect(orchestrator.handle([held], at: now).isEmpty)
    }

    @Test func `are looked at before a run ends that has failed enough`() {
        var plan = RunPlan(concurrency: 1, tasks: (0..<3).map { TaskPlan(name: "t\($0)") })
        plan.maxFailures = 1
        var scenario = Scenario(plan)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        func inspected(_ task: String, _ checklist: ChecklistState) -> Event {
            .taskInspected(TaskInspected(task: task, checklist: checklist))
        }
        _ = scenario.play([.runBegan(began), inspected("t0", .damaged("entry 1 is gone"))])
        #expect(scenario.state.leg.ending == nil)
        _ = scenario.play([inspected("t1", .good(Progress(ticked: 1, total: 1)))])
        #expect(scenario.state.leg.ending == nil)
        _ = scenario.play([inspected("t2", .missing)])
        #expect(scenario.state.leg.ending == .finished)
        #expect(scenario.state.tasks.map(\.outcome) == [.damaged, .complete, nil])
    }

    @Test func `are looked at before they are ended for what they need`() {
        var plan = RunPlan(concurrency: 1, tasks: (0..<4).map { TaskPlan(name: "t\($0)") })
        for place in 1...3 { plan.tasks[place].needs = ["t\(place - 1)"] }
        var scenario = Scenario(plan)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        func inspected(_ task: String, _ checklist: ChecklistState) -> Event {
            .taskInspected(TaskInspected(task: task, checklist: checklist))
        }
        _ = scenario.play([
            .runBegan(began), inspected("t0", .damaged("entry 1 is gone")),
            inspected("t3", .missing),
        ])
        #expect(scenario.state.tasks.map(\.outcome) == [.damaged, nil, nil, nil])
        _ = scenario.play([inspected("t2", .missing)])
        _ = scenario.play([inspected("t1", .missing)])
        #expect(scenario.state.tasks.map(\.outcome) == [.damaged, .blocked, .blocked, .blocked])
        #expect(scenario.state.leg.ending == .finished)
        var other = Scenario(plan)
        _ = other.play([.runBegan(began), inspected("t0", .damaged("entry 1 is gone"))])
        _ = other.play([inspected("t1", .good(Progress(ticked: 2, total: 2)))])
        _ = other.play([.taskHeld(task: "t2", reason: "'t2' is already running (pid: 7)")])
        #expect(other.state.tasks.map(\.outcome) == [.damaged, .complete, nil, nil])
    }

    @Test func `may be spent for before the others are known to be complete`() {
        var plan = RunPlan(concurrency: 1, tasks: (0..<3).map { TaskPlan(name: "t\($0)") })
        plan.budget = RunBudget(Budget(wall: .seconds(10)))
        var scenario = Scenario(plan)
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let missing = Event.taskInspected(TaskInspected(task: "t0", checklist: .missing))
        _ = scenario.play([.runBegan(began), missing])
        let held = Event.taskHeld(task: "t1", reason: "'t1' is already running (pid: 7)")
        _ = scenario.play([held], after: 20)
        // One that others own may be theirs for days; one that is being opened comes at once.
        #expect(scenario.state.task("t1")?.outcome == .capped)
        #expect(scenario.state.task("t2")?.outcome == nil)
        let complete = ChecklistState.good(Progress(ticked: 1, total: 1))
        _ = scenario.play([.taskInspected(TaskInspected(task: "t2", checklist: complete))])
        #expect(scenario.state.task("t2")?.outcome == .complete)
    }
}
