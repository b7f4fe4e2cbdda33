/// The way in which a session's process ended.
package enum Termination: Hashable, Sendable, Codable {
    /// The process called `exit` with this status, 0 to 255.
    case exited(Int32)
    /// A signal, given by its number, killed the process.
    case signaled(Int32)
    /// The process never lived: the `errno` of the step that failed, and a description of that step.
    case notStarted(errno: Int32, doing: String)
}

/// A session's failure, as its error channel reported it.
package struct Failure: Hashable, Sendable, Codable {
    /// The class, which decides on all treatment.
    package var kind: FailureClass
    /// The agent's own message, or Quire's if the agent gave none; one line, for people.
    package var message: String
    /// Time at which a usage limit or rate limit ends, if the message stated one, perhaps in the
    /// past; `nil` for every other class.
    package var resetsAt: WallTime?
    /// The name of a usage limit that one model alone has; `nil` for the account's own, and for every other class.
    package var limit: String?
    /// True if no time helps against a usage limit, only money or an administrator; `nil` for no.
    package var needsPerson: Bool?

    /// Makes a failure of a class with its message.
    package init(_ kind: FailureClass, _ message: String, resetsAt: WallTime? = nil) {
        self.kind = kind
        self.message = message
        self.resetsAt = resetsAt
    }
}

/// The classes of failure of a session.
///
/// No retry happens without one.
package enum FailureClass: String, Hashable, Sendable, Word, CaseIterable {
    /// The account is out of usage, which affects all its tasks; the message may state until when.
    case usageLimit = "usage_limit"
    /// Too many requests: the whole run goes slower.
    case rateLimit = "rate_limit"
    /// The service is under high demand.
    case overload
    /// The response stream broke before the turn was complete.
    case streamCut = "stream_cut"
    /// The network was down until Quire ended the session.
    case noNetwork = "no_network"
    /// The credentials were refused; a probe finds out whether for good.
    case authentication
    /// The agent's sandbox did not start, or nothing shows that it did: the session completed its turn
    /// and could do nothing. One more session finds out whether that is so for all.
    case noSandbox = "no_sandbox"
    /// The thread outgrew the model's context window and is never resumed.
    case contextWindow = "context_window"
    /// The thread to resume is unknown; a new one starts.
    case unknownThread = "unknown_thread"
    /// Codex's own databases were locked by another Codex; transient.
    case stateLocked = "state_locked"
    /// The agent refused to run: a non-zero status, and nothing on stdout (unknown flag, untrusted
    /// directory).
    case refusedToStart = "refused_to_start"
    /// The agent can't read its configuration or the command line's overrides; only a person can
    /// change that.
    case brokenConfiguration = "broken_configuration"
    /// The session's start could not be journalled, so the session was not begun.
    case notRecorded = "not_recorded"
    /// The task's tree can be neither made nor reused; only a person can change that.
    case noTree = "no_tree"
    /// The task's tree can be neither made nor reused yet: the disk is full, or another git is at work.
    case treeBusy = "tree_busy"
    /// The work of two tasks that the task needs does not fit together.
    case needsConflict = "needs_conflict"
    /// The command that sets a new tree up failed, or took too long.
    case setupFailed = "setup_failed"
    /// The command before the session (`before_session`) failed, or took too long.
    case hookFailed = "hook_failed"
    /// The launcher lost the agent, or never reached the machine to run it on: the slot's own
    /// trouble, if other slots have none.
    case connectionLost = "connection_lost"
    /// The process could not be started.
    case spawnFailed = "spawn_failed"
    /// The machine had no process, memory or descriptor left to start the process with; transient.
    case shortage
    /// The stream ended, with status 0 or in the middle, without a completed or failed turn.
    case incomplete
    /// The output on stdout was not Codex's JSON Lines.
    case notCodex = "not_codex"
    /// A signal that Quire did not send killed the process.
    case killed
    /// The kernel killed the process as the machine, or a control group, was out of memory: the
    /// whole run goes slower.
    case outOfMemory = "out_of_memory"
    /// The turn failed for any other reason.
    case turnFailed = "turn_failed"
}

/// Tokens, as Codex counts them.
///
/// All counts are clamped to the range from `-limit` to `limit`, so that those of all tasks of a
/// run can be added up: an agent or a file may report any number.
package struct TokenUsage: Hashable, Sendable, Codable {
    /// All input tokens; `cachedInput` is part of them.
    package var input: Int64
    /// Input tokens served from the prompt cache.
    package var cachedInput: Int64
    /// All output tokens; `reasoningOutput` is part of them.
    package var output: Int64
    /// Output tokens spent on reasoning.
    package var reasoningOutput: Int64

    /// The largest count of tokens, ten trillion.
    package static let limit: Int64 = 10_000_000_000_000

    /// Makes a count; every part is zero unless given, and clamped to the limit.
    package init(
        input: Int64 = 0,
        cachedInput: Int64 = 0,
        output: Int64 = 0,
        reasoningOutput: Int64 = 0
    ) {
        self.input = Self.cut(input)
        self.cachedInput = Self.cut(cachedInput)
        self.output = Self.cut(output)
        self.reasoningOutput = Self.cut(reasoningOutput)
    }

    /// Reads what the synthesized `encode(to:)` writes, clamped to the limit.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            input: try container.decode(Int64.self, forKey: .input),
            cachedInput: try container.decode(Int64.self, forKey: .cachedInput),
            output: try container.decode(Int64.self, forKey: .output),
            reasoningOutput: try container.decode(Int64.self, forKey: .reasoningOutput)
        )
    }

    private static func cut(_ count: Int64) -> Int64 { min(limit, max(-limit, count)) }

    /// No tokens.
    package static let zero = TokenUsage()

    /// Input and output together.
    package var total: Int64 { input + output }

    package static func + (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            input: left.input + right.input,
            cachedInput: left.cachedInput + right.cachedInput,
            output: left.output + right.output,
            reasoningOutput: left.reasoningOutput + right.reasoningOutput
        )
    }

    package static func - (left: TokenUsage, right: TokenUsage) -> TokenUsage {
        TokenUsage(
            input: left.input - right.input,
            cachedInput: left.cachedInput - right.cachedInput,
            output: left.output - right.output,
            reasoningOutput: left.reasoningOutput - right.reasoningOutput
        )
    }

    /// Returns the part of a thread's total that came after `before`; all of a total that shrank,
    /// since that was counted afresh.
    package func part(since before: TokenUsage) -> TokenUsage {
        var part = self - before
        if part.input < 0 || part.output < 0 || part.cachedInput < 0 { part = self }
        part.cachedInput = min(part.cachedInput, part.input)
        return part
    }
}

/// The result of a session's process, judged by its output alone.
///
/// Only the checklist says whether the *task* advanced.
package struct SessionResult: Hashable, Sendable {
    /// The way in which the process ended.
    package var termination: Termination
    /// The failure; `nil` if the session's turn was completed.
    package var failure: Failure?
    /// The session's thread; `nil` if the process died before `thread.started`.
    package var thread: String?
    /// Total usage of the thread, as last reported; `nil` if nothing was reported.
    package var threadUsage: TokenUsage?
    /// Usage of this session: the thread's total less what earlier sessions had reported.
    package var usage: TokenUsage?
    /// True if a descendant held the output open until the leak limit.
    package var outputLeaked: Bool
    /// The stamp of the list, as in `TaskEnded`; `nil` if the list is not complete afterwards.
    package var list: String?
    /// The stamp of the list's file, as in `SessionEnded`.
    package var listFile: String?
    /// The changes of the list that were undone; `nil` for none.
    package var incident: ListIncident?
    /// The files that were kept of the task, if its list is complete; `nil` for none.
    package var artifacts: Artifacts?
    /// The session's question to a person, in one line; `nil` for none.
    package var question: String?
    /// The evidence that the session could work; `nil` if that can't be told.
    package var deeds: SessionDeeds?
    /// The session's statement on its work; `nil` for none.
    package var statement: SessionStatement?
    /// The reason why a session that was to make a statement made none, in words; `nil` otherwise.
    package var statementTrouble: String?

    /// Makes a result; see the properties.
    package init(
        termination: Termination,
        failure: Failure? = nil,
        thread: String? = nil,
        threadUsage: TokenUsage? = nil,
        usage: TokenUsage? = nil,
        outputLeaked: Bool = false,
        list: String? = nil,
        listFile: String? = nil,
        incident: ListIncident? = nil
    ) {
        self.termination = termination
        self.failure = failure
        self.thread = thread
        self.threadUsage = threadUsage
        self.usage = usage
        self.outputLeaked = outputLeaked
        self.list = list
        self.listFile = listFile
        self.incident = incident
    }
}
