import Dates
package import Orchestration

/// The awake clock and the wall clock of a run.
package struct SystemClock {
    private let loop: any DriverLoop
    private var excluded = Duration.zero

    init(loop: any DriverLoop) {
        self.loop = loop
    }

    /// The awake time, without the time that Quire itself was stopped, and UTC.
    var now: Moment {
        Moment(awake: loop.now - excluded, wall: Self.wall)
    }

    /// Returns the loop's time for an awake time.
    func loopTime(of awake: Duration) -> Duration { awake + excluded }

    /// Excludes the time since `moment` from awake time: Quire was stopped then.
    mutating func exclude(since moment: Moment) {
        excluded += max(.zero, now.awake - moment.awake)
    }

    /// Excludes a duration from awake time: Quire was frozen for that long.
    mutating func exclude(_ time: Duration) { excluded += time }

    /// UTC.
    package static var wall: WallTime { .now }
}
