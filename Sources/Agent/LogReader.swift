/// A reader of a task's log for people.
package protocol LogReader {
    /// Reads the next bytes, and emits the entries that they complete.
    mutating func read(_ bytes: Span<UInt8>, _ emit: (LogEntry) -> Void)
    /// Reads the end of the log.
    mutating func finish(_ emit: (LogEntry) -> Void)
}

/// An entry of a log, whose texts nobody has made safe yet.
package enum LogEntry: Hashable, Sendable {
    /// A session named its thread.
    case thread(String)
    /// The agent said something, in any number of lines.
    case message(String)
    /// The agent did something: a mark, and the words after it.
    case step(String, [LogText])
    /// The agent, or its session, met an error.
    case trouble([LogText])
    /// The agent ran a command with this result.
    ///
    /// `outputEnd` is the end of its output, which has `outputBytes` in all; empty unless it is worth showing.
    case command(
        String,
        hasFailed: Bool,
        result: String,
        outputBytes: Int,
        outputEnd: String
    )

    /// True if something failed.
    package var isFailure: Bool {
        switch self {
        case .trouble: true
        case .command(_, let hasFailed, _, _, _): hasFailed
        case .thread, .message, .step: false
        }
    }
}

/// A part of an entry.
package enum LogText: Hashable, Sendable {
    /// A text that stays in its line.
    case line(String)
    /// A text of several lines.
    case lines(String)
}
