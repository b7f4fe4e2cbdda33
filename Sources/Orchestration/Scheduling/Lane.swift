/// The tasks of one group and one priority: they compete with each other by rank, and with the
/// other lanes of their priority by weight.
struct Lane: Hashable, Sendable, Codable {
    /// Tasks of about one weight that nothing is known of, in the order in which they came.
    struct Unseen: Hashable, Sendable, Codable {
        /// The tasks' weight, rounded to a power of two.
        var weight: Double
        var entries: [KeyEntry] = []
        var next = 0

        var first: KeyEntry? { next < entries.count ? entries[next] : nil }

        mutating func popFirst() {
            next += 1
            guard next > 64, next * 2 > entries.count else { return }
            entries.removeSubrange(..<next)
            next = 0
        }
    }

    var group: Int
    var tier: Int
    var weight: Double
    /// Session seconds per weight, in which running sessions count as the mean session: V.
    var virtualTime = 0.0
    /// The session seconds that each task would have had under equal shares: v.
    var shareClock = 0.0
    /// True if the lane goes on with its standing of an earlier leg.
    var keepsStanding = false
    /// Number of active tasks: they could run at some time, and have not ended since.
    var active = 0
    var waiting = 0
    /// Starts that are due to the ageing share.
    var credit = 0.0
    /// Expected remaining work of the active tasks that were seen, in seconds: U.
    var openWork = 0.0
    /// Number of active tasks that nothing is known of.
    var unseenCount = 0
    /// Number of running sessions that started because their task is among the longest.
    var criticalRunning = 0
    var keys = KeyHeap()
    /// Tasks by the negated remaining work.
    var longest = KeyHeap()
    var unseen: [Unseen] = []
    /// Tasks that have waited since an earlier leg, by age: they are older than the others.
    var kept = KeyHeap()
    /// The longest-waiting task of this leg and the newest one; -1 for none.
    var oldest: Int32 = -1
    var newest: Int32 = -1

    init(group: Int, tier: Int, weight: Double) {
        self.group = group
        self.tier = tier
        self.weight = weight
    }

    /// Settles the charge of a session that ended.
    mutating func settle(_ entry: Scheduler.Entry, seconds: Double, isFirst: Bool) {
        if isFirst { unseenCount -= 1 }
        virtualTime += (seconds - entry.charge) / weight
        shareClock += seconds / Double(max(1, active))
        if entry.isCritical { criticalRunning -= 1 }
    }

    /// Returns the index of the queue for unseen tasks of this weight.
    ///
    /// Weights are rounded to powers of two from 1/256 to 256, so that there are few queues.
    mutating func unseenQueue(for weight: Double) -> Int {
        let nearest = Int(weight.exponent) + (weight.significand >= 1.5 ? 1 : 0)
        let exponent = min(8, max(-8, nearest))
        let rounded = Double(sign: .plus, exponent: exponent, significand: 1)
        if let place = unseen.firstIndex(where: { $0.weight == rounded }) { return place }
        unseen.append(Unseen(weight: rounded))
        return unseen.count - 1
    }
}

extension Lane.Unseen {
    private enum CodingKeys: CodingKey {
        case weight, entries, next
    }

    /// Reads what `encode(to:)` writes.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        weight = try container.decode(Double.self, forKey: .weight)
        entries = try container.decode(Packed<KeyEntry>.self, forKey: .entries).values
        next = try container.decode(Int.self, forKey: .next)
    }

    /// Writes the entries packed.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(weight, forKey: .weight)
        try container.encode(Packed(entries), forKey: .entries)
        try container.encode(next, forKey: .next)
    }
}
