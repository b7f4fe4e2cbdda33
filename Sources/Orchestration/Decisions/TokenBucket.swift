/// A bucket of tokens that fills by so many a minute: a start takes the expected usage, and the
/// session's end settles the real one.
///
/// The level may be negative; then nothing starts until the debt has come in.
struct TokenBucket: Hashable, Sendable {
    /// Number of sessions that an estimate looks back on.
    private static let memory = 31

    private let perMinute: Double
    private var level: Double
    private var filledAt: Duration
    /// Estimate for a session before any has ended.
    private let usual: Double
    private var recent: [String: [Double]] = [:]
    private var taken: [SessionKey: Double] = [:]

    /// Makes a full bucket; `mean` is the mean usage of earlier sessions, `nil` if there were none.
    init(perMinute: Int, slots: Int, mean: Double?, at now: Duration) {
        self.perMinute = Double(perMinute)
        level = Double(perMinute)
        filledAt = now
        usual = mean ?? Double(perMinute) / Double(max(1, slots))
    }

    /// Returns the time at which a session of a group may start; `nil` for now.
    mutating func wait(for group: String, at now: Duration) -> Duration? {
        fill(at: now)
        // An estimate larger than the bucket waits for a full one; waits shorter than the wall
        // clock's milliseconds are none.
        let seconds = (min(estimate(group), perMinute) - level) / perMinute * 60
        return seconds > 0.002 ? now + .seconds(min(seconds, 1e12)) : nil
    }

    /// Takes the estimate for a session of a group.
    mutating func take(_ key: SessionKey, of group: String, at now: Duration) {
        fill(at: now)
        let estimate = estimate(group)
        taken[key] = estimate
        level -= estimate
    }

    /// Settles the usage of a session; `nil` if unknown.
    mutating func settle(_ key: SessionKey, of group: String, used: Int64?, at now: Duration) {
        guard let taken = taken.removeValue(forKey: key), let used else { return }
        fill(at: now)
        level = min(level + taken - Double(used), perMinute)
        for group in Set([group, ""]) {
            var samples = recent[group] ?? []
            if samples.count == Self.memory { samples.removeFirst() }
            recent[group] = samples + [Double(used)]
        }
    }

    private mutating func fill(at now: Duration) {
        let seconds = max(0, (now - filledAt).inSeconds)
        level = min(perMinute, level + seconds * perMinute / 60)
        filledAt = now
    }

    /// Returns the median of the group's last sessions, or of everybody's.
    private func estimate(_ group: String) -> Double {
        guard let samples = recent[group] ?? recent[""] else { return usual }
        return samples.sorted()[samples.count / 2]
    }
}

// The limit on tokens a minute.
extension Orchestrator {
    /// The shortest wait for tokens that closes the gate.
    private static let toldWait = Duration.seconds(5)

    mutating func fillBucket() {
        bucket = state.plan.tokensPerMinute.map { perMinute in
            let usage = state.tasks.reduce(Int64.zero) { $0.addingClamped($1.usage.total) }
            let sessions = state.tasks.reduce(0) { $0.addingClamped($1.sessions) }
            return TokenBucket(
                perMinute: perMinute,
                slots: state.plan.concurrency,
                mean: usage > 0 && sessions > 0 ? Double(usage) / Double(sessions) : nil,
                at: now.awake
            )
        }
    }

    /// True if there are tokens for a start; notes when there will be.
    mutating func hasTokens(for start: SessionStarted) -> Bool {
        guard bucket != nil else { return true }
        let group = group(of: start.task)
        guard let come = bucket?.wait(for: group, at: now.awake) else { return true }
        tokensCome = min(tokensCome ?? come, come)
        let wait = come - now.awake
        guard wait >= Self.toldWait else { return false }
        close(
            GateClosed(
                gate: .tokenRate,
                until: now.wall + wait,
                reason: "the tokens of a minute (\(state.plan.tokensPerMinute ?? 0)) are used up"
            )
        )
        return false
    }

    mutating func takeTokens(_ key: SessionKey) {
        guard bucket != nil else { return }
        let group = group(of: key.task)
        bucket?.take(key, of: group, at: now.awake)
    }

    mutating func settleTokens(_ fact: SessionEnded) {
        guard bucket != nil else { return }
        let group = group(of: fact.task)
        let used = fact.isUsageEstimated == true ? nil : fact.usage?.total
        bucket?.settle(fact.key, of: group, used: used, at: now.awake)
    }

    private func group(of task: String) -> String { state.task(task)?.plan.group ?? "" }
}
