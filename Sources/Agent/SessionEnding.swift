import Glibc
package import Orchestration

/// Facts about a session's end that are not in its output.
package struct SessionEnding: Sendable {
    /// The process's termination.
    package var termination: Termination
    /// The end of its standard error.
    package var standardError: [UInt8]
    /// Number of bytes of its standard output.
    package var outputBytes: Int64
    /// True if a descendant held its output open until the leak limit.
    package var outputLeaked: Bool
    /// True if the process was a launcher that ran the agent elsewhere.
    package var isLaunched: Bool

    /// Makes an ending; see the properties.
    package init(
        termination: Termination,
        standardError: [UInt8],
        outputBytes: Int64,
        outputLeaked: Bool,
        isLaunched: Bool = false
    ) {
        self.termination = termination
        self.standardError = standardError
        self.outputBytes = outputBytes
        self.outputLeaked = outputLeaked
        self.isLaunched = isLaunched
    }
}

// The failures in which no agent has a part.
extension SessionEnding {
    /// Failure of a session that was never started; `nil` if it was.
    package var startFailure: Failure? {
        guard case .notStarted(let errno, let doing) = termination else { return nil }
        let passes = [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(errno)
        return Failure(passes ? .shortage : .spawnFailed, doing.oneLine(500))
    }

    /// Failure of a session that something outside ended: a signal, or a launcher that lost it; `nil` for
    /// any other.
    package var outsideFailure: Failure? {
        switch termination {
        case .signaled(let signal): Failure(.killed, "killed by signal \(signal)")
        case .exited(let status) where isLaunched && isLost(status):
            Failure(.connectionLost, "the launcher lost it (\(exitWords))")
        case .exited, .notStarted: nil
        }
    }

    /// The exit status, with the most informative part of standard error.
    package var exitWords: String {
        guard case .exited(let status) = termination else { return "it ended without a word" }
        return "exit status \(status): \(errorWords ?? "no message")"
    }

    /// The most informative part of standard error, in one line; `nil` if there is none.
    package var errorWords: String? { StandardErrorWords.telling(errorText) }

    /// Standard error as text.
    package var errorText: String { String(decoding: standardError, as: UTF8.self) }

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
}
