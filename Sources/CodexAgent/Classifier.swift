import Agent
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
    /// Number of items that were passed over without being observed.
    let passed: Int
    let ending: SessionEnding

    /// The session's failure; `nil` if it succeeded.
    var failure: Failure? {
        if let failure = ending.startFailure { return failure }
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
        if let failure = ending.outsideFailure { return failure }
        guard case .exited(let status) = ending.termination else {
            return Failure(.incomplete, ending.exitWords)
        }
        if ending.outputBytes == 0, status != 0 { return refused }
        if transcript.events + passed == 0, ending.outputBytes > 0 {
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

    private var refused: Failure {
        let kind = Self.refusals.first { ending.errorText.contains($0.0) }?.1 ?? .refusedToStart
        let hint =
            ending.isLaunched && ending.errorText.contains("No prompt provided via stdin")
            ? " The launcher must pass its standard input on." : ""
        return Failure(kind, ending.exitWords + hint)
    }

    /// Standard error, quoted after a reason that it may explain.
    private var quotation: String { ending.errorWords.map { ": \($0)" } ?? "" }

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
        // No connection was made: offline, and in versions that wait for no network.
        ("error sending request", .noNetwork),
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
