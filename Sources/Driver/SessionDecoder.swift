import CodexEvents
import Synchronization

/// A session's decoder, fed on the worker threads that write its log.
final class SessionDecoder: Sendable {
    /// What the output told since it was last asked.
    struct News {
        var events: [CodexEvent]
        /// Steps of the work since the session's start that were counted alone.
        var passed: Int
        /// Whether a step that was counted alone, and followed by another event, was an answer.
        var isAnswered: Bool
        /// All bytes since the session's start.
        var bytes: Int64
    }

    private struct State: Sendable {
        var decoder = EventDecoder(steps: .newest)
        var events: [CodexEvent] = []
        var bytes: Int64 = 0
    }

    private let state = Mutex(State())

    /// Takes the next bytes of the output.
    func decode(_ bytes: Span<UInt8>) {
        state.withLock { state in
            state.bytes += Int64(bytes.count)
            state.decoder.decode(bytes) { state.events.append($0) }
        }
    }

    /// Takes the end of the output.
    func finish() {
        state.withLock { state in
            state.decoder.finish { state.events.append($0) }
        }
    }

    /// What has come since the last call.
    func takeNews() -> News {
        state.withLock { state in
            defer { state.events = [] }
            return News(
                events: state.events,
                passed: state.decoder.passed,
                isAnswered: state.decoder.takePassedAnswer(),
                bytes: state.bytes
            )
        }
    }

    /// The newest step of the work, if no other event came since.
    var newestStep: CodexEvent? { state.withLock { $0.decoder.newestStep } }
}
