/// Estimate of the time that a leg still takes, from the entries ticked in it so far.
package struct TimeLeft: Hashable, Sendable {
    /// The likeliest time.
    package var about: Duration
    /// The bounds of the middle 90 percent.
    package var range: ClosedRange<Duration>

    /// Entries that must be ticked before the pace is known.
    private static let least = 3
    /// Standard deviations from the mean to the 95th percentile of a normal distribution.
    private static let deviations = 1.645

    /// Makes the estimate of a leg in which so many entries were ticked in a time of work; `nil` for too few,
    /// and where nothing is left.
    ///
    /// Entries are ticked as in a Poisson process; lists that are not known add the variance of their sizes.
    /// `hold` is how long nothing will start, from now on.
    package init?(
        ticked: Int,
        in worked: Duration,
        of tasks: [TaskRecord],
        hold: Duration = .zero
    ) {
        let sizes = WorkSizes(tasks)
        guard ticked >= Self.least, worked > .zero, sizes.open > 0 else { return nil }
        let likely = sizes.open * worked.inSeconds / Double(ticked)
        let error = (1 / Double(ticked) + sizes.variance / (sizes.open * sizes.open)).squareRoot()
        let factor = 1 + Self.deviations * error
        func time(_ seconds: Double) -> Duration { Duration(inSeconds: seconds) + hold }
        about = time(likely)
        range = time(likely / factor)...time(likely * factor)
    }

    /// The estimate in words: `about 1h 10m left (50m 00s to 2h 00m)`.
    package var words: String {
        let (least, most) = (Format.duration(range.lowerBound), Format.duration(range.upperBound))
        let spread = least == most ? "" : " (\(least) to \(most))"
        return "about \(Format.duration(about)) left\(spread)"
    }
}
