// The limits of the service that a new leg must know: they count on whatever becomes of Quire.
extension RunState {
    /// Makes the bucket of a leg, after the plan and the tasks are known.
    mutating func fillBucket(at moment: Moment) {
        guard let perMinute = plan.tokensPerMinute else {
            spending.bucket = nil
            return
        }
        let usage = tasks.reduce(Int64.zero) { $0.addingClamped($1.usage.total) }
        let sessions = tasks.reduce(0) { $0.addingClamped($1.sessions) }
        spending.bucket = TokenBucket(
            perMinute: perMinute,
            slots: plan.concurrency,
            mean: usage > 0 && sessions > 0 ? Double(usage) / Double(sessions) : nil,
            after: spending.bucket,
            at: moment.wall
        )
    }

    /// Takes the tokens that a starting session is expected to use.
    mutating func takeTokens(for session: inout Running, at moment: Moment) {
        guard spending.bucket != nil else { return }
        let group = group(of: session.start.task)
        session.tokensTaken = spending.bucket?.take(for: group, at: moment.wall)
    }

    /// Settles the tokens of an ended session, and ends its account's row of rate limits if the
    /// service answered it.
    mutating func settleService(_ session: Running, _ fact: SessionEnded, at moment: Moment) {
        if let taken = session.tokensTaken {
            let used = fact.isUsageEstimated == true ? nil : fact.usage?.total
            let group = group(of: fact.task)
            spending.bucket?.settle(taken, of: group, used: used, at: moment.wall)
        }
        if !gates.rateLimitsInARow.isEmpty, fact.wasAnswered {
            gates.rateLimitsInARow[account(of: fact.task)] = nil
        }
    }

    /// Counts a rate limit; a gate that closes once more for the same limit says its number again.
    mutating func countRateLimit(_ fact: GateClosed) {
        let before = gates.rateLimitsInARow[fact.account] ?? 0
        gates.rateLimitsInARow[fact.account] = fact.refusals ?? before.addingClamped(1)
    }

    /// Returns the group of a task; empty for none.
    func group(of task: String) -> String { self.task(task)?.plan.group ?? "" }
}

extension SessionEnded {
    /// True if the end of the session shows that the service accepted its requests.
    fileprivate var wasAnswered: Bool {
        if let failure { return failure.kind.treatment.reaction == .answered }
        switch verdict {
        case .initialized, .ticked, .idled, .damaged: return true
        case .failed, .timedOut, .overBudget, .stopped, .lost: return false
        }
    }
}
