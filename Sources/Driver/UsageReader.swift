import CodexEvents
import Dates
import EventLoop
import Foundation
import Orchestration
import Reporting
import Synchronization

/// Finds out from Codex's own records what sessions have used that can't tell it themselves yet, or
/// any more.
struct UsageReader: Sendable {
    /// A session's thread, and what that had used before the session; `nil` for nothing.
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

    /// What the sessions have used, as far as anybody knows; blocks, for worker threads.
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

    /// What a thread of a task, none of whose sessions runs, has used in all; `nil` where nobody
    /// knows.
    ///
    /// Blocks, too.
    func total(of thread: String, of task: String) -> TokenUsage? {
        guard let end = end(of: thread, of: task) else { return nil }
        // A whole record without a count is that of a thread that was never answered.
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
            // Nobody knows, then; the session's own word is still to come.
            return nil
        }
    }

    private func file(of thread: String, of task: String) -> String? {
        guard let creation = Rollout.creation(of: thread) else { return nil }
        let home = home(of: task)
        // The directory is that of the local day, wherever that was.
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

/// What a thread had used before a session went on in it: found out on the worker thread that starts
/// the session.
final class UsageBefore: Sendable {
    private let found = Mutex<TokenUsage?>(nil)

    /// `nil` before it was noted, and where nobody knows.
    var usage: TokenUsage? { found.withLock { $0 } }

    func note(_ usage: TokenUsage?) { found.withLock { $0 = usage } }
}
