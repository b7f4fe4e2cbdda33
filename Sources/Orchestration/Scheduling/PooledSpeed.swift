import Glibc

/// Expected speed of a task by the length of its list, learned from the lists of all tasks.
///
/// The logarithm of a task's seconds per entry is thought to fall with that of its list's length, as
/// long lists have small entries, and to differ from that line by more or less, as tasks do: so much
/// a task's own speed is trusted. All of it takes constant time (empirical Bayes, with a weighted
/// regression whose first guess is that lists of any length are the same work).
struct PooledSpeed: Hashable, Sendable, Codable {
    /// The first guess of the line's slope, and its weight.
    private static let (slope, slopeWeight) = (-1.0, 2.0)
    /// Farthest from the mean length, on the logarithmic scale, that the line is followed.
    private static let reach = 0.6
    /// Variance of one entry's logarithm.
    private static let entryVariance = 2.5
    /// The first guess of the variance between tasks, its weight in tasks, and its limits.
    private static let (variance, varianceWeight) = (0.25, 6.0)
    private static let variances = 0.1...0.6

    /// Sums over tasks of their weight, and of it times logarithms: x of the list's length, y of
    /// the seconds per entry.
    private var weight = 0.0
    private var (x, y) = (0.0, 0.0)
    private var (xx, xy, yy) = (0.0, 0.0, 0.0)
    /// Sum of the weights by the number of entries ticked.
    private var weightPerEntry = 0.0

    /// Replaces the speed observed on a task's list by a newer observation.
    mutating func replace(_ old: Estimates.Task, by new: Estimates.Task) {
        add(old, times: -1)
        add(new, times: 1)
    }

    private mutating func add(_ task: Estimates.Task, times sign: Double) {
        guard task.ticked > 0, task.workedSeconds > 0 else { return }
        let ticked = Double(task.ticked)
        let length = Self.length(task)
        let slowness = log(task.workedSeconds / ticked)
        // A list of which little is done tells little.
        let part = sign * (ticked / (ticked + 2))
        weight += part
        x += part * length
        y += part * slowness
        xx += part * length * length
        xy += part * length * slowness
        yy += part * slowness * slowness
        weightPerEntry += part / ticked
    }

    private static func length(_ task: Estimates.Task) -> Double {
        log(Double(max(1, task.total)))
    }

    /// Returns the seconds per entry that a task's list lets expect, and the number of entries of
    /// its own that this counts for; the first guess are `seconds`.
    func expected(
        _ task: Estimates.Task,
        orElse seconds: Double
    ) -> (seconds: Double, weight: Double) {
        guard weight > 0 else { return (seconds, Self.entryVariance / Self.variance) }
        let (length, slowness) = (x / weight, y / weight)
        let squares = max(0, xx - x * length)
        let product = xy - x * slowness
        let guess = Self.slope * Self.slopeWeight
        let slope = min(0, max(-1, (product + guess) / (squares + Self.slopeWeight)))
        let offset = min(Self.reach, max(-Self.reach, Self.length(task) - length))
        let rest = max(0, max(0, yy - y * slowness) - 2 * slope * product + slope * slope * squares)
        let between =
            (rest - Self.entryVariance * weightPerEntry + Self.varianceWeight * Self.variance)
            / (weight + Self.varianceWeight)
        return (exp(slowness + slope * offset), Self.weight(ofVariance: between))
    }

    /// Returns the number of a task's own entries that an expected speed counts for, given the
    /// variance of its logarithm between tasks.
    static func weight(ofVariance variance: Double) -> Double {
        entryVariance / min(variances.upperBound, max(variances.lowerBound, variance))
    }
}
