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
