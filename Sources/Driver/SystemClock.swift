import EventLoop
import Foundation
import Orchestration

/// Both of Quire's clocks.
struct SystemClock {
    private let loop: Loop
    private var excluded = Duration.zero

    init(loop: Loop) {
        self.loop = loop
    }

    /// Awake time less the time Quire itself was stopped, and UTC.
    var now: Moment {
        let wall = Date().timeIntervalSince1970 * 1000
        return Moment(
            awake: loop.now - excluded,
            wall: WallTime(millisecondsSinceEpoch: Int64(wall))
        )
    }

    /// The loop's time at which an awake time comes.
    func loopTime(of awake: Duration) -> Duration { awake + excluded }

    /// Leaves the time since `moment` out of awake time: Quire was stopped and did not see it.
    mutating func exclude(since moment: Moment) {
        excluded += max(.zero, now.awake - moment.awake)
    }

    /// The local time zone's offset from UTC, in seconds, at an instant.
    static func localOffset(at time: WallTime) -> Int {
        let seconds = Double(time.millisecondsSinceEpoch) / 1000
        return TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))
    }
}
