/// Record of a session: a fold of its facts, and a row of the table `session`.
package struct SessionRecord: Hashable, Sendable {
    /// The end of a session.
    package struct End: Hashable, Sendable {
        /// The time of the end.
        package var time: WallTime
        /// The duration, in seconds.
        package var seconds: Double
        /// The verdict: what the session achieved.
        package var verdict: Verdict
        /// The limit that the session was charged against.
        package var charge: Charge
        /// The class of the failure; `nil` if the session did not fail.
        package var failure: FailureClass?
        /// The message of the failure.
        package var message: String?
        /// Ticked entries after the session.
        package var ticked: Int?
        /// The tokens that the session used.
        package var usage: TokenUsage?
        /// True if `usage` is only what the session was last seen to have used; `nil` for no.
        package var isUsagePartial: Bool?
        /// True if `usage` is the estimate that was set aside for the session; `nil` for no.
        package var isUsageEstimated: Bool?
        /// True if a descendant held the session's output open until the leak limit.
        package var outputLeaked = false
        /// The session's statement on its work; `nil` for none.
        package var statement: SessionStatement?

        /// Makes an end without failure and usage.
        package init(at time: WallTime, seconds: Double, _ verdict: Verdict, _ charge: Charge) {
            (self.time, self.seconds) = (time, seconds)
            (self.verdict, self.charge) = (verdict, charge)
        }

        fileprivate init(_ fact: SessionEnded, at time: WallTime) {
            self.init(at: time, seconds: fact.seconds, fact.verdict, fact.charge)
            (failure, message) = (fact.failure?.kind, fact.failure?.message)
            (ticked, usage) = (fact.progress?.ticked, fact.usage)
            (isUsagePartial, isUsageEstimated) = (fact.isUsagePartial, fact.isUsageEstimated)
            (outputLeaked, statement) = (fact.outputLeaked, fact.statement)
        }
    }

    /// The check of a session's work.
    package struct Check: Hashable, Sendable {
        /// The result; `nil` while the check runs, as far as is recorded.
        package var result: CheckResult?
        /// The trouble in words that follow "it"; `nil` for none.
        package var message: String?

        /// Makes a check; see the properties.
        package init(_ result: CheckResult? = nil, message: String? = nil) {
            (self.result, self.message) = (result, message)
        }

        /// The result in words.
        package var words: String {
            result?.words(of: "its check", message) ?? "its check did not end"
        }
    }

    /// The task's name, and the session's number within the task.
    package var key: SessionKey
    /// The role: initializer or executor.
    package var role: Role
    /// The slot, numbered from 0.
    package var slot: Int
    /// The time at which the session began.
    package var began: WallTime
    /// Ticked entries before the session.
    package var tickedBefore: Int?
    /// The agent's process.
    package var pid: Int32?
    /// The thread.
    package var thread: String?
    /// The model by the task's ladder; `nil` for a task without one.
    package var model: String?
    /// The task's move to that model; `nil` if it had it before.
    package var move: ModelMove?
    /// The commit of the session's work; `nil` if there is none.
    package var commit: String?
    /// The check of the work; `nil` if there was none.
    package var check: Check?
    /// The end; `nil` while the session runs, as far as is recorded.
    package var end: End?
    /// Bytes written to standard error; they are in no fact.
    package var standardErrorBytes: Int64 = 0

    /// Makes the record of a session that starts.
    package init(_ fact: SessionStarted, at time: WallTime) {
        (key, role, slot) = (fact.key, fact.role, fact.slot)
        (began, tickedBefore) = (time, fact.progress?.ticked)
        (model, move) = (fact.model, fact.move)
    }

    /// Folds in a later fact of this session.
    package mutating func apply(_ fact: RunEvent, at time: WallTime) {
        switch fact {
        case .sessionSpawned(let fact): pid = fact.pid
        case .threadStarted(let fact): thread = fact.thread
        case .checkpointMade(let fact): commit = fact.commit ?? commit
        case .checkBegan: check = Check()
        case .checkEnded(let fact): check = Check(fact.result, message: fact.message)
        case .sessionEnded(let fact):
            thread = fact.thread ?? thread
            end = End(fact, at: time)
        default: break
        }
    }
}

extension RunEvent {
    /// The session of a fact that changes a session's record; `nil` for other facts.
    package var recordedSession: SessionKey? {
        switch self {
        case .sessionStarted(let fact): fact.key
        case .sessionSpawned(let fact): SessionKey(task: fact.task, number: fact.session)
        case .threadStarted(let fact): SessionKey(task: fact.task, number: fact.session)
        case .checkpointMade(let fact): fact.key
        case .checkBegan(let fact): SessionKey(task: fact.task, number: fact.session)
        case .checkEnded(let fact): fact.isOfBase == true ? nil : fact.key
        case .sessionEnded(let fact): fact.key
        case .runBegan, .taskReopened, .taskInspected, .sessionUsed, .sessionSignalled, .taskEnded,
            .hookBegan, .hookEnded, .gateClosed, .gateOpened, .limitRead, .concurrencyChanged,
            .shutdownAdvanced, .steered, .warned, .runEnded:
            nil
        }
    }
}
