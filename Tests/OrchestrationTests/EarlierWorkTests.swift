import Testing

@testable import Orchestration

/// A run of tasks that take 1, 2, 3 … sessions, each of which ticks one entry.
private struct Journalled {
    let plan: RunPlan
    private(set) var batches: [(at: Moment, facts: [RunEvent])] = []
    private(set) var starts: [String] = []
    private var orchestrator = Orchestrator(seed: 1)
    private var running: [(end: Int, key: SessionKey)] = []
    private var ticked: [String: Int] = [:]
    private var now = 0

    init(tasks: Int, slots: Int) {
        plan = RunPlan(concurrency: slots, tasks: (0..<tasks).map { TaskPlan(name: "t\($0)") })
    }

    var state: RunState { orchestrator.state }

    /// Plays a leg until it ends, or so many sessions have.
    mutating func play(anew: [String]? = nil, sessions limit: Int = .max) {
        orchestrator = Orchestrator(recovering: state, seed: 1)
        (running, starts) = ([], [])
        for task in anew ?? [] { ticked[task] = nil }
        let began = RunBegan(
            run: "r",
            name: "r",
            pid: 1,
            quireVersion: "0",
            plan: plan,
            anew: anew
        )
        let inspected = state.tasksToOpen(
            plan: plan,
            retryFailed: false,
            reopening: Set(anew ?? [])
        ).map {
            let found = ticked[$0] == nil ? ChecklistState.missing : .good(progress($0))
            return Event.taskInspected(TaskInspected(task: $0, checklist: found))
        }
        handle([.runBegan(began)] + inspected)
        for _ in 0..<limit {
            guard let next = running.min(by: { ($0.end, $0.key) < ($1.end, $1.key) }) else { break }
            running.removeAll { $0.key == next.key }
            now = next.end
            ticked[next.key.task, default: 0] += 1
            let checklist = ChecklistState.good(progress(next.key.task))
            let result = SessionResult(termination: .exited(0), failure: nil)
            handle([.sessionEnded(next.key, result, checklist)])
        }
    }

    private func size(_ task: String) -> Int { (Int(task.dropFirst()) ?? 0) + 1 }

    private func progress(_ task: String) -> Progress {
        Progress(ticked: ticked[task] ?? 0, total: size(task))
    }

    private mutating func handle(_ events: [Event]) {
        let at = Moment(
            awake: .seconds(now),
            wall: WallTime(millisecondsSinceEpoch: Int64(now) * 1000)
        )
        var facts: [RunEvent] = []
        for command in orchestrator.handle(events, at: at) {
            if case .record(let fact) = command { facts.append(fact) }
            if case .startSession(let start) = command {
                starts.append(start.task)
                running.append((now + 100, start.key))
            }
        }
        if !facts.isEmpty { batches.append((at, facts)) }
    }
}

extension RunState {
    fileprivate var standings: [Standing?] {
        tasks.indices.map { scheduler.standing(of: $0) }
    }

    fileprivate mutating func fold(_ batches: some Sequence<(at: Moment, facts: [RunEvent])>) {
        for batch in batches { apply(batch.facts, at: batch.at) }
    }
}

@Suite struct `A task that begins anew` {
    private static let names = (0..<12).map { "t\($0)" }

    private func played(once: Bool = false, sessions: Int = .max) -> Journalled {
        var run = Journalled(tasks: 12, slots: 2)
        run.play()
        if !once { run.play(anew: Self.names, sessions: sessions) }
        return run
    }

    @Test func `is expected to take as long as before`() throws {
        let run = played(sessions: 0)
        let waiting = run.state.standings.compactMap(\.self)
        #expect(waiting.map(\.earlier) == (3...12).map { Double(100 * $0) })
        let ranks = waiting.compactMap(\.rank)
        #expect(ranks.count == 10 && ranks == ranks.sorted())
        #expect(run.starts == ["t0", "t1"])
        // Sizes that were the same again are trusted more.
        let rank = try #require(ranks.last)
        let after = try #require(played(sessions: 12).state.standings[11]?.rank)
        #expect(abs(after - 1200) < abs(rank - 1200))
    }

    @Test func `is expected nothing of if it was not complete`() {
        var run = Journalled(tasks: 3, slots: 1)
        run.play(sessions: 2)
        run.play(anew: ["t0", "t1", "t2"], sessions: 0)
        // Only the first one was complete.
        #expect(run.state.scheduler.estimates.earlier.tasks.keys.sorted() == [0])
    }

    @Test func `has its entries ranked by what they took before`() {
        var estimates = Estimates(count: 2)
        let report = Estimates.Report(seconds: 4000, done: 4, total: 4, completes: true)
        estimates.observe(0, report)
        estimates.forget(0, wasComplete: true)
        for task in 0...1 {
            estimates.observe(task, Estimates.Report(seconds: 500, done: 1, total: 40))
        }
        // It takes the same time with a list of ten times as many entries.
        #expect(estimates.remaining(0) < estimates.remaining(1))
    }

    /// A crash after any session of the second run: journal and snapshot come to the same keys, and
    /// the next leg goes by them.
    @Test(arguments: [0, 1, 5, 20, 50])
    func `has the same key after a crash`(sessions: Int) throws {
        let first = played(once: true).batches.count
        var run = played(sessions: sessions)
        #expect(!run.state.scheduler.estimates.earlier.tasks.isEmpty)
        var whole = RunState()
        whole.fold(run.batches)
        #expect(whole.standings == run.state.standings)
        for taken in [first, run.batches.count] {
            var before = RunState()
            before.fold(run.batches[..<taken])
            var state = try #require(RunState(RunSnapshot(of: before)))
            state.fold(run.batches[taken...])
            #expect(state.standings == run.state.standings)
        }
        let ranks = run.state.standings.map { $0?.rank }
        run.play(sessions: 0)
        for (rank, after) in zip(ranks, run.state.standings) {
            // The list of a task that was seen is read anew, and judged by what is known now.
            if let rank, let after, after.remaining == nil {
                #expect(after.rank == rank && after.earlier != nil)
            }
        }
    }
}

@Suite struct `The best order` {
    @Test(arguments: [[3.0, 3, 3, 3], [1, 2, 4, 8], [1, 1, 1, 100], [5, 9]])
    func `saves what shortest first does beside the mean of all orders`(sizes: [Double]) throws {
        // Each task waits for those before it; in a random order, for half of the others.
        var (waited, best) = (0.0, 0.0)
        for size in sizes.sorted() {
            best += waited
            waited += size
        }
        let random = sizes.reduce(0, +) * Double(sizes.count - 1) / 2
        let saved = try #require(BestOrder.saves(sizes.sorted().map { (count: 1, seconds: $0) }))
        #expect(abs(saved - (1 - best / random)) < 1e-9)
    }

    @Test func `of tasks that nobody has is not told`() {
        #expect(BestOrder.saves([(count: 1, seconds: 5.0)]) == nil)
        #expect(BestOrder.saves([(count: 0, seconds: 0.0), (count: 0, seconds: 0)]) == nil)
        #expect(BestOrder.saves([(count: 9, seconds: 90.0)]) == 0)
    }
}
