/// The waiting tasks of a lane, in each of the orders by which a start may be chosen.
struct LaneQueues: Hashable, Sendable, Codable {
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

    /// Number of waiting tasks.
    var waiting = 0
    var keys = KeyHeap()
    /// Tasks by the negated remaining work.
    var longest = KeyHeap()
    var unseen: [Unseen] = []
    /// Tasks that have waited since an earlier leg, by age: they are older than the others.
    var kept = KeyHeap()
    /// The longest-waiting task of this leg and the newest one; -1 for none.
    var oldest: Int32 = -1
    var newest: Int32 = -1

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

extension LaneQueues.Unseen {
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
