import Orchestration

/// What a session's failure is, judged by the error channel and the way the process ended.
///
/// Messages of the agent, warnings in items and standard error are never judged; but for a process
/// that refused to start and said so on standard error alone.
///
/// Source: recordings of Codex CLI 0.163.0.
struct Classifier {
    let transcript: SessionTranscript
    let ending: SessionTranscript.Ending

    /// The failure; `nil` for a session that succeeded.
    var failure: Failure? {
        if case .notStarted(_, let doing) = ending.termination {
            return Failure(.spawnFailed, doing.oneLine(500))
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
        if ending.outputBytes == 0, status != 0 { return refused(status) }
        if transcript.events + ending.passedSteps == 0, ending.outputBytes > 0 {
            return Failure(
                .notCodex,
                "its stdout is not Codex's JSON Lines (exit status \(status))"
            )
        }
        return Failure(
            .incomplete,
            "its output ended before its turn did (exit status \(status))"
        )
    }

    private func refused(_ status: Int32) -> Failure {
        let text = String(decoding: ending.standardError, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let telling = lines.first { $0.hasPrefix("error:") || $0.hasPrefix("Error:") }
        let words = (telling ?? lines.last).map { String($0).oneLine(500) } ?? "no message"
        let kind = text.contains("no rollout found") ? FailureClass.unknownThread : .refusedToStart
        return Failure(kind, "exit status \(status): \(words)")
    }

    /// The class that a message of the error channel tells.
    static func kind(of message: String) -> FailureClass {
        // Both apostrophes are in use.
        let text = message.replacingApostrophes
        for (words, kind) in telltales where text.contains(words) { return kind }
        return .turnFailed
    }

    private static let telltales: [(String, FailureClass)] = [
        ("You've hit your usage limit", .usageLimit),
        ("exceeded retry limit, last status: 429", .rateLimit),
        ("We're currently experiencing high demand", .overload),
        ("ran out of room in the model's context window", .contextWindow),
        ("unexpected status 401", .authentication),
        ("no rollout found for thread id", .unknownThread),
        ("database is locked", .stateLocked),
        ("Reconnecting... waiting for network", .noNetwork),
        ("stream disconnected before completion", .streamCut),
    ]
}

extension String {
    fileprivate var replacingApostrophes: String {
        String(map { $0 == "\u{2019}" ? "'" : $0 })
    }
}
