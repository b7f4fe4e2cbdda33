// Tasks without progress: they are reported, parked, then ended.
extension Turn {
    /// Warns when a task is parked, and early when its checklist grows as fast as it is ticked.
    mutating func reportRunaway(_ place: Int, _ verdict: Verdict, wasParked: Bool) {
        guard state.tasks[place].outcome == nil else { return }
        if !wasParked, state.isParked(place) {
            let task = state.tasks[place]
            warn(
                "\(task.parking); it is parked: it goes on when nothing else waits",
                task: task.plan.name
            )
        } else if verdict == .ticked, let limit = state.tasks[place].plan.growAfter,
            state.tasks[place].growing == max(1, limit / 3)
        {
            let task = state.tasks[place]
            let words =
                "\(task.stagnation); it is parked after \((limit + 1) / 2) such sessions and "
            warn(
                words + "stalled, at the earliest, after \(limit) (grow_after)",
                task: task.plan.name
            )
        }
    }
}

extension TaskState {
    /// The lack of progress, for people.
    fileprivate var stagnation: String {
        if self.growing > 0 && self.idle == 0 { return growth }
        let passed = self.checkTrouble == nil ? "" : " that passed its check"
        return self.idle <= 1
            ? "a session ticked nothing\(passed)"
            : "\(Format.count(self.idle, "session")) in a row ticked nothing\(passed)"
    }

    /// The reason why a parked task is parked, for people; begins in lower case.
    package var parking: String {
        if plan.stallAfter > 0, self.idle >= (plan.stallAfter + 1) / 2 { return stagnation }
        if isHalfwayByTokens, let limit = plan.stallTokens { return idleTokens(of: limit) }
        if isHalfwayByTime, let limit = plan.stallTime { return idleTime(of: limit) }
        return stagnation
    }

    private func idleTokens(of limit: Int64) -> String {
        "\(Format.count(effort.idleTokens, "token")) ticked nothing, of \(limit) that may (stall_after)"
    }

    private func idleTime(of limit: Duration) -> String {
        let time = Duration(inSeconds: effort.idleSeconds).forPeople
        return "\(time) of sessions ticked nothing, of \(limit.forPeople) that may (stall_after)"
    }

    private var growth: String {
        let left = checklist.progress?.left ?? 0
        return "its checklist grew as fast as it was ticked in "
            + "\(Format.count(self.growing, "session")) in a row: \(Format.count(left, "entry")) "
            + "\(Format.word(for: left, "is", "are")) left, and there were never fewer than "
            + "\(fewestLeft ?? 0)"
    }

    /// Returns the outcome and the reason with which the counts end the task; `nil` for none.
    func verdict(_ failure: Failure?) -> (Outcome, String)? {
        if let failure, failure.kind.has(.final) { return (.failed, failure.message) }
        if let failure, failure.kind.has(.blocks) { return (.blocked, failure.message) }
        if let failure, self.sameFailures >= plan.sameFailure, plan.sameFailure > 0 {
            let reason =
                self.sameFailures == 1
                ? "one failure is as many as same_failure allows"
                : "the same failure \(Format.count(self.sameFailures, "time")) in a row"
            return (.failed, "\(reason): \(failure.message)")
        }
        if let failure, self.retries > plan.retries.limit {
            return (.failed, "gave up \(retryCount): \(failure.message)")
        }
        if movesUp {
            // The next session has a better model.
        } else if checklist == .missing {
            if self.idle >= plan.initializerAttempts {
                let sessions = Format.count(self.idle, "initializer session")
                let row = self.idle == 1 ? "" : " in a row"
                return (.failed, "\(sessions)\(row) wrote no task_list.md")
            }
        } else if let reason = stall {
            return (.stalled, reason)
        }
        if plan.maxSessions > 0, self.charged >= plan.maxSessions {
            return (
                .capped,
                "it reached max_sessions (\(plan.maxSessions)) with work left\(uncharged)\(redCheck)"
            )
        }
        return nil
    }

    /// A remark on sessions that the cap does not count; empty if it counts all.
    private var uncharged: String {
        guard self.sessions > self.charged else { return "" }
        return "; it counts \(self.charged) of its \(Format.count(self.sessions, "session")): "
            + "retries don't count, nor do sessions from before its caps were made fresh"
    }

    /// The last failure of the task's check, for people; empty if it has not failed since it last passed.
    private var redCheck: String {
        self.checkTrouble.map { "; its check failed\($0.remark): it \($0.words)" } ?? ""
    }

    /// The number of retries, for people; the last of the counted failures had no retry.
    private var retryCount: String {
        self.retries > 1 ? "after \(Format.count(self.retries - 1, "retry"))" : "without a retry"
    }

    /// The reason why the task has stalled; `nil` if it has not.
    var stall: String? {
        if plan.stallAfter > 0, self.idle >= plan.stallAfter { return stagnation }
        if let limit = plan.stallTokens, effort.idleTokens >= limit { return idleTokens(of: limit) }
        if let limit = plan.stallTime, effort.idleSeconds >= limit.inSeconds {
            return idleTime(of: limit)
        }
        return hasRunAway ? growth : nil
    }
}
