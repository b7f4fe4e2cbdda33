package import Orchestration

/// What a thread had used in all when it was last heard of.
package struct ThreadReport: Hashable, Sendable {
    /// The thread's id.
    package var thread: String
    /// Its total then.
    package var usage: TokenUsage

    /// Makes a report.
    package init(thread: String, usage: TokenUsage) {
        self.thread = thread
        self.usage = usage
    }
}

/// One session's events, folded into what they say about it.
package struct SessionTranscript: Sendable {
    /// What is known of the process besides its events.
    package struct Ending: Sendable {
        /// How it ended.
        package var termination: Termination
        /// The last of its standard error.
        package var standardError: [UInt8]
        /// The bytes of its standard output.
        package var outputBytes: Int64
        /// Steps of the work that were not observed one by one.
        package var passedSteps: Int
        /// Whether a descendant held its output open until the leak limit.
        package var outputLeaked: Bool
        /// Whether the process was a launcher that ran the agent elsewhere.
        package var isLaunched: Bool

        /// Makes an ending; see the properties.
        package init(
            termination: Termination,
            standardError: [UInt8],
            outputBytes: Int64,
            passedSteps: Int = 0,
            outputLeaked: Bool,
            isLaunched: Bool = false
        ) {
            self.termination = termination
            self.standardError = standardError
            self.outputBytes = outputBytes
            self.passedSteps = passedSteps
            self.outputLeaked = outputLeaked
            self.isLaunched = isLaunched
        }
    }

    /// The session's thread, once it is known.
    package private(set) var thread: String?
    /// What the session called its thread and is no thread's id; `nil` where it did not do so.
    package private(set) var refusedThread: String?
    /// The count of tokens that the session told and that can't be; `nil` where it told none.
    package private(set) var oddUsage: String?
    /// Whether the turn was completed.
    package private(set) var isCompleted = false
    /// What `turn.failed` said.
    private(set) var turnFailure: String?
    /// The last message of the error channel that was not about Codex's own retries.
    private(set) var lastError: String?
    /// Events that were observed, unknown ones included.
    private(set) var events = 0
    private var resumed: ThreadReport?
    private var total: TokenUsage?

    /// Begins a transcript.
    ///
    /// `resumed` is what the session's thread had reported before; `nil` for a fresh context, and
    /// where nobody knows.
    package init(resuming resumed: ThreadReport?) {
        self.resumed = resumed
    }

    /// Takes what the session's thread had used before, where that was not known at first.
    package mutating func learn(resuming resumed: ThreadReport) { self.resumed = resumed }

    /// Takes the session's next event.
    package mutating func observe(_ event: CodexEvent) {
        if case .undecodable = event { return }
        events += 1
        switch event {
        case .threadStarted(let id):
            if let id = ThreadID.checked(id) { thread = id } else { refusedThread = id }
        // The last word counts.
        case .turnCompleted(let usage, let odd):
            oddUsage = oddUsage ?? odd
            (isCompleted, turnFailure) = (true, nil)
            total = usage ?? total
        case .turnFailed(let message): (isCompleted, turnFailure) = (false, message)
        case .error(let message) where !event.isReconnecting: lastError = message
        default: break
        }
    }

    /// What the session came to.
    ///
    /// `now` and `offset`, the local time zone's seconds from UTC at an instant, are for reset
    /// times, which Codex tells in local time.
    package func result(
        _ ending: Ending,
        now: WallTime,
        offset: (WallTime) -> Int
    ) -> SessionResult {
        var failure = Classifier(transcript: self, ending: ending).failure
        if let limit = failure, [.usageLimit, .rateLimit].contains(limit.kind) {
            failure?.resetsAt = ResetTime.parse(limit.message, now: now, offset: offset)
        }
        return SessionResult(
            termination: ending.termination,
            failure: failure,
            thread: thread,
            threadUsage: total,
            usage: total.map(ownUsage),
            outputLeaked: ending.outputLeaked
        )
    }

    /// The session's part of its thread's total.
    private func ownUsage(_ total: TokenUsage) -> TokenUsage {
        guard let resumed, resumed.thread == thread else { return total }
        return total.part(since: resumed.usage)
    }
}
