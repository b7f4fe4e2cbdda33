import Glibc
import Orchestration

/// Classifies a session's failure from its error channel and the way its process ended.
///
/// The agent's messages, warnings in items, and standard error are never judged, except for standard
/// error of a process that refused to start and said so nowhere else. If nothing else explains the
/// end, standard error is quoted.
///
/// Source: recordings of Codex CLI 0.163.0.
struct Classifier {
    let transcript: SessionTranscript
    let ending: SessionTranscript.Ending

    /// The session's failure; `nil` if it succeeded.
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

    /// Last error of a session that ended without saying that its turn failed.
    private var deadMessage: String? { transcript.isCompleted ? nil : transcript.lastError }

    /// A completed turn is a success; only a crash afterwards could have lost work.
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

    /// The exit status, with the most informative part of standard error.
    private func exitWords(_ status: Int32) -> String {
        "exit status \(status): \(errorWords ?? "no message")"
    }

    /// Standard error, quoted after a reason that it may explain.
    private var quotation: String { errorWords.map { ": \($0)" } ?? "" }

    private var errorWords: String? { StandardErrorWords.telling(errorText) }

    private var errorText: String { String(decoding: ending.standardError, as: UTF8.self) }

    /// Indicates whether a launcher's status or message says that it never reached the other machine,
    /// or that somebody else ended the agent there.
    private func isLost(_ status: Int32) -> Bool {
        Self.lost.contains(status) || Self.lostWords.contains { errorText.contains($0) }
    }

    /// `ssh` that did not reach the machine, or lost it; an agent that was killed or terminated.
    ///
    /// Source: `ssh(1)`, EXIT STATUS; trials with Slurm 22.05, whose steps end like this if they are
    /// cancelled or preempted.
    private static let lost: Set<Int32> = [255, 128 + 9, 128 + 15]

    /// Messages of `srun` if the step did not begin, or its node failed; an agent's own exit status
    /// has another message.
    private static let lostWords = [
        "srun: Job step aborted", "srun: error: Unable to", "srun: error: Node failure",
        "srun: error: Timed out", "has expired", "slurmstepd: error: *** ",
    ]

    /// Returns the class of a message on the error channel.
    static func kind(of message: String) -> FailureClass {
        // Both apostrophes are in use.
        let text = message.replacingApostrophes.lowercased()
        for (words, kind) in telltales where text.contains(words) { return kind }
        return .turnFailed
    }

    /// Messages on standard error of a process that refused to start; no others are searched for
    /// there.
    private static let refusals: [(String, FailureClass)] = [
        ("no rollout found", .unknownThread), ("database is locked", .stateLocked),
        ("Error loading config", .brokenConfiguration),
        ("Error parsing -c overrides", .brokenConfiguration),
        ("Error: Model provider", .brokenConfiguration),
    ]

    /// Messages by class, in order of precedence, as one message may quote another.
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
