/// The worth of a good order of tasks.
package enum BestOrder {
    /// Share of the waiting below which orders hardly differ.
    package static let little = 0.25

    /// Returns the share of the waiting in a random order that the best order saves: 0 for tasks of one
    /// size, nearly 1 if few tasks are nearly all of the work; `nil` for fewer than two tasks.
    ///
    /// The best order is shortest first, and the share is the Gini coefficient of the sizes.
    ///
    /// `sizes` are numbers of tasks and their seconds together, from the shortest tasks on.
    package static func saves(_ sizes: some Sequence<(count: Int, seconds: Double)>) -> Double? {
        let tasks = sizes.reduce(0) { $0 + $1.count }
        let random = sizes.reduce(0) { $0 + $1.seconds } * Double(tasks - 1) / 2
        guard random > 0 else { return nil }
        var (later, best) = (tasks, 0.0)
        for (count, seconds) in sizes {
            later -= count
            // A task lets all that come after it wait.
            best += seconds * (Double(later) + Double(max(0, count - 1)) / 2)
        }
        return max(0, 1 - best / random)
    }
}
