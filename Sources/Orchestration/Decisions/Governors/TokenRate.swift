/// The limit on tokens a minute.
struct TokenRate: Governor {
    /// The shortest wait for tokens that closes the gate.
    private static let shortestHold = Duration.seconds(5)

    private var bucket: TokenBucket?
    /// Awake time at which there are tokens for the next start; `nil` if none waits for tokens.
    private var tokensCome: Duration?

    mutating func apply(_ occurrence: Occurrence, in turn: inout Turn) {
        if case .legBegan = occurrence { fill(in: turn) }
        guard bucket != nil else { return }
        switch occurrence {
        case .sessionStarted(let start):
            bucket?.take(start.key, of: turn.group(of: start.task), at: turn.now.awake)
        case .sessionEnded(let fact, _):
            bucket?.settle(
                fact.key,
                of: turn.group(of: fact.task),
                used: fact.isUsageEstimated == true ? nil : fact.usage?.total,
                at: turn.now.awake
            )
        default: break
        }
    }

    mutating func act(in turn: inout Turn) { tokensCome = nil }

    /// Returns true if there are tokens for a start; notes when there will be.
    mutating func admits(_ start: SessionStarted, in turn: inout Turn) -> Bool {
        guard bucket != nil else { return true }
        let group = turn.group(of: start.task)
        guard let come = bucket?.wait(for: group, at: turn.now.awake) else { return true }
        tokensCome = min(tokensCome ?? come, come)
        let wait = come - turn.now.awake
        guard wait >= Self.shortestHold else { return false }
        let perMinute = turn.state.plan.tokensPerMinute ?? 0
        turn.close(
            GateClosed(
                gate: .tokenRate,
                until: turn.now.wall + wait,
                reason: "the tokens of a minute (\(perMinute)) are used up"
            )
        )
        return false
    }

    func nextDeadline(in turn: Turn) -> Duration? { tokensCome }

    private mutating func fill(in turn: Turn) {
        bucket = turn.state.plan.tokensPerMinute.map { perMinute in
            let usage = turn.state.tasks.reduce(Int64.zero) { $0.addingClamped($1.usage.total) }
            let sessions = turn.state.tasks.reduce(0) { $0.addingClamped($1.sessions) }
            return TokenBucket(
                perMinute: perMinute,
                slots: turn.state.plan.concurrency,
                mean: usage > 0 && sessions > 0 ? Double(usage) / Double(sessions) : nil,
                at: turn.now.awake
            )
        }
    }
}

extension Turn {
    fileprivate func group(of task: String) -> String { state.task(task)?.plan.group ?? "" }
}
