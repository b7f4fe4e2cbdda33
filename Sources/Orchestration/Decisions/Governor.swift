/// A concern of a run that may hold starts, end sessions, change the concurrency or end the leg.
///
/// A governor is a small value in a file of its own. State that must survive a restart is folded
/// from facts, in `RunState`; the properties of a governor are of the leg alone, and a new leg
/// begins with new governors. A governor acts by recording facts in the turn.
protocol Governor: Sendable {
    /// Applies an occurrence, when it happens.
    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn)
    /// Acts on the time; called once a turn, after its events and before its starts.
    mutating func act(in turn: inout Turn)
    /// Returns true if nothing may start now.
    func holdsStarts(in turn: Turn) -> Bool
    /// Returns true if this start may go on; a governor that refuses says by `nextDeadline` when to
    /// ask again.
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool
    /// Returns the limit that a failed session counts against, where it is not that of the class.
    func charge(of failure: Failure, in turn: Turn) -> Charge?
    /// Returns the reason why a task with work left may have no further session; `nil` while it may.
    ///
    /// `ended` is a session of the task that is not recorded yet.
    func reasonToCap(_ task: TaskState, after ended: SessionEnded?, in turn: Turn) -> String?
    /// Returns the ending of a leg that is to end as soon as nothing runs; `nil` while it goes on.
    func ending(in turn: Turn) -> Ending?
    /// Does what is left to do at the end of a leg in which nothing runs; returns true once nothing is.
    mutating func finish(_ ending: Ending, in turn: inout Turn) -> Bool
    /// Returns the awake time at which the governor must act even if nothing happens; `nil` for never.
    func nextDeadline(in turn: Turn) -> Duration?
    /// Returns true if a run in which nothing runs has something to wait for: this governor will let
    /// it start. A run with work left in which no governor says so is stuck.
    func willLetStart(in turn: Turn) -> Bool
}

extension Governor {
    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {}
    mutating func act(in turn: inout Turn) {}
    func holdsStarts(in turn: Turn) -> Bool { false }
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool { true }
    func charge(of failure: Failure, in turn: Turn) -> Charge? { nil }
    func reasonToCap(_ task: TaskState, after ended: SessionEnded?, in turn: Turn) -> String? {
        nil
    }
    func ending(in turn: Turn) -> Ending? { nil }
    mutating func finish(_ ending: Ending, in turn: inout Turn) -> Bool { true }
    func nextDeadline(in turn: Turn) -> Duration? { nil }
    func willLetStart(in turn: Turn) -> Bool { nextDeadline(in: turn) != nil }
}

/// An occurrence that governors may react to.
enum Occurrence {
    /// A leg began; the state is that of the new leg already.
    case legBegan(before: EarlierLeg)
    /// A task's directory can't be opened yet.
    case taskHeld(String)
    /// A session was started.
    case sessionStarted(SessionStarted)
    /// A session's process is alive.
    case sessionSpawned
    /// A running session used more than was known.
    case sessionUsed(SessionUsed)
    /// A session showed signs of life.
    case sessionActive(SessionKey)
    /// The model answered a session, or the session's turn ended.
    case sessionAnswered(SessionKey)
    /// A session's agent can work.
    case sessionWorked(SessionKey)
    /// A session waits for the network.
    case sessionWaitsForNetwork(SessionKey)
    /// A session failed; its end follows as an occurrence of its own.
    indirect case sessionFailed(FailedSession)
    /// A session ended, which began at an awake time; the fact is about to be recorded.
    indirect case sessionEnded(SessionEnded, since: Duration)
    /// A task's list claims what is to be checked.
    case checkDue(String)
    /// A hook ended, or a message was handed over.
    indirect case hookEnded(HookEnded)
    /// A person changed the run's budget.
    case budgetChanged
    /// The user or the system asked for a shutdown.
    case shutdownRequested(ShutdownSignal)
    /// The journal can't be written; the message says why and what to do.
    case storeFailed(String)
    /// Nothing can be journalled any more, and waiting won't help.
    case storeLost(String)
    /// All pending writes were done.
    case storeRecovered
    /// The windows of an account's limit were read.
    case limitRead(LimitRead)
    /// A reading of the machine came.
    case machineRead(MachineReading)
}

/// The concurrency of the leg before.
struct EarlierLeg {
    /// The limit of sessions at once that it arrived at.
    var concurrencyLimit: Int
    /// Its plan.
    var plan: RunPlan
    /// The changes that people had made.
    var steering: SteeringStanding
    /// Its ending; `nil` if it was cut off.
    var ending: Ending?
}

/// A failed session, as governors see it.
struct FailedSession {
    /// The failure to treat.
    var failure: Failure
    /// The session.
    var session: RunState.Running
    /// The account that the session drew on, and its model.
    var domain: AccountDomain
    /// True if the session probed the account's gates.
    var isProbe: Bool

    /// The account that the session drew on.
    var account: String? { domain.account }

    /// The treatment of the failure's class.
    var treatment: Treatment { failure.kind.treatment }

    /// The time at which the failure's cause ends, as the service stated it; `nil` if it stated
    /// none, or one so far away that it is implausible.
    func statedReset(at now: Moment) -> WallTime? {
        failure.resetsAt.flatMap { $0 <= now.wall + WallTime.latestReset ? $0 : nil }
    }
}
