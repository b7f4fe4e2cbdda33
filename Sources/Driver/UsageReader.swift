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
    }

    private let records: any AgentRecords
    private let work: [String: TaskWork]

    init(of agent: any Agent, environment: InheritedEnvironment, work: [String: TaskWork]) {
        records = agent.records(inheriting: environment.text)
        self.work = work
    }

    /// Returns the usage of sessions, as far as it is recorded; blocks, so only for worker threads.
    func look(_ queries: [Query]) -> [SessionUsed] {
        queries.compactMap { query in
            let recorded = recorded(query.thread, of: query.key.task)
            guard case .total(let total) = recorded else { return nil }
            return SessionUsed(
                task: query.key.task,
                session: query.key.number,
                usage: total.part(since: query.before ?? .zero),
                threadUsage: total
            )
        }
    }

    /// Returns the total usage of a task's thread while none of its sessions runs; `nil` if it is unknown.
    ///
    /// Blocks, too.
    func total(of thread: String, of task: String) -> TokenUsage? {
        switch recorded(thread, of: task) {
        case .total(let total): total
        case .none: .zero
        case .unknown: nil
        }
    }

    private func recorded(_ thread: String, of task: String) -> RecordedUsage {
        let work = work[task]
        return records.usage(
            of: thread,
            with: work?.environment ?? [:],
            in: work?.directory ?? "/"
        )
    }
}

/// The usage of a thread before a session resumed it, read on the worker thread that starts the session.
final class UsageBefore: Sendable {
    private let found = Mutex<TokenUsage?>(nil)

    /// The usage; `nil` until it is noted, or if it is unknown.
    var usage: TokenUsage? { found.withLock { $0 } }

    func note(_ usage: TokenUsage?) { found.withLock { $0 = usage } }
}
