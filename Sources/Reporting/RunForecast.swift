package import Orchestration

/// Estimate of a run's work that is done and left, by the lists that were read and by those that nobody has
/// written yet.
///
/// A task without a list counts as many entries as the known lists have on average: a run of which few tasks
/// have begun is not half done because half of their entries are ticked.
package struct RunForecast: Hashable, Sendable {
    /// The time left in the run.
    package struct Left: Hashable, Sendable {
        /// The bounds of the middle 90 percent.
        package var range: ClosedRange<Duration>
        /// The likeliest.
        package var likely: Duration

        /// The estimate in words: `about 12m 00s left (9m 10s to 17m 30s)`.
        package var words: String {
            let (least, most) = (
                Format.duration(range.lowerBound), Format.duration(range.upperBound)
            )
            let range = least == most ? "" : " (\(least) to \(most))"
            return "about \(Format.duration(likely)) left\(range)"
        }
    }

    /// The share of the work that is done, from 0 to 1.
    package private(set) var share: Double
    /// The time left; `nil` until three entries were ticked, and once nothing is left.
    package private(set) var left: Left?

    /// The number of ticks from which on the pace is known.
    private static let fewestTicks = 3
    /// The quantile of the normal distribution that leaves 5 percent on a side.
    private static let quantile = 1.645

    /// Makes the forecast of a view at a time.
    package init(_ view: RunView, at now: Moment) {
        let sizes = Sizes(view.tasks)
        share = sizes.share
        guard let began = view.began, view.totals.ticked >= Self.fewestTicks, sizes.open > 0 else {
            return
        }
        // While starts are held, nothing is ticked.
        let held = view.held.map(\.time).max() ?? .zero
        let elapsed = now.awake - began.awake
        let worked = max(elapsed - held, elapsed * 0.1).inSeconds
        let ticked = Double(view.totals.ticked)
        guard worked > 0 else { return }
        let likely = sizes.open * worked / ticked
        // Ticks come as in a Poisson process; the sizes of unknown lists add their own error.
        let error = (1 / ticked + sizes.variance / (sizes.open * sizes.open)).squareRoot()
        let factor = 1 + Self.quantile * error
        let hold = view.gates.compactMap(\.until).map { max(.zero, $0 - now.wall) }.max() ?? .zero
        func time(_ seconds: Double) -> Duration { Duration(inSeconds: seconds) + hold }
        left = Left(range: time(likely / factor)...time(likely * factor), likely: time(likely))
    }

    /// Sums over the sizes of tasks, in entries.
    private struct Sizes {
        private var done = 0.0
        private var whole = 0.0
        /// The entries that the leg's open tasks have left.
        private(set) var open = 0.0
        /// The variance of `open`, from the sizes that are not known.
        private(set) var variance = 0.0

        var share: Double { whole > 0 ? min(1, done / whole) : 0 }

        init(_ tasks: [TaskRecord]) {
            let known = tasks.compactMap(\.progress).filter { $0.total > 0 }.map { Double($0.total) }
            let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
            let spread =
                known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, known.count - 1))
            var unknown = 0.0
            for task in tasks where !task.isLeftOut {
                let total = task.progress.map { Double($0.total) } ?? mean
                let ticked = task.progress.map { Double($0.ticked) } ?? 0
                let isComplete = task.outcome == .complete
                done += isComplete ? total : ticked
                // What failed is over, and not work that is left.
                whole += task.outcome?.isFailure ?? false ? ticked : total
                guard task.isOpen else { continue }
                open += max(0, total - ticked)
                if task.progress == nil { unknown += 1 }
            }
            variance =
                unknown * spread + unknown * unknown * spread / Double(max(1, known.count))
        }
    }
}

extension RunView {
    /// Returns the likeliest time left in the run; `nil` while it can't be told.
    package func remaining(at now: Moment) -> Duration? {
        RunForecast(self, at: now).left?.likely
    }
}
