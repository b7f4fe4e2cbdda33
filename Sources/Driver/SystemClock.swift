import Dates
import EventLoop
package import Orchestration

/// Both of Quire's clocks.
package struct SystemClock {
    private let loop: Loop
    private var excluded = Duration.zero

    init(loop: Loop) {
        self.loop = loop
    }

    /// Awake time less the time Quire itself was stopped, and UTC.
    var now: Moment {
        Moment(awake: loop.now - excluded, wall: Self.wall)
    }

    /// The loop's time at which an awake time comes.
    func loopTime(of awake: Duration) -> Duration { awake + excluded }

    /// Leaves the time since `moment` out of awake time: Quire was stopped and did not see it.
    mutating func exclude(since moment: Moment) {
        excluded += max(.zero, now.awake - moment.awake)
    }

    /// Leaves so much of the last time out of awake time: Quire was frozen and did not see it.
    mutating func exclude(_ time: Duration) { excluded += time }

    /// UTC.
    package static var wall: WallTime { .now }
}
