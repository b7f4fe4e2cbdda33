/// The common ground of all decisions: the run's state, the time, the running sessions' deadlines,
/// and the commands of the turn so far.
///
/// The orchestrator and its governors change the run through this value alone.
struct Turn: Sendable {
    /// The run's state, folded from its facts.
    private(set) var state: RunState
    /// The moment of the turn.
    private(set) var now = Moment(awake: .zero, wall: WallTime(millisecondsSinceEpoch: 0))
    /// The commands of the turn so far.
    private(set) var commands: [Command] = []
    /// The deadlines of the running sessions, and the reasons for which Quire ended some of them.
    var sessions = SessionWatch()
    /// The tasks whose directories can't be opened yet.
    var held: Set<String> = []
    /// The tasks whose checks run.
    var checks: Set<String> = []
    /// The hooks that run or are due, and what they decide on.
    var hooks = PendingHooks()
    /// True once a task has ended with a question to a person in this leg.
    var asksPeople = false
    /// Number of tasks that failed in this leg.
    var failures = 0
    /// True if all of the concurrency limit was in use when the turn began.
    private(set) var wasFull = false
    private var hasBegun = false

    /// Makes the ground for decisions on a recovered or new run.
    init(state: RunState) {
        self.state = state
    }

    /// Begins a turn: forgets the commands of the last one, and warns if the clock was set back.
    mutating func begin(at moment: Moment) {
        let stepBack = hasBegun ? moment.stepBack(since: now) : .zero
        hasBegun = true
        now = moment
        commands = []
        // Enough for an end, a start and their facts: the array seldom grows.
        commands.reserveCapacity(8)
        wasFull = state.running.count >= state.leg.concurrencyLimit
        if stepBack > .zero { clockWasSetBack(by: stepBack) }
        state.wake(at: moment)
    }

    /// Notes the moment in the state if the turn recorded any fact.
    mutating func end() {
        if commands.contains(where: \.isRecord) { state.noteTurn(at: now) }
    }

    /// Folds a fact into the state, and asks for it to be journalled.
    mutating func record(_ fact: RunEvent) {
        commands.append(.record(fact))
        state.apply(fact, at: now)
        if hooks.collectsNews { hooks.note(fact) }
    }

    /// Asks for a command to be carried out.
    mutating func order(_ command: Command) { commands.append(command) }

    /// Records a message for people, about a task or about the run.
    mutating func warn(_ message: String, task: String? = nil) {
        record(.warned(Warned(task: task, message: message)))
    }

    /// Returns the scheduler's next start; `nil` if nothing may run or no slot is free.
    mutating func nextStart() -> SessionStarted? { state.nextStart(at: now.wall) }

    /// Returns the start that probes an account's gates; `nil` if none of its tasks may start.
    mutating func nextStart(probing domain: AccountDomain) -> SessionStarted? {
        state.nextStart(probing: domain, at: now)
    }

    /// True if the leg is on its way to its end.
    var startsNothingMore: Bool {
        state.leg.shutdown != nil || state.leg.ending != nil || hasFailedEnough
            || state.steering.drain != nil
    }
}

// The ends of running sessions by Quire's hand.
extension Turn {
    /// Ends a session politely, for a cause if it has none yet, and sets the time of its kill.
    mutating func terminate(_ key: SessionKey, _ cause: EndCause, _ reason: String) {
        sessions.note(cause, of: key)
        signal(key, .terminate, reason)
        order(.terminateSession(key))
        sessions.kill(key, at: now.awake + state.plan.grace)
    }

    /// Kills a session, for a cause if it has none yet; another kill follows after another grace if
    /// that is not enough.
    mutating func kill(_ key: SessionKey, _ cause: EndCause?, _ reason: String) {
        if let cause { sessions.note(cause, of: key) }
        signal(key, .kill, reason)
        order(.killSession(key))
        sessions.kill(key, at: now.awake + max(state.plan.grace, .seconds(1)))
    }

    private mutating func signal(_ key: SessionKey, _ step: SessionSignalled.Step, _ reason: String)
    {
        record(
            .sessionSignalled(
                SessionSignalled(task: key.task, session: key.number, step: step, reason: reason)
            )
        )
    }
}

extension Command {
    fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}

/// The reason why Quire itself ended a session.
enum EndCause: Hashable, Sendable {
    /// The session exceeded its session timeout or its idle timeout.
    case timeout
    /// The session waited for the network for too long.
    case network
    /// The session used more than it may, or than the run may.
    case budget
    /// The run is being stopped.
    case shutdown
    /// A person paused the run.
    case pause
    /// A person stopped the session's task.
    case stop
}
