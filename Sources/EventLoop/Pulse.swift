/// Measures how long a loop that wakes up every second was kept from running: its container was
/// frozen (`docker pause`), which no signal reports.
package struct Pulse: Sendable {
    /// Longest time between two turns of the loop.
    package static let interval = Duration.seconds(1)
    /// Tolerated lateness: machines are busy.
    private static let slack = Duration.seconds(2)

    private var lastTurn: Duration
    /// Processor time of the loop's thread at the last beat.
    private var workAtBeat: Duration

    /// Begins at a time on the loop's clock, with what its thread has worked so far.
    package init(at now: Duration, work: Duration) {
        (lastTurn, workAtBeat) = (now, work)
    }

    /// The loop woke up because `interval` was over.
    package mutating func beat(work: Duration) { workAtBeat = work }

    /// A turn of the loop: the time since the last one in which it neither had to wait nor worked.
    ///
    /// Zero where it was late by less than two seconds; `work` is asked for only where it was not.
    package mutating func missed(at now: Duration, work: () -> Duration) -> Duration {
        let late = now - lastTurn - Self.interval
        lastTurn = now
        guard late > Self.slack else { return .zero }
        let unexplained = late - (work() - workAtBeat)
        return unexplained > Self.slack ? unexplained : .zero
    }
}
