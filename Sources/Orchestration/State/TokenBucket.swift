/// A bucket of tokens that fills by so many a minute: a start takes the expected usage, and the
/// session's end settles the real one.
///
/// The level may be negative; then nothing starts until the debt has come in. A fold of facts, by the
/// wall clock: the service counts on while the machine sleeps, and between two legs.
struct TokenBucket: Hashable, Sendable, Codable {
    private struct Samples: Hashable, Sendable, Codable {
        var group: String
        var used: [Double]
    }

    /// Number of sessions that an estimate looks back on.
    private static let memory = 31

    private let perMinute: Double
    private var level: Double
    private var filledAt: WallTime
    /// Estimate for a session before any has ended.
    private let usual: Double
    private var recent: [Samples]

    /// Makes a full bucket, or one that goes on from `last`.
    ///
    /// `mean` is the mean usage of earlier sessions, `nil` if there were none.
    init(perMinute: Int, slots: Int, mean: Double?, after last: TokenBucket?, at now: WallTime) {
        self.perMinute = Double(perMinute)
        level = min(Double(perMinute), last?.level(at: now) ?? .infinity)
        filledAt = now
        usual = mean ?? Double(perMinute) / Double(max(1, slots))
        recent = last?.recent ?? []
    }

    /// Returns the time until a session of a group may start; `nil` for none.
    func wait(for group: String, at now: WallTime) -> Duration? {
        // An estimate larger than the bucket waits for a full one; waits shorter than the wall
        // clock's milliseconds are none.
        let seconds = (min(estimate(group), perMinute) - level(at: now)) / perMinute * 60
        return seconds > 0.002 ? .seconds(min(seconds, 1e12)) : nil
    }

    /// Takes the estimate for a session of a group, and returns it.
    mutating func take(for group: String, at now: WallTime) -> Double {
        fill(at: now)
        let estimate = estimate(group)
        level -= estimate
        return estimate
    }

    /// Settles the usage of a session for which `taken` tokens were taken; `nil` if unknown.
    mutating func settle(_ taken: Double, of group: String, used: Int64?, at now: WallTime) {
        guard let used else { return }
        fill(at: now)
        level = min(level + taken - Double(used), perMinute)
        for group in Set([group, ""]).sorted() {
            guard let index = recent.firstIndex(where: { $0.group == group }) else {
                recent.append(Samples(group: group, used: [Double(used)]))
                continue
            }
            if recent[index].used.count == Self.memory { recent[index].used.removeFirst() }
            recent[index].used.append(Double(used))
        }
    }

    private mutating func fill(at now: WallTime) {
        level = level(at: now)
        filledAt = now
    }

    private func level(at now: WallTime) -> Double {
        let seconds = max(0, (now - filledAt).inSeconds)
        return min(perMinute, level + seconds * perMinute / 60)
    }

    /// Returns the median of the group's last sessions, or of everybody's.
    private func estimate(_ group: String) -> Double {
        let samples = recent.first { $0.group == group } ?? recent.first { $0.group.isEmpty }
        guard let used = samples?.used.sorted() else { return usual }
        return used[used.count / 2]
    }
}
