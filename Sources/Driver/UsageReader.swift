import CodexEvents
import Dates
import EventLoop
import Foundation
import Orchestration
import Reporting
import Synchronization

/// Reads sessions' usage from Codex's rollout files, for sessions that can't report it yet, or any more.
struct UsageReader: Sendable {
    /// A session's thread, and the thread's usage before the session; `nil` for none.
    struct Query: Sendable {
        var key: SessionKey
        var thread: String
        var before: TokenUsage?
    }

    private let home: CodexHome
    private let work: [String: TaskWork]

    init(environment: InheritedEnvironment, work: [String: TaskWork]) {
        home = CodexHome(environment)
        self.work = work
    }

    /// Returns the usage of sessions, as far as it is recorded; blocks, so only for worker threads.
    func look(_ queries: [Query]) -> [SessionUsed] {
        queries.compactMap { query in
            let end = end(of: query.thread, of: query.key.task)
            guard let total = end.flatMap({ Rollout.usage(inEnd: $0) }) else { return nil }
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
        guard let end = end(of: thread, of: task) else { return nil }
        // A whole rollout without a count belongs to a thread that never got an answer.
        return Rollout.usage(inEnd: end) ?? (end.count < Rollout.tailSize ? .zero : nil)
    }

    private func end(of thread: String, of task: String) -> [UInt8]? {
        guard let file = file(of: thread, of: task),
            let handle = FileHandle(forReadingAtPath: file)
        else { return nil }
        do {
            let size = try handle.seekToEnd()
            let tail = UInt64(Rollout.tailSize)
            try handle.seek(toOffset: size > tail ? size - tail : 0)
            let bytes = try handle.readToEnd() ?? Data()
            try handle.close()
            return [UInt8](bytes)
        } catch {
            // The usage is unknown now; the session itself may still report it.
            return nil
        }
    }

    private func file(of thread: String, of task: String) -> String? {
        guard let creation = Rollout.creation(of: thread) else { return nil }
        let home = home(of: task)
        // The directory is named for the local day, in the time zone of whatever machine wrote it.
        for days in [0, -1, 1] {
            let directory = "\(home)/sessions/\(Self.day(creation + .seconds(days * 86_400)))"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            if let name = names.first(where: { Rollout.isFile($0, of: thread) }) {
                return "\(directory)/\(name)"
            }
        }
        return nil
    }

    private func home(of task: String) -> String {
        let work = work[task]
        return home.path(of: work?.environment ?? [:], in: work?.directory ?? "/")
    }

    private static func day(_ time: WallTime) -> String {
        time.date("/")
    }
}

/// The usage of a thread before a session resumed it, read on the worker thread that starts the session.
final class UsageBefore: Sendable {
    private let found = Mutex<TokenUsage?>(nil)

    /// The usage; `nil` until it is noted, or if it is unknown.
    var usage: TokenUsage? { found.withLock { $0 } }

    func note(_ usage: TokenUsage?) { found.withLock { $0 = usage } }
}
