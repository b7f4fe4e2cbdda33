import CodexEvents
import Synchronization

/// A session's decoder, fed on the worker threads that write its log.
final class SessionDecoder: Sendable {
    /// The decoded output since the last call of `takeNews`.
    struct News {
        var events: [CodexEvent]
        /// The number of steps since the session's start that were only counted.
        var passed: Int
        /// True if one of those steps, with another event after it, was an answer.
        var isAnswered: Bool
        /// The number of bytes since the session's start.
        var bytes: Int64
    }

    private struct State: Sendable {
        var decoder = EventDecoder(steps: .newest)
        var events: [CodexEvent] = []
        var bytes: Int64 = 0
    }

    private let state = Mutex(State())

    /// Decodes the next bytes of the output.
    func decode(_ bytes: Span<UInt8>) {
        state.withLock { state in
            state.bytes += Int64(bytes.count)
            state.decoder.decode(bytes) { state.events.append($0) }
        }
    }

    /// Decodes the end of the output.
    func finish() {
        state.withLock { state in
            state.decoder.finish { state.events.append($0) }
        }
    }

    /// Returns the news since the last call.
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

    /// The newest step of the work; `nil` if another event came after it.
    var newestStep: CodexEvent? { state.withLock { $0.decoder.newestStep } }
}
