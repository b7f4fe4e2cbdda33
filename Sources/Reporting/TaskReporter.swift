package import Orchestration

/// A single task in the words of the original system, which scripts search for.
package struct TaskReporter: Sendable {
    /// The original's words for a list that is damaged.
    private static let damage = "invalid task_list.md"

    private let directory: String
    private let maxSessions: Int
    private var number = 0

    /// Makes a reporter of one task; `maxSessions` is 0 for no limit.
    package init(directory: String, maxSessions: Int) {
        self.directory = directory
        self.maxSessions = maxSessions
    }

    /// Returns the lines for a fact; none for facts that the original says nothing about.
    package mutating func lines(for event: RunEvent) -> [SafeText] {
        switch event {
        case .sessionStarted(let fact): return started(fact)
        case .threadStarted(let fact): return ["ℹ Session ID saved: \(fact.thread)"]
        case .sessionEnded(let fact): return ended(fact)
        case .taskEnded(let fact): return ended(fact)
        case .sessionSignalled(let fact): return ["⚠ Session is ended: \(fact.reason)"]
        case .gateClosed(let fact): return ["⚠ Waiting: \(fact.reason)"]
        case .gateOpened: return ["ℹ Going on"]
        case .shutdownAdvanced(let fact): return ["⚠ \(ShutdownWords.text(fact))"]
        case .warned(let fact): return ["⚠ \(fact.message)"]
        case .steered(let fact): return fact.action == .pause ? [] : ["ℹ \(fact.words)"]
        // A single task has no tree of its own, no check and no hook.
        case .runBegan, .taskReopened, .taskInspected, .sessionSpawned, .sessionUsed,
            .checkpointMade, .checkBegan, .checkEnded, .hookBegan, .hookEnded,
            .limitRead, .concurrencyChanged, .runEnded:
            return []
        }
    }

    private mutating func started(_ fact: SessionStarted) -> [SafeText] {
        number += 1
        var lines: [SafeText] = [""]
        lines += header("SESSION \(number) - \(fact.task)")
        if let progress = fact.progress { lines.append("Progress: \(Format.progress(progress))") }
        lines.append("")
        lines += header(fact.role == .initializer ? "INITIALIZER SESSION" : "EXECUTOR SESSION")
        lines += ["Task Name: \(fact.task)", "Task Directory: \(directory)"]
        if let thread = fact.resumes { lines.append("ℹ Resuming session: \(thread)") }
        return lines
    }

    private func ended(_ fact: SessionEnded) -> [SafeText] {
        var lines: [SafeText] = [""]
        if let failure = fact.failure {
            lines.append("✗ Session failed: \(failure.message)")
            if let delay = fact.retryIn {
                lines.append("ℹ Trying again in \(Format.duration(Duration(inSeconds: delay)))")
            }
        }
        let progress = fact.progress ?? Progress(ticked: 0, total: 0)
        lines.append("=== Progress: \(Format.progress(progress)) ===")
        return lines
    }

    private func ended(_ fact: TaskEnded) -> [SafeText] {
        switch fact.outcome {
        case .complete:
            ["", "✓ ALL TASKS COMPLETED!", "", "Task directory: \(directory)"]
        case .capped: ["⚠ Reached maximum sessions (\(maxSessions))"]
        case .damaged:
            fact.reason.contains(Self.damage)
                ? ["✗ \(fact.reason)"] : ["✗ \(Self.damage): \(fact.reason)"]
        case .failed, .stalled, .blocked, .unchecked, .needsYou, .cancelled:
            ["✗ \(fact.outcome.rawValue): \(fact.reason)"]
        }
    }

    private func header(_ text: SafeText) -> [SafeText] {
        let rule: SafeText = "\(String(repeating: "=", count: 42))"
        return [rule, "  \(text)", rule]
    }
}

/// The tasks of a workspace in the words of the original system.
package enum TaskList {
    /// Returns one task's line: its mark, name, progress and the beginning of its thread's id.
    package static func line(name: String, progress: Progress?, thread: String?) -> SafeText {
        guard let progress else { return "? \(name) (no task_list.md)" }
        let count = "\(progress.ticked)/\(progress.total)"
        let percent =
            progress.total > 0 ? progress.ticked.multipliedClamped(by: 100) / progress.total : 0
        let session = thread.map { " [session: \($0.prefix(8))...]" } ?? ""
        return progress.isComplete
            ? "✓ \(name) (\(count) - 100% complete)\(session)"
            : "○ \(name) (\(count) - \(percent)%)\(session)"
    }
}
