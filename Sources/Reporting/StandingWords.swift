import Dates
package import Orchestration

/// The standing of a task of a run, in words that all views share: it runs, waits, or is done.
package struct TaskSituation: Hashable, Sendable {
    /// The three standings.
    package enum Phase: String, Hashable, Sendable, Encodable {
        case running, waiting, done
    }

    /// The standing.
    package var phase: Phase
    /// The standing in a word or two: the outcome of a task that is done.
    package var state: String
    /// The reason: what the task waits for, or why it has ended.
    package var reason: String
}

/// The facts about a run beside its record that decide what a task waits for.
package struct RunSurroundings: Sendable {
    /// True if the run goes on.
    package var isRunning: Bool
    /// True if the run was asked to end.
    package var isEnding = false
    /// The tasks' checks that run or are to run.
    package var checks: [String: OpenCheck.State] = [:]
    /// The newest sessions of tasks that wait.
    package var latest: [String: SessionRecord] = [:]
    /// The present instant.
    package var now: WallTime

    /// Makes the surroundings of a run; see the properties.
    package init(isRunning: Bool, now: WallTime) { (self.isRunning, self.now) = (isRunning, now) }
}

/// Words for the standing of tasks.
package enum StandingWords {
    /// The words for a task that the newest leg does not select.
    package static let leftOut = "not selected in the newest leg"

    /// Returns the counts of tasks that run, whose checks run, and that wait, in words.
    package static func counts(running: Int, checked: Int, waiting: Int) -> [String] {
        ["\(running) running"] + (checked > 0 ? ["\(checked) checked"] : []) + [
            "\(waiting) waiting"
        ]
    }

    /// Returns `needs schema and 4 more`.
    package static func needs(_ names: [String]) -> String { "needs \(few(names))" }

    /// Returns `schema and 4 more`, for where there is little room.
    package static func few(_ names: [String]) -> String {
        Format.names(names, most: names.count == 2 ? 2 : 1)
    }

    /// Returns the words for an outcome that follow a task's name: `is complete`, `has failed`.
    package static func predicate(_ outcome: Outcome) -> String {
        switch outcome {
        case .failed, .stalled: "has \(outcome.rawValue)"
        case .needsYou: "needs you"
        case .complete, .damaged, .capped, .blocked, .unchecked, .cancelled:
            "is \(outcome.rawValue)"
        }
    }

    /// Returns the words for a gate that holds a task.
    package static func held(_ gate: GateClosed, at now: WallTime) -> String {
        "held" + GateWords.hold(gate, at: now, offset: LocalTime.offset)
    }
}

extension RunRecord {
    /// Returns the standings of tasks of the newest leg, in their order.
    package func standings(
        of tasks: [TaskRecord],
        _ around: RunSurroundings
    ) -> [TaskSituation] {
        let running = self.tasks.count { $0.running != nil }
        return tasks.map { standing(of: $0, around, running: running) }
    }

    private func standing(
        of task: TaskRecord,
        _ around: RunSurroundings,
        running: Int
    ) -> TaskSituation {
        if let outcome = task.outcome {
            return TaskSituation(
                phase: .done,
                state: outcome.rawValue,
                reason: task.reason ?? ""
            )
        }
        if around.isRunning, let number = task.running {
            return TaskSituation(phase: .running, state: "running", reason: "session \(number)")
        }
        // The list of a task whose run has ended may tell something that no run knows.
        if let reason = task.reason {
            return TaskSituation(phase: .waiting, state: "waiting", reason: reason)
        }
        if let check = around.checks[task.name] {
            return check == .running
                ? TaskSituation(phase: .running, state: "checked", reason: check.words)
                : TaskSituation(phase: .waiting, state: "waiting", reason: check.words)
        }
        let reason =
            task.isLeftOut
            ? StandingWords.leftOut
            : around.isRunning ? wait(of: task, around, running) : rest(of: task, around)
        return TaskSituation(phase: .waiting, state: "waiting", reason: reason)
    }

    /// Returns the words for a task of a run that does not go on.
    private func rest(of task: TaskRecord, _ around: RunSurroundings) -> String {
        around.latest[task.name].flatMap(\.failureWords).map { "work is left: \($0)" }
            ?? "work is left"
    }

    /// Returns what an open task of a run that goes on waits for.
    private func wait(of task: TaskRecord, _ around: RunSurroundings, _ running: Int) -> String {
        if around.isEnding { return "the run is being stopped" }
        let gate = holds.gates.first {
            !$0.gate.isOfAccount || $0.account == task.planned.account
        }
        if let gate { return StandingWords.held(gate, at: around.now) }
        let needs = task.planned.needs.filter { self.task($0)?.outcome != .complete }
        if !needs.isEmpty { return StandingWords.needs(needs) }
        if let words = around.latest[task.name].flatMap(\.failureWords) {
            return "tried again: \(words)"
        }
        let most = concurrencyLimit
        return running >= most
            ? "waits for a place: \(running) of \(Format.count(most, "session")) run"
            : "waits for its turn; see quire explain \(task.name)"
    }
}

extension SessionRecord {
    /// The failure of a session that ended, in words; `nil` for none.
    fileprivate var failureWords: String? {
        guard let end, end.verdict.isFailure || end.failure != nil else { return nil }
        let message = end.message.map { ": \($0)" } ?? ""
        return "session \(key.number) \(end.verdict.words)\(message)"
    }
}
