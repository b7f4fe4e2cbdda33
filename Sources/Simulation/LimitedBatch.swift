import Orchestration

/// The limits' part in a batch: after a limit has cut a session short, the task's next session does
/// the rest in the same thread.
struct LimitedBatch: Sendable {
    /// A task's progress through its drawn sessions.
    struct TaskWork: Hashable, Sendable {
        /// Index of the drawn session being worked on.
        var place = 0
        /// Share of that session that is left, from 0 to 1.
        var left = 1.0
        /// Tokens used for the share that is done.
        var spent = 0.0
        /// Index of the task's newest start among all starts.
        var dispatch = 0
    }

    /// A time in which starts were held, in seconds.
    typealias Hold = (from: Double, to: Double)

    var service: SimulatedService
    fileprivate(set) var tasks: [TaskWork]
    /// The account of each task, as an index of the names.
    let accounts: (ofTasks: [Int], names: [String?])
    private(set) var cutTokens = 0.0
    private(set) var lostTokens = 0.0
    private(set) var usageLimited = 0
    private(set) var rateLimited = 0
    private var probes = 0
    private var gates = GateTimes()
    private(set) var holds: [Hold] = []
    private var heldSince: Double?
    private var waited = Duration.zero
    private var waitsSince: Duration?
    private var now = Duration.zero

    init(_ limits: ServiceLimits, _ plan: RunPlan, seed: UInt64) {
        let names = Set(plan.tasks.map(\.account)).sorted { ($0 ?? "") < ($1 ?? "") }
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        accounts = (
            plan.tasks.map { numbers[$0.account] ?? 0 }, names.isEmpty ? [nil] : names
        )
        tasks = Array(repeating: TaskWork(), count: plan.tasks.count)
        service = SimulatedService(limits, accounts: max(1, names.count), seed: seed)
    }

    /// Begins a session for the rest of the drawn one; returns its length in seconds.
    mutating func begin(
        _ start: SessionStarted,
        _ task: Int,
        drawn: Workload.Session,
        dispatch: Int,
        at now: Duration
    ) -> Double {
        if start.resumes == nil {
            lostTokens += tasks[task].spent
            (tasks[task].left, tasks[task].spent) = (1, 0)
        }
        tasks[task].dispatch = dispatch
        let length = Duration.nearestMillisecond(drawn.seconds * tasks[task].left)
        service.begin(
            task: task,
            session: start.session,
            account: accounts.ofTasks[task],
            takes: max(length, .milliseconds(1)),
            tokens: drawn.tokens * tasks[task].left,
            at: now
        )
        return length.inSeconds
    }

    /// Notes the work of a session that was cut short.
    mutating func cut(_ session: SimulatedService.Running, _ task: Int, drawn: Workload.Session) {
        let tokens = session.tokens(at: session.ends)
        let took = (session.ends - session.began).inSeconds
        if session.refusal == nil, drawn.seconds > 0 {
            tasks[task].left = max(0, tasks[task].left - took / drawn.seconds)
        }
        tasks[task].spent += tokens
        cutTokens += tokens
    }

    /// Advances to the task's next drawn session.
    mutating func goOn(_ task: Int) {
        tasks[task].place += 1
        (tasks[task].left, tasks[task].spent) = (1, 0)
    }

    mutating func note(_ fact: RunEvent, at time: WallTime) {
        gates.apply(fact, at: time)
        switch fact {
        case .sessionStarted(let start): probes += start.isProbe == true ? 1 : 0
        case .sessionEnded(let end):
            usageLimited += end.failure?.kind == .usageLimit ? 1 : 0
            rateLimited += end.failure?.kind == .rateLimit ? 1 : 0
        default: break
        }
    }

    mutating func turnEnded(at now: Duration, _ state: RunState) {
        self.now = now
        let isHeld = !state.gates.closed.isEmpty && state.leg.ending == nil
        if isHeld, heldSince == nil { heldSince = now.inSeconds }
        if !isHeld, let since = heldSince {
            holds.append((since, now.inSeconds))
            heldSince = nil
        }
        let waits = isHeld && state.running.isEmpty
        if waits, waitsSince == nil { waitsSince = now }
        if !waits, let since = waitsSince {
            waited += now - since
            waitsSince = nil
        }
    }

    var figures: LimitFigures {
        let end = WallTime(millisecondsSinceEpoch: now.wholeMilliseconds)
        return LimitFigures(
            held: gates.held(at: end).map {
                LimitFigures.Held(
                    gate: $0.gate,
                    account: $0.account,
                    times: $0.times,
                    seconds: $0.time.inSeconds
                )
            },
            waited: waited.inSeconds,
            usageLimited: usageLimited,
            rateLimited: rateLimited,
            probes: probes,
            cutTokens: cutTokens.rounded(),
            lostTokens: lostTokens.rounded()
        )
    }
}

// A batch with limits.
extension Batch {
    /// The figures; see `BatchFigures`.
    package func figures(policy: String) -> BatchFigures {
        var figures = meter.figures(policy: policy)
        figures.limits = limited?.figures
        figures.cost = plan.prices.map { $0.cost(of: usage) }
        return figures
    }

    /// Totals that take no time to compute: sessions, tokens, their cost (`nil` without prices),
    /// and the end of the last session in seconds.
    package var totals: (sessions: Int, tokens: Double, cost: Double?, seconds: Double) {
        let cost = plan.prices.map { $0.cost(of: usage) }
        return (dispatches.count, meter.tokens, cost, meter.end)
    }

    /// Times in which starts were held, in seconds; none without limits.
    package var holds: [(from: Double, to: Double)] { limited?.holds ?? [] }

    mutating func beginLimited(
        _ start: SessionStarted,
        _ task: Int,
        at now: Duration,
        dispatch: Int
    ) -> Double {
        let drawn = workload.tasks[task].sessions[limited?.tasks[task].place ?? 0]
        return limited?.begin(start, task, drawn: drawn, dispatch: dispatch, at: now) ?? 0
    }

    /// Adds the events that tell the orchestrator what happened at the service until now.
    mutating func tellLimited(until now: Duration, in events: inout [Event]) {
        for finding in limited?.service.take(until: now) ?? [] {
            switch finding {
            case .answered(let task, let session):
                events.append(
                    .sessionAnswered(SessionKey(task: plan.tasks[task].name, number: session))
                )
            case .ended(let task, let session, let failure):
                tellLimitedEnd(of: task, session, failure, in: &events)
            }
        }
        guard let limited else { return }
        events += limited.service.readings(limited.accounts.names, at: now).map(Event.limitRead)
    }

    private mutating func tellLimitedEnd(
        of number: Int,
        _ session: SimulatedService.Running,
        _ failure: Failure?,
        in events: inout [Event]
    ) {
        guard let place = limited?.tasks[number].place else { return }
        let task = workload.tasks[number]
        let tokens = session.tokens(at: session.ends).rounded()
        var result = result(of: number, place: place)
        result.usage = task.usage(of: tokens)
        result.thread = "\(number)-\(place)"
        guard let failure else {
            limited?.goOn(number)
            return tellEnd(of: number, session.session, place: place, result, in: &events)
        }
        limited?.cut(session, number, drawn: task.sessions[place])
        (result.termination, result.failure) = (.exited(1), failure)
        let key = SessionKey(task: plan.tasks[number].name, number: session.session)
        events.append(.sessionEnded(key, result, checklist(of: task, before: place)))
    }

    /// Returns the checklist before the drawn session at an index has done its work.
    private func checklist(of task: Workload.Task, before place: Int) -> ChecklistState {
        guard place > 0 else { return .missing }
        let session = task.sessions[place - 1]
        return .good(Progress(ticked: session.done, total: max(1, session.total)))
    }
}
