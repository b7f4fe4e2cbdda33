import Dates
package import Orchestration

/// A run in plain lines, for pipes and CI: one line for each event that people care about.
package struct PlainReporter: Sendable {
    /// The local time zone's seconds from UTC at an instant.
    private let offset: @Sendable (WallTime) -> Int
    private let usesColor: Bool

    /// Makes a reporter that shows local time, with colours where they are wanted.
    package init(usesColor: Bool = false, offset: @escaping @Sendable (WallTime) -> Int) {
        (self.usesColor, self.offset) = (usesColor, offset)
    }

    /// Returns the lines for a fact; empty for facts that people need not see.
    ///
    /// `view` includes the fact already.
    package func lines(for event: RunEvent, at moment: Moment, view: RunView) -> [SafeText] {
        var texts = [text(for: event, at: moment.wall, view: view)].compactMap(\.self)
        if case .checkpointMade(let fact) = event {
            texts += fact.work.uncommitted.map { "warning: \(fact.task): \($0)" }
        }
        if case .taskEnded(let fact) = event, fact.outcome == .needsYou {
            texts.append("\(fact.task): to answer: \(QuestionWords.command(fact.task))")
        }
        return texts.map {
            let line: SafeText = "\(moment.wall.timeOfDay(offset: offset(moment.wall))) \($0)"
            let isWarning = $0.hasPrefix("warning: ")
            return line.painted(isWarning ? .warning : event.paint, if: usesColor)
        }
    }

    /// Returns the run's progress in one line.
    package func summary(view: RunView, at moment: Moment) -> SafeText {
        let held = view.gates.map {
            "starts are held" + GateWords.hold($0, at: moment.wall, offset: offset)
        }
        let text = (held + [RunSummary.text(view, at: moment)]).joined(separator: "; ")
        return "\(moment.wall.timeOfDay(offset: offset(moment.wall))) \(text)"
    }

    private func text(for event: RunEvent, at now: WallTime, view: RunView) -> String? {
        switch event {
        case .runBegan(let fact):
            "run \"\(fact.name)\" begins: \(Format.count(fact.plan.tasks.count, "task")), "
                + (fact.plan.leastConcurrency.map { "\($0) to " } ?? "")
                + "\(Format.count(fact.plan.concurrency, "session")) at once"
                + (fact.part.map { ", shard \($0.shard) of \(Format.count($0.tasks, "task"))" }
                    ?? "")
        // A task that begins anew does not go on. A warning says so, and where its old work is.
        case .taskReopened(let fact) where fact.beginsAnew == true: nil
        case .taskReopened(let fact) where fact.isAnswered == true:
            "\(fact.task): its question is answered, and it goes on"
        case .taskReopened(let fact):
            view.task(fact.task)?.isLeftOut == true
                ? "\(fact.task): its list was changed or deleted since it ended; it is not selected"
                : "\(fact.task): goes on"
        case .sessionStarted(let fact):
            "\(fact.task): session \(fact.session) starts (\(fact.role.rawValue)"
                + (fact.progress.map { ", \($0.ticked)/\($0.total)" } ?? "")
                + (fact.resumes.map { ", resuming \($0)" } ?? "")
                + (fact.model.map { ", with \($0)" } ?? "")
                + (fact.isProbe == true ? ", to find out if starts can go on" : "") + ")"
        case .sessionSignalled(let fact):
            "\(fact.task): session \(fact.session) is \(fact.step == .kill ? "killed" : "terminated"): "
                + fact.reason
        case .checkpointMade(let fact): fact.words
        case .sessionEnded(let fact): SessionWords.ended(fact)
        case .checkBegan(let fact): "\(fact.task): its check runs"
        // A warning follows, with the same words.
        case .checkEnded(let fact) where fact.isOfBase == true && fact.result != .passed: nil
        case .checkEnded(let fact):
            "\(fact.task): \(fact.words)"
                + (fact.result == .withdrawn
                    ? "" : ", \(Format.duration(Duration(inSeconds: fact.seconds)))")
        case .hookEnded(let fact): HookWords.ended(fact)
        case .taskEnded(let fact):
            "\(fact.task): \(fact.outcome.rawValue.uppercased()) "
                + "(\(Format.progress(fact.progress)), \(Format.count(fact.sessions, "session"))): "
                + fact.reason
        case .gateClosed(let fact):
            "starts are held\(GateWords.hold(fact, at: now, offset: offset)): \(fact.reason)"
        case .gateOpened(let fact):
            "starts go on: \(GateWords.name(fact.key)) is over"
        case .concurrencyChanged(let fact):
            "from now on at most \(Format.count(fact.limit, "session")) at once: \(fact.reason)"
        case .shutdownAdvanced(let fact): ShutdownWords.text(fact)
        // Facts that follow say the same.
        case .steered(let fact) where fact.action == .pause || fact.concurrency != nil: nil
        case .steered(let fact): fact.words
        case .warned(let fact): "warning: " + (fact.task.map { "\($0): " } ?? "") + fact.message
        case .runEnded(let fact): RunSummary.ended(fact, view)
        case .taskInspected, .sessionSpawned, .sessionUsed, .threadStarted, .hookBegan, .limitRead:
            nil
        }
    }
}

/// Words for a session's end.
package enum SessionWords {
    /// Returns one line about a session that ended.
    package static func ended(_ fact: SessionEnded) -> String {
        var text = "\(fact.task): session \(fact.session) \(fact.verdict.words)"
        if let progress = fact.progress { text += ", \(progress.ticked)/\(progress.total)" }
        if fact.verdict != .lost {
            text += ", \(Format.duration(Duration(inSeconds: fact.seconds)))"
        }
        if let usage = fact.usage { text += ", \(Format.tokenCount(usage.total))" }
        if let failure = fact.failure { text += ": \(failure.message)" }
        if let delay = fact.retryIn, fact.failure != nil {
            text += "; again in \(Format.duration(Duration(inSeconds: delay)))"
        }
        if let statement = fact.statement { text += "; it says: \(statement.words)" }
        if fact.outputLeaked { text += "; a process it left behind held its output open" }
        return text
    }
}

/// Words for the steps of a shutdown: what happens now, what comes next, and how to hurry it.
package enum ShutdownWords {
    /// Returns one line about a step.
    package static func text(_ fact: ShutdownAdvanced) -> String {
        switch fact.step {
        case .drain:
            return "stopping: nothing more starts, \(fact.work) may finish; "
                + "press Ctrl-C again to end them now"
        case .terminate:
            return "stopping: \(fact.work) asked to end; press Ctrl-C again to kill them"
        case .kill: return "stopping: \(fact.work) killed"
        }
    }
}

/// A run's state in one line.
package enum RunSummary {
    /// Returns the progress of a run in one line.
    package static func text(_ view: RunView, at now: Moment) -> String {
        var parts = Outcome.allCases.compactMap { outcome in
            let count = view.count(outcome)
            return count > 0 ? "\(count) \(outcome.rawValue)" : nil
        }
        parts += view.standing
        let progress = view.progress
        parts.append(Format.count(progress.ticked, of: progress.total, "entry"))
        parts.append(view.tokensHere)
        if let left = view.timeLeft(at: now) { parts.append(left.words) }
        return parts.joined(separator: ", ")
    }

    static func ended(_ fact: RunEnded, _ view: RunView) -> String {
        let counts = Outcome.allCases.compactMap { outcome in
            fact.outcomes[outcome.rawValue].map { "\($0) \(outcome.rawValue)" }
        }
        let left = fact.unfinished > 0 ? ["\(fact.unfinished) unfinished"] : []
        let outcomes = (counts + left).joined(separator: ", ")
        return "run \"\(view.name)\" \(fact.ending.words)"
            + (outcomes.isEmpty ? "" : ": \(outcomes)")
    }
}

extension Verdict {
    /// The verdict in words that follow "session 3".
    package var words: String {
        switch self {
        case .initialized: "wrote the checklist"
        case .ticked: "made progress"
        case .idled: "ticked nothing"
        case .failed: "failed"
        case .timedOut: "timed out"
        case .overBudget: "was over budget"
        case .stopped: "was stopped"
        case .damaged: "damaged the checklist"
        case .lost: "was lost when Quire died"
        }
    }
}

extension Ending {
    /// The ending in words that follow the run's name.
    package var words: String {
        switch self {
        case .finished: "is finished"
        case .interrupted: "was interrupted"
        case .terminated: "was terminated"
        case .drained: "was drained"
        case .unable: "can't go on"
        }
    }
}
