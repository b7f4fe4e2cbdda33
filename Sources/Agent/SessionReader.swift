package import Orchestration

/// A reader of one session's output, from its first byte to its end.
///
/// It runs on the worker threads that write the log, so a call returns soon and waits for nothing. Only
/// `read`, `finish` and `result` need more than the default.
package protocol SessionReader: Sendable {
    /// Reads the next bytes, and emits their signs in order.
    mutating func read(_ bytes: Span<UInt8>, _ emit: (SessionSign) -> Void)
    /// Reads the end of the output.
    mutating func finish(_ emit: (SessionSign) -> Void)
    /// Sets the resumed thread's last report, if it was unknown at first.
    mutating func learn(resuming report: ThreadReport)
    /// Has the result hold the statement that the session ends with; called before the first byte.
    mutating func expectStatement()
    /// True if the turn was completed.
    var isCompleted: Bool { get }
    /// Returns the session's result.
    func result(_ ending: SessionEnding, now: WallTime) -> SessionResult

    /// Number of steps that were counted without a sign, for the sake of speed.
    var passed: Int { get }
    /// The newest of these steps; `nil` if a sign followed it.
    var newestStep: SessionStep? { get }
    /// Returns true if one of these steps, with a sign after it, was an answer; resets that.
    mutating func takePassedAnswer() -> Bool
}

extension SessionReader {
    package mutating func learn(resuming report: ThreadReport) {}
    package mutating func expectStatement() {}
    package var passed: Int { 0 }
    package var newestStep: SessionStep? { nil }
    package mutating func takePassedAnswer() -> Bool { false }
}

/// A sign in a session's output that the driver or a person may act on.
package enum SessionSign: Hashable, Sendable {
    /// The session named its thread, or another one than before.
    case thread(String)
    /// The session named a thread by a text that is no thread's id.
    case refusedThread(String)
    /// The session reported an impossible usage; the text describes the first such count.
    case oddUsage(String)
    /// The turn began.
    case turnBegan
    /// A line has another format than the agent's; a step follows.
    case noise
    /// The agent did something that needs its sandbox to work; once.
    case worked
    /// The session waits for the network, which is no sign of life.
    case waitsForNetwork
    /// Anything else that shows that the session lives.
    case step(SessionStep)
}

/// A step of the work.
package struct SessionStep: Hashable, Sendable {
    /// The agent's activity, in one line of at most 80 characters; `nil` for none.
    package var summary: String?
    /// True if the model must have answered.
    package var isAnswer: Bool

    /// Makes a step; see the properties.
    package init(summary: String?, isAnswer: Bool) {
        self.summary = summary
        self.isAnswer = isAnswer
    }
}
