/// The sizes of the tasks that were seen, as far as they are known by now: a histogram of seconds
/// on a logarithmic scale.
struct TaskSizes: Hashable, Sendable, Codable {
    /// Four bins for each power of two; the first begins at a 16th of a second, the last ends at 8 years.
    private static let bins = 128
    private static let shortest = 1.0 / 16
    /// Weight of the margin on the rank of a task that nothing is known of, in tasks.
    private static let margin = 6.0

    /// Number of tasks below which their sizes tell little.
    private static let few = 8

    private var counts = Array(repeating: 0, count: bins)
    private var sums = Array(repeating: 0.0, count: bins)
    private var count = 0
    private var changes = 0
    private var nextRefresh = 1
    /// Rank of a task that nothing is known of, in seconds; `nil` until a task was seen.
    ///
    /// The least ratio of the time for inspecting the task, and finishing it if it turns out short
    /// enough, to the probability that it does. Source: Weitzman, "Optimal search for the best
    /// alternative", 1979; this is the Gittins index of a task whose size its first session reveals.
    /// With few sizes the least of many ratios is too low by chance, so some is added.
    private(set) var unseenRank: Double?
    /// Mean size, in seconds; `nil` until a task was seen.
    private(set) var mean: Double?

    /// Share of the waiting that the best order of such tasks would save; `nil` while few were seen.
    var savedByOrder: Double? {
        count < Self.few
            ? nil : BestOrder.saves(zip(counts, sums).map { (count: $0, seconds: $1) })
    }

    /// Replaces a task's size, or adds that of a new task.
    mutating func replace(_ old: Double?, by new: Double, meanSession: Double) {
        if let old { add(old, times: -1) }
        add(new, times: 1)
        changes += 1
        guard changes >= nextRefresh else { return }
        nextRefresh = max(changes + 1, Int(Double(changes) * 1.1))
        refresh(meanSession)
    }

    private mutating func add(_ size: Double, times sign: Int) {
        let bin = Self.bin(size)
        counts[bin] += sign
        sums[bin] += Double(sign) * size
        count += sign
    }

    /// A number's exponent and the two bits that follow tell the bin.
    private static func bin(_ size: Double) -> Int {
        let scaled = size / shortest
        guard scaled >= 1 else { return 0 }
        return min(bins - 1, Int(scaled.bitPattern >> 50) - Int(1.0.bitPattern >> 50))
    }

    /// Brings `unseenRank` and `mean` up to date.
    mutating func refresh(_ meanSession: Double) {
        var (least, sum, shorter) = (Double.infinity, 0.0, 0)
        for (number, seconds) in zip(counts, sums) where number > 0 {
            shorter += number
            sum += seconds
            // The others' inspection comes to nothing.
            let others = Double(count - shorter) * meanSession
            least = min(least, (others + sum) / Double(shorter))
        }
        mean = sum / Double(count)
        unseenRank = least * (1 + Self.margin / (Double(count) + Self.margin))
    }
}
