import Agent
import EventLoop
import Orchestration
import Synchronization

/// Reads sessions' usage from the agent's records, for sessions that can't report it yet, or any more.
struct UsageReader: Sendable {
    /// A session's thread, and the thread's usage before the session; `nil` for none.
    struct Query: Sendable {
        var key: SessionKey
        var thread: String
        var before: TokenUsage?
        /// The session's model by its task's ladder; `nil` for the task's own.
        var model: String?
        /// The account that the session draws on, of the run's several; `nil` for that of its task.
        var account: String?

        init(_ start: SessionStarted, thread: String, before: TokenUsage?) {
            (key, self.thread, self.before) = (start.key, thread, before)
            (model, account) = (start.model, start.account)
        }
    }

    private let records: any AgentRecords
    private let work: WorkTable
    private let troubles = UsageTroubles()

    init(_ request: RunRequest) {
        self.init(
            of: request.agent.kind,
            environment: request.environment,
            work: request.work
        )
    }

    init(of agent: any Agent, environment: InheritedEnvironment, work: WorkTable) {
        records = agent.records(inheriting: environment.text)
        self.work = work
    }

    /// Returns the variables that make sessions draw on an account.
    func variables(of account: String) -> [String: String] { records.variables(of: account) }

    /// Returns the usage of sessions, as far as it is recorded; blocks, so only for worker threads.
    func look(_ queries: [Query]) -> [SessionUsed] {
        queries.compactMap { query in
            let recorded = recorded(query.thread, of: query.key.task, query.account)
            guard case .total(let total) = recorded else { return nil }
            return SessionUsed(
                task: query.key.task,
                session: query.key.number,
                usage: total.part(since: query.before ?? .zero),
                threadUsage: total
            )
        }
    }

    /// Returns the windows of the limits in the records of sessions; blocks, too.
    func limits(_ queries: [Query]) -> [Event] {
        queries.flatMap { query in
            let place = place(of: query.key.task, query.account)
            let limits = records.limits(of: query.thread, with: place.own, in: place.directory)
            return limits.map { limit -> Event in
                var limit = limit
                limit.account = query.account ?? work[query.key.task]?.account
                if limit.limit != nil { limit.model = query.model ?? work[query.key.task]?.model }
                return .limitRead(limit)
            }
        }
    }

    /// Returns the variables and the directory by which a task's records are found.
    private func place(
        of task: String,
        _ account: String?
    ) -> (own: [String: String], directory: String) {
        let work = work[task]
        let own = account.map(records.variables) ?? [:]
        return ((work?.environment ?? [:]).merging(own) { $1 }, work?.directory ?? "/")
    }

    /// Returns the total usage of a thread that a session is to resume; `nil` if it is unknown.
    ///
    /// Blocks, too.
    func total(of thread: String, before start: SessionStarted) -> TokenUsage? {
        switch recorded(thread, of: start.task, start.account) {
        case .total(let total): total
        case .none: .zero
        case .unknown, .compressed: nil
        }
    }

    /// Completes the usage in a result: from the records if the session reported none, and else with that of
    /// the threads that the session's thread started.
    ///
    /// Blocks, too.
    func settle(
        _ result: SessionResult,
        _ query: Query
    ) -> (result: SessionResult, events: [Event]) {
        let limits = limits([query])
        guard result.usage == nil else { return (addingDescendants(result, query), limits) }
        let used = look([query]).map(Event.sessionUsed)
        let warnings = takeWarnings().map {
            Event.warned(Warned(task: query.key.task, message: $0))
        }
        return (result, limits + used + warnings)
    }

    /// Adds to a result the usage of the threads that the session's thread started.
    ///
    /// Blocks, too.
    private func addingDescendants(_ result: SessionResult, _ query: Query) -> SessionResult {
        guard let total = result.threadUsage, result.usage != nil, result.thread == query.thread
        else { return result }
        let place = place(of: query.key.task, query.account)
        let more = records.usageOfDescendants(
            of: query.thread,
            with: place.own,
            in: place.directory
        )
        guard more != .zero else { return result }
        var result = result
        result.threadUsage = total + more
        // The thread's earlier usage includes its descendants, too.
        result.usage = (total + more).part(since: query.before ?? .zero)
        return result
    }

    /// Returns the messages about records that can't be read, each once in a leg.
    func takeWarnings() -> [String] { troubles.take() }

    private func recorded(
        _ thread: String,
        of task: String,
        _ account: String?
    ) -> RecordedUsage {
        let place = place(of: task, account)
        let usage = records.usage(of: thread, with: place.own, in: place.directory)
        if case .compressed(let path) = usage { troubles.note(path) }
        return usage
    }
}

/// The warnings about records of usage, of which a leg needs one.
final class UsageTroubles: Sendable {
    private struct State: Sendable {
        var isNoted = false
        var warnings: [String] = []
    }

    private let state = Mutex(State())

    /// Notes a compressed record; only the first is told.
    func note(_ path: String) {
        state.withLock { state in
            guard !state.isNoted else { return }
            state.isNoted = true
            state.warnings.append(
                "the usage in \(path) isn't known, as Codex has compressed that record; nor is it in others "
                    + "like it"
            )
        }
    }

    /// Returns the warnings that nobody has taken yet.
    func take() -> [String] {
        state.withLock { state in
            defer { state.warnings = [] }
            return state.warnings
        }
    }
}

/// The usage of a thread before a session resumed it, read on the worker thread that starts the session.
final class UsageBefore: Sendable {
    private let found = Mutex<TokenUsage?>(nil)

    /// The usage; `nil` until it is noted, or if it is unknown.
    var usage: TokenUsage? { found.withLock { $0 } }

    func note(_ usage: TokenUsage?) { found.withLock { $0 = usage } }
}
