package import Agent
package import CodexEvents
package import Orchestration

/// A session's events, folded into the facts about it.
package struct SessionTranscript: Sendable {
    /// The session's thread, once it is known.
    package private(set) var thread: String?
    /// The session's name for its thread, if it is no thread's id; `nil` otherwise.
    package private(set) var refusedThread: String?
    /// The implausible token count that the session reported; `nil` for none.
    package private(set) var oddUsage: String?
    /// True if the turn was completed.
    package private(set) var isCompleted = false
    /// The message of `turn.failed`.
    private(set) var turnFailure: String?
    /// The last message of the error channel that was not about Codex's own retries.
    private(set) var lastError: String?
    /// The evidence that the agent could work, as far as it was seen.
    private(set) var deeds = SessionDeeds.none
    /// True if a command began whose end was not seen: what became of it isn't known.
    private var hasOpenCommand = false
    /// Events that were observed, unknown ones included.
    private(set) var events = 0
    /// True if the turn's last message is the session's statement on its work.
    var isToState = false
    private var lastMessage: String?
    private var resumed: ThreadReport?
    private var total: TokenUsage?

    /// Begins a transcript.
    ///
    /// `resumed` is the earlier report of the session's thread; `nil` for a fresh context, or if
    /// unknown.
    package init(resuming resumed: ThreadReport?) {
        self.resumed = resumed
    }

    /// Sets the earlier report of the session's thread, if it was unknown at first.
    package mutating func learn(resuming resumed: ThreadReport) { self.resumed = resumed }

    /// Folds the session's next event.
    package mutating func observe(_ event: CodexEvent) {
        if case .undecodable = event { return }
        events += 1
        observeDeeds(of: event)
        switch event {
        case .threadStarted(let id):
            if let id = ThreadID.checked(id) { thread = id } else { refusedThread = id }
        // The later of completion and failure counts.
        case .turnCompleted(let usage, let odd):
            oddUsage = oddUsage ?? odd
            (isCompleted, turnFailure) = (true, nil)
            total = usage ?? total
        case .turnFailed(let message): (isCompleted, turnFailure) = (false, message)
        case .error(let message) where !event.isReconnecting: lastError = message
        case .item(.completed, let item):
            if isToState, case .agentMessage(let text) = item.kind { lastMessage = text }
        default: break
        }
    }

    private mutating func observeDeeds(of event: CodexEvent) {
        guard deeds != .some else { return }
        if event.showsWork { return deeds = .some }
        if let words = event.sandboxComplaint {
            hasOpenCommand = false
            if deeds == .none { deeds = .refused(words.oneLine(200)) }
        } else if case .item(.started, let item) = event, case .commandExecution = item.kind {
            hasOpenCommand = true
        }
    }

    /// Returns the session's result.
    ///
    /// `passed` is the number of items that were passed over without being observed. `now` and `offset`, the local time zone's seconds from UTC at an instant, are for reset times,
    /// which Codex states in local time.
    package func result(
        _ ending: SessionEnding,
        passed: Int = 0,
        now: WallTime,
        offset: (WallTime) -> Int
    ) -> SessionResult {
        var failure = Classifier(transcript: self, passed: passed, ending: ending).failure
        if let limit = failure, [.usageLimit, .rateLimit].contains(limit.kind) {
            failure?.resetsAt = ResetTime.parse(limit.message, now: now, offset: offset)
            if limit.kind == .usageLimit {
                failure?.limit = LimitWords.name(in: limit.message)
                if LimitWords.needsPerson(limit.message) { failure?.needsPerson = true }
            }
        }
        var result = SessionResult(
            termination: ending.termination,
            failure: failure,
            thread: thread,
            threadUsage: total,
            usage: total.map(ownUsage),
            outputLeaked: ending.outputLeaked
        )
        result.deeds = hasOpenCommand ? nil : deeds
        if isToState, failure == nil {
            (result.statement, result.statementTrouble) = StatementForm.read(lastMessage)
        }
        return result
    }

    /// Returns the session's part of its thread's total.
    private func ownUsage(_ total: TokenUsage) -> TokenUsage {
        guard let resumed, resumed.thread == thread else { return total }
        return total.part(since: resumed.usage)
    }
}
