import Glibc
import Orchestration

/// What a session's failure is, judged by the error channel and the way the process ended.
///
/// Messages of the agent, warnings in items and standard error are never judged; but for a process
/// that refused to start and said so on standard error alone. Where nothing else explains the end,
/// standard error is quoted.
///
/// Source: recordings of Codex CLI 0.163.0.
struct Classifier {
    let transcript: SessionTranscript
    let ending: SessionTranscript.Ending

    /// The failure; `nil` for a session that succeeded.
    var failure: Failure? {
        if case .notStarted(let errno, let doing) = ending.termination {
            let passes = [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(errno)
            return Failure(passes ? .shortage : .spawnFailed, doing.oneLine(500))
        }
        if let message = transcript.turnFailure ?? deadMessage {
            return Failure(Self.kind(of: message), message.oneLine(500))
        }
        if transcript.isCompleted { return completed }
        return unexplained
    }

    /// The last error of a session that ended without saying that its turn failed.
    private var deadMessage: String? { transcript.isCompleted ? nil : transcript.lastError }

    /// A turn that was completed is a success; only a crash afterwards could have lost work.
    private var completed: Failure? {
        guard case .signaled(let signal) = ending.termination else { return nil }
        return Failure(.killed, "killed by signal \(signal) after its turn was completed")
    }

    private var unexplained: Failure {
        if case .signaled(let signal) = ending.termination {
            return Failure(.killed, "killed by signal \(signal)")
        }
        guard case .exited(let status) = ending.termination else {
            return Failure(.incomplete, "it ended without a word")
        }
        if ending.isLaunched, isLost(status) {
            return Failure(.connectionLost, "the launcher lost it (\(exitWords(status)))")
        }
        if ending.outputBytes == 0, status != 0 { return refused(status) }
        if transcript.events + ending.passedSteps == 0, ending.outputBytes > 0 {
            return Failure(
                .notCodex,
                "its stdout is not Codex's JSON Lines (exit status \(status))" + quotation
            )
        }
        return Failure(
            .incomplete,
            "its output ended before its turn did (exit status \(status))" + quotation
        )
    }

    private func refused(_ status: Int32) -> Failure {
        let kind = Self.refusals.first { errorText.contains($0.0) }?.1 ?? .refusedToStart
        let hint =
            ending.isLaunched && errorText.contains("No prompt provided via stdin")
            ? " The launcher must pass its standard input on." : ""
        return Failure(kind, exitWords(status) + hint)
    }

    /// The status, and what standard error says that tells most.
    private func exitWords(_ status: Int32) -> String {
        "exit status \(status): \(errorWords ?? "no message")"
    }

    /// What standard error says, to be added to a reason that it may explain.
    private var quotation: String { errorWords.map { ": \($0)" } ?? "" }

    private var errorWords: String? { StandardErrorWords.telling(errorText) }

    private var errorText: String { String(decoding: ending.standardError, as: UTF8.self) }

    /// Whether a launcher's status or words say that it never reached its place, or that the agent
    /// was ended there by somebody else.
    private func isLost(_ status: Int32) -> Bool {
        Self.lost.contains(status) || Self.lostWords.contains { errorText.contains($0) }
    }

    /// `ssh` that did not reach the machine, or lost it; an agent that was killed or terminated.
    ///
    /// Source: `ssh(1)`, EXIT STATUS; trials with Slurm 22.05, whose steps end like this when they
    /// are cancelled or preempted.
    private static let lost: Set<Int32> = [255, 128 + 9, 128 + 15]

    /// What `srun` says when the step did not begin, or its node went away; that an agent exited
    /// with a status of its own it says in other words.
    ///
    /// Source: trials with Slurm 22.05.
    private static let lostWords = [
        "srun: Job step aborted", "srun: error: Unable to", "srun: error: Node failure",
        "srun: error: Timed out", "has expired", "slurmstepd: error: *** ",
    ]

    /// The class that a message of the error channel tells.
    static func kind(of message: String) -> FailureClass {
        // Both apostrophes are in use.
        let text = message.replacingApostrophes.lowercased()
        for (words, kind) in telltales where text.contains(words) { return kind }
        return .turnFailed
    }

    /// What a process that refused to start may say on standard error; nothing else is looked for
    /// there.
    private static let refusals: [(String, FailureClass)] = [
        ("no rollout found", .unknownThread), ("database is locked", .stateLocked),
        ("Error loading config", .brokenConfiguration),
        ("Error parsing -c overrides", .brokenConfiguration),
        ("Error: Model provider", .brokenConfiguration),
    ]

    /// In order: the first that is found counts, as one message may quote another.
    private static let telltales: [(String, FailureClass)] = [
        ("hit your usage limit", .usageLimit), ("usage limit has been reached", .usageLimit),
        ("usage_limit_reached", .usageLimit), ("hit your spend cap", .usageLimit),
        ("workspace is out of credits", .usageLimit), ("quota exceeded", .usageLimit),
        ("insufficient_quota", .usageLimit),
        ("ran out of room in the model's context window", .contextWindow),
        ("exceeds the context window", .contextWindow),
        ("context_length_exceeded", .contextWindow),
        ("unexpected status 401", .authentication), ("last status: 401", .authentication),
        ("unexpected status 402", .authentication), ("unexpected status 403", .authentication),
        ("access blocked by cloudflare", .authentication),
        ("access token could not be refreshed", .authentication),
        ("authentication token has been invalidated", .authentication),
        ("missing environment variable", .authentication),
        ("to use codex with your chatgpt plan", .authentication),
        ("status: 429", .rateLimit), ("status 429", .rateLimit),
        ("429 too many requests", .rateLimit), ("rate limit reached", .rateLimit),
        ("rate limit is exceeded", .rateLimit), ("rate limit exceeded", .rateLimit),
        ("rate_limit_exceeded", .rateLimit),
        ("experiencing high demand", .overload), ("model is at capacity", .overload),
        ("currently overloaded", .overload), ("server_is_overloaded", .overload),
        ("unexpected status 5", .overload), ("last status: 5", .overload),
        ("no rollout found", .unknownThread), ("no thread with id", .unknownThread),
        ("no conversation with id", .unknownThread),
        ("database is locked", .stateLocked),
        ("another codex process is using its local data", .stateLocked),
        ("reconnecting... waiting for network", .noNetwork),
        ("stream disconnected before completion", .streamCut),
        ("error while reading the server response", .streamCut),
        ("connection failed:", .streamCut), ("websocket closed", .streamCut),
        ("request timed out", .streamCut),
    ]
}

extension String {
    fileprivate var replacingApostrophes: String {
        String(map { $0 == "\u{2019}" ? "'" : $0 })
    }
}
