/// The groups' session time by weight, while every group has had a task waiting.
struct GroupShares: Sendable {
    /// Session seconds of each group, and its number of waiting tasks.
    var seconds: [Double]
    var waiting: [Int]
    /// True as long as there are several groups and each has had a task waiting.
    private(set) var areContested: Bool
    /// Largest gap in weighted session time between two groups, in seconds of the lightest.
    private(set) var largestGap = 0.0
    private let weights: [Double]
    /// Session seconds by weight when all groups last had a task waiting; empty before.
    private var shares: [Double] = []

    init(_ weights: [Double]) {
        self.weights = weights
        seconds = Array(repeating: 0, count: weights.count)
        waiting = Array(repeating: 0, count: weights.count)
        areContested = weights.count > 1
    }

    /// Compares the groups, whose running sessions are given with the seconds that they have taken.
    mutating func compare(running: some Sequence<(group: Int, seconds: Double)>) {
        guard !waiting.contains(0) else {
            areContested = false
            return
        }
        shares = seconds
        for (group, seconds) in running { shares[group] += seconds }
        for group in shares.indices { shares[group] /= weights[group] }
        let gap = (shares.max() ?? 0) - (shares.min() ?? 0)
        largestGap = max(largestGap, gap * (weights.min() ?? 1))
    }

    /// Jain's fairness index (Jain, Chiu and Hawe, 1984): 1 if all shares are equal.
    var jain: Double {
        let (sum, squares) = (shares.reduce(0, +), shares.reduce(0) { $0 + $1 * $1 })
        return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 1
    }
}
