import Orchestration

/// A world whose accounts run out of usage now and then.
struct LimitedWorld {
    /// An account's usage is out from one time to another, in seconds.
    struct Outage {
        var account: String?
        var from: Double
        var to: Double
        /// Whether the message tells the minute of the end.
        var isStated = true
    }

    /// Probes whose stream is cut before they tell anything.
    var cutProbes = 0

    private struct Happening {
        var at: Double
        var event: Event
    }

    private(set) var orchestrator: Orchestrator
    /// All starts, with their times.
    private(set) var starts: [(at: Double, start: SessionStarted)] = []
    /// Sessions that were told of a limit, with their times.
    private(set) var limited: [(at: Double, key: SessionKey)] = []
    /// Threads that were cut down and not continued yet, by task.
    private(set) var cutThreads: [String: String] = [:]
    /// What should not have happened.
    private(set) var complaints: [String] = []
    private(set) var ending: Ending?
    private(set) var now = 0.0

    private let plan: RunPlan
    private let outages: [Outage]
    private var journal: [(Moment, [RunEvent])] = []
    private var queue: [Happening] = []
    private var lists: [String: ChecklistState] = [:]
    private var threads = 0
    private var random: SplitMix64

    init(_ plan: RunPlan, outages: [Outage], seed: UInt64) {
        (self.plan, self.outages) = (plan, outages)
        random = SplitMix64(seed: seed)
        orchestrator = Orchestrator(seed: seed)
        begin()
    }

    private mutating func begin() {
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        queue = [Happening(at: now, event: .runBegan(began))]
        for name in orchestrator.state.tasksToOpen(plan: plan, retryFailed: false) {
            let found = TaskInspected(
                task: name,
                checklist: lists[name] ?? .missing,
                thread: orchestrator.state.task(name)?.thread
            )
            queue.append(Happening(at: now, event: .taskInspected(found)))
        }
    }

    /// Kills the runner and its sessions, and begins a new leg from the journal.
    mutating func crash() {
        var state = RunState()
        for (moment, facts) in journal { state.apply(facts, at: moment) }
        orchestrator = Orchestrator(recovering: state, seed: 1)
        begin()
    }

    /// Plays until the run has ended or a time has come.
    mutating func run(until end: Double = .infinity) {
        while ending == nil {
            let next = [queue.map(\.at).min(), orchestrator.nextDeadline?.inSeconds]
                .compactMap(\.self).min()
            guard let next, next <= end else {
                if next == nil { complaints.append("nothing will ever happen again") }
                return
            }
            now = max(now, next)
            turn()
        }
    }

    private mutating func turn() {
        let due = queue.filter { $0.at <= now }.sorted { $0.at < $1.at }
        queue.removeAll { $0.at <= now }
        let moment = Moment(
            awake: .milliseconds(Int64((now * 1000).rounded(.up))),
            wall: Self.wall(now)
        )
        var facts: [RunEvent] = []
        for command in orchestrator.handle(due.map(\.event), at: moment) {
            switch command {
            case .record(let fact): facts.append(fact)
            case .startSession(let start): begin(start)
            case .endRun(let ending): self.ending = ending
            case .terminateSession, .killSession, .releaseTask, .readMachine, .startCheck,
                .terminateCheck, .killCheck, .startHook, .notify, .terminateHook, .killHook,
                .openTask, .passWords, .readManifest, .answer:
                break
            }
        }
        journal.append((moment, facts))
    }

    private mutating func begin(_ start: SessionStarted) {
        starts.append((now, start))
        threads += start.resumes == nil ? 1 : 0
        let thread = start.resumes ?? "thread-\(threads)"
        if let cut = cutThreads.removeValue(forKey: start.task), cut != thread {
            complaints.append("\(start.key) lost its thread \(cut)")
        }
        if start.isProbe == true, cutProbes > 0 {
            cutProbes -= 1
            cutThreads[start.task] = thread
            return end(start, thread, at: now + 2, Failure(.streamCut, "cut"))
        }
        let account = orchestrator.state.account(of: start.task)
        let length = Double.random(in: 100...600, using: &random)
        let outage = outages.first {
            $0.account == account && $0.from < now + length && now < $0.to
        }
        guard let outage else {
            queue.append(Happening(at: now + 3, event: .sessionAnswered(start.key)))
            return end(start, thread, at: now + length, nil)
        }
        // One that is at work meets the limit with its next request.
        let met =
            outage.from <= now
            ? now + 2 : outage.from + min(20, Double.random(in: 1...60, using: &random))
        if met > now + 3, outage.from > now {
            queue.append(Happening(at: now + 3, event: .sessionAnswered(start.key)))
        }
        let minute = (outage.to / 60).rounded(.down) * 60
        let failure = Failure(
            .usageLimit,
            "You’ve hit your usage limit.",
            resetsAt: outage.isStated ? Self.wall(minute + 60) : nil
        )
        limited.append((met, start.key))
        cutThreads[start.task] = thread
        end(start, thread, at: met, failure)
    }

    private mutating func end(
        _ start: SessionStarted,
        _ thread: String,
        at time: Double,
        _ failure: Failure?
    ) {
        let started = ThreadStarted(task: start.task, session: start.session, thread: thread)
        queue.append(Happening(at: min(now + 1, time), event: .threadStarted(started)))
        var list = lists[start.task] ?? .missing
        if failure == nil {
            let progress = list.progress ?? Progress(ticked: -1, total: 4)
            list = .good(Progress(ticked: progress.ticked + 1, total: progress.total))
            lists[start.task] = list
        }
        let result = SessionResult(
            termination: .exited(failure == nil ? 0 : 1),
            failure: failure,
            thread: thread
        )
        queue.append(Happening(at: time, event: .sessionEnded(start.key, result, list)))
    }

    static func wall(_ seconds: Double) -> WallTime {
        WallTime(millisecondsSinceEpoch: 1_800_000_000_000 + Int64((seconds * 1000).rounded(.up)))
    }
}
