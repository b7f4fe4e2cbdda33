import Agent
import Orchestration
import Synchronization

/// A session's reader, fed on the worker threads that write the session's log.
final class SessionDecoder: Sendable {
    /// The news of the output since the last call of `takeNews`.
    struct News {
        var signs: [SessionSign] = []
        /// The number of steps since the session's start that were only counted.
        var passed = 0
        /// True if one of those steps was an answer of the model, and a sign followed it.
        var isAnswered = false
        /// The number of bytes since the session's start.
        var bytes: Int64 = 0
    }

    private struct State: Sendable {
        var reader: any SessionReader
        var signs: [SessionSign] = []
        var bytes: Int64 = 0
    }

    private let state: Mutex<State>

    init(_ reader: any SessionReader) { state = Mutex(State(reader: reader)) }

    /// Decodes the next bytes of the output.
    func decode(_ bytes: Span<UInt8>) {
        state.withLock { state in
            state.bytes += Int64(bytes.count)
            state.reader.read(bytes) { state.signs.append($0) }
        }
    }

    /// Decodes the end of the output.
    func finish() {
        state.withLock { state in
            state.reader.finish { state.signs.append($0) }
        }
    }

    /// Has the result hold the session's statement.
    func expectStatement() { state.withLock { $0.reader.expectStatement() } }

    /// Sets the resumed thread's last report.
    func learn(resuming report: ThreadReport) {
        state.withLock { $0.reader.learn(resuming: report) }
    }

    /// Returns the news since the last call.
    func takeNews() -> News {
        state.withLock { state in
            defer { state.signs = [] }
            return News(
                signs: state.signs,
                passed: state.reader.passed,
                isAnswered: state.reader.takePassedAnswer(),
                bytes: state.bytes
            )
        }
    }

    /// The newest step of the work; `nil` if a sign followed it.
    var newestStep: SessionStep? { state.withLock { $0.reader.newestStep } }

    /// True if the session's turn was completed.
    var isCompleted: Bool { state.withLock { $0.reader.isCompleted } }

    /// Returns the session's result.
    func result(_ ending: SessionEnding, now: WallTime) -> SessionResult {
        state.withLock { $0.reader.result(ending, now: now) }
    }
}
